"""One frozen configuration from cutover.toml and CUTOVER_*; no other module reads these."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from harness.aws import image_name
from harness.core.redact import Secret
from harness.inputs import document
from harness.inputs.derivation import Derivation
from harness.inputs.document import Document, toml_key
from harness.inputs.files.container_images import IDLE
from harness.inputs.problem import InputError, Problem, closest, nearest
from harness.inputs.toml import schema, validation, value_types
from harness.inputs.toml.pages import Pages
from harness.inputs.toml.schema import (
    Accept,
    Cache,
    CutoverToml,
    Database,
    FirstRun,
    Generated,
    ImageSource,
    Overlay,
    ParameterValue,
    Probe,
    SecretValue,
)

__all__ = ["Config", "FirstRun", "Generated", "SecretValue"]

FILE_NAME = "cutover.toml"
IMAGE_NAMES = schema.OUR_IMAGES
GENERATORS = get_args(value_types.Generator)
_OF_PROXY = ("database.proxy_endpoint", "network.proxy_group")
_PREFIX = "CUTOVER_"
_SERVICE_NAME = re.compile(r"[\w-][\w.-]*")
_WRITABLE = ("/tmp",)  # noqa: S108 - a path in a container
VARIABLES = {
    "CUTOVER_CONFIG": "path of the configuration file, instead of ./cutover.toml",
    "CUTOVER_HOME": "directory for runs and the current stack, instead of .cutover beside it",
    "CUTOVER_VENDOR": "auto, composer or debian, instead of app.vendor",
    "CUTOVER_CONNECT_TO": "where `verify` on a URL or on AWS connects, instead of --connect-to",
    "CUTOVER_PROBE_KEY": "the probe's key, for a target whose secrets cannot be read",
}


@dataclass(frozen=True)
class Config:
    """The values of cutover.toml itself; `Production` has the files that it names."""

    root: Path
    """Directory of the configuration file; paths in it are relative to this."""
    file: Path
    home: Path
    """CUTOVER_HOME; where runs and the current stack are recorded."""
    public_url: str
    app_context: Path
    vendor: str
    """CUTOVER_VENDOR, or app.vendor."""
    writable_paths: tuple[str, ...]
    """All that the app's user may write to in its container; ``/tmp`` where nothing says it."""
    declares_writable: bool
    """Whether app.writable is set."""
    pages: Pages
    account_id: str
    region: str
    foreign: tuple[str, ...]
    """Accounts, regions and ARNs in the files that are somebody else's."""
    changes: str
    """The account that scenarios may change; empty where none may be."""
    mail_events_queue: str
    """The queue of SES's events; empty where there is none."""
    vpc_cidr: str
    """The load balancer and the tasks get their addresses from it, so that the app's trusted
    proxies are tested as they are."""
    database: Database
    cache: Cache | None
    cluster: str
    secrets: Mapping[str, SecretValue]
    parameters: Mapping[str, ParameterValue]
    probe: Probe | None
    """Without it, scenarios that need the probe are not covered."""
    scenario_paths: tuple[Path, ...]
    """Folders with the team's own scenarios."""
    accept: tuple[Accept, ...]
    security_tracker: str
    """The address or the path of the data of Debian's security tracker; empty: Debian's own."""
    first_run: tuple[FirstRun, ...]
    overlay: Overlay
    images: Mapping[str, ImageSource]
    """Name of one of our images, or an image of a task definition -> its source."""
    up_within_s: int
    given_probe_key: Secret | None
    """CUTOVER_PROBE_KEY."""

    @property
    def public_host(self) -> str:
        """Host name of the public URL."""
        return urlsplit(self.public_url).hostname or ""


@dataclass(frozen=True)
class Location:
    """The place of the configuration file, and of the runs."""

    file: Path
    home: Path
    """CUTOVER_HOME; where runs and the current stack are recorded."""


def locate(environ: Mapping[str, str], *, cwd: Path) -> Location:
    """Find cutover.toml, without reading it.

    Raises:
        InputError: There is none.
    """
    file = _path(environ, cwd=cwd)
    if not file.is_file():
        read(environ, cwd=cwd)
    return Location(file, (file.parent / environ.get("CUTOVER_HOME", ".cutover")).resolve())


def _path(environ: Mapping[str, str], *, cwd: Path) -> Path:
    """Return the whole path; a loop of links is found when the file is read."""
    return Path(os.path.realpath(cwd / (environ.get("CUTOVER_CONFIG") or FILE_NAME)))


def read(environ: Mapping[str, str], *, cwd: Path) -> Document:
    """Read cutover.toml as it is.

    Raises:
        InputError: There is none, or it is not TOML.
    """
    return document.read_toml(_path(environ, cwd=cwd))


def check(
    source: Document, environ: Mapping[str, str], derivation: Derivation
) -> tuple[Config | None, list[Problem]]:
    """Check cutover.toml and the variables, and put them together.

    Args:
        source: The file.
        environ: The variables.
        derivation: Values that other files have.

    Returns:
        The configuration without what is wrong in it, or None if something needed lacks; and
        every problem of the variables and of cutover.toml.
    """
    root = source.path.parent
    data, problems = derivation.fill(source.data), list(_of_variables(environ, root=root))
    contradictory = {problem.key for problem in derivation.problems}
    unknown = (problem for problem in validation.problems(data) if problem.key not in contradictory)
    try:
        source.reject([*derivation.problems, *unknown, *_of_references(data)])
    except InputError as error:
        problems += error.problems
    content = validation.without_faults(data)
    return _config(content, source=source, environ=environ) if content else None, problems


def _config(content: CutoverToml, *, source: Document, environ: Mapping[str, str]) -> Config:
    root, key = source.path.parent, environ.get("CUTOVER_PROBE_KEY")
    return Config(
        root=root,
        file=source.path,
        home=(root / environ.get("CUTOVER_HOME", ".cutover")).resolve(),
        public_url=content.app.url,
        app_context=root / content.app.context,
        vendor=environ.get("CUTOVER_VENDOR", content.app.vendor),
        writable_paths=content.app.writable or _WRITABLE,
        declares_writable=content.app.writable is not None,
        pages=content.app.pages,
        account_id=content.aws.account_id,
        region=content.aws.region,
        foreign=content.aws.foreign,
        changes=content.aws.changes or "",
        mail_events_queue=content.aws.mail_events_queue or "",
        vpc_cidr=content.network.vpc_cidr,
        database=content.database,
        cache=content.cache,
        cluster=content.ecs.cluster,
        secrets=content.secrets,
        parameters=content.parameters,
        probe=content.probe,
        scenario_paths=tuple(root / path for path in content.scenarios.paths),
        accept=content.accept,
        security_tracker=_place(content.scan.tracker, root=root),
        first_run=content.first_run,
        overlay=content.overlay,
        images=content.images,
        up_within_s=content.limits.up_s,
        given_probe_key=Secret(key) if key else None,
    )


def _place(text: str, *, root: Path) -> str:
    """Return an address as it is, and a path from the root."""
    return text if not text or "://" in text else str(root / text)


def _of_variables(environ: Mapping[str, str], *, root: Path) -> Iterator[Problem]:
    """Reject a variable that is a misspelt one of ours; others' variables are theirs."""
    home = root / environ.get("CUTOVER_HOME", "")
    if home.exists() and not home.is_dir():
        message = f'is "{home}", a file, and a directory is expected'
        yield Problem("CUTOVER_HOME", message, "write the path of the directory")
    by_suffix = {name.removeprefix(_PREFIX): name for name in VARIABLES}
    for name in sorted(environ.keys() - VARIABLES.keys()):
        close = closest(name.removeprefix(_PREFIX), by_suffix) if name.startswith(_PREFIX) else ""
        if close:
            yield Problem(name, "is unknown", f'did you mean "{by_suffix[close]}"?')
    vendors = get_args(value_types.Vendor)
    vendor = environ.get("CUTOVER_VENDOR", vendors[0])
    if vendor not in vendors:
        message = f'is "{vendor}", which is none of its values'
        yield Problem("CUTOVER_VENDOR", message, nearest(vendor, vendors))


def _of_references(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Find names in the file's tables that stand for nothing."""
    secrets = data.get("secrets", {})
    for table in ("database", "cache", "probe"):
        name = text_at(data, table, "secret")
        if name and isinstance(secrets, dict) and name not in secrets:
            message = f'is "{name}", and there is no such secret'
            yield Problem(f"{table}.secret", message, f'add [secrets."{name}"] with its keys')
    yield from _of_probe(data)
    yield from _of_account(data)
    services = data.get("services")
    for name in services if isinstance(services, dict) else ():
        if not _SERVICE_NAME.fullmatch(name):
            message = "has a name that no folder of logs can have"
            yield Problem(f"services.{name}", message, "write letters, digits, - and _")
    yield from _of_parameter(data, "cache")
    proxy = {name: text_at(data, *name.split(".")) for name in _OF_PROXY}
    if any(proxy.values()):
        for name, value in proxy.items():
            if not value:
                (other,) = set(_OF_PROXY) - {name}
                hint = f"add it, or remove {other}: without RDS Proxy, tasks reach the database"
                yield Problem(name, f"is missing, and there is {other}", hint)
    images = data.get("images")
    yield from _of_image_names(images if isinstance(images, dict) else {})


def _of_probe(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Reject a probe without a key: it is a parameter, a key of a secret, or the whole secret."""
    probe = data.get("probe")
    if not isinstance(probe, dict):
        return
    yield from _of_parameter(data, "probe")
    secrets = data.get("secrets")
    secret = secrets.get(text_at(probe, "secret")) if isinstance(secrets, dict) else None
    is_whole = isinstance(secret, str) or (isinstance(secret, dict) and {*secret} == {"generate"})
    needed = ("secret",) if is_whole else ("secret", "key")
    for key in () if text_at(probe, "parameter") else needed:
        if key not in probe:
            hint = f"add it to [probe], or name a parameter: parameter = {json.dumps('/probe/key')}"
            yield Problem(f"probe.{key}", "is missing", hint)
    key = text_at(probe, "key")
    if key and isinstance(secret, dict) and not is_whole and key not in secret:
        yield Problem(
            "probe.key", f'is "{key}", and the secret has no such key', nearest(key, secret)
        )


def _of_account(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Reject an account of the pages without its password, which may be a key of a secret."""
    app, key = data.get("app"), "app.pages.account"
    pages = app.get("pages") if isinstance(app, dict) else None
    account = pages.get("account") if isinstance(pages, dict) else None
    if not isinstance(account, dict):
        return
    name, secrets = text_at(account, "secret"), data.get("secrets")
    if account.get("password"):
        if name or text_at(account, "key"):
            yield Problem(f"{key}.password", "is here beside a secret's", "keep one of the two")
        return
    if not name:
        hint = 'write password = "...", or the secret and the key that have it'
        yield Problem(f"{key}.password", "is missing", hint)
    elif not isinstance(secret := secrets.get(name) if isinstance(secrets, dict) else None, dict):
        message = f'is "{name}", and there is no such secret with keys'
        yield Problem(f"{key}.secret", message, f"add [secrets.{toml_key(name)}] with its keys")
    elif text_at(account, "key") not in secret:
        message = f'is "{text_at(account, "key")}", and the secret has no such key'
        yield Problem(f"{key}.key", message, nearest(text_at(account, "key"), secret))


def _of_parameter(data: Mapping[str, Any], table: str) -> Iterator[Problem]:
    """Reject a table's parameter that is not there."""
    name, parameters = text_at(data, table, "parameter"), data.get("parameters")
    if name and name not in (parameters if isinstance(parameters, dict) else {}):
        message = f'is "{name}", and there is no such parameter'
        yield Problem(f"{table}.parameter", message, f'add [parameters] with "{name}"')
    if name and text_at(data, table, "secret"):
        message = f"is given beside {table}.secret, and one of the two is the place of the value"
        yield Problem(f"{table}.parameter", message, "leave one of the two out")


def _of_image_names(images: Mapping[str, Any]) -> Iterator[Problem]:
    """Reject a misspelt name of our images, and a context for one of them but the app's."""
    for name, source in images.items():
        close = closest(name, IMAGE_NAMES)
        if name not in IMAGE_NAMES and close and not set("/:@.") & set(name):
            yield Problem(f"images.{name}", "is unknown", f'did you mean "{close}"?')
        if name in IMAGE_NAMES and name != "app" and isinstance(source, dict):
            message = "is a table, and must be text"
            yield Problem(f"images.{name}", message, f'write {name} = "..."')
        if isinstance(source, str) and source != IDLE:
            for message, hint in image_name.faults(source):
                is_idle = source.lower() == IDLE
                remedy = f'did you mean "{IDLE}"?' if is_idle else hint
                yield Problem(f"images.{name}", message, remedy)
        if name in IMAGE_NAMES and source == IDLE:
            yield Problem(
                f"images.{name}",
                f'is "{IDLE}", which is for containers of a task beside the app\'s: no rehearsal'
                f" goes without {name}",
                "leave it out, or name an image that this machine has or can pull",
            )


def text_at(data: Any, *path: str) -> str:
    """Return the text at a path of tables; empty when there is none."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, str) else ""
