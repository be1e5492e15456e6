"""Variables of a container: in its definition, in its environment files, and in the overlay.

Source of what an environment file may hold:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html
"""

from __future__ import annotations

import base64
import binascii
import codecs
import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from harness.core.time_zones import HINT as TIME_ZONE_HINT
from harness.core.time_zones import is_zone
from harness.inputs.files.placeholders import reference_in
from harness.inputs.problem import Problem

_OTHER_DATABASES = ("pgsql", "sqlsrv")
"""Laravel's names for databases that no part of a rehearsal stands for."""
_EXACT = re.compile(
    r"_(?:BUCKET|CA|CHANNEL|CONNECTION|DATABASE|DISK|DOMAIN|DRIVER|ENCRYPTION|ENDPOINT|ENV|HOST|KEY"
    r"|LEVEL|MAILER|PORT|QUEUE|REGION|SCHEME|STACK|STORE|URL|USERNAME)$|^SQS_PREFIX$"
)
"""Variables that hold a name or an address, and no text for people."""
_ADDRESS = re.compile(r"AWS_ENDPOINT(?:_URL(?:_\w+)?)?|SQS_PREFIX")
"""Variables that hold the address of an API, with the scheme that AWS's SDK needs."""
_NAME = re.compile(r"\S+")
_COMMENT = re.compile(r"\s#.*$")
_QUOTED = re.compile(r"([\"']).*\1")
_OF_SHELLS = "export "
_NO_VARIABLE = (
    "has a line that is no variable, and ECS takes VARIABLE=VALUE alone",
    "write it so, or begin the line with #",
)
_COOKIE = "SESSION_COOKIE"
_RENAMED = re.compile(r"[. \[]")
"""https://www.php.net/manual/en/language.variables.external.php: PHP's own names have none."""
_PREVIOUS_KEYS = "APP_PREVIOUS_KEYS"
_KEY_BYTES = (16, 32)
"""Of AES-128 and AES-256: Illuminate\\Encryption\\Encrypter."""
_UNSET = ("", "null", "(null)", "empty", "(empty)")
"""Values that Laravel's env() takes for none."""
_ROUNDS, _MOST_ROUNDS = "BCRYPT_ROUNDS", 15
_FORMS: tuple[tuple[str, str, str, str], ...] = (
    (
        rf"SESSION_LIFETIME|(?:DB|REDIS|MAIL)_PORT|\w+_RETRY_AFTER|{_ROUNDS}",
        r"\d+",
        "of which PHP reads the digits at the beginning alone",
        "write the number alone, in the unit that Laravel's configuration has",
    ),
    (
        r"APP_DEBUG|SESSION_(?:SECURE_COOKIE|ENCRYPT|HTTP_ONLY|EXPIRE_ON_CLOSE)"
        r"|AWS_USE_PATH_STYLE_ENDPOINT",
        r"(?!(?:no?|off|f|none|disabled?|never)$).*",
        "a text, which PHP takes for true: env() knows true and false alone",
        'write "false"',
    ),
    (
        r"SESSION_DOMAIN",
        r"[^\s:/]+",
        "which is no domain: browsers refuse the session's cookie",
        "write the host alone, or leave it out",
    ),
    (
        r"AWS_BUCKET",
        r"[^\s:/]+|arn:.+",
        "which is no name of a bucket",
        "write the name that CreateBucket has; a folder belongs into the disk's root",
    ),
    (
        r"AWS_(?:DEFAULT_)?REGION",
        r"[a-z]{2}(?:-[a-z]+)+-\d+",
        "which is no Region",
        "write the Region's code, such as us-east-1, without a zone's letter",
    ),
)
"""Names, the form of their values, and message and hint for any other."""
_ZONES = ("APP_TIMEZONE", "APP_SCHEDULE_TIMEZONE")
_HERE = ("localhost", "127.0.0.1", "0.0.0.0", "::1")
EMULATOR = "http://emulator:4566"
"""The emulator's address inside the stack."""


def of_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield message and hint for each fault in a variable's value."""
    if name == "DB_CONNECTION" and value in _OTHER_DATABASES:
        message = f'is "{value}", and a rehearsal has MySQL only'
        yield message, "rehearse an app on MySQL or Aurora MySQL"
    if value != value.strip() and _EXACT.search(name):
        is_secret = name.endswith("_KEY")
        message = "has a space at an end" if is_secret else f"is {json.dumps(value)}"
        hint = "take it away" if is_secret else f"write {json.dumps(value.strip())}"
        yield f"{message}, and Laravel takes the space at an end for a part of it", hint
    if reference := reference_in(value):
        yield (
            f"has {reference}, which ECS hands to the app as it is",
            "write the value itself; a secret's belongs into secrets, with its ARN as valueFrom",
        )
    elif value.strip() and _ADDRESS.fullmatch(name) and not _is_address(value.strip()):
        yield f'is "{value}", which is no address', "write it with its scheme: https://HOST"
    elif name == _COOKIE and value != (read := _RENAMED.sub("_", value)):
        yield (
            f'is "{value}", and PHP reads a cookie of this name as "{read}": no visitor\'s session'
            " comes back",
            f'write "{read}"',
        )
    elif name == _PREVIOUS_KEYS:
        yield from _of_keys(value)
    elif value.strip().lower() not in _UNSET:
        yield from _of_form(name, value.strip())


def _of_form(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Find a value that PHP, a browser or AWS reads as another one than was meant."""
    for names, form, message, hint in _FORMS:
        if re.fullmatch(names, name) and not re.fullmatch(form, value, flags=re.IGNORECASE):
            yield f'is "{value}", {message}', hint
    if name in _ZONES and not is_zone(value):
        yield f'is "{value}", which is no time zone: PHP refuses it', TIME_ZONE_HINT
    if name == _ROUNDS and value.isdecimal() and int(value) > _MOST_ROUNDS:
        yield (
            f"is {value}: each step doubles the work, and at {value} a sign-in takes a processor"
            " for many seconds",
            f"write 12, Laravel's own, or {_MOST_ROUNDS} at the most",
        )


def _of_keys(value: str) -> Iterator[tuple[str, str]]:
    """Find a former key that Laravel refuses; it then refuses to start. No key is shown."""
    for number, key in enumerate(filter(None, value.split(",")), start=1):
        try:
            plain_key = base64.b64decode(key[7:], validate=True) if key[:7] == "base64:" else key
        except binascii.Error:
            plain_key = ""
        if len(plain_key) not in _KEY_BYTES:
            yield (
                f"has a key, the {number}., of another length than a cipher takes: Laravel refuses"
                " to work with any",
                "write old values of APP_KEY with their prefix base64:, with commas and no spaces",
            )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False


def of_overlay(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield message and hint for each fault in a variable of the overlay."""
    if not _NAME.fullmatch(name) or "=" in name:
        yield "is no name of a variable", "write a name without spaces and without ="
    yield from of_value(name, value)
    if not _ADDRESS.fullmatch(name) or not _is_address(value):
        return
    parts, emulator = urlsplit(value), urlsplit(EMULATOR)
    hint = f"write {EMULATOR}, with the same path"
    if parts.hostname in _HERE:
        yield f'is "{value}": inside a task that is the task itself, and no emulator', hint
    elif parts.hostname == emulator.hostname and parts.port != emulator.port:
        yield f'is "{value}", and the emulator listens on port {emulator.port}', hint


def of_file(text: str, *, file: str) -> Iterator[Problem]:
    """Find lines of an environment file that ECS reads in another way than people do.

    Args:
        text: The file's text.
        file: Its path.
    """
    variables: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, sign, value = line.partition("=")
        if not line.strip() or line.startswith("#"):
            continue
        faults = list(_of_line(line)) if sign else [_NO_VARIABLE]
        if not faults and variables.setdefault(name, value) != value:
            faults = [("is set twice, with two values", "leave one of the two lines out")]
        for message, hint in faults:
            yield Problem(name.strip() if sign else "", message, hint, file=file, line=number)


def of_beginning(content: bytes, *, file: str) -> Iterator[Problem]:
    """Find the mark with which some editors begin a file; ECS takes it for a part of a name."""
    if content.startswith(codecs.BOM_UTF8):
        message = "begins with a byte order mark, which ECS takes for a part of the first name"
        yield Problem("", message, "save it as UTF-8 without one", file=file, line=1)


def _of_line(line: str) -> Iterator[tuple[str, str]]:
    name, _, value = line.partition("=")
    if name.startswith(_OF_SHELLS):
        yield f'begins with "{_OF_SHELLS}": ECS reads no shell\'s lines', "leave the word out"
    elif not _NAME.fullmatch(name):
        message = "has a space beside its name, which ECS takes for a part of the name"
        yield message, f"write {name.strip() or 'VARIABLE'}=, without the space"
    elif _EXACT.search(name) and _COMMENT.search(value):
        yield (
            "has a comment after its value, which ECS takes for a part of the value",
            "write the comment on a line of its own, which begins with #",
        )
    elif _EXACT.search(name) and _QUOTED.fullmatch(value):
        yield (
            "has quotes around its value, which ECS takes for a part of the value",
            "write the value without them",
        )
    else:
        yield from of_value(name, value)
