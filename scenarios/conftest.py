"""What several stories share: people who have an account, task definitions, ends of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.target.resources.ecs import EcsService

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.access import Access
    from harness.target.clients.browser import Account, Browser
    from harness.target.resources.schedule import Run, Scheduler
    from harness.target.target import Differences


@pytest.fixture
def member(new_visitor: Callable[[], Browser], new_account: Callable[[], Account]) -> Account:
    """Someone who registered earlier, from another browser, and signed out there."""
    account = new_account()
    browser = new_visitor()
    answer = browser.register(account)
    assert answer.status_code in (302, 303), f"POST /register answered {answer.status_code}"
    assert browser.is_signed_in(), "who has registered is not signed in on the next page"
    browser.sign_out()
    return account


@pytest.fixture
def task_definitions(access: Access, ecs: Any) -> dict[str, dict[str, Any]]:
    """Return the task definition of each service, and of the scheduler, as ECS describes it."""
    definitions = {
        kind: EcsService(ecs, cluster=access.cluster, name=name).definition()
        for kind, name in access.services.items()
    }
    if family := access.resources.get("scheduler"):
        answer = ecs.describe_task_definition(taskDefinition=family)
        definitions["scheduler"] = answer["taskDefinition"]
    return definitions


@pytest.fixture
def until_stopped(
    scheduler: Scheduler, eventually: Callable[..., Any], differences: Differences
) -> Callable[[str], Run]:
    """Wait until a task of the scheduler has stopped, and return its end."""

    def wait(task: str) -> Run:
        run: Run = eventually(
            lambda: scheduler.run(task),
            until=lambda run: run.stopped,
            what=f"the scheduler's task {task} did not stop",
            within_s=differences.replacement_s,
        )
        return run

    return wait


@pytest.fixture(scope="session", autouse=True)
def begun_early(request: pytest.FixtureRequest) -> None:
    """Begin what takes long before the first scenario, if one of those chosen looks at it."""
    if any("long_job" in getattr(item, "fixturenames", ()) for item in request.session.items):
        request.getfixturevalue("long_job")
