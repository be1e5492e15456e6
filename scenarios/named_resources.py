"""Connections, disks, mailers, stores and channels that code names, beside those configured."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.diagnosis.expect import SettingCause

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

PLACES = {
    "disk": ("disk", "config/filesystems.php"),
    "database": ("database connection", "config/database.php"),
    "redis": ("Redis connection", "config/database.php"),
    "mailer": ("mailer", "config/mail.php"),
    "connection": ("queue connection", "config/queue.php"),
    "store": ("cache store", "config/cache.php"),
    "channel": ("log channel", "config/logging.php"),
}
"""Type of the probe -> its word in Laravel's documents, and the file that configures it."""
AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
LOCAL_HOST = re.compile(r"[^.]*|127\..*|.*\.docker\.internal")
"""Hosts of a developer's machine: a name without a domain, or its own addresses."""
DEFAULT_BY = {
    "disk": "FILESYSTEM_DISK",
    "database": "DB_CONNECTION",
    "mailer": "MAIL_MAILER",
    "connection": "QUEUE_CONNECTION",
    "store": "CACHE_STORE",
}
"""Type -> the variable that Laravel's own configuration takes its default from."""
IDENTITY = {
    "disk": ("driver", "bucket", "region", "prefix"),
    "database": ("driver", "database", "timezone"),
    "mailer": ("transport", "host", "mailers"),
    "connection": ("driver", "prefix", "suffix", "region", "table"),
    "store": ("driver", "connection", "table"),
}
"""Type -> fields that tell one resource from another."""
UNSENT = ("log", "array")
IN_A_FILE = ("single", "daily", "monthly")
PLACEHOLDER = "your-account-id"
"""In SQS's prefix as Laravel's own configuration has it."""
COMBINED = {"mailer": "mailers", "channel": "channels"}
"""Types of which one can stand for several, and the field that names them."""


@dataclass(frozen=True)
class NamedResource:
    """A name of a connection, disk, mailer, queue, store or channel in the app's code."""

    type: str
    name: str
    file: str
    line: int
    stores: bool
    """A disk on which this code leaves a file, or a cache store in which it keeps a value."""

    def __str__(self) -> str:
        word = PLACES[self.type][0] if self.type in PLACES else self.type
        return f'the {word} "{self.name}" in {self.file} line {self.line}'


Resources = dict[str, dict[str, dict[str, Any]]]
"""Type -> name -> fields, as the probe prints a task's configuration."""


def missing_cause(resource: NamedResource, resources: Resources) -> str:
    """Return why the code cannot use a name; empty if the task's configuration has it."""
    if resource.type not in PLACES or resource.name in resources[resource.type]:
        return ""
    keys = ", ".join(sorted(resources[resource.type])) or "none"
    return (
        f"the code uses {resource}, and {PLACES[resource.type][1]} has no such one (it has {keys}):"
        " add it, or name one of these"
    )


def development_cause(resource: NamedResource, resources: Resources) -> str:
    """Return why a resource that the code names is of no use in production; empty if it is."""
    fields = resources.get(resource.type, {}).get(resource.name)
    if fields is None:
        return ""
    problem = _problem(resource, fields, resources)
    return f"the code uses {resource}, {problem}" if problem else ""


def _problem(resource: NamedResource, fields: Mapping[str, Any], resources: Resources) -> str:
    judge = _JUDGES.get(resource.type)
    if resource.type == "disk" and not resource.stores:
        return ""
    if resource.type == "store" and resource.stores and fields.get("driver") == "file":
        return (
            "and keeps values there: each task has files of its own, so that a change reaches one"
            " task and visitors see now the old value and now the new one: use a store that all"
            " tasks share"
        )
    return judge(fields, resources) if judge else ""


def _disk_problem(fields: Mapping[str, Any], resources: Resources) -> str:
    driver = driver_of_disk(fields, resources)
    if driver == "local":
        return (
            "and stores files there: the disk is in the task's own file system, which no other"
            " task sees and which ends with the task: use a disk on S3"
        )
    if fields.get("driver") == "s3" and not fields.get("bucket"):
        return "and it has no bucket: set its variable in the task definitions"
    return ""


def _mailer_problem(fields: Mapping[str, Any], resources: Resources) -> str:
    if _each("mailer", fields, resources, sends_nothing):
        return "which sends no mail that anybody gets: use the mailer of production"
    return ""


def _channel_problem(fields: Mapping[str, Any], resources: Resources) -> str:
    if _each("channel", fields, resources, lambda channel: channel.get("driver") in IN_A_FILE):
        return (
            "which is a file in the container: nobody reads it, and it ends with the task: use"
            " a channel that writes to stderr"
        )
    return ""


def _queue_problem(fields: Mapping[str, Any], resources: Resources) -> str:
    if fields.get("driver") == "null":
        return "which drops every job"
    if fields.get("driver") == "sqs" and PLACEHOLDER in str(fields.get("prefix", "")):
        return "whose prefix is Laravel's placeholder: set SQS_PREFIX in the task definitions"
    return _store_problem(fields, resources)


def _store_problem(fields: Mapping[str, Any], resources: Resources) -> str:
    if fields.get("driver") != "redis":
        return ""
    connection = str(fields.get("connection", "default"))
    return _host_problem(resources["redis"].get(connection, {}), resources)


def _database_problem(fields: Mapping[str, Any], resources: Resources) -> str:
    if fields.get("driver") == "sqlite":
        if fields.get("exists"):
            return ""
        return f"a SQLite file that the image does not have: {fields.get('database')}"
    return _host_problem(fields, resources)


def _host_problem(fields: Mapping[str, Any], _: Resources) -> str:
    host = fields.get("host", "")
    if isinstance(host, str) and host and LOCAL_HOST.fullmatch(host):
        return f'whose host is "{host}", a host of local development'
    return ""


_JUDGES: Mapping[str, Callable[[Mapping[str, Any], Resources], str]] = {
    "disk": _disk_problem,
    "mailer": _mailer_problem,
    "channel": _channel_problem,
    "connection": _queue_problem,
    "store": _store_problem,
    "database": _database_problem,
    "redis": _host_problem,
}
"""Type -> why a resource of it is of no use in production."""


def sends_nothing(mailer: Mapping[str, Any]) -> bool:
    """Return whether a mailer keeps its mails, or gives them to a developer's own mail catcher."""
    if mailer.get("transport") == "smtp":
        return bool(LOCAL_HOST.fullmatch(str(mailer.get("host", ""))))
    return mailer.get("transport") in UNSENT


def driver_of_disk(fields: Mapping[str, Any], resources: Resources) -> str:
    """Return a disk's driver; a scoped disk has that of the disk which it is a part of."""
    parent = fields.get("disk")
    if fields.get("driver") == "scoped" and isinstance(parent, str):
        return str(resources["disk"].get(parent, {}).get("driver", ""))
    return str(fields.get("driver", ""))


def _each(kind: str, fields: Mapping[str, Any], resources: Resources, holds: Any) -> bool:
    """Return whether something holds for a resource, or for each of those that it combines."""
    names = fields.get(COMBINED[kind])
    if not isinstance(names, list):
        return bool(holds(fields))
    parts = [resources[kind].get(name, {}) for name in names]
    return bool(parts) and all(holds(part) for part in parts)


def zone_cause(task: str, zone: str, webs: str) -> str:
    """Return that a task writes and compares times in another zone than the web task."""
    return SettingCause(
        "APP_TIMEZONE",
        f"the app's time zone is {zone} in the {task} task and {webs} in the web task: the app"
        " writes times without their zone into the database, so that each takes the other's for"
        " hours too early or too late: APP_TIMEZONE must be the same in every task definition, and"
        " date_default_timezone_set() in no middleware",
    )


def differing_resources(
    web: Mapping[str, Any], scheduled: Mapping[str, Any], *, used: AbstractSet[tuple[str, str]]
) -> Iterator[str]:
    """Yield the settings that a scheduled task lacks or has differently from a web task, as causes.

    Args:
        web: The configuration of a web task, as the probe prints it.
        scheduled: That of a scheduled task.
        used: Type and name of the resources that the code names; the defaults are used besides.
    """
    for kind, variable in DEFAULT_BY.items():
        base, theirs = web["defaults"][kind], scheduled["defaults"][kind]
        if base != theirs:
            yield SettingCause(
                variable,
                f'the default {PLACES[kind][0]} is "{theirs}" in the scheduled task and "{base}" in'
                f" the web task: {variable} differs in their task definitions, or one lacks it",
            )
    if web["timezone"] != scheduled["timezone"]:
        yield zone_cause("scheduler", scheduled["timezone"], web["timezone"])
    if web["mail_from"] != scheduled["mail_from"]:
        yield SettingCause(
            "MAIL_FROM_ADDRESS",
            f"the scheduled task sends mail from {scheduled['mail_from']} and the web task from"
            f" {web['mail_from']}: MAIL_FROM_ADDRESS differs in their task definitions",
        )
    defaults = {(kind, web["defaults"][kind]) for kind in DEFAULT_BY}
    for kind, name in sorted((used & _named_in(web)) | defaults):
        word = PLACES[kind][0] if kind in PLACES else kind
        fields = scheduled["resources"].get(kind, {}).get(name)
        if fields is None:
            yield f'the scheduled task has no {word} "{name}", and the web task has one'
            continue
        for field in IDENTITY.get(kind, ()):
            base, theirs = (
                _comparable(side.get(field)) for side in (web["resources"][kind][name], fields)
            )
            if base != theirs:
                yield (
                    f'{field} of the {word} "{name}" is {theirs!r} in the scheduled task and'
                    f" {base!r} in the web task: their task definitions must agree on its variable"
                )


def _named_in(configuration: Mapping[str, Any]) -> AbstractSet[tuple[str, str]]:
    resources: Resources = configuration["resources"]
    return {(kind, name) for kind, entries in resources.items() for name in entries}


def _comparable(value: Any) -> Any:
    """Return a value without harmless differences: a slash at its end, empty or not set."""
    return value.rstrip("/") if isinstance(value, str) else value or ""
