"""Mistakes of the security groups."""

from __future__ import annotations

from scenarios import test_network as network
from tests.mistakes.edits import TASKS_GROUP_ID, edit_security_group, permission
from tests.mistakes.mistake import Mistake

MISTAKES = (
    Mistake(
        "the tasks' security group is open to the world",
        edit_security_group(
            "tickets-tasks", lambda rules: rules.append(permission("0.0.0.0/0", 8080))
        ),
        breaks=[
            network.test_undeclared_connections_are_dropped,
            network.test_security_groups_admit_declared_sources_only,
        ],
        cause="a security group opens too much",
        follows=["the security group of tasks admits 0.0.0.0/0 on port 8080"],
        also_green=[network.test_declared_connections_succeed],
    ),
    Mistake(
        "the database's security group admits the tasks too",
        edit_security_group(
            "tickets-database", lambda rules: rules.append(permission(TASKS_GROUP_ID, 3306))
        ),
        breaks=[network.test_security_groups_admit_declared_sources_only],
        cause="the security group of mysql admits tasks on port 3306",
        also_green=[
            network.test_declared_connections_succeed,
            network.test_undeclared_connections_are_dropped,
        ],
    ),
)
