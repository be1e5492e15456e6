"""The fixtures of what runs behind the web tier: queue, worker, scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.jobqueue import JobQueue, Jobs
from harness.scheduler import Scheduler
from harness.targets import ECS, QUEUE, SCHEDULE
from harness.taskservice import EcsService

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.fixtures import Toolbox
    from harness.probe import ProbeClient
    from harness.targets import Access

__all__ = ["job_queue", "jobs", "scheduler", "worker"]


@pytest.fixture(scope="session")
def job_queue(toolbox: Toolbox, aws: Callable[[str], Any]) -> JobQueue:
    """The app's queue and its dead-letter queue."""
    toolbox.need(QUEUE)
    return JobQueue(toolbox.target.access, sqs=aws("sqs"))


@pytest.fixture
def jobs(probe: ProbeClient) -> Jobs:
    """Jobs that the app dispatches on demand."""
    return Jobs(probe)


@pytest.fixture(scope="session")
def worker(toolbox: Toolbox, access: Access) -> EcsService:
    """The worker's service."""
    toolbox.need(ECS)
    return EcsService(toolbox.ecs, cluster=access.cluster, name=access.services["worker"])


@pytest.fixture(scope="session")
def scheduler(toolbox: Toolbox, access: Access, aws: Callable[[str], Any]) -> Scheduler:
    """The rule of the scheduler, and its task."""
    toolbox.need(ECS)
    toolbox.need(SCHEDULE)
    return Scheduler(access, ecs=toolbox.ecs, aws=aws)
