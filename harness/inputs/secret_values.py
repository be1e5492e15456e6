"""Make the secrets of a stack: the shape is cutover.toml's, the values are new each time."""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from harness.aws import arn
from harness.aws.value_from import (
    ParameterReference,
    SecretReference,
    ValueFromError,
    parse_value_from,
)
from harness.core.redact import Secret
from harness.inputs.config import Generated, SecretValue
from harness.inputs.derivation import DATABASE_URLS
from harness.inputs.toml.schema import ParameterValue

# RDS refuses / @ " and spaces in passwords; every other sign must survive the way to the app.
_PASSWORD_SIGNS = string.ascii_letters + string.digits + "!#$%^&*()-_=+"


def _password() -> str:
    return "".join(secrets.choice(_PASSWORD_SIGNS) for _ in range(32))


def _laravel_key() -> str:
    return "base64:" + base64.b64encode(secrets.token_bytes(32)).decode()


GENERATE: Mapping[str, Callable[[], str]] = {
    "password": _password,
    "laravel-key": _laravel_key,
    "hex": lambda: secrets.token_hex(32),
}


def make(shape: Mapping[str, SecretValue]) -> dict[str, Secret]:
    """Return each secret's SecretString by name; generated values are remembered for redaction."""
    return {name: _secret_string(value) for name, value in shape.items()}


@dataclass(frozen=True)
class MadeParameter:
    """A parameter of Parameter Store, with the value that this stack has for it."""

    name: str
    region: str
    """Empty for the app's own."""
    value: str = field(repr=False)
    secure: bool
    key: str = ""
    """The customer's key that encrypts it; empty for AWS's own."""

    @property
    def put(self) -> dict[str, str]:
        """The input of PutParameter."""
        request = {"Name": self.name, "Value": self.value}
        if not self.secure:
            return {**request, "Type": "String"}
        return {**request, "Type": "SecureString", **({"KeyId": self.key} if self.key else {})}


def make_parameters(shape: Mapping[str, ParameterValue]) -> tuple[MadeParameter, ...]:
    """Return each parameter with its value; generated values are remembered for redaction."""
    return tuple(_parameter(name, value) for name, value in shape.items())


def _parameter(text: str, value: ParameterValue) -> MadeParameter:
    full = arn.parse(text)
    name = text if full is None else full.resource.removeprefix("parameter")
    region = "" if full is None else full.region
    if isinstance(value, str):
        return MadeParameter(name, region, value, secure=False)
    secret = Secret(value.value if value.value is not None else GENERATE[value.generate]())
    return MadeParameter(name, region, secret.reveal(), secure=True, key=value.key or "")


def injected(
    value_from: str,
    *,
    secrets: Mapping[str, Secret],
    parameters: Iterable[MadeParameter],
) -> str:
    """Return the value that ECS injects for a valueFrom; empty where it cannot be had."""
    try:
        reference = parse_value_from(value_from)
    except ValueFromError:
        return ""
    if isinstance(reference, ParameterReference):
        values = (parameter.value for parameter in parameters if parameter.name in reference.names)
        return next(values, "")
    if reference.name not in secrets:
        return ""
    secret = secrets[reference.name]
    return fields(secret).get(reference.json_key, "") if reference.json_key else secret.reveal()


def of_whole(values_from: Iterable[str], *, secrets: Mapping[str, Secret]) -> dict[str, str]:
    """Return the fields of secrets that a container has as a whole: its entrypoint reads them."""
    values: dict[str, str] = {}
    for text in values_from:
        with suppress(ValueFromError):
            reference = parse_value_from(text)
            if isinstance(reference, SecretReference) and not reference.json_key:
                values |= fields(secrets[reference.name]) if reference.name in secrets else {}
    return values


def database_account(
    variable: Callable[[str], str], whole: Callable[[], Mapping[str, str]]
) -> tuple[str, str]:
    """Return the account with which Laravel signs in; empty where its variables have none.

    Args:
        variable: Returns a variable's value; empty where the task does not have it.
        whole: Returns the fields of secrets that the task has as a whole.
    """
    accounts = [*map(account_of, map(variable, DATABASE_URLS))]
    accounts.append((variable("DB_USERNAME"), variable("DB_PASSWORD")))
    if not any(map(any, accounts)):
        fields_of = whole()
        keys = (("DB_USERNAME", "DB_PASSWORD"), ("username", "password"))
        accounts += [(fields_of.get(user, ""), fields_of.get(word, "")) for user, word in keys]
    return next(filter(any, accounts), ("", ""))


def account_of(url: str) -> tuple[str, str]:
    """Return user name and password of a database's URL; empty where it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return unquote(parts.username or ""), unquote(parts.password or "")


def _secret_string(value: SecretValue) -> Secret:
    if isinstance(value, str):
        return Secret(value)
    generator = value.get("generate")
    if len(value) == 1 and isinstance(generator, str) and generator in GENERATE:
        return Secret(GENERATE[generator]())  # one text, made up for each stack
    filled = {
        key: Secret(GENERATE[item.generate]()).reveal() if isinstance(item, Generated) else item
        for key, item in value.items()
    }
    return Secret(json.dumps(filled))


def fields(secret: Secret) -> dict[str, str]:
    """Read a secret as a JSON object; anything else has no fields."""
    try:
        value = json.loads(secret.reveal())
    except json.JSONDecodeError:
        return {}
    return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else {}
