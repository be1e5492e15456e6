"""Mistakes of the security groups."""

from __future__ import annotations

from scenarios import test_network as network
from tests.mistakes.edits import TASKS_GROUP_ID, edit_security_group, permission
from tests.mistakes.mistake import Mistake, Twin

MISTAKES = (
    Mistake(
        "the tasks' security group is open to the world",
        edit_security_group(
            "tickets-tasks", lambda rules: rules.append(permission("0.0.0.0/0", 8080))
        ),
        breaks=[network.test_security_groups_admit_no_strangers],
        cause="the security group of tasks admits 0.0.0.0/0 on port 8080",
        also_green=[
            network.test_declared_connections_succeed,
            network.test_undeclared_connections_are_dropped,
        ],
        twin=Twin(
            "the tasks' security group is open to its VPC, and to each other",
            edit_security_group(
                "tickets-tasks",
                lambda rules: rules.extend(
                    [permission("10.40.0.0/16", 8081), permission(TASKS_GROUP_ID, 8082)]
                ),
            ),
        ),
    ),
    Mistake(
        "the database's security group admits the tasks too",
        edit_security_group(
            "tickets-database", lambda rules: rules.append(permission(TASKS_GROUP_ID, 3306))
        ),
        breaks=[network.test_security_groups_admit_no_strangers],
        cause="the security group of mysql admits tasks on port 3306",
        also_green=[
            network.test_declared_connections_succeed,
            network.test_undeclared_connections_are_dropped,
        ],
    ),
)
