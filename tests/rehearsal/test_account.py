"""The local stack as an AWS account: observed, rehearsed on, killed in the middle, cleaned up."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.target import locate, observer, rehearser
from harness.target.changes.ledger import LEDGER_FILE, Ledger
from harness.target.clients import aws
from harness.target.clients.guard import CALLS_FILE
from harness.target.resources.mail_events import EVENTS_FILE
from tests.project import Project

pytestmark = pytest.mark.docker

REHEARSE = ("verify", "--target", "aws", "--level", "rehearse")
ASSUMED = {"iam:PassRole"}
"""An action that is no call: others need it."""


@pytest.fixture
def up(project: Project) -> Project:
    """A project of which the stack is up, in an account that may be changed."""
    account = 'account_id = "876000000876"\n'
    project.replace("cutover.toml", account, f'{account}changes = "876000000876"\n')
    code, output = project.run("up")
    assert code == 0, output
    return project


def as_account(project: Project, *, level: str) -> Project:
    """Return the project with the account's variables, and without the Docker engine."""
    code, output = project.run("env", "--level", level)
    assert code == 0, output
    lines = [line.removeprefix("export ") for line in output.splitlines() if "=" in line]
    variables = {
        name: shlex.split(value)[0] for name, _, value in (x.partition("=") for x in lines)
    }
    environ = {**project.environ, **variables, "DOCKER_HOST": "tcp://127.0.0.1:1"}
    return replace(project, environ=environ)


def runs_with_a_ledger(project: Project) -> list[Path]:
    return [path.parent for path in project.home.glob(f"runs/*/{LEDGER_FILE}")]


def mail_events(project: Project) -> list[dict[str, Any]]:
    """The events of SES that the runs have taken from the queue."""
    files = project.home.glob(f"runs/*/{EVENTS_FILE}")
    return [json.loads(line) for path in files for line in path.read_text().splitlines()]


def state_of(project: Project) -> dict[str, Any]:
    access = locate.local(project.home).access
    ecs, names = aws.aws(access, "ecs"), list(access.services.values())
    services = ecs.describe_services(cluster=access.cluster, services=names)["services"]
    families = [*access.php_containers, f"{access.resources['scheduler']}-rehearsal"]
    secret = aws.aws(access, "secretsmanager").describe_secret(SecretId=access.secrets["db"])
    balancer = aws.aws(access, "elbv2").describe_load_balancers(Names=[access.load_balancer])
    attributes = aws.aws(access, "elbv2").describe_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"]
    )
    return {
        "services": [(service["desiredCount"], service["taskDefinition"]) for service in services],
        "definitions": [
            ecs.list_task_definitions(familyPrefix=family)["taskDefinitionArns"]
            for family in families
        ],
        "rule": aws.aws(access, "events").describe_rule(Name=access.resources["rule"])["State"],
        "stages": sorted(s for stages in secret["VersionIdsToStages"].values() for s in stages),
        "attributes": attributes["Attributes"],
        "lock": aws.aws(access, "ssm").describe_parameters()["Parameters"],
    }


@pytest.mark.long
def test_a_run_that_is_killed_while_visitors_notice_is_undone(
    up: Project, nothing_left: Callable[[Project], None]
) -> None:
    before = state_of(up)
    account = as_account(up, level="rehearse")
    command = account.start(*REHEARSE, "-k", "no_target_gives_503")

    def probe() -> Ready | NotYet:
        assert command.process.poll() is None, command.said
        entries = [entry for path in runs_with_a_ledger(up) for entry in Ledger(path).entries()]
        changed = any(entry.wanted.get("desiredCount") == 0 for entry in entries)
        return Ready() if changed else NotYet(command.said)

    wait_until(probe, deadline=Deadline(300), interval_s=0.2)
    command.interrupt(signal.SIGKILL)
    command.end()
    (run,) = runs_with_a_ledger(up)
    run_id = run.name.rpartition("-")[2]
    assert state_of(up)["services"][0][0] == 0, "the kill came too late"

    code, output = account.run(*REHEARSE, "-k", "no_target_gives_503")
    assert code == 2, output
    assert f"Run {run_id} is rehearsing on this account." in output

    code, output = account.run("cleanup", "--run", run_id)
    assert code == 0, output
    assert "undone: tickets-web: desiredCount is 2 again" in output
    assert state_of(up) == before
    code, output = account.run("cleanup", "--run", run_id)
    assert (code, "undone" in output) == (0, False), output
    code, output = up.run("down")
    assert code == 0, output
    nothing_left(up)


@pytest.mark.long
def test_a_whole_run_changes_what_its_policy_permits_and_puts_it_back(
    up: Project, nothing_left: Callable[[Project], None]
) -> None:
    before = state_of(up)
    account = as_account(up, level="rehearse")
    code, output = account.run(*REHEARSE, "-n", "3", within_s=1200)
    assert code == 0, output
    assert "visitors notice 9 scenarios of this run" in output
    assert state_of(up) == before
    results = [entry["result"] for entry in account.scenarios()]
    assert results.count("passed") >= 100, results
    mails = {event["mail"]["messageId"] for event in mail_events(account)}
    assert len(mails) >= 5, mails
    (run,) = runs_with_a_ledger(up)
    policy = rehearser.policy(locate.account_access(run))
    permitted = {action for statement in policy["Statement"] for action in statement["Action"]}
    calls = (run / CALLS_FILE).read_text().split()
    actions = {observer.action(call) for call in calls} - {observer.NEEDS_NO_RIGHT}
    assert actions <= permitted, f"not in the policy: {actions - permitted}"
    own = permitted - ASSUMED - {*observer.ACTIONS}
    assert own <= actions, f"never called: {own - actions}"
    noted = {entry.operation for entry in Ledger(run).entries()}
    assert {operation for operation in noted if not operation.startswith("probe:")} <= actions
    code, output = up.run("down")
    assert code == 0, output
    nothing_left(up)
