"""Roles that tasks name, and no file has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.inputs.checks import roles
from harness.inputs.production import Production


def without(app: Production, *names: str) -> Production:
    return replace(app, roles=tuple(role for role in app.roles if role.name not in names))


def test_every_role_of_the_reference_app_has_a_file(app: Production) -> None:
    assert [*roles.problems(app)] == []


@pytest.mark.parametrize(
    ("role", "places"),
    [
        ("tickets-web-task", ["taskRoleArn"]),
        ("tickets-execution", ["executionRoleArn"] * 3),
        ("tickets-schedule-rule", ["PutTargets.Targets[0].RoleArn"]),
    ],
)
def test_a_role_without_a_file_is_named(app: Production, role: str, places: list[str]) -> None:
    found = [*roles.problems(without(app, role))]
    assert [one.key for one in found] == places
    assert found[0].message == f'is the role "{role}", and none of the 4 files of roles has it'
    assert f"`aws iam get-role --role-name {role}`" in found[0].hint
    assert found[0].file


def test_without_any_file_no_role_is_asked_for(app: Production) -> None:
    assert [*roles.problems(replace(app, roles=()))] == []
