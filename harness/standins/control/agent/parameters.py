"""Parameters of Systems Manager: fetched as ECS's agent does, and refused in its words.

The agent asks GetParameters with decryption, and names all that are missing. Source:
https://github.com/aws/amazon-ecs-agent/blob/master/agent/ssm/ssm.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from harness.aws.value_from import ParameterReference

PREFIX = "ResourceInitializationError: unable to pull secrets or registry auth: "
SSM = (
    "execution resource retrieval failed: unable to retrieve secrets from ssm: "
    "service call has been retried 1 time(s): "
)
_AT_ONCE = 5
"""Two names each at the most; GetParameters takes ten."""
_OF_AWS = "alias/aws/ssm"


class SystemsManager(Protocol):
    """The calls that are used of Systems Manager's client."""

    def get_parameters(self, **kwargs: Any) -> Mapping[str, Any]:
        """Return Parameters and InvalidParameters."""

    def describe_parameters(self, **kwargs: Any) -> Mapping[str, Any]:
        """Return Parameters without their values."""


class SecretError(Exception):
    """A secret could not be had; the text is ECS's and holds no part of a secret."""


class Parameters:
    """Resolves references to parameters; a name is in the task's own account and region."""

    def __init__(
        self, client_for: Callable[[str, str], SystemsManager], *, account: str, region: str
    ) -> None:
        self._client_for = client_for
        """Gives a client for (account, region)."""
        self._account = account
        self._region = region

    def resolve(self, references: Mapping[str, ParameterReference]) -> dict[str, str]:
        """Return the values by variable.

        Raises:
            SecretError: One of them cannot be had.
        """
        places: dict[tuple[str, str], list[ParameterReference]] = {}
        for reference in references.values():
            places.setdefault(self._place(reference), []).append(reference)
        by_reference: dict[ParameterReference, str] = {}
        for place, group in places.items():
            each = list(dict.fromkeys(group))
            for first in range(0, len(each), _AT_ONCE):
                some = each[first : first + _AT_ONCE]
                by_reference |= self._fetch(some, client=self._client_for(*place))
        return {variable: by_reference[reference] for variable, reference in references.items()}

    def key_of(self, reference: ParameterReference) -> str:
        """Return the customer's key that a parameter is encrypted with; empty without one."""
        filters = [{"Key": "Name", "Values": list(reference.names)}]
        client = self._client_for(*self._place(reference))
        try:
            answer = client.describe_parameters(ParameterFilters=filters)
        except (BotoCoreError, ClientError):
            return ""  # refused in its own words when it is fetched
        key = next((str(parameter.get("KeyId") or "") for parameter in answer["Parameters"]), "")
        return "" if key == _OF_AWS else key

    def arn(self, reference: ParameterReference, *, partition: str) -> str:
        """Return the ARN that a policy names."""
        account, region = self._place(reference)
        return f"arn:{partition}:ssm:{region}:{account}:{reference.resource}"

    def _place(self, reference: ParameterReference) -> tuple[str, str]:
        return reference.account or self._account, reference.region or self._region

    def _fetch(
        self, references: list[ParameterReference], *, client: SystemsManager
    ) -> dict[ParameterReference, str]:
        names = [name for reference in references for name in reference.names]
        try:
            answer = client.get_parameters(Names=names, WithDecryption=True)
        except ClientError as error:
            refused = error.response["Error"]
            raise SecretError(f"{PREFIX}{SSM}{refused['Code']}: {refused['Message']}") from error
        except BotoCoreError as error:
            raise SecretError(
                f"{PREFIX}{SSM}RequestCanceled: request context canceled caused by: the parameter"
                " store does not answer"
            ) from error
        values = {parameter["Name"]: str(parameter["Value"]) for parameter in answer["Parameters"]}
        by_reference = {
            reference: values[name]
            for reference in references
            for name in reference.names
            if name in values
        }
        invalid = [reference.text for reference in references if reference not in by_reference]
        if invalid:
            raise SecretError(f"{PREFIX}{SSM}invalid ssm parameters: {','.join(invalid)}")
        return by_reference
