"""The app's AWS resources as files: each holds API operations and their inputs, as AWS takes them.

``{"CreateQueue": [{...}, {...}]}`` is a file: the name of an operation, and one input or a list of
them, called in the order of the file. Where AWS takes a JSON document as text, the file may have
the document itself. What is checked here is what AWS refuses too, only earlier and with the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.aws.iam_policy import is_open, statements
from harness.core.errors import ConfigError
from harness.inputs import container_checks, operation_shapes
from harness.inputs.problem import load_json

if TYPE_CHECKING:
    from pathlib import Path
from harness.aws.eventbridge import _OVERRIDES, _overrides, expression_problem

BUCKET = {
    "CreateBucket": "Bucket",
    "PutPublicAccessBlock": "PublicAccessBlockConfiguration",
    "PutBucketOwnershipControls": "OwnershipControls",
    "PutBucketEncryption": "ServerSideEncryptionConfiguration",
    "PutBucketCors": "CORSConfiguration",
    "PutBucketLifecycleConfiguration": "LifecycleConfiguration",
    "PutBucketPolicy": "Policy",
    "PutBucketVersioning": "VersioningConfiguration",
}


QUEUES = {"CreateQueue": "QueueName"}


IDENTITY = {
    "VerifyEmailIdentity": "EmailAddress",
    "VerifyDomainIdentity": "Domain",
    "CreateConfigurationSet": "ConfigurationSet",
}


SCHEDULE = {"PutRule": "ScheduleExpression", "PutTargets": "Targets"}
"""Operation -> a key that its input cannot lack."""


_TARGET_KEYS = ("RoleArn", "EcsParameters")


@dataclass(frozen=True)
class Call:
    """One call of an API."""

    operation: str
    given: Mapping[str, Any]

    @property
    def method(self) -> str:
        """The operation's name as boto3 spells it."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.operation).lower()

    @property
    def sent(self) -> dict[str, Any]:
        """The input with its documents as text, which is what goes to the API."""
        sent = dict(self.given)
        if isinstance(sent.get("Policy"), dict):
            sent["Policy"] = json.dumps(sent["Policy"])
        if isinstance(sent.get("Attributes"), dict):
            sent["Attributes"] = {k: as_text(v) for k, v in sent["Attributes"].items()}
        if isinstance(sent.get("Targets"), list):
            sent["Targets"] = [_target_sent(target) for target in sent["Targets"]]
        return sent


def _target_sent(target: Any) -> Any:
    if isinstance(target, dict) and isinstance(target.get("Input"), dict):
        return {**target, "Input": json.dumps(target["Input"])}
    return target


@dataclass(frozen=True)
class CallFile:
    """The calls of one file, in its order."""

    path: Path
    calls: tuple[Call, ...]

    def inputs_of(self, operation: str) -> list[Mapping[str, Any]]:
        """Return the inputs of one operation."""
        return [call.given for call in self.calls if call.operation == operation]

    def fail(self, problem: str, *, hint: str) -> ConfigError:
        """Make the error for this file."""
        return ConfigError(f"{self.path}: {problem}", where=str(self.path), hint=hint)


def as_text(value: Any) -> str:
    """Return a document as the text that AWS takes; text stays as it is."""
    return value if isinstance(value, str) else json.dumps(value)


def bucket(path: Path) -> CallFile:
    """Read the bucket's file.

    Raises:
        ConfigError: AWS would not take it.
    """
    file = _load(path, BUCKET, api="s3", needed="CreateBucket")
    names = {call.given.get("Bucket") for call in file.calls}
    if len(names) > 1:
        shown = ", ".join(sorted(map(str, names)))
        raise file.fail(f"its calls name different buckets: {shown}", hint="one file, one bucket")
    _refuse_public(file)
    return file


def _refuse_public(file: CallFile) -> None:
    """Refuse a policy for everyone, unless the file says that public policies are not blocked."""
    blocked = [
        given["PublicAccessBlockConfiguration"].get("BlockPublicPolicy", False)
        for given in file.inputs_of("PutPublicAccessBlock")
    ]
    for given in file.inputs_of("PutBucketPolicy"):
        policy = given["Policy"]
        found = statements(json.loads(policy) if isinstance(policy, str) else policy)
        if all(blocked) and any(is_open(one) for one in found):
            raise file.fail(
                "PutBucketPolicy lets everyone in, and the bucket blocks public policies: S3"
                " answers AccessDenied",
                hint="leave the bucket private: the app's task roles may read it by their own"
                " policies, and visitors by the app or by temporary URLs",
            )


def queues(path: Path) -> CallFile:
    """Read the queues' file; a dead-letter queue comes before the queue that names it.

    Raises:
        ConfigError: AWS would not take it.
    """
    file = _load(path, QUEUES, api="sqs", needed="CreateQueue")
    known: set[str] = set()
    for given in file.inputs_of("CreateQueue"):
        for name, value in given.get("Attributes", {}).items():
            if not isinstance(value, str) and name not in ("RedrivePolicy", "Policy"):
                raise file.fail(
                    f"{given['QueueName']}: the attribute {name} is {value!r}",
                    hint=f'SQS takes attributes as text: write "{name}": "{value}"',
                )
        dead = dead_letter_queue(given)
        if dead and dead not in known:
            raise file.fail(
                f"{given['QueueName']}: its dead-letter queue {dead} is not above it",
                hint="SQS takes a redrive policy only when the queue that it names exists",
            )
        known.add(given["QueueName"])
    return file


def dead_letter_queue(given: Mapping[str, Any]) -> str:
    """Name of the dead-letter queue in a CreateQueue input; empty when it has none."""
    policy = given.get("Attributes", {}).get("RedrivePolicy") or {}
    if isinstance(policy, str):
        policy = json.loads(policy)
    return str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]


def identity(path: Path) -> CallFile:
    """Read the file of the identity that mail is sent from.

    Raises:
        ConfigError: AWS would not take it.
    """
    return _load(path, IDENTITY, api="ses", needed="")


def schedule(path: Path) -> CallFile:
    """Read the file of the rule and its one ECS target.

    Raises:
        ConfigError: AWS would not take it, or it has another target than one ECS task.
    """
    file = _load(path, SCHEDULE, api="events", needed="PutRule")
    rules = {call.given.get("Rule", call.given.get("Name")) for call in file.calls}
    targets = [one for given in file.inputs_of("PutTargets") for one in given["Targets"]]
    if len(rules) > 1 or len(targets) != 1:
        raise file.fail(
            f"it names the rules {', '.join(sorted(map(str, rules)))} and {len(targets)} targets",
            hint="write one rule with one target, which is an ECS task",
        )
    for given in file.inputs_of("PutRule"):
        problem = expression_problem(given["ScheduleExpression"])
        if problem:
            raise file.fail(
                f"the schedule expression {given['ScheduleExpression']} {problem}",
                hint='write "rate(1 minute)", or "cron(* * * * ? *)"',
            )
    for key in ("InputPath", "InputTransformer"):
        if key in targets[0]:
            raise file.fail(f"its target has an {key}", hint="write the overrides as Input")
    unknown = sorted(set(_overrides(targets[0])) - set(_OVERRIDES))
    if unknown:
        raise file.fail(
            f'its target\'s Input has "{unknown[0]}", which is no override of RunTask',
            hint=f"write one of {', '.join(_OVERRIDES)}; ECS runs no task otherwise",
        )
    for key in _TARGET_KEYS:
        if not targets[0].get(key):
            raise file.fail(
                f"its target has no {key}",
                hint="an ECS target needs a RoleArn that may run the task, and EcsParameters with a"
                " TaskDefinitionArn",
            )
    for wrong in container_checks.of_launch(
        targets[0]["EcsParameters"], names=container_checks.RULE
    ):
        raise file.fail(f"EcsParameters.{wrong.key} {wrong.said}", hint=wrong.hint)
    return file


def _load(path: Path, operations: Mapping[str, str], *, api: str, needed: str) -> CallFile:
    calls = [
        Call(operation, given)
        for operation, value in load_json(path).items()
        for given in (value if isinstance(value, list) else [value])
    ]
    file = CallFile(path, tuple(calls))
    known = ", ".join(operations)
    for call in calls:
        if call.operation not in operations:
            raise file.fail(f'unknown operation "{call.operation}"', hint=f"known here: {known}")
        key = operations[call.operation]
        if not isinstance(call.given, dict) or not call.given.get(key):
            raise file.fail(
                f"{call.operation} has no {key}", hint="write the operation's input as AWS takes it"
            )
        where, sent = call.operation, call.sent
        operation_shapes.check(sent, api=api, operation=where, path=path, key=where)
    if not calls or (needed and not file.inputs_of(needed)):
        raise file.fail(f"it has no {needed or 'operation'}", hint=f"known here: {known}")
    return file
