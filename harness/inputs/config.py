"""One frozen configuration from cutover.toml and CUTOVER_*; no other module reads these."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.core.errors import ConfigError
from harness.core.redact import Secret
from harness.inputs import api_calls, vpc
from harness.inputs.api_calls import CallFile
from harness.inputs.toml_table import Table, nearest
from harness.inputs.vpc import Network

FILE_NAME = "cutover.toml"
IMAGE_NAMES = ("mysql", "proxy", "emulator", "edge", "control", "pause", "vendor", "app")
VENDORS = ("auto", "composer", "debian")
GENERATORS = ("password", "laravel-key", "hex")
VARIABLES = {
    "CUTOVER_CONFIG": "path of the configuration file, instead of ./cutover.toml",
    "CUTOVER_HOME": "directory for runs and the current stack, instead of .cutover beside it",
    "CUTOVER_VENDOR": "auto, composer or debian, instead of app.vendor",
    "CUTOVER_PROBE_KEY": "the probe's key, for a target whose secrets cannot be read",
}


@dataclass(frozen=True)
class Generated:
    """A secret value that is made up for each stack."""

    generator: str
    """One of ``GENERATORS``."""


SecretValue = str | Mapping[str, str | Generated]
"""A plain text, or the keys of a JSON object."""


@dataclass(frozen=True)
class Database:
    """The schema and its two production endpoints."""

    name: str
    cluster_endpoint: str
    proxy_endpoint: str
    secret: str
    """Name of the secret with the app account's ``username`` and ``password``."""


@dataclass(frozen=True)
class Service:
    """The files that define one ECS service."""

    task_definition: Path
    service: Path


@dataclass(frozen=True)
class Resources:
    """The app's bucket, queues and mail identity; each is None where the app has none."""

    bucket: CallFile | None
    queues: CallFile | None
    identity: CallFile | None

    @property
    def by_name(self) -> dict[str, CallFile]:
        """The files that there are."""
        return {name: file for name, file in vars(self).items() if file is not None}


@dataclass(frozen=True)
class Schedule:
    """The rule that runs a task each minute, and that task's definition."""

    rule: CallFile
    task_definition: Path


@dataclass(frozen=True)
class FirstRun:
    """A command for the first healthy web task."""

    command: tuple[str, ...]
    accept: str
    """Output that makes a non-zero exit code acceptable; empty for none."""


@dataclass(frozen=True)
class Overlay:
    """What differs from production in every task, and nothing else."""

    environment: Mapping[str, str]
    files: Mapping[str, str]
    """Path in the container -> what is put there; ``ca`` is the stack's CA certificate."""


@dataclass(frozen=True)
class Config:
    """The whole configuration of a project."""

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
    account_id: str
    region: str
    network: Network
    database: Database
    cluster: str
    load_balancer: Path
    target_group: Path
    services: Mapping[str, Service]
    resources: Resources
    schedule: Schedule | None
    secrets: Mapping[str, SecretValue]
    probe_secret: str
    probe_key: str
    first_run: tuple[FirstRun, ...]
    overlay: Overlay
    images: Mapping[str, str]
    up_within_s: int
    given_probe_key: Secret | None
    """CUTOVER_PROBE_KEY."""

    @property
    def public_host(self) -> str:
        """Host name of the public URL."""
        return urlsplit(self.public_url).hostname or ""


def load(environ: Mapping[str, str], *, cwd: Path) -> Config:
    """Read the configuration.

    Raises:
        ConfigError: A variable, the file or a key is wrong.
    """
    for name in environ:
        if name.startswith("CUTOVER_") and name not in VARIABLES:
            raise ConfigError(f"unknown variable {name}", hint=nearest(name, VARIABLES))
    file = (cwd / environ.get("CUTOVER_CONFIG", FILE_NAME)).resolve()
    return _config(_read(file), environ)


def _read(file: Path) -> Table:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: there is no such file",
            hint=f"run this in the project's directory, or set CUTOVER_CONFIG to its {FILE_NAME}",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file}: cannot be read: {error}", hint="make it a readable text file"
        ) from error
    try:
        return Table(file, "", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}", hint="correct that line") from error


def _config(top: Table, environ: Mapping[str, str]) -> Config:
    top.only(
        *("app", "aws", "network", "database", "ecs", "services", "secrets", "probe", "first_run"),
        *("overlay", "images", "limits", "resources", "schedule"),
    )
    root = top.file.parent
    app, aws, ecs = top.table("app"), top.table("aws"), top.table("ecs")
    app.only("url", "context", "vendor", "writable")
    aws.only("account_id", "region")
    ecs.only("cluster", "load_balancer", "target_group")
    limits = top.table("limits", required=False)
    limits.only("up_s")
    probe = top.table("probe")
    probe.only("secret", "key")
    key = environ.get("CUTOVER_PROBE_KEY")
    return Config(
        root=root,
        file=top.file,
        home=(root / environ.get("CUTOVER_HOME", ".cutover")).resolve(),
        public_url=_public_url(app),
        app_context=_directory(app, "context", root=root),
        vendor=_vendor(app, environ),
        writable_paths=app.words("writable") if "writable" in app.data else ("/tmp",),  # noqa: S108
        account_id=_account_id(aws),
        region=aws.text("region"),
        network=vpc.read(top.table("network"), root=root),
        database=_database(top),
        cluster=ecs.text("cluster"),
        load_balancer=ecs.existing_file("load_balancer", root=root),
        target_group=ecs.existing_file("target_group", root=root),
        services=_services(top, root=root),
        resources=_resources(top, root=root),
        schedule=_schedule(top, root=root),
        secrets=_secrets(top),
        probe_secret=_known_secret(top, probe, "secret"),
        probe_key=probe.text("key"),
        first_run=tuple(_first_run(table) for table in top.tables("first_run")),
        overlay=_overlay(top),
        images=_images(top),
        up_within_s=limits.number("up_s", default=180),
        given_probe_key=Secret(key) if key else None,
    )


def _public_url(app: Table) -> str:
    url = app.text("url")
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise app.fail("url", f'"{url}" is not https://host', "write the public URL without a path")
    return url.rstrip("/")


def _directory(table: Table, name: str, *, root: Path) -> Path:
    path = root / table.text(name)
    if not path.is_dir():
        raise table.fail(name, f"there is no directory {path}", "correct the path")
    return path


def _vendor(app: Table, environ: Mapping[str, str]) -> str:
    given = environ.get("CUTOVER_VENDOR")
    if given is None:
        return app.choice("vendor", VENDORS, default="auto")
    if given not in VENDORS:
        raise ConfigError(
            f'CUTOVER_VENDOR: "{given}" is not one of its values', hint=nearest(given, VENDORS)
        )
    return given


def _account_id(aws: Table) -> str:
    account_id = aws.text("account_id")
    if len(account_id) != 12 or not account_id.isdigit():
        raise aws.fail("account_id", "must be twelve digits, in quotes", "take it from the ARNs")
    return account_id


def _database(top: Table) -> Database:
    table = top.table("database")
    table.only("name", "cluster_endpoint", "proxy_endpoint", "secret")
    return Database(
        name=table.text("name"),
        cluster_endpoint=table.text("cluster_endpoint"),
        proxy_endpoint=table.text("proxy_endpoint"),
        secret=_known_secret(top, table, "secret"),
    )


def _services(top: Table, *, root: Path) -> dict[str, Service]:
    services = top.table("services")
    if "web" not in services.data:
        raise services.fail("web", "is missing", "the service behind the load balancer is needed")
    found = {}
    for name in services.data:
        table = services.table(name)
        table.only("task_definition", "service")
        found[name] = Service(
            task_definition=table.existing_file("task_definition", root=root),
            service=table.existing_file("service", root=root),
        )
    return found


def _resources(top: Table, *, root: Path) -> Resources:
    table = top.table("resources", required=False)
    table.only("bucket", "queues", "identity")

    def read(name: str, reader: Callable[[Path], CallFile]) -> CallFile | None:
        return reader(table.existing_file(name, root=root)) if name in table.data else None

    return Resources(
        bucket=read("bucket", api_calls.bucket),
        queues=read("queues", api_calls.queues),
        identity=read("identity", api_calls.identity),
    )


def _schedule(top: Table, *, root: Path) -> Schedule | None:
    if "schedule" not in top.data:
        return None
    table = top.table("schedule")
    table.only("rule", "task_definition")
    return Schedule(
        rule=api_calls.schedule(table.existing_file("rule", root=root)),
        task_definition=table.existing_file("task_definition", root=root),
    )


def _secrets(top: Table) -> dict[str, SecretValue]:
    secrets = top.table("secrets")
    found: dict[str, SecretValue] = {}
    for name, value in secrets.data.items():
        if isinstance(value, str):
            found[name] = value
        else:
            table = secrets.table(name)
            found[name] = {key: _secret_value(table, key) for key in table.data}
    return found


def _secret_value(table: Table, name: str) -> str | Generated:
    value = table.data[name]
    if not isinstance(value, dict):
        return str(value) if value == "" else table.text(name)
    rule = table.table(name)
    rule.only("generate")
    return Generated(rule.choice("generate", GENERATORS, default="password"))


def _known_secret(top: Table, table: Table, name: str) -> str:
    secret = table.text(name)
    if secret not in top.table("secrets").data:
        raise table.fail(
            name, f'there is no secret "{secret}"', f'add [secrets."{secret}"] with its keys'
        )
    return secret


def _first_run(table: Table) -> FirstRun:
    table.only("command", "accept")
    return FirstRun(
        command=table.words("command"),
        accept=table.text("accept") if "accept" in table.data else "",
    )


def _overlay(top: Table) -> Overlay:
    overlay = top.table("overlay", required=False)
    overlay.only("environment", "files")
    files = overlay.table("files", required=False)
    for path in files.data:
        files.choice(path, ("ca",), default="ca")
    return Overlay(
        environment=overlay.table("environment", required=False).texts(), files=files.texts()
    )


def _images(top: Table) -> dict[str, str]:
    images = top.table("images", required=False)
    images.only(*IMAGE_NAMES)
    return images.texts()
