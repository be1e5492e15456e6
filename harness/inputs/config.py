"""One frozen configuration from cutover.toml and CUTOVER_*; no other module reads these."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from harness.core.redact import Secret
from harness.inputs import document, toml_schema, toml_types
from harness.inputs.document import Document
from harness.inputs.problem import InputError, Problem, closest, nearest
from harness.inputs.toml_schema import (
    Accept,
    CutoverToml,
    Database,
    FirstRun,
    Generated,
    ImageSource,
    Overlay,
    Pages,
    ParameterValue,
    Probe,
    SecretValue,
)

__all__ = ["Config", "FirstRun", "Generated", "SecretValue", "load"]

FILE_NAME = "cutover.toml"
IMAGE_NAMES = toml_schema.OUR_IMAGES
GENERATORS = get_args(toml_types.Generator)
_OF_PROXY = ("database.proxy_endpoint", "network.proxy_group")
_PREFIX = "CUTOVER_"
VARIABLES = {
    "CUTOVER_CONFIG": "path of the configuration file, instead of ./cutover.toml",
    "CUTOVER_HOME": "directory for runs and the current stack, instead of .cutover beside it",
    "CUTOVER_VENDOR": "auto, composer or debian, instead of app.vendor",
    "CUTOVER_CONNECT_TO": "where `verify --target aws` connects, instead of --connect-to",
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
    """All that the app's user may write to in its container."""
    pages: Pages
    account_id: str
    region: str
    foreign: tuple[str, ...]
    """Accounts, regions and ARNs in the files that are somebody else's."""
    vpc_cidr: str
    """The load balancer and the tasks get their addresses from it, so that the app's trusted
    proxies are tested as they are."""
    database: Database
    cluster: str
    secrets: Mapping[str, SecretValue]
    parameters: Mapping[str, ParameterValue]
    probe: Probe | None
    """Without it, scenarios that need the probe are not covered."""
    scenario_paths: tuple[Path, ...]
    """Folders with the team's own scenarios."""
    accept: tuple[Accept, ...]
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


def load(environ: Mapping[str, str], *, cwd: Path) -> Config:
    """Read the configuration, and none of the files that it names.

    Raises:
        InputError: Every problem of the variables and of cutover.toml.
    """
    return parse(read(environ, cwd=cwd), environ)


def read(environ: Mapping[str, str], *, cwd: Path) -> Document:
    """Read cutover.toml as it is.

    Raises:
        InputError: There is none, or it is not TOML.
    """
    return document.read_toml((cwd / environ.get("CUTOVER_CONFIG", FILE_NAME)).resolve())


def parse(source: Document, environ: Mapping[str, str]) -> Config:
    """Check cutover.toml and the variables, and put them together.

    Raises:
        InputError: Every problem of the variables and of cutover.toml.
    """
    problems = list(_of_variables(environ))
    try:
        source.reject([*toml_schema.problems(source.data), *_of_references(source.data)])
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    given = CutoverToml.model_validate(source.data)
    root, key = source.path.parent, environ.get("CUTOVER_PROBE_KEY")
    return Config(
        root=root,
        file=source.path,
        home=(root / environ.get("CUTOVER_HOME", ".cutover")).resolve(),
        public_url=given.app.url,
        app_context=root / given.app.context,
        vendor=environ.get("CUTOVER_VENDOR", given.app.vendor),
        writable_paths=given.app.writable,
        pages=given.app.pages,
        account_id=given.aws.account_id,
        region=given.aws.region,
        foreign=given.aws.foreign,
        vpc_cidr=given.network.vpc_cidr,
        database=given.database,
        cluster=given.ecs.cluster,
        secrets=given.secrets,
        parameters=given.parameters,
        probe=given.probe,
        scenario_paths=tuple(root / path for path in given.scenarios.paths),
        accept=given.accept,
        first_run=given.first_run,
        overlay=given.overlay,
        images=given.images,
        up_within_s=given.limits.up_s,
        given_probe_key=Secret(key) if key else None,
    )


def _of_variables(environ: Mapping[str, str]) -> Iterator[Problem]:
    """Reject a variable that is a misspelt one of ours; others' variables are theirs."""
    ours = {name.removeprefix(_PREFIX): name for name in VARIABLES}
    for name in sorted(environ.keys() - VARIABLES.keys()):
        close = closest(name.removeprefix(_PREFIX), ours) if name.startswith(_PREFIX) else ""
        if close:
            yield Problem(name, "is unknown", f'did you mean "{ours[close]}"?')
    vendors = get_args(toml_types.Vendor)
    vendor = environ.get("CUTOVER_VENDOR", vendors[0])
    if vendor not in vendors:
        message = f'is "{vendor}", which is none of its values'
        yield Problem("CUTOVER_VENDOR", message, nearest(vendor, vendors))


def _of_references(data: Mapping[str, Any]) -> Iterator[Problem]:
    """Find names in the file's tables that stand for nothing."""
    secrets = data.get("secrets")
    for table in ("database", "probe"):
        name = text_at(data, table, "secret")
        if name and isinstance(secrets, dict) and name not in secrets:
            message = f'is "{name}", and there is no such secret'
            yield Problem(f"{table}.secret", message, f'add [secrets."{name}"] with its keys')
    yield from _of_probe(data)
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
    """Reject a probe whose key is nowhere: it is a parameter, or a key of a secret."""
    probe, parameters = data.get("probe"), data.get("parameters")
    if not isinstance(probe, dict):
        return
    name = text_at(probe, "parameter")
    if name and name not in (parameters if isinstance(parameters, dict) else {}):
        message = f'is "{name}", and there is no such parameter'
        yield Problem("probe.parameter", message, f'add [parameters] with "{name}"')
    for key in () if name else ("secret", "key"):
        if key not in probe:
            hint = f"add it to [probe], or name a parameter: parameter = {json.dumps('/probe/key')}"
            yield Problem(f"probe.{key}", "is missing", hint)


def _of_image_names(images: Mapping[str, Any]) -> Iterator[Problem]:
    """Reject a misspelt name of our images, and a context for one of them."""
    for name, source in images.items():
        close = closest(name, IMAGE_NAMES)
        if name not in IMAGE_NAMES and close and not set("/:@.") & set(name):
            yield Problem(f"images.{name}", "is unknown", f'did you mean "{close}"?')
        if name in IMAGE_NAMES and isinstance(source, dict):
            message = "is a table, and must be text"
            yield Problem(f"images.{name}", message, f'write {name} = "..."')


def text_at(data: Any, *path: str) -> str:
    """Return the text at a path of tables; empty when there is none."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data if isinstance(data, str) else ""
