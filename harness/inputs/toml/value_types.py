"""Types of the tables and values in cutover.toml, each value with its check."""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from harness.aws import aurora

Vendor = Literal["auto", "composer", "debian"]
Generator = Literal["password", "laravel-key", "hex"]
_SYSTEM_SCHEMAS = ("information_schema", "mysql", "performance_schema", "sys")
_MOST_SECONDS = 4 * 60 * 60
_VPC_PREFIXES = range(16, 25)
"""AWS has VPCs from /16 to /28; a rehearsal needs four networks of 64 addresses."""
"""Room for the four tiers, and for another stack's."""


class Table(BaseModel):
    """A table with fixed keys."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


def _fault(message: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{message}", {"message": message, "hint": hint})


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/") or parts.query:
        hint = "write the public URL without a path; pages below one go into [app.pages]"
        raise _fault(f'is "{url}", not https://host', hint)
    if parts.netloc.lower() != parts.hostname or parts.fragment:
        raise _fault(f'is "{url}", not https://host', "write the host alone, without port or user")
    if not parts.hostname.isascii():
        raise _fault(
            f'is "{url}", and names in DNS and certificates have ASCII letters only',
            f"write https://{_ascii(parts.hostname)}",
        )
    if _is_address(parts.hostname):
        hint = "write the name that visitors open: no certificate of ACM is for an address"
        raise _fault(f'is "{url}", an address and no name', hint)
    return f"https://{parts.hostname}"


def _ascii(host: str) -> str:
    """Return a host as DNS has it."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return "HOST"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _region(name: str) -> str:
    if not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d", name):
        zone = re.fullmatch(r"([a-z]{2,4}(?:-[a-z]+)+-\d)[a-z]", name.lower())
        region = zone[1] if zone else name.lower()
        is_one = re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d", region)
        hint = f'write "{region}"' if is_one else 'write its code, such as "eu-west-1"'
        raise _fault(f'is "{name}", which is no region', hint)
    return name


def _seconds(number: int) -> int:
    if number > _MOST_SECONDS:
        message = f"is {number}, and must be {_MOST_SECONDS} or less"
        raise _fault(message, "write seconds, not milliseconds: up_s = 180")
    return number


def _words(command: tuple[str, ...]) -> tuple[str, ...]:
    program = command[0]
    if len(command) == 1 and len(program.split()) > 1:
        words = ", ".join(f'"{word}"' for word in program.split())
        message = f'is one word with spaces, "{program}", and no shell takes it apart'
        raise _fault(message, f"write command = [{words}]")
    return command


def _reason(text: str) -> str:
    if not text.strip():
        raise _fault("is blank", "write the reason, which every report shows")
    return text


def _account_id(text: str) -> str:
    if len(text) != 12 or not text.isdigit():
        raise _fault("must be twelve digits, in quotes", "take it from the ARNs")
    return text


def _key_arn(text: str) -> str:
    if not re.fullmatch(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w-]+", text):
        raise _fault(
            f'is "{text}", which is not the ARN of a KMS key',
            "write arn:aws:kms:REGION:ACCOUNT:key/ID; AWS's own key is none of it",
        )
    return text


def _vpc_cidr(cidr: str) -> str:
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise _fault(f"is no CIDR: {error}", 'write vpc_cidr = "10.40.0.0/16"') from error
    if network.prefixlen not in _VPC_PREFIXES:
        message = f"is {cidr}, and must be a /16 to a /24"
        raise _fault(message, "a VPC is no larger, and a rehearsal needs four networks of a /26")
    if network.is_loopback or network.is_link_local or network.is_multicast:
        raise _fault(f"is {cidr}, of which AWS makes no VPC", "take it from aws ec2 describe-vpcs")
    return cidr


def _path(path: str) -> str:
    if not path.startswith("/"):
        plain_path = urlsplit(path).path if "://" in path else path
        hint = f'write "/{plain_path.removeprefix("/")}"'
        raise _fault(f'is "{path}", and must begin with /', hint)
    if path.startswith("//") or path.split() != [path]:
        raise _fault(f'is "{path}", which is no path', "write it with one / at its beginning")
    return path


def _directory(path: str) -> str:
    if _path(path).strip("/") == "":
        hint = "name the directories, or leave app.writable out: then nothing is asked"
        raise _fault(f'is "{path}", below which everything is', hint)
    return path


def _schema_name(name: str) -> str:
    if not re.fullmatch(r"[\w$-]{1,64}", name) or name in _SYSTEM_SCHEMAS:
        hint = "write DB_DATABASE's: up to 64 letters, digits, - and _, and no system schema"
        raise _fault(f'is "{name}", which is no schema of an app', hint)
    return name


def _host(name: str) -> str:
    if not re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", name, re.ASCII):
        raise _fault(f'is "{name}", which is no host name', "write the endpoint without its port")
    return name


def _instance_class(name: str) -> str:
    if aurora.max_connections(name) is None:
        raise _fault(
            f'is "{name}", whose max_connections is not known',
            "correct the class, or write max_connections instead of it",
        )
    return name


def _queue_name(name: str) -> str:
    if not re.fullmatch(r"[\w-]{1,80}", name, re.ASCII):
        raise _fault(
            f'is "{name}", and must be the name of a standard queue: letters, digits, - and _',
            "write the name alone, without the URL or the ARN; SES's events go to no FIFO queue",
        )
    return name


def _address_or_file(text: str) -> str:
    scheme, is_address, _ = text.partition("://")
    if is_address and scheme not in ("http", "https"):
        hint = "write https://HOST/PATH, or the path of a copy"
        raise _fault(f'is "{text}", and must be an address of https, or a file', hint)
    return text


def _secret_name(name: str) -> str:
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    if name.startswith("arn:"):
        hint = "write the name alone, as `aws secretsmanager list-secrets` prints it"
        raise _fault("is an ARN, and must be the secret's name", hint)
    if not re.fullmatch(r"[\w/+=.@!-]{1,512}", name, re.ASCII):
        raise _fault(
            "is no name that Secrets Manager takes",
            "write its name there: up to 512 letters, digits and /_+=.@-",
        )
    return name


def _percent(number: int) -> int:
    if not 1 <= number <= 100:
        raise _fault(f"is {number}, and must be from 1 to 100", "take it from the proxy")
    return number


def _date(value: object) -> object:
    """Take a date of TOML, or its text."""
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        text = value.isoformat() if isinstance(value, date) else repr(value)
        raise _fault(f"is {text}, and must be a date", "write until = 2027-01-31") from None


def like(value: Any) -> Any:
    """Give a key an example."""
    return Field(examples=[value])


Text = Annotated[str, Field(min_length=1)]
PublicUrl = Annotated[Text, AfterValidator(_public_url)]
Region = Annotated[Text, AfterValidator(_region)]
Reason = Annotated[Text, AfterValidator(_reason)]
Seconds = Annotated[int, Field(gt=0), AfterValidator(_seconds)]
AccountId = Annotated[Text, AfterValidator(_account_id)]
KeyArn = Annotated[Text, AfterValidator(_key_arn)]
VpcCidr = Annotated[Text, AfterValidator(_vpc_cidr)]
InstanceClass = Annotated[Text, AfterValidator(_instance_class)]
QueueName = Annotated[Text, AfterValidator(_queue_name)]
AddressOrFile = Annotated[str, AfterValidator(_address_or_file)]
SecretName = Annotated[Text, AfterValidator(_secret_name)]
Percent = Annotated[int, AfterValidator(_percent)]
Day = Annotated[date, BeforeValidator(_date)]
Path = Annotated[Text, AfterValidator(_path)]
File = Annotated[str, Field(min_length=1, json_schema_extra={"format": "path"})]
Texts = Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]
Words = Annotated[Texts, AfterValidator(_words)]
SchemaName = Annotated[Text, AfterValidator(_schema_name)]
Host = Annotated[Text, AfterValidator(_host)]
Directory = Annotated[Text, AfterValidator(_directory)]
Paths = Annotated[tuple[Directory, ...], Field(min_length=1, strict=False)]
