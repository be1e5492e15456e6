"""Secrets of a task: fetched as ECS's agent does, and refused in its words.

A value is returned to the one call that creates the container and is kept nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from harness.aws.task_definition import ContainerDefinition
from harness.aws.value_from import (
    ParameterReference,
    SecretReference,
    ValueFromError,
    parse_value_from,
)
from harness.standins.control.agent.parameters import PREFIX, Parameters, SecretError

_ASM = (
    "execution resource retrieval failed: unable to retrieve secret from asm: "
    "service call has been retried 1 time(s): "
)

_GO_EXPONENT_FROM = 6


class SecretsManager(Protocol):
    """The one call that is used of Secrets Manager's client."""

    def get_secret_value(self, **kwargs: str) -> Mapping[str, Any]:
        """Return SecretString and more."""


class Secrets:
    """Resolves valueFrom texts; a secret is found by account, region and name."""

    def __init__(
        self, client_for: Callable[[str, str], SecretsManager], *, parameters: Parameters
    ) -> None:
        self._client_for = client_for
        """Gives a client for (account, region)."""
        self._parameters = parameters

    def resolve(self, container: ContainerDefinition) -> dict[str, str]:
        """Return the environment variables that the container's secrets become.

        Raises:
            SecretError: One of them cannot be had.
        """
        fetched: dict[SecretReference, str] = {}
        values, parameters = {}, {}
        for variable, text in container.secrets.items():
            try:
                reference = parse_value_from(text)
            except ValueFromError as error:
                raise SecretError(
                    PREFIX + "execution resource retrieval failed: unable to retrieve secret from"
                    " asm: an invalid ARN format for the AWS Secrets Manager secret was specified."
                    " Specify a valid ARN and try again."
                ) from error
            if isinstance(reference, ParameterReference):
                parameters[variable] = reference
                continue
            whole = SecretReference(**{**vars(reference), "json_key": ""})
            if whole not in fetched:
                fetched[whole] = self._fetch(reference)
            values[variable] = _value(fetched[whole], json_key=reference.json_key)
        return {**values, **self._parameters.resolve(parameters)}

    def _fetch(self, reference: SecretReference) -> str:
        request = {"SecretId": reference.name}
        if reference.version_stage:
            request["VersionStage"] = reference.version_stage
        if reference.version_id:
            request["VersionId"] = reference.version_id
        try:
            answer = self._client_for(reference.account, reference.region).get_secret_value(
                **request
            )
        except ParamValidationError as error:
            raise _refused(
                "InvalidParameter: 1 validation error(s) found. - minimum field size of 32,"
                " GetSecretValueInput.VersionId."
            ) from error
        except ClientError as error:
            answer = error.response["Error"]
            raise _refused(
                f"failed to fetch secret {reference.arn} from secrets manager: "
                f"{answer['Code']}: {answer['Message']}"
            ) from error
        except BotoCoreError as error:
            raise _refused(
                f"failed to fetch secret {reference.arn} from secrets manager: RequestCanceled:"
                " request context canceled caused by: the secrets service does not answer"
            ) from error
        if "SecretString" not in answer:
            raise _refused(f"secret {reference.arn} has no SecretString")
        return str(answer["SecretString"])


def _refused(text: str) -> SecretError:
    return SecretError(PREFIX + _ASM + text)


def _value(text: str, *, json_key: str) -> str:
    """Return the whole text, or one key of it rendered as Go's %v does."""
    if not json_key:
        return text
    try:
        # Numbers stay text until they are rendered; a constant such as NaN is no JSON.
        document = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        # Go names the offending character here; it is a part of the secret, so it is left out.
        raise _refused("invalid character in secret value: it is not JSON") from None
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise _refused(
            f"json: cannot unmarshal {_go_kind(document)} into Go value of type"
            " map[string]interface {}"
        )
    if json_key not in document:
        raise _refused(f"retrieved secret from Secrets Manager did not contain json key {json_key}")
    return _go_text(document[json_key])


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _go_kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "array"


def _go_text(value: object) -> str:
    """Render a decoded JSON value as Go's fmt does with %v."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _go_number(float(value))
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{k}:{_go_text(value[k])}" for k in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(_go_text(item) for item in value) + "]"
    return str(value)


def _go_number(value: float) -> str:
    """Render a float64 as Go's %v does: an exponent from 1e+06 and below 1e-04."""
    if value == 0:
        return "0"
    exact = Decimal(repr(value)).normalize()
    power = exact.adjusted()
    if -4 <= power < _GO_EXPONENT_FROM:
        return format(exact, "f")
    mantissa = format(exact.scaleb(-power), "f")
    return f"{mantissa}e{'+' if power >= 0 else '-'}{abs(power):02d}"
