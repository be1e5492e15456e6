"""Each permitted operation: restricted to named resources, written down first, and undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from harness.core.errors import TargetError, UnsafeTarget
from harness.target.access import Access
from harness.target.changes.account_lock import AccountLock
from harness.target.changes.ledger import Entry, Ledger
from harness.target.changes.permissions import PERMISSIONS
from harness.target.changes.restoration import Restoration, restore
from harness.target.changes.settings import Account
from harness.target.clients.probe import ProbeRefused
from tests.unit.target.changes.conftest import ARN, BALANCER, DEAD, ROLE, WEB, FakeAccount

Call = Callable[..., Any]
DEFINITION = {"family": "shop-web", "taskRoleArn": ROLE, "containerDefinitions": [{"name": "app"}]}
STARTED = {"cluster": "shop", "taskDefinition": "shop-web", "startedBy": "cutover-harness"}
IDLE = [{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
BAD_VERSION = {"SecretId": "shop/db", "SecretString": "x", "VersionStages": ["REHEARSAL-1"]}


@pytest.mark.parametrize(
    ("name", "arguments", "objection"),
    [
        (
            "ecs.update_service",
            {"cluster": "shop", "service": "billing", "desiredCount": 0},
            "ecs:UpdateService was refused: cutover.toml names no service billing.",
        ),
        (
            "ecs.update_service",
            {"cluster": "other", "service": "shop-web", "desiredCount": 0},
            "ecs:UpdateService was refused: the cluster other is not ours.",
        ),
        (
            "ecs.update_service",
            {"cluster": "shop", "service": "shop-web", "enableExecuteCommand": True},
            "ecs:UpdateService was refused: it would set enableExecuteCommand.",
        ),
        (
            "ecs.update_service",
            {"cluster": "shop", "service": "shop-web", "taskDefinition": "billing:1"},
            "cutover.toml names no task definition billing.",
        ),
        (
            "ecs.register_task_definition",
            {**DEFINITION, "family": "billing"},
            "cutover.toml names no task definition billing.",
        ),
        (
            "ecs.register_task_definition",
            {**DEFINITION, "taskRoleArn": "arn:aws:iam::876000000876:role/admin"},
            "it would give the task another taskRoleArn.",
        ),
        (
            "ecs.register_task_definition",
            {**DEFINITION, "containerDefinitions": [{"name": "app", "image": "miner"}]},
            "it would run another image, miner.",
        ),
        (
            "ecs.deregister_task_definition",
            {"taskDefinition": WEB},
            f"this run did not register {WEB}.",
        ),
        (
            "ecs.run_task",
            {**STARTED, "startedBy": "me"},
            "startedBy must be one of cutover-harness, cutover-harness-provoked.",
        ),
        ("ecs.run_task", {**STARTED, "cluster": "other"}, "the cluster other is not ours."),
        (
            "ecs.run_task",
            {**STARTED, "overrides": {"taskRoleArn": "arn:aws:iam::876000000876:role/admin"}},
            "it would give the task another taskRoleArn.",
        ),
        (
            "ecs.stop_task",
            {"cluster": "shop", "task": f"{ARN}:task/shop/1"},
            "is no task of a service that cutover.toml names.",
        ),
        (
            "ecs.execute_command",
            {"cluster": "shop", "task": f"{ARN}:task/shop/1", "command": "id", "interactive": True},
            "is no task of a service that cutover.toml names.",
        ),
        (
            "elbv2.modify_load_balancer_attributes",
            {"LoadBalancerArn": BALANCER.replace("shop", "other"), "Attributes": IDLE},
            "is not the load balancer of cutover.toml.",
        ),
        (
            "elbv2.modify_load_balancer_attributes",
            {
                "LoadBalancerArn": BALANCER,
                "Attributes": [{"Key": "deletion_protection.enabled", "Value": "false"}],
            },
            "it would change deletion_protection.enabled.",
        ),
        ("events.disable_rule", {"Name": "billing"}, "cutover.toml names no rule billing."),
        (
            "secretsmanager.put_secret_value",
            {**BAD_VERSION, "SecretId": "billing"},
            "cutover.toml names no secret billing.",
        ),
        (
            "secretsmanager.put_secret_value",
            {"SecretId": "shop/db", "SecretString": "x"},
            "it would move the stage AWSCURRENT.",
        ),
        (
            "secretsmanager.update_secret_version_stage",
            {"SecretId": "shop/db", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": "v" * 32},
            "it would move the stage AWSCURRENT.",
        ),
        (
            "sqs.receive_message",
            {"QueueUrl": DEAD.replace("dead", "jobs")},
            "the queue shop-jobs holds no dead jobs and no events of mails.",
        ),
        (
            "ssm.put_parameter",
            {"Name": "/shop/password", "Value": "x", "Type": "String", "Overwrite": True},
            "/shop/password is not the lock /cutover/shop/rehearsal.",
        ),
        ("s3.delete_bucket", {"Bucket": "b"}, "it is no change that a rehearsal makes."),
        ("ecs.delete_service", {"service": "shop-web"}, "it is no change that a rehearsal makes."),
    ],
)
def test_a_change_of_anything_else_never_leaves_this_machine(
    call: Call,
    fake: FakeAccount,
    ledger: Ledger,
    name: str,
    arguments: dict[str, Any],
    objection: str,
) -> None:
    with pytest.raises(UnsafeTarget) as refused:
        call(name, **arguments)
    assert objection in str(refused.value)
    assert fake.writes == []
    assert ledger.entries() == []


def test_a_change_is_on_the_disk_before_it_is_made(
    call: Call, fake: FakeAccount, ledger: Ledger
) -> None:
    fake.UpdateService = lambda **_: texts.append(ledger.path.read_text())  # type: ignore[method-assign]
    texts: list[str] = []
    call("ecs.update_service", cluster="shop", service="shop-web", desiredCount=0)
    (line,) = texts[0].splitlines()
    entry = json.loads(line)
    assert entry.pop("at")
    assert entry == {
        "operation": "ecs:UpdateService",
        "resource": "shop-web",
        "before": {"desiredCount": 2},
        "wanted": {"desiredCount": 0},
    }


def test_no_secret_is_in_the_ledger(call: Call, ledger: Ledger) -> None:
    call("secretsmanager.put_secret_value", **{**BAD_VERSION, "SecretString": "hunter2"})
    container = {"name": "app", "environment": [{"name": "A", "value": "hunter2"}]}
    call("ecs.register_task_definition", **{**DEFINITION, "containerDefinitions": [container]})
    assert "hunter2" not in ledger.path.read_text()


class FakeProbe:
    """The app's probe; its first answers may be others."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.removed: list[str] = []

    def remove(self, name: str) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.removed.append(name)


def undo(account: Account, ledger: Ledger, probe: FakeProbe | None = None) -> Restoration:
    fake: Any = probe or FakeProbe()
    return restore(account, ledger, probe=lambda: fake)


def change_everything(call: Call) -> None:
    definition = call("ecs.register_task_definition", **DEFINITION)["taskDefinition"]
    call(
        "ecs.update_service",
        cluster="shop",
        service="shop-web",
        taskDefinition=definition["taskDefinitionArn"],
    )
    call("ecs.update_service", cluster="shop", service="shop-web", desiredCount=0)
    call("ecs.run_task", **STARTED)
    call("elbv2.modify_load_balancer_attributes", LoadBalancerArn=BALANCER, Attributes=IDLE)
    call("events.disable_rule", Name="minutely")
    call("secretsmanager.put_secret_value", **BAD_VERSION)


def state_of(fake: FakeAccount) -> dict[str, Any]:
    return {
        "services": fake.services,
        "definitions": sorted(fake.definitions),
        "tasks": fake.tasks,
        "idle": fake.idle,
        "rule": fake.rule,
        "stages": {stage for stages in fake.stages.values() for stage in stages},
    }


def test_everything_is_undone_after_a_kill_and_only_once(
    call: Call, account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    before = state_of(FakeAccount())
    change_everything(call)
    assert state_of(fake) != before
    outcome = undo(account, ledger)
    assert state_of(fake) == before
    assert outcome.left == outcome.foreign == ()
    assert sorted(outcome.undone) == [
        "minutely: State is ENABLED again",
        "secret shop/db: the stage REHEARSAL-1 is removed",
        "shop-web: desiredCount is 2 again",
        f"shop-web: taskDefinition is {WEB} again",
        "shop: idle_timeout.timeout_seconds is 60 again",
        "task 00000000000000000000000000000000 is stopped",
        "task definition shop-web:8 is deregistered",
    ]
    writes = len(fake.writes)
    assert undo(account, ledger).undone == ()
    assert len(fake.writes) == writes


def test_what_a_scenario_has_put_back_itself_is_left_alone(
    call: Call, account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    for count in (0, 2):
        call("ecs.update_service", cluster="shop", service="shop-web", desiredCount=count)
    fake.writes.clear()
    assert undo(account, ledger).undone == ()
    assert fake.writes == []


def test_a_value_of_somebody_else_stays_and_is_named(
    call: Call, account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    call("ecs.update_service", cluster="shop", service="shop-web", desiredCount=0)
    fake.services["shop-web"]["desiredCount"] = 4
    outcome = undo(account, ledger)
    assert fake.services["shop-web"]["desiredCount"] == 4
    assert outcome.foreign == (
        "shop-web: desiredCount is 4, which this run did not set; before it was 2",
    )


def test_a_value_of_somebody_else_between_two_changes_is_the_one_to_restore(
    call: Call, account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    for count in (0, 2):
        call("ecs.update_service", cluster="shop", service="shop-web", desiredCount=count)
    fake.services["shop-web"]["desiredCount"] = 4
    call("ecs.update_service", cluster="shop", service="shop-web", desiredCount=0)
    undo(account, ledger)
    assert fake.services["shop-web"]["desiredCount"] == 4


def test_another_runs_revision_is_not_deregistered(
    call: Call, account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    call("ecs.register_task_definition", **DEFINITION)
    foreign = fake.RegisterTaskDefinition(
        **{**DEFINITION, "containerDefinitions": [{"name": "app", "dockerLabels": {}}]}
    )["taskDefinition"]["taskDefinitionArn"]
    undo(account, ledger)
    assert foreign in fake.definitions
    assert len(fake.definitions) == 2


EXPIRED = ClientError({"Error": {"Code": "ExpiredTokenException", "Message": "expired"}}, "x")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (EXPIRED, "The AWS session has expired (from the environment, no profile is named)."),
        (
            EndpointConnectionError(endpoint_url="https://ecs.eu-west-1.amazonaws.com"),
            "AWS was not reached for the settings of shop-web.",
        ),
    ],
)
def test_what_cannot_be_undone_is_named_and_undone_later(
    call: Call,
    account: Account,
    fake: FakeAccount,
    ledger: Ledger,
    error: Exception,
    text: str,
) -> None:
    change_everything(call)
    fake.error = error
    outcome = undo(account, ledger)
    assert outcome.left == (
        "the settings of shop-web",
        "the settings of shop",
        "the settings of minutely",
        "the tasks that scenarios started",
        "task definitions of shop-web",
        "versions of the secret shop/db",
    )
    assert outcome.error is not None
    assert outcome.error.what == text
    assert not ledger.is_closed
    fake.error = None
    assert len(undo(account, ledger).undone) == 7
    assert ledger.is_closed


def test_a_run_that_is_undone_makes_no_other_change(
    call: Call, account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    undo(account, ledger)
    with pytest.raises(TargetError, match="The changes of this run are undone"):
        call("ecs.update_service", cluster="shop", service="shop-web", desiredCount=0)
    assert fake.writes == []


def test_a_line_that_a_kill_cut_short_announced_no_change(ledger: Ledger) -> None:
    ledger.append(Entry("ecs:UpdateService", "shop-web"))
    with ledger.path.open("a") as file:
        file.write('{"operation": "ecs:Upd')
    assert [entry.resource for entry in ledger.entries()] == ["shop-web"]


def test_the_lock_is_held_by_one_run(account: Account, fake: FakeAccount) -> None:
    first = AccountLock(account.access, ssm=account.client("ssm"))
    second = AccountLock(account.access, ssm=account.client("ssm"))
    with first.held():
        with pytest.raises(UnsafeTarget) as refused, second.held():
            pass
        assert str(refused.value).startswith("Run abc123 is rehearsing on this account.\n")
        assert "Wait until it has ended, or use --level observe." in str(refused.value)
    first.release()
    assert fake.parameters == {}
    with second.held():
        pass


def test_a_lock_that_a_kill_left_is_not_taken_over(account: Account, fake: FakeAccount) -> None:
    lock = AccountLock(account.access, ssm=account.client("ssm"))
    with lock.held():
        pass
    (parameter,) = fake.parameters.values()
    parameter["LastModifiedDate"] = datetime.now(UTC) - timedelta(minutes=11)
    with pytest.raises(UnsafeTarget) as refused, lock.held():
        pass
    text = str(refused.value)
    assert text.startswith("Run abc123 ended without undoing its changes of this account.\n")
    assert "last sign of it 11 minutes ago" in text
    assert "Run `cutover cleanup --run abc123` on " in text
    assert "where: SSM parameter /cutover/shop/rehearsal" in text


def test_the_lock_of_another_run_is_not_released(account: Account, fake: FakeAccount) -> None:
    holder = {"run": "other1", "user": "me", "host": "ci", "since": "2026-11-27T20:00:00+00:00"}
    fake.PutParameter("/cutover/shop/rehearsal", json.dumps(holder), Overwrite=False)
    AccountLock(account.access, ssm=account.client("ssm")).release()
    assert len(fake.parameters) == 1


def test_each_permission_names_its_resources(account: Account) -> None:
    rule = account.access
    schedule = replace(rule, schedule={"group": "default"})
    for action, permission in PERMISSIONS.items():
        arns = permission.resources(schedule if action.startswith("scheduler:") else rule)
        assert arns, action
        assert action == "ecs:DeregisterTaskDefinition" or "*" not in arns
    assert PERMISSIONS["events:DisableRule"].resources(schedule) == []
    assert PERMISSIONS["scheduler:UpdateSchedule"].resources(rule) == []


def test_of_a_schedule_only_the_state_is_changed(
    access: Access, fake: FakeAccount, ledger: Ledger, make_account: Callable[[Access], Account]
) -> None:
    account = make_account(replace(access, schedule={"group": "default"}))
    scheduler = account.client("scheduler")
    content = fake.GetSchedule("minutely", "default")
    for change, objection in (
        ({"Name": "billing"}, "cutover.toml names no rule billing."),
        ({"ScheduleExpression": "rate(1 hour)"}, "it would change ScheduleExpression."),
    ):
        with pytest.raises(UnsafeTarget, match=objection):
            scheduler.update_schedule(**{**content, "State": "DISABLED", **change})
    assert fake.writes == []
    scheduler.update_schedule(**{**content, "State": "DISABLED"})
    assert fake.rule == "DISABLED"
    assert undo(account, ledger).undone == ("minutely: State is ENABLED again",)
    assert fake.rule == "ENABLED"


def test_files_and_dead_jobs_of_the_probe_are_removed(
    account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    for operation, resource in (
        ("probe:StoreFile", "kept"),
        ("probe:StoreFile", "gone"),
        ("probe:RemoveFile", "gone"),
        ("probe:DispatchJob", "1111"),
        ("probe:DispatchJob", "2222"),
    ):
        ledger.append(Entry(operation, resource))
    away = ProbeRefused("DELETE files/kept", status=503, body="")
    probe = FakeProbe(away)
    outcome = undo(account, ledger, probe)
    assert probe.removed == ["kept"]
    assert fake.dead == ['{"job": "of the app"}']
    assert outcome.undone == (
        "file kept of the probe is removed",
        "job 1111 is removed from the dead-letter queue",
    )


def test_a_site_that_does_not_answer_leaves_the_probes_files(
    account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    ledger.append(Entry("probe:StoreFile", "kept"))
    outcome = undo(account, ledger, FakeProbe(ConnectionError("no route")))
    assert outcome.left == ("files of the probe",)
    assert outcome.error is not None
    assert outcome.error.what == "The app's probe does not answer."
    assert not ledger.is_closed


def test_a_fault_in_one_part_leaves_the_others_undone_no_longer(
    call: Call, account: Account, fake: FakeAccount, ledger: Ledger
) -> None:
    change_everything(call)
    fake.ListTasks = lambda **_: {"other": []}  # type: ignore[method-assign]
    outcome = undo(account, ledger)
    assert outcome.left == ("the tasks that scenarios started",)
    assert outcome.error is not None
    assert outcome.error.what == "the tasks that scenarios started cannot be undone."
    assert len(outcome.undone) == 6
    assert not ledger.is_closed
