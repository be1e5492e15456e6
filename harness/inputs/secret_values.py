"""Make the secrets of a stack: the shape is cutover.toml's, the values are new each time."""

from __future__ import annotations

import base64
import json
import secrets
import string
from collections.abc import Callable, Mapping

from harness.core.redact import Secret
from harness.inputs.config import Generated, SecretValue

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


def _secret_string(value: SecretValue) -> Secret:
    if isinstance(value, str):
        return Secret(value)
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
