"""The valueFrom text of a task definition's secret, taken apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORMS = (
    "arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX, or the same followed by"
    " :JSON-KEY:VERSION-STAGE:VERSION-ID with all three colons"
)
_PARAMETER = re.compile(r"[\w.-]+|(?:/[\w.-]+)+", flags=re.ASCII)
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
_VERSION_ID = range(32, 65)
"""Lengths: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html"""


@dataclass(frozen=True)
class SecretReference:
    """One value of one secret."""

    arn: str
    """The secret's ARN, without the parts that choose a value."""
    region: str
    account: str
    name: str
    """The secret's name: the ARN's last part without its six random characters."""
    json_key: str = ""
    """Empty means the whole secret string."""
    version_stage: str = ""
    version_id: str = ""


@dataclass(frozen=True)
class ParameterReference:
    """One parameter of Systems Manager's Parameter Store."""

    text: str
    """The name, or the ARN, as ECS passes it on."""
    names: tuple[str, ...]
    """The name; of an ARN, which shows no slash before a plain name, both spellings."""
    region: str = ""
    """Empty for a name: the task's own; likewise below."""
    account: str = ""

    @property
    def resource(self) -> str:
        """The last part of the parameter's ARN."""
        return f"parameter/{self.names[0].removeprefix('/')}"


class ValueFromError(ValueError):
    """A valueFrom that ECS would refuse or misread; ``message`` continues a sentence."""

    def __init__(self, message: str, *, hint: str = f"write {_FORMS}") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def parse_value_from(text: str) -> SecretReference | ParameterReference:
    """Take a valueFrom apart: a secret's ARN, or the ARN or name of a parameter.

    Raises:
        ValueFromError: No full ARN, a wrong number of colons, or both stage and id.
    """
    parts = text.split(":")
    service = parts[2] if len(parts) > 2 else ""
    if parts[0] != "arn" or service == "ssm":
        return parse_parameter(text)
    if service != "secretsmanager" or len(parts) < 7 or parts[5] != "secret":
        raise ValueFromError(f'is "{text}", which is not the ARN of a secret')
    _, _, _, region, account, _, resource, *choice = parts
    _check_place(text, region=region, account=account)
    if not resource:
        raise ValueFromError(f'is "{text}", which names no secret')
    if len(choice) not in (0, 3):
        raise ValueFromError(
            f'is "{text}", with {len(choice)} parts after the secret where ECS wants none or three:'
            " json-key, version-stage, version-id"
        )
    json_key, version_stage, version_id = choice or ("", "", "")
    if version_stage and version_id:
        raise ValueFromError(
            f'is "{text}", with both a version stage and a version id', hint="keep one of the two"
        )
    return SecretReference(
        arn=":".join(parts[:7]),
        region=region,
        account=account,
        name=_SUFFIX.sub("", resource),
        json_key=json_key,
        version_stage=version_stage,
        version_id=version_id,
    )


def parse_parameter(text: str) -> ParameterReference:
    """Take the ARN or the name of a parameter apart.

    Raises:
        ValueFromError: It is neither.
    """
    if not text.startswith("arn:"):
        if not _PARAMETER.fullmatch(text):
            hint = f"write the name of an SSM parameter, its ARN, or {_FORMS}"
            raise ValueFromError(f'is "{text}", which is no name of an SSM parameter', hint=hint)
        return ParameterReference(text=text, names=(text,))
    *_, region, account, resource = [*text.split(":", 5), "", "", ""][:6]
    noun, _, name = resource.partition("/")
    if noun == "parameter" and name.startswith("/"):
        hint = f"write {text.replace('parameter//', 'parameter/')}: its name begins with the slash"
        raise ValueFromError(f'is "{text}", with two slashes after "parameter"', hint=hint)
    if noun != "parameter" or not _PARAMETER.fullmatch(name.replace("/", "")):
        hint = "write arn:aws:ssm:REGION:ACCOUNT:parameter/NAME"
        raise ValueFromError(f'is "{text}", which is not the ARN of an SSM parameter', hint=hint)
    _check_place(text, region=region, account=account)
    names = (f"/{name}",) if "/" in name else (name, f"/{name}")
    return ParameterReference(text=text, names=names, region=region, account=account)


def _check_place(text: str, *, region: str, account: str) -> None:
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d", region):
        raise ValueFromError(f'is "{text}", in which "{region}" is not a region')
    if not re.fullmatch(r"\d{12}", account):
        raise ValueFromError(f'is "{text}", in which "{account}" is not a 12-digit account id')


def require_version_id(reference: SecretReference) -> None:
    """Require the length of a version's id, which ECS looks at when it starts a task.

    Raises:
        ValueFromError: It is shorter or longer: it may be a stage in the wrong place.
    """
    version_id = reference.version_id
    if version_id and len(version_id) not in _VERSION_ID:
        raise ValueFromError(
            f'has "{version_id}" at its end, where "{version_id}" stands for a version id, and ids'
            " have 32 to 64 characters",
            hint=f"a stage stands before the last colon: {reference.arn}:{reference.json_key}:"
            f"{version_id}:",
        )
