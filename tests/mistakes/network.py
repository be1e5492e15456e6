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
            network.test_nothing_else_is_let_in,
            network.test_the_security_groups_admit_nobody_else,
        ],
        cause="a security group opens too much",
        also_green=[network.test_every_declared_way_is_open],
    ),
    Mistake(
        "the database's security group admits the tasks too",
        edit_security_group(
            "tickets-database", lambda rules: rules.append(permission(TASKS_GROUP_ID, 3306))
        ),
        breaks=[network.test_the_security_groups_admit_nobody_else],
        cause="the security group of mysql admits tasks on port 3306",
        also_green=[network.test_every_declared_way_is_open, network.test_nothing_else_is_let_in],
    ),
)
