"""The clients of one target: those that its capabilities choose."""

from __future__ import annotations

from typing import Any

import pytest

from harness.core.errors import CapabilityMissing
from harness.replay.toolbox import Toolbox
from harness.target.access import Access
from harness.target.resources.ecs_exec import EcsExec
from harness.target.target import AS_ON_AWS, CONTAINERS, ECS, EXEC, Target

ENGINE: Any = object()


def toolbox(*capabilities: str) -> Toolbox:
    access = Access(public_url="https://shop.example", cluster="shop")
    tools = Toolbox(Target("aws", access, frozenset(capabilities), AS_ON_AWS))
    vars(tools).update(ecs=None, containers=ENGINE)
    return tools


def test_commands_run_by_the_engine_where_it_is_ours() -> None:
    assert toolbox(ECS, EXEC, CONTAINERS).commands is ENGINE


def test_commands_run_through_ecs_exec_elsewhere() -> None:
    assert isinstance(toolbox(ECS, EXEC).commands, EcsExec)


def test_a_target_without_commands_says_so() -> None:
    with pytest.raises(CapabilityMissing, match="lacks the capability exec"):
        _ = toolbox(ECS, CONTAINERS).commands
