"""What task definitions say of AWS is production's own, though the overlay hides it here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness import taskvariables
from harness.report import not_covered, proved

if TYPE_CHECKING:
    from harness.targets import Access

Definitions = dict[str, dict[str, Any]]

as_registered = pytest.mark.truth(
    local=proved, aws=proved, url=not_covered("what the task definition says is not known there")
)


@as_registered
@pytest.mark.requires("ecs")
@pytest.mark.read_only
def test_no_task_is_sent_to_another_endpoint_than_one_of_aws(task_definitions: Definitions) -> None:
    found = [
        problem
        for kind, definition in task_definitions.items()
        for problem in taskvariables.endpoints(definition, kind=kind)
    ]
    assert not found, "; ".join(found)


@as_registered
@pytest.mark.requires("ecs")
@pytest.mark.read_only
def test_every_task_finds_the_queues_of_this_account_and_region(
    task_definitions: Definitions, access: Access
) -> None:
    wanted = taskvariables.prefix_of(region=access.region, account_id=access.account_id)
    hidden = taskvariables.SQS_PREFIX in access.overlay.get("environment", {})
    found = [
        problem
        for kind, definition in task_definitions.items()
        for problem in taskvariables.queue_prefix(
            definition, kind=kind, wanted=wanted, needed=hidden
        )
    ]
    assert not found, "; ".join(found)


@as_registered
@pytest.mark.requires("ecs")
@pytest.mark.read_only
def test_every_task_is_told_the_region_of_the_account(
    task_definitions: Definitions, access: Access
) -> None:
    found = [
        problem
        for kind, definition in task_definitions.items()
        for problem in taskvariables.regions(definition, kind=kind, wanted=access.region)
    ]
    assert not found, "; ".join(found)
