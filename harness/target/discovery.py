"""Reads back, from an AWS account, everything that cutover.toml names, and compares.

Nothing is searched for and nothing is chosen: names come from the files. A name that the account
does not have ends the command; a value that differs from its file is a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.aws import declared
from harness.core.errors import TargetError
from harness.target.access import REHEARSE
from harness.target.clients import account
from harness.target.resources.ecs import find_services

if TYPE_CHECKING:
    from harness.aws.task_definition import TaskDefinition
    from harness.inputs.production import Production
    from harness.target.access import Access

_AT_ONCE = 4
COMPLETE = ("environment", "secrets")
"""Lists of a container definition to which AWS adds nothing."""
CHOSEN_LATER = frozenset(
    {
        *("cluster", "serviceName", "taskDefinition", "desiredCount"),
        *("serviceConnectConfiguration", "volumeConfigurations"),
    }
)
"""Fields of CreateService that a deployment or auto scaling changes, or only a deployment has."""
_QUEUES = ("queue", "dead_letter_queue", "mail_events")
_Make = Callable[[str], Any]


@dataclass(frozen=True)
class Discovery:
    """The account's answers."""

    caller: account.Caller
    access: Access
    deployed: Mapping[str, str]
    """Name of an ECS service, or of the rule -> ``family:revision`` of its task definition."""
    deploying: tuple[str, ...]
    """Names of the ECS services that are in the middle of a deployment."""
    revisions: tuple[str, ...]
    """Of the findings, those about deployed task definitions."""
    tags: Mapping[str, str]
    """The tags of the ECS cluster."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the discovery as an operator reads it."""
        where = "local endpoints" if self.access.has_local_endpoints else self.access.region
        limit = "scenarios change it" if self.access.level == REHEARSE else "it is only observed"
        return (
            f"account {self.caller.account} ({where}) as {self.caller.arn}; {limit}",
            *(f"deployed: {name} is on {revision}" for name, revision in self.deployed.items()),
            *(f"differs from its file: {text}" for text in self.access.differences),
        )


@dataclass(frozen=True)
class _Answer:
    """One part of the account: the missing resources, the differences, the deployed resources."""

    missing: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    deployed: tuple[tuple[str, str], ...] = ()
    deploying: tuple[str, ...] = ()
    revisions: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Definition:
    """A deployed task definition: ``family:revision``, and its differences from its file."""

    revision: str
    findings: tuple[str, ...]


def fields_to_compare(create: Mapping[str, Any], *, is_local: bool) -> dict[str, Any]:
    """Return the fields of CreateService that a deployed service still has.

    The local stack gives its target group another id, and attaches it without listeners.
    """
    left_out = CHOSEN_LATER | ({"loadBalancers"} if is_local else set())
    return {name: value for name, value in create.items() if name not in left_out}


def discover(production: Production, *, access: Access, client: _Make) -> Discovery:
    """Read back the resources that production's files name.

    Args:
        production: The files.
        access: Their names, for the target aws.
        client: Makes a boto3 client of a service, by its name.

    Raises:
        UnsafeTarget: The credentials are another account's, or the root user's.
        TargetError: There are no usable credentials, or the account lacks a resource: all that
            lack are named.
    """
    sts = client("sts")
    caller = account.find_caller(sts, account=access.account_id, profile=access.profile)
    is_local = account.has_local_endpoint(sts)
    reader = _Account(production, access=access, client=client, is_local=is_local)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = [future.result() for future in [pool.submit(read) for read in reader.parts()]]
    missing = [text for answer in answers for text in answer.missing]
    if missing:
        raise TargetError(
            f"Account {access.account_id} lacks what cutover.toml names:"
            + "".join(f"\n    {text}" for text in missing),
            hint="Create it (docs/aws.md), or correct the name in the file; aws.region is"
            f" {access.region}.",
        )
    store = str(client("s3").meta.endpoint_url) if is_local else ""
    findings = tuple(text for answer in answers for text in answer.findings)
    return Discovery(
        caller=caller,
        access=replace(access, has_local_endpoints=is_local, store=store, differences=findings),
        deployed=dict(pair for answer in answers for pair in answer.deployed),
        deploying=tuple(name for answer in answers for name in answer.deploying),
        revisions=tuple(text for answer in answers for text in answer.revisions),
        tags=dict(pair for answer in answers for pair in answer.tags),
    )


class _Account:
    """The parts of one account, each read by a call or two."""

    def __init__(
        self, production: Production, *, access: Access, client: _Make, is_local: bool
    ) -> None:
        self._production = production
        self._access = access
        self._is_local = is_local
        self._ecs, self._elbv2, self._events = client("ecs"), client("elbv2"), client("events")
        self._client = client

    def parts(self) -> Iterator[Callable[[], _Answer]]:
        """Return a reader of each part that the configuration has."""
        yield self._cluster
        yield self._services
        yield self._target_group
        yield self._load_balancer
        yield self._secrets
        names = self._access.resources
        if "rule" in names:
            yield self._rule
        if "bucket" in names:
            yield self._bucket
        if not names.keys().isdisjoint(_QUEUES):
            yield self._queues

    def _cluster(self) -> _Answer:
        name = self._access.cluster
        with account.aws_errors(self._access.profile, asking="ecs:DescribeClusters"):
            answer = self._ecs.describe_clusters(clusters=[name], include=["TAGS"])
        active = [cluster for cluster in answer["clusters"] if cluster.get("status") == "ACTIVE"]
        if not active:
            return _Answer(missing=(f"ECS cluster {name}",))
        return _Answer(tags=tuple((tag["key"], tag["value"]) for tag in active[0].get("tags", ())))

    def _services(self) -> _Answer:
        names = list(self._access.services.values())
        described = self._ask(
            "ecs:DescribeServices",
            find_services,
            ecs=self._ecs,
            names=names,
            cluster=self._access.cluster,
        )
        if described is None:
            return _Answer()  # the cluster is missing, and is said to be
        services = {
            service["serviceName"]: service
            for service in described
            if service.get("status", "ACTIVE") == "ACTIVE"
        }
        answers = [
            self._service(key, services[name])
            for key, name in self._access.services.items()
            if name in services
        ]
        return _Answer(
            missing=tuple(f"ECS service {name}" for name in names if name not in services),
            findings=tuple(text for answer in answers for text in answer.findings),
            deployed=tuple(pair for answer in answers for pair in answer.deployed),
            deploying=tuple(name for answer in answers for name in answer.deploying),
            revisions=tuple(text for answer in answers for text in answer.revisions),
        )

    def _service(self, key: str, deployed: Mapping[str, Any]) -> _Answer:
        service = self._production.services[key]
        compared = fields_to_compare(service.create, is_local=self._is_local)
        findings = [
            f"service {service.name}: {text}" for text in declared.differences(compared, deployed)
        ]
        if not deployed.get("desiredCount", 1):
            findings.append(f"service {service.name} wants no task: its desiredCount is 0")
        deploying = len(deployed.get("deployments", ())) > 1
        if deploying:
            findings.append(f"service {service.name} is deploying right now")
        definition = self._definition(service.definition, str(deployed["taskDefinition"]))
        return _Answer(
            findings=(*findings, *definition.findings),
            deployed=((service.name, definition.revision),),
            deploying=(service.name,) if deploying else (),
            revisions=definition.findings,
        )

    def _definition(self, file: TaskDefinition, arn: str) -> _Definition:
        with account.aws_errors(self._access.profile, asking="ecs:DescribeTaskDefinition"):
            answer = self._ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        revision = f"{answer['family']}:{answer['revision']}"
        texts = declared.differences(file.raw, answer, complete=COMPLETE)
        source = f" ({file.source})" if file.source else ""
        return _Definition(
            revision, tuple(f"task definition {revision}{source}: {text}" for text in texts)
        )

    def _target_group(self) -> _Answer:
        name = self._access.target_group
        call = "elasticloadbalancing:DescribeTargetGroups"
        answer = self._ask(call, self._elbv2.describe_target_groups, Names=[name])
        if answer is None:
            return _Answer(missing=(f"target group {name}",))
        (group,) = answer["TargetGroups"]
        texts = declared.differences(self._production.target_group["TargetGroup"], _named(group))
        return _Answer(findings=tuple(f"target group {name}: {text}" for text in texts))

    def _load_balancer(self) -> _Answer:
        name = self._access.load_balancer
        call = "elasticloadbalancing:DescribeLoadBalancers"
        answer = self._ask(call, self._elbv2.describe_load_balancers, Names=[name])
        if answer is None:
            return _Answer(missing=(f"load balancer {name}",))
        (balancer,) = answer["LoadBalancers"]
        call = "elasticloadbalancing:DescribeLoadBalancerAttributes"
        describe, arn = self._elbv2.describe_load_balancer_attributes, balancer["LoadBalancerArn"]
        answer = self._ask(call, describe, LoadBalancerArn=arn)
        attributes = self._production.load_balancer.get("Attributes") or []
        texts = declared.differences({"Attributes": attributes}, answer)
        return _Answer(findings=tuple(f"load balancer {name}: {text}" for text in texts))

    def _rule(self) -> _Answer:
        schedule = self._production.schedule
        assert schedule is not None  # noqa: S101 - the access has a rule only from a schedule
        noun = "schedule" if schedule.is_of_scheduler else "rule"
        if schedule.is_of_scheduler:
            get = partial(self._client("scheduler").get_schedule, GroupName=schedule.group)
            answer = self._ask("scheduler:GetSchedule", get, Name=schedule.name)
        else:
            describe = self._events.describe_rule
            answer = self._ask("events:DescribeRule", describe, Name=schedule.name)
        if answer is None:
            return _Answer(missing=(f"EventBridge {noun} {schedule.name}",))
        compared = {k: v for k, v in schedule.content.items() if k != "Target"}
        texts = declared.differences(compared, answer)
        arn = str(schedule.target["EcsParameters"]["TaskDefinitionArn"])
        definition = self._definition(schedule.definition, arn)
        return _Answer(
            findings=(*(f"{noun} {schedule.name}: {t}" for t in texts), *definition.findings),
            deployed=((schedule.name, definition.revision),),
            revisions=definition.findings,
        )

    def _bucket(self) -> _Answer:
        name = self._access.resources["bucket"]
        answer = self._ask("s3:ListBucket", self._client("s3").head_bucket, Bucket=name)
        return _Answer(missing=(f"S3 bucket {name}",) if answer is None else ())

    def _queues(self) -> _Answer:
        sqs = self._client("sqs")
        names = [self._access.resources[key] for key in _QUEUES if key in self._access.resources]
        return _Answer(
            missing=tuple(
                f"SQS queue {name}"
                for name in names
                if self._ask("sqs:GetQueueUrl", sqs.get_queue_url, QueueName=name) is None
            )
        )

    def _secrets(self) -> _Answer:
        describe = self._client("secretsmanager").describe_secret
        return _Answer(
            missing=tuple(
                f"secret {name}"
                for name in dict.fromkeys(self._access.secret_names)
                if self._ask("secretsmanager:DescribeSecret", describe, SecretId=name) is None
            )
        )

    def _ask(self, action: str, call: Callable[..., Any], **arguments: Any) -> Any:
        """Return the answer of a call; None where the account has no such thing."""
        profile = self._access.profile
        return account.find(partial(call, **arguments), profile=profile, asking=action)


def _named(target_group: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer of DescribeTargetGroups under the names of CreateTargetGroup's input."""
    return {**target_group, "Name": target_group["TargetGroupName"]}
