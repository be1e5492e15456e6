"""The app's AWS resources as files: each holds API operations and their inputs, as AWS takes them.

``{"CreateQueue": [{...}, {...}]}`` is a file: the name of an operation, and one input or a list of
them, called in the order of the file. Where AWS takes a JSON document as text, the file may have
the document itself. What is checked here is what AWS rejects too, only earlier and with the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.aws.eventbridge import OVERRIDES, expression_problem
from harness.aws.iam_policy import is_open, statements
from harness.inputs import operation_shapes
from harness.inputs.files import container_checks
from harness.inputs.operation_shapes import Fit
from harness.inputs.problem import Problem, type_of

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.document import Document
    from harness.inputs.files.security_groups import SecurityGroups

BUCKET = (
    *("CreateBucket", "PutPublicAccessBlock", "PutBucketOwnershipControls", "PutBucketEncryption"),
    *("PutBucketCors", "PutBucketLifecycleConfiguration", "PutBucketPolicy"),
    *("PutBucketVersioning", "PutBucketTagging"),
)
QUEUES = ("CreateQueue",)
IDENTITY = ("VerifyEmailIdentity", "VerifyDomainIdentity", "CreateConfigurationSet")
RULE = ("PutRule", "PutTargets")
SCHEDULE = ("CreateSchedule",)
_BUS = "default"
_BUS_NAME = re.compile(rf"(?:arn:[\w:-]+:event-bus/)?{_BUS}")
NOT_CALLED: Mapping[str, frozenset[str]] = {
    "s3": frozenset(
        {
            *("PutBucketLogging", "PutBucketNotificationConfiguration", "PutBucketReplication"),
            *("PutBucketAccelerateConfiguration", "PutBucketRequestPayment"),
            *("PutBucketMetricsConfiguration", "PutBucketInventoryConfiguration"),
            *("PutBucketAnalyticsConfiguration", "PutBucketIntelligentTieringConfiguration"),
        }
    ),
    "ses": frozenset(
        {
            *("VerifyDomainDkim", "SetIdentityDkimEnabled", "SetIdentityMailFromDomain"),
            *("SetIdentityFeedbackForwardingEnabled", "SetIdentityNotificationTopic"),
            "CreateConfigurationSetEventDestination",
        }
    ),
}
"""Operations that a file may have and that change nothing for the app: checked, and not called."""


@dataclass(frozen=True)
class Call:
    """One call of an API."""

    operation: str
    given: Mapping[str, Any]
    key: str = ""
    """Where in its file the input is."""

    @property
    def method(self) -> str:
        """The operation's name as boto3 spells it."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.operation).lower()

    @property
    def sent(self) -> dict[str, Any]:
        """The input with its documents as text, as the API takes it."""
        sent = {name: _sent(name, value) for name, value in self.given.items()}
        if isinstance(sent.get("Attributes"), dict):
            sent["Attributes"] = {k: _sent(k, v) for k, v in sent["Attributes"].items()}
        if isinstance(sent.get("Target"), dict):
            sent["Target"] = {k: _sent(k, v) for k, v in sent["Target"].items()}
        if isinstance(sent.get("Targets"), list):
            sent["Targets"] = [
                {k: _sent(k, v) for k, v in one.items()} if isinstance(one, dict) else one
                for one in sent["Targets"]
            ]
        return sent


def _sent(name: str, value: Any) -> Any:
    is_document = isinstance(value, dict) and (name == "Input" or name.endswith("Policy"))
    return json.dumps(value) if is_document and name != "RetryPolicy" else value


@dataclass(frozen=True)
class CallFile:
    """The calls of one file, in its order."""

    path: Path
    calls: tuple[Call, ...]

    def inputs_of(self, operation: str) -> list[Mapping[str, Any]]:
        """Return the inputs of one operation."""
        return [call.given for call in self.calls if call.operation == operation]


def bucket(document: Document) -> CallFile:
    """Check the bucket's file.

    Raises:
        InputError: Every problem of the file.
    """
    return checked(
        document, BUCKET, api="s3", needed="CreateBucket", rules=(_of_one_bucket, _of_public_access)
    )


def queues(document: Document) -> CallFile:
    """Check the queues' file; a dead-letter queue comes before the queue that names it.

    Raises:
        InputError: Every problem of the file.
    """
    return checked(
        document, QUEUES, api="sqs", needed="CreateQueue", rules=(_of_dead_letter_queues,)
    )


def identity(document: Document) -> CallFile:
    """Check the file of the identity that mail is sent from.

    Raises:
        InputError: Every problem of the file.
    """
    return checked(document, IDENTITY, api="ses")


def schedule(document: Document, *, groups: SecurityGroups | None = None) -> CallFile:
    """Check the file of the rule, or of EventBridge Scheduler's schedule, with one ECS target.

    Args:
        document: The file.
        groups: The security groups; None where these have problems of their own.

    Raises:
        InputError: Every problem of the file.
    """
    of_targets = partial(_of_targets, groups=groups)
    rules = (_of_one_rule, _of_expressions, _of_inputs, of_targets)
    if SCHEDULE[0] in document.data:
        return checked(document, SCHEDULE, api="scheduler", needed=SCHEDULE[0], rules=rules)
    return checked(document, RULE, api="events", needed="PutRule", rules=rules)


def dead_letter_queue(create_queue: Mapping[str, Any]) -> str:
    """Name of the dead-letter queue in a CreateQueue input; empty when it has none."""
    return str(redrive_policy(create_queue).get("deadLetterTargetArn", "")).rpartition(":")[2]


def redrive_policy(create_queue: Mapping[str, Any]) -> dict[str, Any]:
    """Redrive policy in a CreateQueue input, a document or its text; empty when it has none."""
    return _document(create_queue.get("Attributes", {}).get("RedrivePolicy"))


def redrive_allow_policy(create_queue: Mapping[str, Any]) -> dict[str, Any]:
    """Redrive allow policy in a CreateQueue input, in either form; empty when it has none."""
    return _document(create_queue.get("Attributes", {}).get("RedriveAllowPolicy"))


def queue_names(inputs: Sequence[Mapping[str, Any]], *, wanted: str) -> dict[str, str]:
    """Name the jobs' queue, or else one that is no other's dead-letter queue, and its own."""
    dead = {dead_letter_queue(given) for given in inputs}
    for given in sorted(inputs, key=lambda given: given["QueueName"] != wanted):
        if given["QueueName"] not in dead:
            own = dead_letter_queue(given)
            return {"queue": given["QueueName"], **({"dead_letter_queue": own} if own else {})}
    return {}


def bucket_policy(put_bucket_policy: Mapping[str, Any]) -> dict[str, Any]:
    """Policy in a PutBucketPolicy input, a document or its text."""
    return _document(put_bucket_policy.get("Policy"))


def _document(value: Any) -> dict[str, Any]:
    """Read a document that may be text; empty for any other type."""
    return _read_document(value) or {}


def _read_document(value: Any) -> dict[str, Any] | None:
    """Read a document that may be text; None for any other type."""
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return None
    return read if isinstance(read, dict) else None


Rule = Callable[[Sequence[Call]], Iterator[Problem]]


def checked(
    document: Document,
    operations: Sequence[str],
    *,
    api: str,
    needed: str = "",
    rules: Sequence[Rule] = (),
) -> CallFile:
    """Compare each call with the operation's shape, then all of them with the rules.

    Raises:
        InputError: Every problem of the file.
    """
    found, calls, known = Fit(), list(calls_in(document.data)), ", ".join(operations)
    fitting = []
    for call in calls:
        if call.operation not in (*operations, *NOT_CALLED.get(api, ())):
            found.problems.append(
                Problem(call.operation, "is no operation for this file", f"known here: {known}")
            )
        elif not isinstance(call.given, dict):
            message = f"is {type_of(call.given)}, and must be an object"
            found.problems.append(
                Problem(call.key, message, "write the operation's input as AWS takes it")
            )
        else:
            fit = operation_shapes.fit(call.sent, api=api, operation=call.operation, key=call.key)
            found.problems += fit.problems
            found.dropped += fit.dropped
            fitting.append(Call(call.operation, fit.fitting, call.key))
    if needed not in {call.operation for call in calls} | {""} or not calls:
        message = f"has no {needed or 'operation'}"
        found.problems.append(Problem("", message, f"known here: {known}"))
    every_rule = (_of_documents, *rules)
    document.reject(found.with_rules(problem for rule in every_rule for problem in rule(fitting)))
    made = (one for one in calls if one.operation not in NOT_CALLED.get(api, ()))
    return CallFile(document.path, tuple(made))


def calls_in(data: Mapping[str, Any]) -> Iterator[Call]:
    """Go through the calls of a file that holds operations and their inputs."""
    for operation, value in data.items():
        if isinstance(value, list):
            for index, given in enumerate(value):
                yield Call(operation, given, f"{operation}[{index}]")
        else:
            yield Call(operation, value, operation)


def _of_documents(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find text that must be a JSON document and is not."""
    for call in calls:
        texts = {f"{call.key}.Policy": call.given.get("Policy")}
        policy = call.given.get("Attributes", {}).get("RedrivePolicy")
        texts[f"{call.key}.Attributes.RedrivePolicy"] = policy
        for key, target in _targets([call]):
            texts[f"{key}.Input"] = target.get("Input")
        for key, text in texts.items():
            if text and _read_document(text) is None:
                yield Problem(key, "is not a JSON object", "write the document itself: { ... }")


def _of_one_bucket(calls: Sequence[Call]) -> Iterator[Problem]:
    named = [call for call in calls if "Bucket" in call.given]
    for call in named[1:]:
        name, first = call.given["Bucket"], named[0].given["Bucket"]
        if name != first:
            message = f'is "{name}", and {named[0].key} has "{first}"'
            yield Problem(f"{call.key}.Bucket", message, "one file, one bucket")


def _of_public_access(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find a policy for everyone, unless the file says that public policies are not blocked."""
    blocked = [
        call.given.get("PublicAccessBlockConfiguration", {}).get("BlockPublicPolicy", False)
        for call in calls
        if call.operation == "PutPublicAccessBlock"
    ]
    for call in calls:
        policy = _document(call.given.get("Policy"))
        if policy and all(blocked) and any(is_open(one) for one in statements(policy)):
            yield Problem(
                call.key,
                "lets everyone in, and the bucket blocks public policies: S3 answers AccessDenied",
                "leave the bucket private: the app's task roles may read it by their own"
                " policies, and visitors by the app or by temporary URLs",
            )


def _of_dead_letter_queues(calls: Sequence[Call]) -> Iterator[Problem]:
    known: set[str] = set()
    for call in calls:
        dead = dead_letter_queue(call.given)
        if dead and dead not in known:
            yield Problem(
                f"{call.key}.Attributes.RedrivePolicy",
                f"names the queue {dead}, which is not above it",
                "SQS takes a redrive policy only when the queue that it names exists: put that"
                " queue above it, or what the AWS CLI prints for it into this file",
            )
        known.add(str(call.given.get("QueueName", "")))


def _targets(calls: Sequence[Call]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Go through the targets of the rule, each with its key."""
    for call in calls:
        for index, target in enumerate(call.given.get("Targets", ())):
            yield f"{call.key}.Targets[{index}]", target
        if isinstance(call.given.get("Target"), dict):
            yield f"{call.key}.Target", call.given["Target"]


def _of_one_rule(calls: Sequence[Call]) -> Iterator[Problem]:
    rules = [call for call in calls if call.operation in RULE]
    names = sorted({str(call.given.get("Rule", call.given.get("Name", ""))) for call in rules})
    targets = len(list(_targets(rules)))
    if rules and (len(names) > 1 or targets != 1):
        message = f"names the rules {', '.join(names)} and {targets} targets"
        yield Problem("", message, "write one rule with one target, which is an ECS task")


def _of_expressions(calls: Sequence[Call]) -> Iterator[Problem]:
    for call in calls:
        of_scheduler = call.operation in SCHEDULE
        if call.operation == "PutRule" or of_scheduler:
            expression = call.given.get("ScheduleExpression", "")
            found = expression and expression_problem(expression, of_scheduler=of_scheduler)
            problem = found if expression else "is missing"
            shown = f'"{expression}" ' if expression else ""
            if problem:
                hint = 'write "rate(1 minute)", or "cron(* * * * ? *)"'
                yield Problem(f"{call.key}.ScheduleExpression", f"{shown}{problem}", hint)
        bus = str(call.given.get("EventBusName") or _BUS)
        if call.operation in RULE and not _BUS_NAME.fullmatch(bus):
            message = (
                f'is "{bus}", and EventBridge takes a ScheduleExpression on the default bus only'
            )
            yield Problem(f"{call.key}.EventBusName", message, "leave EventBusName out")


def _of_inputs(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find fields that EventBridge would not pass to ECS as overrides of RunTask."""
    for key, target in _targets(calls):
        for field in ("InputPath", "InputTransformer"):
            if field in target:
                yield Problem(f"{key}.{field}", "makes no overrides", "write them as Input")
        for name in _document(target.get("Input")):
            if name not in OVERRIDES:
                message = f'has "{name}", which is no override of RunTask'
                hint = f"write one of {', '.join(OVERRIDES)}; ECS runs no task otherwise"
                yield Problem(f"{key}.Input", message, hint)


def _of_targets(calls: Sequence[Call], *, groups: SecurityGroups | None) -> Iterator[Problem]:
    for key, target in _targets(calls):
        for field in ("RoleArn", "EcsParameters"):
            if not target.get(field):
                hint = (
                    "an ECS target needs a RoleArn that may run the task, and EcsParameters with a"
                    " TaskDefinitionArn"
                )
                yield Problem(f"{key}.{field}", "is missing", hint)
        given = target.get("EcsParameters")
        if given:
            for problem in container_checks.of_launch(given, names=container_checks.RULE):
                where = f"{key}.EcsParameters.{problem.key}"
                yield Problem(where, problem.message, problem.hint)
        network = (given or {}).get("NetworkConfiguration", {}).get("awsvpcConfiguration", {})
        where = f"{key}.EcsParameters.NetworkConfiguration.awsvpcConfiguration.SecurityGroups"
        if groups is not None:
            yield from groups.unknown(network.get("SecurityGroups", ()), key=where)
