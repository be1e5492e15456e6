"""Readiness before anything: the files, the caller, secrets, logs, exec and quotas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from harness.aws import environment_file
from harness.aws.value_from import parse_parameter
from harness.inputs.files.phase_files import PHASE_FILES
from harness.phases.account import Account
from harness.phases.phase import Finding, NotCovered, check
from harness.target.clients import account as accounts
from harness.target.resources.task_logs import awslogs_groups

OPTIONAL_FILES = {
    "resources.bucket": "the bucket of uploads",
    "resources.queues": "the queues of jobs",
    "resources.identity": "the identity that mail is sent from",
    "schedule.rule": "the rule of the scheduler",
    **{f"phases.{name}": file.noun for name, file in PHASE_FILES.items()},
}
"""Keys of files that an app may lack -> the part of the move that they hold."""


@check("0.files")
def files(account: Account) -> Iterator[Finding]:
    """AWS takes cutover.toml's files as they are, as far as its own models tell."""
    del account  # production is made of files without a problem, or not at all
    return iter(())


@check("0.files-complete")
def complete(account: Account) -> Iterator[Finding]:
    """Each part of the move has a file."""
    missing = {
        key: noun for key, noun in OPTIONAL_FILES.items() if key not in account.production.documents
    }
    if missing:
        nouns = ", ".join(missing.values())
        raise NotCovered(f"no file holds {nouns}", key=f"set {', '.join(missing)}")
    return iter(())


@check(
    "0.account",
    reads=("sts:GetCallerIdentity",),
    not_local="the credentials are the stack's own",
)
def caller(account: Account) -> Iterator[Finding]:
    """The caller's account is that of cutover.toml, and it is not the root user."""
    accounts.find_caller(
        account.client("sts"), account=account.access.account_id, profile=account.access.profile
    )
    return iter(())


@check("0.secret-json")
def secret_keys(account: Account) -> Iterator[Finding]:
    """The database's secret has the keys username and password."""
    name = account.access.secrets.get("db")
    if not name:
        raise NotCovered("no secret holds the database's account", key="set database.secret")
    shape = account.production.config.secrets[name]
    missing = {"username", "password"} - (shape.keys() if isinstance(shape, dict) else set())
    if missing:
        yield Finding(
            f"secret {name}",
            "a JSON object with username and password, as RDS Proxy reads it",
            f"[secrets] lacks {', '.join(sorted(missing))}",
            f'add the keys to the secret, and to [secrets."{name}"]',
        )


@check("0.secret-value", reads=("secretsmanager:GetSecretValue",))
def secret_value(account: Account) -> Iterator[Finding]:
    """The database's secret is strict JSON with username and password."""
    name = account.access.secrets.get("db")
    if not name:
        raise NotCovered("no secret holds the database's account", key="set database.secret")
    if account.is_observed:
        raise NotCovered(
            "the account is only observed, and no secret is read",
            key=f"aws secretsmanager get-secret-value --secret-id {name}, by its owner",
        )
    answer = account.read("secretsmanager", "GetSecretValue", SecretId=name)
    if not _has_account(answer["SecretString"] if answer else ""):
        yield Finding(
            f"secret {name}",
            'strict JSON, {"username": ..., "password": ...}',
            "something else, which is not shown" if answer else "there is none",
            "write the secret as one JSON object: RDS Proxy reads nothing else",
        )


def _has_account(text: str) -> bool:
    """Whether a text is a JSON object with a user name and a password."""
    try:
        values = json.loads(text)
    except ValueError:
        return False
    return isinstance(values, dict) and {"username", "password"} <= values.keys()


_NO_START = "there is none: no task that names it starts"
_PLAN = "`cutover phase 0 --plan` has its command"


@check(
    "0.secrets",
    reads=("secretsmanager:DescribeSecret", "ssm:DescribeParameters", "s3:ListBucket"),
)
def secrets(account: Account) -> Iterator[Finding]:
    """Secrets, parameters and environment files of cutover.toml exist; none is to be deleted."""
    for name in account.access.secret_names:
        answer = account.read("secretsmanager", "DescribeSecret", SecretId=name)
        if answer is None:
            yield Finding(f"secret {name}", "a secret", "there is none", "create it with its keys")
        elif answer.get("DeletedDate"):
            actual = f"is to be deleted (DeletedDate {answer['DeletedDate']:%Y-%m-%d})"
            remedy = f"aws secretsmanager restore-secret --secret-id {name}"
            yield Finding(f"secret {name}", "a secret that stays", actual, remedy)
    yield from _parameters(account)
    yield from _environment_files(account)


def _parameters(account: Account) -> Iterator[Finding]:
    own = {"", account.access.account_id, account.access.region}
    references = map(parse_parameter, account.production.config.parameters)
    for name in (
        reference.names[0]
        for reference in references
        if {reference.account, reference.region} <= own
    ):
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        if not account.read("ssm", "DescribeParameters", ParameterFilters=filters)["Parameters"]:
            yield Finding(f"parameter {name}", "a parameter", _NO_START, _PLAN)


def _environment_files(account: Account) -> Iterator[Finding]:
    places = map(environment_file.place_of, account.production.environment_files)
    for bucket, key in (place for place in places if place is not None):
        answer = account.read("s3", "ListObjectsV2", Bucket=bucket, Prefix=key)
        keys = [entry["Key"] for entry in answer.get("Contents") or ()] if answer else []
        if key not in keys:
            yield Finding(f"s3://{bucket}/{key}", "an environment file", _NO_START, _PLAN)


def container_log_groups(account: Account) -> Iterator[str]:
    """Go through the log groups that must be there before a container writes to them."""
    for definition in account.production.definitions:
        yield from awslogs_groups(definition.raw, only_needed=True)


@check(
    "0.log-groups",
    reads=("logs:DescribeLogGroups",),
    not_local="the logs of containers are files of the run: `cutover logs web`",
)
def log_groups(account: Account) -> Iterator[Finding]:
    """The log group of each container exists, and keeps its lines for a limited time."""
    for name in dict.fromkeys(container_log_groups(account)):
        answer = account.read("logs", "DescribeLogGroups", logGroupNamePrefix=name)
        groups = {group["logGroupName"]: group for group in answer["logGroups"]}
        if name not in groups:
            yield Finding(
                f"log group {name}",
                "a log group",
                "there is none: no task that writes to it starts",
                f"aws logs create-log-group --log-group-name {name}",
            )
        elif not groups[name].get("retentionInDays"):
            yield Finding(
                f"log group {name}",
                "lines that are kept for a number of days",
                "keeps them, and their cost, for ever",
                f"aws logs put-retention-policy --log-group-name {name} --retention-in-days 90",
            )


@check("0.exec", reads=("ecs:DescribeClusters", "ecs:ListTasks", "ecs:DescribeTasks"))
def exec_agents(account: Account) -> Iterator[Finding]:
    """The ECS cluster exists, and ECS Exec works in each running task that allows it."""
    cluster = account.access.cluster
    answer = account.read("ecs", "DescribeClusters", clusters=[cluster])
    described = next(iter(answer["clusters"]), None)
    if described is None:
        remedy = f"aws ecs create-cluster --cluster-name {cluster}"
        yield Finding(f"ECS cluster {cluster}", "a cluster", "there is none", remedy)
        return
    for task in running_tasks(account):
        agents = [
            agent
            for container in task["containers"]
            for agent in container.get("managedAgents", ())
            if agent["name"] == "ExecuteCommandAgent" and agent["lastStatus"] != "RUNNING"
        ]
        for agent in agents if task.get("enableExecuteCommand") else ():
            yield Finding(
                f"task {task['taskArn'].rpartition('/')[2]}",
                "a running agent of ECS Exec",
                f"the agent is {agent['lastStatus']}: {agent.get('reason', 'no reason')}",
                "let the task role open ssmmessages channels, and reach ssmmessages on port 443",
            )


def running_tasks(account: Account) -> list[dict[str, Any]]:
    """Return the running tasks of the cluster, as DescribeTasks answers them."""
    cluster = account.access.cluster
    response = account.read("ecs", "ListTasks", cluster=cluster)
    arns = response["taskArns"] if response else []
    tasks: list[dict[str, Any]] = []
    for begin in range(0, len(arns), 100):
        answer = account.read(
            "ecs", "DescribeTasks", cluster=cluster, tasks=arns[begin : begin + 100]
        )
        tasks += answer["tasks"]
    return tasks


@check(
    "0.quotas",
    reads=("servicequotas:GetServiceQuota",),
    not_local="there are no quotas",
)
def quotas(account: Account) -> Iterator[Finding]:
    """The account's Fargate quota has room for a deployment, with twice the tasks."""
    services = account.production.services.values()
    tasks = [
        (service.definition.cpu_units, int(service.create.get("desiredCount", 1)))
        for service in services
    ]
    needed = sum(cpu * count * 2 for cpu, count in tasks) / 1024
    answer = account.read(
        "service-quotas", "GetServiceQuota", ServiceCode="fargate", QuotaCode="L-3032A538"
    )
    if answer is None:
        raise NotCovered("Service Quotas has no value", key="ask for it in the console")
    allowed = float(answer["Quota"]["Value"])
    if allowed < needed:
        yield Finding(
            "Fargate On-Demand vCPU resource count",
            f"{needed:g} vCPU or more: each service, twice, while it is deployed",
            f"{allowed:g} vCPU",
            "request an increase of quota L-3032A538 in Service Quotas",
        )


CHECKS = (
    files,
    complete,
    caller,
    secret_keys,
    secret_value,
    secrets,
    log_groups,
    exec_agents,
    quotas,
)
