"""The changes that a rehearsal may make to an account: operations, each on named resources only.

An operation that is not in `PERMISSIONS` never leaves this machine. A permission has the reason to
reject a call, the entry for the ledger, and the resources for the IAM policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.aws.arn import partition_of
from harness.aws.task_definition import family_of
from harness.core.labels import LABEL_REHEARSAL
from harness.target.access import Access
from harness.target.changes.ledger import Entry
from harness.target.changes.settings import (
    BALANCER,
    DISABLED,
    ENABLED,
    OF_A_SCHEDULE,
    RULE,
    SERVICE,
    Account,
    describe_rule,
)
from harness.target.resources.ecs import BY_SCENARIOS, REGISTERED, describe_tasks, task_id
from harness.target.resources.secret_faults import STAGE_PREFIX
from harness.target.resources.web_tier import IDLE_TIMEOUT

Parameters = dict[str, Any]
_ROLES = ("taskRoleArn", "executionRoleArn")


@dataclass(frozen=True)
class Permission:
    """One permitted operation."""

    fields: frozenset[str]
    """Fields that a call may have."""
    objection: Callable[[Account, Parameters], str]
    """Return the reason to reject a call; empty if it is permitted."""
    resources: Callable[[Access], list[str]]
    """Return the ARNs that the operation may change."""
    entry: Callable[[Account, Parameters], Entry | None]
    """Return the ledger's entry, without its operation; None for a call that changes nothing."""
    in_cluster: bool = False
    """Whether IAM can restrict it to the app's cluster by a condition only."""


def families(access: Access) -> tuple[str, ...]:
    """Return the families of task definitions that a rehearsal registers and runs."""
    scheduler = access.resources.get("scheduler", "")
    return (*access.php_containers, *([f"{scheduler}-rehearsal"] if scheduler else []))


def lock_name(access: Access) -> str:
    """Return the name of the SSM parameter that is the lock of an account's rehearsals."""
    return f"/cutover/{access.cluster}/rehearsal"


def rehearsal_of(definition: Mapping[str, Any]) -> str:
    """Return the run that registered a task definition; empty if no rehearsal did."""
    labels = (
        container.get("dockerLabels") or {} for container in definition["containerDefinitions"]
    )
    return next((str(entry[LABEL_REHEARSAL]) for entry in labels if LABEL_REHEARSAL in entry), "")


def arn_of(access: Access, service: str, resource: str) -> str:
    """Return the ARN of a resource of the account, in the app's region."""
    place = f"{access.region}:{access.account_id}"
    return f"arn:{partition_of(access.region)}:{service}:{place}:{resource}"


def _other_cluster(account: Account, call: Parameters) -> str:
    name = str(call.get("cluster", "")).rpartition("/")[2]
    return "" if name == account.access.cluster else f"the cluster {name or 'default'} is not ours"


def _other_family(account: Account, definition: str) -> str:
    family = family_of(definition)
    is_known = family in families(account.access)
    return "" if is_known else f"cutover.toml names no task definition {family}"


def _update_service_objection(account: Account, call: Parameters) -> str:
    if call["service"] not in account.access.services.values():
        return f"cutover.toml names no service {call['service']}"
    definition = call.get("taskDefinition", "")
    other = _other_family(account, definition) if definition else ""
    return _other_cluster(account, call) or other


def _update_service_entry(account: Account, call: Parameters) -> Entry:
    now = SERVICE.read(account, call["service"])
    fields = {key: call[key] for key in now if key in call}
    return Entry("", call["service"], before={key: now[key] for key in fields}, wanted=fields)


def _register_objection(account: Account, call: Parameters) -> str:
    family = call["family"]
    if other := _other_family(account, family):
        return other
    original = family.removesuffix("-rehearsal")
    ecs = account.client("ecs")
    latest = ecs.describe_task_definition(taskDefinition=original)["taskDefinition"]
    changed = [key for key in _ROLES if call.get(key) != latest.get(key)]
    if changed:
        return f"it would give the task another {changed[0]}"
    images = sorted(_images(call) - _images(latest))
    return f"it would run another image, {images[0]}" if images else ""


def _images(definition: Mapping[str, Any]) -> set[str]:
    return {str(container.get("image", "")) for container in definition["containerDefinitions"]}


def _register_entry(account: Account, call: Parameters) -> Entry:
    """Mark the new revision as this run's, so that it is known after a kill, too."""
    first, *rest = call["containerDefinitions"]
    mark = {LABEL_REHEARSAL: account.access.run}
    labels = {**(first.get("dockerLabels") or {}), **mark}
    call["containerDefinitions"] = [{**first, "dockerLabels": labels}, *rest]
    return Entry("", call["family"], wanted=mark)


def _deregister_objection(account: Account, call: Parameters) -> str:
    ecs, name = account.client("ecs"), call["taskDefinition"]
    definition = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    own = rehearsal_of(definition) == account.access.run
    return "" if own else f"this run did not register {name}"


def _run_task_objection(account: Account, call: Parameters) -> str:
    rule = account.access.schedule.get("run_task", {}).get("overrides", {})
    overrides = call.get("overrides", {})
    changed = [key for key in _ROLES if overrides.get(key) != rule.get(key)]
    if changed:
        return f"it would give the task another {changed[0]}"
    if call.get("startedBy") not in BY_SCENARIOS:
        return f"startedBy must be one of {', '.join(BY_SCENARIOS)}"
    return _other_cluster(account, call) or _other_family(account, call["taskDefinition"])


def _task_objection(account: Account, call: Parameters) -> str:
    if other := _other_cluster(account, call):
        return other
    access = account.access
    tasks = describe_tasks(account.client("ecs"), [call["task"]], cluster=access.cluster)
    groups = {f"service:{name}" for name in access.services.values()}
    matches = [
        task
        for task in tasks
        if task.get("group") in groups or task.get("startedBy") in BY_SCENARIOS
    ]
    return "" if matches else f"{call['task']} is no task of a service that cutover.toml names"


def _balancer_objection(account: Account, call: Parameters) -> str:
    if f"/app/{account.access.load_balancer}/" not in call["LoadBalancerArn"]:
        return f"{call['LoadBalancerArn']} is not the load balancer of cutover.toml"
    keys = [
        attribute["Key"] for attribute in call["Attributes"] if attribute["Key"] != IDLE_TIMEOUT
    ]
    return f"it would change {keys[0]}" if keys else ""


def _balancer_entry(account: Account, call: Parameters) -> Entry:
    name = account.access.load_balancer
    fields = {attribute["Key"]: attribute["Value"] for attribute in call["Attributes"]}
    now = BALANCER.read(account, name)
    return Entry("", name, before={key: now[key] for key in fields}, wanted=fields)


def _rule_objection(account: Account, call: Parameters) -> str:
    is_known = call["Name"] == account.access.resources.get("rule")
    return "" if is_known else f"cutover.toml names no rule {call['Name']}"


def _rule_entry(state: str = "") -> Callable[[Account, Parameters], Entry]:
    def entry(account: Account, call: Parameters) -> Entry:
        now = RULE.read(account, call["Name"])
        return Entry("", call["Name"], before=now, wanted={"State": state or call["State"]})

    return entry


def _schedule_objection(account: Account, call: Parameters) -> str:
    if other := _rule_objection(account, call):
        return other
    now = describe_rule(account, call["Name"])
    changed = [key for key in OF_A_SCHEDULE if call.get(key) != now.get(key)]
    return f"it would change {changed[0]}" if changed else ""


def _secret_objection(account: Account, call: Parameters) -> str:
    if call["SecretId"] not in account.access.secret_names:
        return f"cutover.toml names no secret {call['SecretId']}"
    stages = call.get("VersionStages") or [call.get("VersionStage", "AWSCURRENT")]
    foreign_stages = [stage for stage in stages if not stage.startswith(STAGE_PREFIX)]
    return f"it would move the stage {foreign_stages[0]}" if foreign_stages else ""


def _put_secret_entry(_: Account, call: Parameters) -> Entry:
    (stage,) = call["VersionStages"]
    return Entry("", call["SecretId"], wanted={"VersionStage": stage})


def _queue_objection(account: Account, call: Parameters) -> str:
    name = call["QueueUrl"].rpartition("/")[2]
    is_known = name in _emptied(account.access)
    return "" if is_known else f"the queue {name} holds no dead jobs and no events of mails"


def _lock_objection(account: Account, call: Parameters) -> str:
    name = lock_name(account.access)
    return "" if call["Name"] == name else f"{call['Name']} is not the lock {name}"


def _lock_arns(access: Access) -> list[str]:
    return [arn_of(access, "ssm", f"parameter{lock_name(access)}")]


def _definition_arns(access: Access) -> list[str]:
    return [arn_of(access, "ecs", f"task-definition/{family}:*") for family in families(access)]


def _service_arns(access: Access) -> list[str]:
    names = access.services.values()
    return [arn_of(access, "ecs", f"service/{access.cluster}/{name}") for name in names]


def _secret_arns(access: Access) -> list[str]:
    if not access.keyed_secret:
        return []
    _, reference = access.keyed_secret
    return [arn_of(access, "secretsmanager", f"secret:{reference.name}-??????")]


def _rule_arns(access: Access) -> list[str]:
    name = access.resources.get("rule")
    is_rule = name and not access.schedule.get("group")
    return [arn_of(access, "events", f"rule/{name}")] if is_rule else []


def _schedule_arns(access: Access) -> list[str]:
    name, group = access.resources.get("rule"), access.schedule.get("group")
    return [arn_of(access, "scheduler", f"schedule/{group}/{name}")] if name and group else []


def _emptied(access: Access) -> list[str]:
    """Return the queues of which a rehearsal takes its own messages."""
    names = (access.resources.get(key) for key in ("dead_letter_queue", "mail_events"))
    return [name for name in names if name]


def _emptied_arns(access: Access) -> list[str]:
    return [arn_of(access, "sqs", name) for name in _emptied(access)]


PERMISSIONS: Mapping[str, Permission] = {
    "ecs:UpdateService": Permission(
        frozenset({"cluster", "service", "desiredCount", "taskDefinition", "forceNewDeployment"}),
        _update_service_objection,
        _service_arns,
        _update_service_entry,
    ),
    "ecs:RegisterTaskDefinition": Permission(
        frozenset(REGISTERED),
        _register_objection,
        _definition_arns,
        _register_entry,
    ),
    "ecs:DeregisterTaskDefinition": Permission(
        frozenset({"taskDefinition"}),
        _deregister_objection,
        lambda _: ["*"],
        lambda _, call: Entry("", call["taskDefinition"]),
    ),
    "ecs:RunTask": Permission(
        frozenset(
            {
                *("cluster", "taskDefinition", "count", "launchType", "platformVersion", "group"),
                *("networkConfiguration", "overrides", "startedBy", "propagateTags"),
                "enableExecuteCommand",
            }
        ),
        _run_task_objection,
        _definition_arns,
        lambda _, call: Entry(
            "", family_of(call["taskDefinition"]), wanted={"startedBy": call["startedBy"]}
        ),
        in_cluster=True,
    ),
    "ecs:StopTask": Permission(
        frozenset({"cluster", "task", "reason"}),
        _task_objection,
        lambda access: [arn_of(access, "ecs", f"task/{access.cluster}/*")],
        lambda _, call: Entry("", task_id(call["task"])),
        in_cluster=True,
    ),
    "ecs:ExecuteCommand": Permission(
        frozenset({"cluster", "task", "container", "command", "interactive"}),
        _task_objection,
        lambda access: [
            arn_of(access, "ecs", f"cluster/{access.cluster}"),
            arn_of(access, "ecs", f"task/{access.cluster}/*"),
        ],
        lambda _, call: Entry("", task_id(call["task"])),
    ),
    "elasticloadbalancing:ModifyLoadBalancerAttributes": Permission(
        frozenset({"LoadBalancerArn", "Attributes"}),
        _balancer_objection,
        lambda access: [
            arn_of(access, "elasticloadbalancing", f"loadbalancer/app/{access.load_balancer}/*")
        ],
        _balancer_entry,
    ),
    "events:DisableRule": Permission(
        frozenset({"Name"}), _rule_objection, _rule_arns, _rule_entry(DISABLED)
    ),
    "events:EnableRule": Permission(
        frozenset({"Name"}), _rule_objection, _rule_arns, _rule_entry(ENABLED)
    ),
    "scheduler:UpdateSchedule": Permission(
        frozenset({*OF_A_SCHEDULE, "State", "ClientToken"}),
        _schedule_objection,
        _schedule_arns,
        _rule_entry(),
    ),
    "secretsmanager:PutSecretValue": Permission(
        frozenset({"SecretId", "SecretString", "VersionStages", "ClientRequestToken"}),
        _secret_objection,
        _secret_arns,
        _put_secret_entry,
    ),
    "secretsmanager:UpdateSecretVersionStage": Permission(
        frozenset({"SecretId", "VersionStage", "RemoveFromVersionId"}),
        _secret_objection,
        _secret_arns,
        lambda _, call: Entry("", call["SecretId"]),
    ),
    "ssm:PutParameter": Permission(
        frozenset({"Name", "Value", "Type", "Overwrite"}),
        _lock_objection,
        _lock_arns,
        lambda *_: None,
    ),
    "ssm:DeleteParameter": Permission(
        frozenset({"Name"}), _lock_objection, _lock_arns, lambda *_: None
    ),
    "sqs:ReceiveMessage": Permission(
        frozenset(
            {
                *("QueueUrl", "MaxNumberOfMessages", "VisibilityTimeout", "AttributeNames"),
                "WaitTimeSeconds",
            }
        ),
        _queue_objection,
        _emptied_arns,
        lambda *_: None,
    ),
    "sqs:DeleteMessage": Permission(
        frozenset({"QueueUrl", "ReceiptHandle"}),
        _queue_objection,
        _emptied_arns,
        lambda _, call: Entry("", call["QueueUrl"].rpartition("/")[2]),
    ),
}
"""IAM action -> its permission."""
