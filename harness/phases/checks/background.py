"""Phase 5: bucket, queues, worker, rule, scheduled runs, mail and the tasks' roles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from harness.aws.eventbridge import started_by
from harness.aws.iam_policy import statements
from harness.aws.task_definition import family_of
from harness.inputs.files.queues import dead_letter_queue
from harness.phases.account import Account
from harness.phases.checks.web import steadiness
from harness.phases.phase import Finding, NotCovered, absent, check

_NO_METRICS = "the emulator has no CloudWatch; scenarios of the queue prove that jobs are done"
_NO_SESV2 = "the emulator has SES's first API only, without sandbox, DKIM and quotas"
_WINDOW_MINUTES = 15
_TICK_MINUTES = 5
_FIRST_RUN_WITHIN = timedelta(minutes=2)
_BUCKET_ANSWERS: Mapping[str, tuple[str, str, str]] = {
    "PutPublicAccessBlock": ("GetPublicAccessBlock", "PublicAccessBlockConfiguration", ""),
    "PutBucketOwnershipControls": ("GetBucketOwnershipControls", "OwnershipControls", ""),
    "PutBucketEncryption": ("GetBucketEncryption", "ServerSideEncryptionConfiguration", ""),
    "PutBucketVersioning": ("GetBucketVersioning", "VersioningConfiguration", "flat"),
    "PutBucketCors": ("GetBucketCors", "CORSConfiguration", "flat"),
    "PutBucketLifecycleConfiguration": (
        "GetBucketLifecycleConfiguration",
        "LifecycleConfiguration",
        "flat",
    ),
}
"""Operation of the file -> the one that answers, the field, and whether its answer lacks it."""


def _name(account: Account, key: str, *, noun: str) -> str:
    """Return the name of a resource.

    Raises:
        NotCovered: The app has none.
    """
    names, place = account.access.resources, "schedule.rule" if key == "rule" else "resources"
    if key not in names:
        raise NotCovered(f"the app has no {noun}", key=f"set {place}")
    return str(names[key])


@check(
    "5.bucket",
    reads=(
        "s3:ListBucket",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketOwnershipControls",
        "s3:GetEncryptionConfiguration",
        "s3:GetBucketVersioning",
        "s3:GetBucketCORS",
        "s3:GetLifecycleConfiguration",
    ),
    readiness=True,
)
def bucket(account: Account) -> Iterator[Finding]:
    """The bucket is private, and has the settings of its file."""
    name = _name(account, "bucket", noun="bucket")
    if account.read("s3", "HeadBucket", Bucket=name) is None:
        yield absent(f"bucket {name}", remedy="create it: `cutover phase 5 --plan`")
        return
    for call in account.production.resources["bucket"].calls:
        if call.operation in _BUCKET_ANSWERS:
            operation, field, is_flat = _BUCKET_ANSWERS[call.operation]
            answer = account.read("s3", operation, Bucket=name) or {}
            found = answer if is_flat else answer.get(field) or {}
            thing = f"bucket {name}, {field}"
            yield from account.differences(thing, call.given[field], found, key="resources.bucket")


@check("5.queues", reads=("sqs:GetQueueUrl", "sqs:GetQueueAttributes"), readiness=True)
def queues(account: Account) -> Iterator[Finding]:
    """The queues have the settings of their file, and no job is in a dead-letter queue."""
    _name(account, "queue", noun="queue")
    inputs = account.production.resources["queues"].inputs_of("CreateQueue")
    dead = {dead_letter_queue(given) for given in inputs}
    for create in inputs:
        name = str(create["QueueName"])
        attributes = _attributes(account, name)
        if attributes is None:
            yield absent(f"queue {name}", remedy="create it: `cutover phase 5 --plan`")
            continue
        wanted = {key: _value(value) for key, value in create.get("Attributes", {}).items()}
        yield from account.differences(f"queue {name}", wanted, attributes, key="resources.queues")
        waiting = int(attributes.get("ApproximateNumberOfMessages", 0))
        if name in dead and waiting:
            yield Finding(
                f"dead-letter queue {name}",
                "no job",
                f"{waiting} jobs",
                "read one (its body names the class), mend the cause, then redrive or purge them",
            )


def _attributes(account: Account, name: str) -> dict[str, Any] | None:
    answer = account.read("sqs", "GetQueueUrl", QueueName=name)
    if answer is None:
        return None
    url = answer["QueueUrl"]
    found = account.read("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
    return {key: _value(value) for key, value in found.get("Attributes", {}).items()}


def _value(value: Any) -> Any:
    """Return an attribute; of a document, which may be text, the document itself."""
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value


def _metric(account: Account, name: str, *, statistic: str) -> float | None:
    """Return a metric of the jobs' queue over the last minutes; None where there is no value."""
    queue = _name(account, "queue", noun="queue")
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": name,
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }
    stat = {"Metric": metric, "Period": 60, "Stat": statistic}
    answer = account.read(
        "cloudwatch",
        "GetMetricData",
        MetricDataQueries=[{"Id": "value", "MetricStat": stat}],
        StartTime=account.now() - timedelta(minutes=_WINDOW_MINUTES),
        EndTime=account.now(),
    )
    values = answer["MetricDataResults"][0]["Values"]
    return (max if statistic == "Maximum" else sum)(values) if values else None


@check("5.queue-age", reads=("cloudwatch:GetMetricData",), not_local=_NO_METRICS)
def queue_age(account: Account) -> Iterator[Finding]:
    """No job waits longer than twice the visibility timeout."""
    age = _metric(account, "ApproximateAgeOfOldestMessage", statistic="Maximum")
    name = account.access.resources["queue"]
    inputs = account.production.resources["queues"].inputs_of("CreateQueue")
    (create,) = (one for one in inputs if one["QueueName"] == name)
    allowed = 2 * int(create.get("Attributes", {}).get("VisibilityTimeout", 30))
    if age is not None and age > allowed:
        remedy = "read the workers' logs; add workers, or correct their --timeout"
        yield Finding(f"queue {name}", f"jobs of at most {allowed} s", f"{age:.0f} s old", remedy)


@check("5.worker", reads=("ecs:DescribeServices",))
def worker(account: Account) -> Iterator[Finding]:
    """Each service besides the web's is steady."""
    access = account.access
    return steadiness(account, [name for key, name in access.services.items() if key != access.web])


@check("5.jobs-consumed", reads=("cloudwatch:GetMetricData",), not_local=_NO_METRICS)
def jobs_consumed(account: Account) -> Iterator[Finding]:
    """Jobs that were sent in the last 15 minutes were taken by a worker."""
    sent = _metric(account, "NumberOfMessagesSent", statistic="Sum")
    if not sent:
        reason = f"no job was sent in the last {_WINDOW_MINUTES} minutes"
        raise NotCovered(reason, key="do something in the app that dispatches one")
    deleted = _metric(account, "NumberOfMessagesDeleted", statistic="Sum") or 0
    if not deleted:
        name = account.access.resources["queue"]
        actual = f"{sent:.0f} sent, none done"
        remedy = "let the worker's command name this queue, and read its logs"
        yield Finding(f"queue {name}", "jobs that are done", actual, remedy)


@check(
    "5.rule",
    reads=(
        *("events:DescribeRule", "events:ListTargetsByRule", "events:ListRuleNamesByTarget"),
        "scheduler:GetSchedule",
    ),
)
def rule(account: Account) -> Iterator[Finding]:
    """The rule is enabled, has its one target, and no other rule runs the same task."""
    name = _name(account, "rule", noun="rule")
    schedule, thing = account.production.schedule, f"rule {name}"
    assert schedule is not None  # noqa: S101 - the name comes from it
    answer = (
        account.read("scheduler", "GetSchedule", Name=name, GroupName=schedule.group)
        if schedule.is_of_scheduler
        else account.read("events", "DescribeRule", Name=name)
    )
    if answer is None:
        yield absent(thing, remedy="create it: `cutover phase 5 --plan`")
        return
    yield from account.differences(thing, schedule.content, answer, key="schedule.rule")
    if account.is_local or schedule.is_of_scheduler:
        return  # its target is a queue there, from which control runs the task
    targets = account.read("events", "ListTargetsByRule", Rule=name)["Targets"]
    if len(targets) != 1:
        actual = f"{len(targets)} targets"
        remedy = "leave one: each more runs every command once more"
        yield Finding(thing, "one target", actual, remedy)
    wanted = _target(schedule.target)
    for target in targets:
        found = _target(target)
        yield from account.differences(f"{thing}, target", wanted, found, key="schedule.rule")
    yield from _other_rules(account, name, cluster=str(schedule.target["Arn"]))


def _target(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return a target with its input as a document, and its definition by family alone."""
    given = target.get("Input")
    parameters = target.get("EcsParameters", {})
    family = family_of(str(parameters.get("TaskDefinitionArn")))
    return {
        **target,
        "Input": json.loads(given) if isinstance(given, str) else given or {},
        "EcsParameters": {**parameters, "TaskDefinitionArn": family},
    }


def _other_rules(account: Account, name: str, *, cluster: str) -> Iterator[Finding]:
    family = account.access.resources["scheduler"]
    names = account.read("events", "ListRuleNamesByTarget", TargetArn=cluster)["RuleNames"]
    for other in names:
        if other == name:
            continue
        for target in account.read("events", "ListTargetsByRule", Rule=other)["Targets"]:
            arn = target.get("EcsParameters", {}).get("TaskDefinitionArn", "")
            if family_of(arn) == family:
                remedy = f"aws events disable-rule --name {other}"
                actual = "runs the scheduler's task, too"
                yield Finding(f"rule {other}", f"no rule but {name}", actual, remedy)


@check("5.ticks", reads=("ecs:ListTasks", "ecs:DescribeTasks"))
def ticks(account: Account) -> Iterator[Finding]:
    """The scheduler's task ran once a minute in the last 5, and ended with exit code 0."""
    name = _name(account, "rule", noun="rule")
    schedule = account.production.schedule
    starter = started_by(name, of_scheduler=bool(schedule and schedule.is_of_scheduler))
    runs = [task for task in _runs(account) if task.get("startedBy", "") == starter]
    thing = f"scheduled runs of {name}"
    made = account.access.schedule.get("since")  # known of a stack of ours only
    if not runs and made and account.now() - datetime.fromisoformat(made) < _FIRST_RUN_WITHIN:
        raise NotCovered("the rule is too young for a run", key="the same command in a minute")
    if not runs:
        yield absent(thing, remedy="read the rule's failed invocations, and its role")
        return
    age = (account.now() - min(task["createdAt"] for task in runs)).total_seconds()
    wanted = min(_TICK_MINUTES, int(age / 60) + 1)  # less of a rule that is younger
    begin = account.now() - timedelta(minutes=_TICK_MINUTES)
    recent = [task for task in runs if task["createdAt"] >= begin]
    if abs(len(recent) - wanted) > 1:
        remedy = "read the rule's failed invocations, and the events of stopped tasks"
        yield Finding(thing, f"{wanted} in {wanted} minutes", str(len(recent)), remedy)
    for task in recent:
        codes = {one["name"]: one.get("exitCode") for one in task["containers"]}
        if task["lastStatus"] == "STOPPED" and any(codes.values()):
            actual = f"{codes}, {task.get('stoppedReason', '')}"
            yield Finding(thing, "exit code 0", actual, "read that task's log")


def _runs(account: Account) -> Iterator[dict[str, Any]]:
    """Go through the scheduler's tasks, of both statuses that ECS keeps for an hour."""
    cluster, family = account.access.cluster, account.access.resources["scheduler"]
    for status in ("RUNNING", "STOPPED"):
        listed = account.read(
            "ecs", "ListTasks", cluster=cluster, family=family, desiredStatus=status
        )
        arns = listed["taskArns"] if listed else []
        for start in range(0, len(arns), 100):
            part = arns[start : start + 100]
            answer = account.read("ecs", "DescribeTasks", cluster=cluster, tasks=part)
            yield from answer["tasks"]


@check("5.ses-verified", reads=("ses:GetIdentityVerificationAttributes",), readiness=True)
def ses_verified(account: Account) -> Iterator[Finding]:
    """The identity that mail is sent from is verified."""
    name = _name(account, "identity", noun="mail identity")
    answer = account.read("ses", "GetIdentityVerificationAttributes", Identities=[name])
    found = answer["VerificationAttributes"].get(name, {}).get("VerificationStatus", "no identity")
    if found != "Success":
        remedy = "verify it: put its records into DNS, or open the link that SES mailed"
        yield Finding(f"identity {name}", "Success", found, remedy)


@check(
    "5.ses-account",
    reads=("ses:GetAccount", "ses:GetEmailIdentity"),
    not_local=_NO_SESV2,
    readiness=True,
)
def ses_account(account: Account) -> Iterator[Finding]:
    """SES sends to real recipients: out of the sandbox, healthy, with quota left, DKIM signed."""
    name = _name(account, "identity", noun="mail identity")
    answer = account.read("sesv2", "GetAccount")
    quota = answer.get("SendQuota", {})
    left = quota.get("Max24HourSend", 0) - quota.get("SentLast24Hours", 0)
    is_unlimited = quota.get("Max24HourSend") == -1
    health = answer.get("EnforcementStatus", "HEALTHY")
    identity = account.read("sesv2", "GetEmailIdentity", EmailIdentity=name) or {}
    dkim = identity.get("DkimAttributes", {}).get("Status", "NOT_STARTED")
    for is_right, expected, actual, remedy in (
        (
            answer.get("ProductionAccessEnabled"),
            "production access",
            "the sandbox",
            "request production access: SES sends to verified recipients only",
        ),
        (answer.get("SendingEnabled"), "sending enabled", "it is off", "enable sending"),
        (health == "HEALTHY", "HEALTHY", health, "answer AWS's case about bounces or complaints"),
        (left > 0 or is_unlimited, "quota left", "none left for today", "raise the quota"),
        (
            "@" in name or dkim == "SUCCESS",
            f"DKIM of {name}: SUCCESS",
            dkim,
            "put the three CNAME records of Easy DKIM into DNS",
        ),
    ):
        if not is_right:
            yield Finding("SES", expected, actual, remedy)


@check("5.real-recipient", by_hand=True)
def real_recipient(account: Account) -> Iterator[Finding]:
    """A mail reaches a real recipient's mailbox."""
    host = account.access.public_host
    key = f"cutover smoke https://{host} --mail-to ADDRESS, with the probe's key"
    raise NotCovered("it sends a mail, and nothing is changed here", key=key)


_FOREIGN = ("iam:CreateUser", "s3:DeleteBucket", "sqs:DeleteQueue", "ecs:UpdateService")
"""Actions that no task of an app needs."""


@check(
    "5.roles",
    reads=("iam:SimulatePrincipalPolicy",),
    not_local="the emulator's answer differs from IAM's; scenarios of the roles prove them",
)
def roles(account: Account) -> Iterator[Finding]:
    """The tasks' roles allow the calls of their files, and none of a handful of others."""
    arns = {definition.task_role_arn for definition in account.production.definitions} - {""}
    files = {role.name: role for role in account.production.roles}
    for arn in sorted(arns):
        role = files.get(arn.rpartition("/")[2])
        for actions, resources in _allowed(role.policies.values()) if role else ():
            yield from _decisions(account, arn, actions, resources, wanted="allowed")
        yield from _decisions(account, arn, list(_FOREIGN), ["*"], wanted="denied")


def _allowed(policies: Any) -> Iterator[tuple[list[str], list[str]]]:
    """Go through the statements that allow named actions without a condition."""
    for policy in policies:
        for statement in statements(json.loads(policy)):
            actions = _list(statement.get("Action"))
            resources = _list(statement.get("Resource"))
            is_plain = statement["Effect"] == "Allow" and not statement.get("Condition")
            named = [action for action in actions if "*" not in action]
            if is_plain and named and resources:
                yield named, [one if one == "*" else one.replace("*", "x") for one in resources]


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _decisions(
    account: Account, arn: str, actions: list[str], resources: list[str], *, wanted: str
) -> Iterator[Finding]:
    answer = account.read(
        "iam",
        "SimulatePrincipalPolicy",
        PolicySourceArn=arn,
        ActionNames=actions,
        ResourceArns=resources,
    )
    if answer is None:
        yield absent(f"role {arn}", remedy="create it: `cutover phase 0 --plan`")
        return
    for result in answer["EvaluationResults"]:
        decision = "allowed" if result["EvalDecision"] == "allowed" else "denied"
        if decision != wanted:
            thing = f"role {arn.rpartition('/')[2]}"
            call = f"{result['EvalActionName']} on {result.get('EvalResourceName', '*')}"
            remedy = "attach the policies of its file" if wanted == "allowed" else "take it away"
            yield Finding(thing, f"{call}: {wanted}", result["EvalDecision"], remedy)


CHECKS = (
    bucket,
    queues,
    queue_age,
    worker,
    jobs_consumed,
    rule,
    ticks,
    ses_verified,
    ses_account,
    real_recipient,
    roles,
)
