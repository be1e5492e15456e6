"""Names in task definitions: the host of files, the mails' sender and port, directories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.aws import ses_smtp
from harness.inputs.files import phase_files
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.inputs.production import Production

_VARIABLE, _SENDER, _PORT = "ASSET_URL", "MAIL_FROM_ADDRESS", "MAIL_PORT"
_ADDRESS = re.compile(r"[^\s<>@\"]+@[^\s<>@\"]+")
_WRITTEN = ("VIEW_COMPILED_PATH", "LARAVEL_STORAGE_PATH")
"""Variables of directories that Laravel writes to."""
_LABELS = 2
"""Of the shortest domain that somebody registers."""


def asset_hosts(production: Production) -> Iterator[Problem]:
    """ASSET_URL leads to a name of the app's domain that exists, as far as the files tell."""
    public = production.config.public_host
    domain = ".".join(public.split(".")[1:]) if public.count(".") >= _LABELS else public
    hosts = {public, *_records(production)}
    for definition in production.definitions:
        for place, name, value in definition.variables:
            host = (urlsplit(value).hostname or "") if name == _VARIABLE else ""
            is_own = host == domain or host.endswith(f".{domain}")
            is_foreign = any(fnmatchcase(host, pattern) for pattern in production.config.foreign)
            if is_own and host not in hosts and not is_foreign:
                yield Problem(
                    place,
                    f"leads visitors to {host} for styles, scripts and images ({_VARIABLE}), and no"
                    " file has this name: they are missing on every page where it does not exist",
                    f"remove {_VARIABLE}, so that the app serves them itself; or add {host} to the"
                    " file of phases.dns or, where somebody else has it, to aws.foreign",
                    file=definition.source,
                )


def senders(production: Production) -> Iterator[Problem]:
    """MAIL_FROM_ADDRESS is an address alone; with a name in it no mail can be made."""
    for definition in production.definitions:
        for place, name, value in definition.variables:
            if name == _SENDER and value and not _ADDRESS.fullmatch(value):
                yield Problem(
                    place,
                    f'is "{value}" ({_SENDER}), which is no address of RFC 2822: every mail fails',
                    "write the address alone, and the name in MAIL_FROM_NAME",
                    file=definition.source,
                )


def smtp_ports(production: Production) -> Iterator[Problem]:
    """SES's SMTP endpoint is asked on a port at which it listens, and which AWS leaves open."""
    ports = ", ".join(map(str, ses_smtp.PORTS))
    for definition in production.definitions:
        is_used = any(
            ses_smtp.endpoint(container.environment) for container in definition.containers
        )
        for place, name, value in definition.variables:
            if is_used and name == _PORT and value not in map(str, ses_smtp.PORTS):
                yield Problem(
                    place,
                    f'is "{value}" ({_PORT}), and SES takes mail of tasks on {ports}: AWS closes'
                    " port 25",
                    'write "587"',
                    file=definition.source,
                )


def directories(production: Production) -> Iterator[Problem]:
    """A directory that Laravel writes to is one that app.writable has, or is mounted."""
    config = production.config
    for definition in production.definitions:
        mounts = [
            str(mount.get("containerPath"))
            for container in definition.containers
            for mount in container.raw.get("mountPoints") or ()
        ]
        roots = [PurePosixPath(root) for root in (*config.writable_paths, *mounts)]
        for place, name, value in definition.variables:
            path = PurePosixPath(value)
            is_ours = name in _WRITTEN and path.is_absolute() and config.declares_writable
            if is_ours and not any(path.is_relative_to(root) for root in roots):
                yield Problem(
                    place,
                    f'is "{value}" ({name}), where the app may not write: app.writable has'
                    f" {', '.join(config.writable_paths)}",
                    f"leave {name} out, for Laravel's own directory; or add the path to"
                    " app.writable, and give it to the app's user in the Dockerfile",
                    file=definition.source,
                )


def _records(production: Production) -> Iterator[str]:
    for call in phase_files.calls(production, "dns"):
        changes = (call.input.get("ChangeBatch") or {}).get("Changes") or ()
        for change in changes:
            record = change.get("ResourceRecordSet") or {}
            yield str(record.get("Name", "")).rstrip(".").lower()


CHECKS = (asset_hosts, senders, smtp_ports, directories)
