"""Names and values of variables, and keys of secrets, that hold secrets."""

from __future__ import annotations

import re

SECRET_NAME = re.compile(
    r"(?:PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|CREDENTIALS?"
    r"|(?:^|_)(?:APP|API|ACCESS|PROBE|ENCRYPTION)_KEY)"
    r"(?:_(?:ID|OLD|NEW|PREVIOUS|BASE64|\d+))?$",
    re.IGNORECASE,
)
"""Names of variables that hold secrets; AUTH_PASSWORD_TIMEOUT and its like do not."""
_PUBLIC_NAME = re.compile(r"(?:PUSHER|REVERB|ABLY|ECHO)_APP_KEY$", re.IGNORECASE)
_NO_VALUES = ("", "null", "(null)", "empty", "(empty)")
_RANDOM = re.compile(r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9+/=_:]{20,}")


def is_secret(name: str, value: str) -> bool:
    """Return whether a variable, or a key of a secret, holds a secret value.

    A secret may keep settings beside what is secret: RDS's have the engine and the host.
    """
    return bool(SECRET_NAME.search(name) or _RANDOM.fullmatch(value))


def is_plain_secret(name: str, value: str) -> bool:
    """Return whether a variable's name says that its value is a secret, and it has one.

    Laravel's own .env.example has REDIS_PASSWORD=null, and the keys of Pusher and Reverb are sent
    to every browser.
    """
    is_named = SECRET_NAME.search(name) and not _PUBLIC_NAME.search(name)
    return bool(is_named) and value.lower() not in _NO_VALUES
