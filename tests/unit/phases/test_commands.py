"""Every command of plans, rollbacks, triage and teardown is one that the AWS CLI takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.production import Production
from harness.phases import plan, runbook
from harness.phases.catalog import PHASES
from tests.project import ROOT
from tests.unit.phases import cli_commands

FOLDERS = {
    "reference": ROOT,
    "minimal": ROOT / "tests" / "apps" / "minimal",
    "valkey": ROOT / "tests" / "apps" / "valkey",
}


def commands(app: Production) -> Iterator[str]:
    """Go through all commands: of plans, of rollbacks, and of the runbook."""
    for phase in PHASES:
        for planned in (plan.steps(phase, app), plan.rollback(phase, app)):
            for action in planned.actions:
                yield from action.commands
    pages = runbook.pages(app)
    for name in ("runbook.md", "checklist.md"):
        yield from pages[name].splitlines()


def faults(folder: Path) -> list[str]:
    app = production.load({}, cwd=folder)
    of_aws = [command for command in commands(app) if command.startswith("aws ")]
    assert len(of_aws) > 20
    return [
        f"{command[:100]}: {problem}"
        for command in dict.fromkeys(of_aws)
        for problem in cli_commands.problems(command, folder=folder)
    ]


@pytest.mark.parametrize("name", FOLDERS)
def test_the_aws_cli_takes_every_command(name: str) -> None:
    assert faults(FOLDERS[name]) == []


def test_the_aws_cli_takes_every_command_of_printed_files(printed: Path) -> None:
    assert faults(printed) == []


@pytest.mark.parametrize(
    "command",
    [
        "aws deploy stop-deployment --deployment-id '<running deployment>' --auto-rollback-enabled",
        "aws ssm put-parameter --name /a --value '<value>' --type String --key-id alias/a",
        "aws ecs create-cluster --cluster-name a --capacity-providers FARGATE FARGATE_SPOT",
        "aws application-autoscaling register-scalable-target --service-namespace ecs"
        " --resource-id service/a/b --scalable-dimension ecs:service:DesiredCount"
        " --suspended-state DynamicScalingInSuspended=true",
    ],
)
def test_commands_of_other_apps_are_taken(command: str, tmp_path: Path) -> None:
    assert cli_commands.problems(command, folder=tmp_path) == []


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("aws elasticache endpoint --cli-input-json '{}'", "is no command"),
        ("aws ecs wait services-steady --cluster a", "is no waiter"),
        ("aws cloud create-thing --name a", "is no service"),
        ("aws ecs create-cluster --name a", "--name is no option of CreateClusterRequest"),
        ("aws ecs update-service --cluster a", "service is missing"),
        ("aws ecs create-cluster --cluster-name", "--cluster-name has 0 values"),
        ('aws ec2 create-security-group --cli-input-json \'{"OwnerId": "1"}\'', "OwnerId"),
        ("aws s3 rb s3://a --all", "--all is no option"),
    ],
)
def test_a_command_that_the_aws_cli_rejects_is_named(
    command: str, problem: str, tmp_path: Path
) -> None:
    assert problem in "\n".join(cli_commands.problems(command, folder=tmp_path))
