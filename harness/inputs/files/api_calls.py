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
from typing import TYPE_CHECKING, Any

from harness.inputs import operation_shapes
from harness.inputs.operation_shapes import Fit
from harness.inputs.problem import Problem, type_of

if TYPE_CHECKING:
    from pathlib import Path

    from harness.inputs.document import Document


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
    input: Mapping[str, Any]
    key: str = ""
    """Where in its file the input is."""

    @property
    def method(self) -> str:
        """The operation's name as boto3 spells it."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.operation).lower()

    @property
    def sent(self) -> dict[str, Any]:
        """The input with its documents as text, as the API takes it."""
        sent = {name: _sent(name, value) for name, value in self.input.items()}
        if isinstance(sent.get("Attributes"), dict):
            sent["Attributes"] = {k: _sent(k, v) for k, v in sent["Attributes"].items()}
        if isinstance(sent.get("Target"), dict):
            sent["Target"] = {k: _sent(k, v) for k, v in sent["Target"].items()}
        if isinstance(sent.get("Targets"), list):
            sent["Targets"] = [
                {k: _sent(k, v) for k, v in target.items()} if isinstance(target, dict) else target
                for target in sent["Targets"]
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
        return [call.input for call in self.calls if call.operation == operation]


def document_in(value: Any) -> dict[str, Any]:
    """Read a document that may be text; empty for any other type."""
    return _read_document(value) or {}


def _read_document(value: Any) -> dict[str, Any] | None:
    """Read a document that may be text; None for any other type."""
    try:
        read = json.loads(value) if isinstance(value, str) else value
    except json.JSONDecodeError:
        return None
    return read if isinstance(read, dict) else None


Check = Callable[[Sequence[Call]], Iterator[Problem]]


def checked(
    document: Document,
    operations: Sequence[str],
    *,
    api: str,
    needed: str = "",
    checks: Sequence[Check] = (),
) -> CallFile:
    """Compare each call with the operation's shape, then put all of them to the checks.

    Raises:
        InputError: Every problem of the file.
    """
    total, calls, names = Fit(), list(calls_in(document.data)), ", ".join(operations)
    fitting = []
    for call in calls:
        if call.operation not in (*operations, *NOT_CALLED.get(api, ())):
            total.problems.append(
                Problem(call.operation, "is no operation for this file", f"known here: {names}")
            )
        elif not isinstance(call.input, dict):
            message = f"is {type_of(call.input)}, and must be an object"
            total.problems.append(
                Problem(call.key, message, "write the operation's input as AWS takes it")
            )
        else:
            fit = operation_shapes.fit(call.sent, api=api, operation=call.operation, key=call.key)
            total.problems += fit.problems
            total.dropped += fit.dropped
            fitting.append(Call(call.operation, fit.fitting, call.key))
    is_there = needed in {call.operation for call in calls} | {""}
    if not calls or (fitting and not is_there):
        message = f"has no {needed or 'operation'}"
        total.problems.append(Problem("", message, f"known here: {names}"))
    every_check = (_of_documents, *checks)
    document.reject(total.with_checks(problem for find in every_check for problem in find(fitting)))
    requests = (request for request in calls if request.operation not in NOT_CALLED.get(api, ()))
    return CallFile(document.path, tuple(requests))


def calls_in(data: Mapping[str, Any]) -> Iterator[Call]:
    """Go through the calls of a file that holds operations and their inputs."""
    for operation, value in data.items():
        if isinstance(value, list):
            for index, entry in enumerate(value):
                yield Call(operation, entry, f"{operation}[{index}]")
        else:
            yield Call(operation, value, operation)


def _of_documents(calls: Sequence[Call]) -> Iterator[Problem]:
    """Find text that must be a JSON document and is not."""
    for call in calls:
        texts = {f"{call.key}.Policy": call.input.get("Policy")}
        for name in ("Policy", "RedrivePolicy", "RedriveAllowPolicy"):
            policy = call.input.get("Attributes", {}).get(name)
            texts[f"{call.key}.Attributes.{name}"] = policy
        for key, target in targets_in([call]):
            texts[f"{key}.Input"] = target.get("Input")
        for key, text in texts.items():
            if text and _read_document(text) is None:
                yield Problem(key, "is not a JSON object", "write the document itself: { ... }")
            elif text and key.endswith(".Policy") and not document_in(text).get("Statement"):
                message = "has no Statement, and AWS takes no such policy"
                yield Problem(key, message, 'add "Statement": [...], or leave the policy out')


def targets_in(calls: Sequence[Call]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Go through the targets of the rule, each with its key."""
    for call in calls:
        for index, target in enumerate(call.input.get("Targets", ())):
            yield f"{call.key}.Targets[{index}]", target
        if isinstance(call.input.get("Target"), dict):
            yield f"{call.key}.Target", call.input["Target"]
