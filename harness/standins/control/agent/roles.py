"""Roles as ECS and EventBridge use them: trust policies, and rights by their own policies.

Each check returns AWS's words for what is wrong, or nothing. Where the app has no role files (the
directory ``iam/`` of its context) no role is known, and none is judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.aws import environment_file
from harness.aws.arn import partition_of
from harness.aws.iam_policy import ANY, Need, allows, denial, trusts
from harness.aws.task_definition import ContainerDefinition
from harness.aws.value_from import ParameterReference, ValueFromError, parse_value_from
from harness.standins.control.agent.environment_files import WORDS as ENV_FILES
from harness.standins.control.agent.parameters import PREFIX, SSM, Parameters
from harness.standins.control.state.model import Definition, Task

ECS_TASKS = "ecs-tasks.amazonaws.com"
EVENTS, SCHEDULER = "events.amazonaws.com", "scheduler.amazonaws.com"
_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[\w-]+)\.amazonaws\.com(?:\.cn)?"
    r"/(?P<name>[^:@]+)"
)
_EXEC = (
    *("CreateControlChannel", "CreateDataChannel"),
    *("OpenControlChannel", "OpenDataChannel"),
)
_PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_SOME_SUFFIX = "-AbCdEf"
"""Secrets Manager's own, which an ARN may leave out; a policy's question marks stand for it."""
_NOT_ASSUMED = (
    "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that"
    " the role being passed has the proper trust relationship and permissions and that your IAM"
    " user has permissions to pass this role."
)


@dataclass(frozen=True)
class Role:
    """A role: its trust and its policies."""

    arn: str
    trust: Mapping[str, Any]
    documents: tuple[Mapping[str, Any], ...]

    def refusal(self, need: Need, *, session: str) -> str:
        """Return AWS's words for an action that the policies do not allow, or nothing."""
        reason = denial(self.documents, need)
        if not reason:
            return ""
        assumed = self.arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        return (
            f"AccessDeniedException: User: {assumed}/{session} is not authorized to perform:"
            f" {need} {reason}"
        )


class Roles:
    """Reads roles from IAM at the moment they are needed, since a policy may change."""

    def __init__(
        self,
        iam: Callable[[], Any],
        *,
        parameters: Parameters,
        known: bool,
        account_id: str,
        partition: str = "aws",
    ) -> None:
        self._iam = iam
        self._parameters = parameters
        self._partition = partition
        self._known = known
        self._account_id = account_id

    def start_refusal(self, task: Task, definition: Definition) -> str:
        """Return the stoppedReason when a task's roles lack a right; empty when it may start."""
        if not self._known:
            return ""
        parsed = definition.parsed
        overridden = task.overrides.get("taskRoleArn")
        for arn in filter(None, (parsed.execution_role_arn, overridden or parsed.task_role_arn)):
            if self._assumable(arn, service=ECS_TASKS, source=task.arn) is None:
                return _NOT_ASSUMED.format(role=arn)
        execution = parsed.execution_role_arn and self._find(parsed.execution_role_arn)
        if not execution:
            return ""
        for container in parsed.containers:
            for words, need in self._needs(container, task_id=task.id):
                refused = execution.refusal(need, session=task.id)
                if refused:
                    return words.format(refused)
        return ""

    def may_exec(self, task: Task, definition: Definition) -> bool:
        """Return whether the task's role lets the agent of ECS Exec talk to Systems Manager.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html.
        """
        arn = task.overrides.get("taskRoleArn") or definition.parsed.task_role_arn
        if not self._known or not task.execute_command:
            return True
        role = self._find(arn) if arn else None
        needs = (Need(f"ssmmessages:{action}", ANY) for action in _EXEC)
        return role is not None and all(allows(role.documents, need) for need in needs)

    def tick_refusal(self, role_arn: str, *, rule_arn: str, cluster: str, to: Definition) -> str:
        """Return why EventBridge may not run a rule's task with the rule's role.

        For a schedule of EventBridge Scheduler, ``rule_arn`` is the ARN of its group.

        Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/CWE_IAM_role.html,
        https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html.
        """
        if not self._known:
            return ""
        service = SCHEDULER if ":scheduler:" in rule_arn else EVENTS
        role = self._find(role_arn)
        distrust = self._distrust(role, service=service, source=rule_arn)
        if role is None or distrust:
            return (
                f"AccessDeniedException: EventBridge cannot assume the role {role_arn}: {distrust}"
            )
        parsed = to.parsed
        passed = {"iam:passedtoservice": (ECS_TASKS,)}
        needs = [Need("ecs:RunTask", to.arn, {"ecs:cluster": (cluster,)})]
        needs += [
            Need("iam:PassRole", arn, passed)
            for arn in (parsed.execution_role_arn, parsed.task_role_arn)
            if arn
        ]
        session = rule_arn.rpartition("/")[2]
        return next(filter(None, (role.refusal(need, session=session) for need in needs)), "")

    def _needs(self, container: ContainerDefinition, *, task_id: str) -> Iterator[tuple[str, Need]]:
        """Yield the calls of ECS's agent for a container, each with its words for a refusal."""
        yield from _pull(container.image)
        yield from self._fetch([*container.secrets.values(), *container.credentials])
        yield from _environment_files(container, partition=self._partition)
        yield from _log(container, account_id=self._account_id, task_id=task_id)

    def _fetch(self, values: Iterable[str]) -> Iterator[tuple[str, Need]]:
        for text in values:
            try:
                reference = parse_value_from(text)
            except ValueFromError:
                continue  # refused in its own words when it is fetched
            if isinstance(reference, ParameterReference):
                yield from self._fetch_parameter(reference)
                continue
            arn = reference.arn
            if arn.endswith(f":{reference.name}"):
                arn += _SOME_SUFFIX
            words = (
                f"{PREFIX}execution resource retrieval failed: unable to retrieve secret from asm:"
                f" service call has been retried 1 time(s): failed to fetch secret {arn} from"
                " secrets manager: {}"
            )
            yield words, Need("secretsmanager:GetSecretValue", arn)

    def _fetch_parameter(self, reference: ParameterReference) -> Iterator[tuple[str, Need]]:
        """Yield GetParameters, and the use of the customer's key that encrypts the parameter.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
        (kms:Decrypt is needed for a key of one's own only).
        """
        arn = self._parameters.arn(reference, partition=self._partition)
        yield f"{PREFIX}{SSM}{{}}", Need("ssm:GetParameters", arn)
        key = self._parameters.key_of(reference)
        if key:
            words = (
                f"{PREFIX}{SSM}AccessDeniedException: The ciphertext refers to a customer master"
                " key that does not exist, does not exist in this region, or you are not allowed to"
                " access."
            )
            yield words, Need("kms:Decrypt", key)

    def _assumable(self, arn: str, *, service: str, source: str) -> Role | None:
        role = self._find(arn)
        return role if not self._distrust(role, service=service, source=source) else None

    def _distrust(self, role: Role | None, *, service: str, source: str) -> str:
        """Return why a service cannot assume a role; empty where it can."""
        if role is None:
            return "it does not exist"
        context = {"aws:SourceAccount": self._account_id, "aws:SourceArn": source}
        if trusts(role.trust, service, context):
            return ""
        if not trusts(role.trust, service, {}):
            return f"its trust policy does not let {service} assume it"
        words = ", ".join(f"{key} is {value}" for key, value in context.items())
        return f"a condition of its trust policy is not met: {words}"

    def _find(self, arn: str) -> Role | None:
        iam, name = self._iam(), arn.rpartition("/")[2]
        try:
            role = iam.get_role(RoleName=name)["Role"]
        except iam.exceptions.NoSuchEntityException:
            return None
        if role["Arn"] != arn:
            return None
        inline = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        return Role(arn, role["AssumeRolePolicyDocument"], tuple(inline))


def _pull(image: str) -> Iterator[tuple[str, Need]]:
    match = _ECR.match(image)
    if not match:
        return
    pull = (
        f"{PREFIX}execution resource retrieval failed: unable to retrieve ecr registry auth:"
        " service call has been retried 1 time(s): {}"
    )
    yield pull, Need("ecr:GetAuthorizationToken", ANY)
    account, region, name = match["account"], match["region"], match["name"]
    arn = f"arn:{partition_of(region)}:ecr:{region}:{account}:repository/{name}"
    for action in _PULL:
        words = "CannotPullContainerError: pull image manifest has been retried 1 time(s): denied: "
        yield words + "{}", Need(action, arn)


def _environment_files(
    container: ContainerDefinition, *, partition: str
) -> Iterator[tuple[str, Need]]:
    """Yield the calls that fetch environment files.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html.
    """
    for reference in environment_file.references(container.raw):
        bucket, _ = environment_file.place_of(reference) or ("", "")
        words = f"{ENV_FILES}AccessDenied: {{}}"
        yield words, Need("s3:GetBucketLocation", f"arn:{partition}:s3:::{bucket}")
        yield words, Need("s3:GetObject", reference)


def _log(
    container: ContainerDefinition, *, account_id: str, task_id: str
) -> Iterator[tuple[str, Need]]:
    """Yield the calls of the awslogs driver.

    AWS starts a task that may create its stream and not write to it, and loses its lines in
    silence; here both are asked for, since a release that logs nothing must not pass. A group that
    the driver is to create is taken for one that is not there yet.
    """
    logs = container.raw.get("logConfiguration") or {}
    options = logs.get("options") or {}
    group, region = options.get("awslogs-group"), options.get("awslogs-region")
    if logs.get("logDriver") != "awslogs" or not group or not region:
        return
    prefix = options.get("awslogs-stream-prefix", "")
    arn = f"arn:{partition_of(region)}:logs:{region}:{account_id}:log-group:{group}:log-stream:"
    words = (
        "ResourceInitializationError: failed to validate logger args: create stream has been"
        " retried 1 times: failed to create Cloudwatch log "
    )
    if options.get("awslogs-create-group") == "true":
        yield f"{words}group: {{}}", Need("logs:CreateLogGroup", arn)
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield f"{words}stream: {{}}", Need(action, f"{arn}{prefix}/{container.name}/{task_id}")
