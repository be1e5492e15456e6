"""A target's addresses and names: plain data, kept in ``current.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.aws.mail_receipt import MailReceipt
from harness.aws.value_from import SecretReference, ValueFromError, parse_value_from
from harness.core import codec
from harness.core.errors import TargetError
from harness.target.pages import Pages

OBSERVE = "observe"
"""Level of a run that reads an account, and changes nothing."""
REHEARSE = "rehearse"
"""Level of a run in which scenarios may change an account that is made for it."""


Origin = Literal["component", "vpc", "private", "public"]
"""Whether a source is one of our components, the VPC's addresses, other private ones, or others."""
ANY_PROTOCOL = "-1"


@dataclass(frozen=True)
class Opening:
    """Connections that a security group admits, as AWS reads its rule."""

    source: str
    """A component, ``tasks``, ``internet``, or addresses."""
    destination: str
    protocol: str
    """``tcp``, ``udp``, ``-1`` for all, or a number."""
    first_port: int
    last_port: int
    origin: Origin

    def __str__(self) -> str:
        return f"{self.source} -> {self.destination} {self.ports}"

    @property
    def ports(self) -> str:
        """The ports in words."""
        if self.protocol == ANY_PROTOCOL:
            return "any port"
        is_single = self.first_port == self.last_port
        words = (
            f"port {self.first_port}"
            if is_single
            else f"ports {self.first_port} to {self.last_port}"
        )
        return words if self.protocol == "tcp" else f"{self.protocol} {words}"

    def covers(self, port: int) -> bool:
        """Whether a TCP port is open."""
        if self.protocol == ANY_PROTOCOL:
            return True
        return self.protocol == "tcp" and self.first_port <= port <= self.last_port


@dataclass(frozen=True)
class Access:
    """Every address and name that a client of a stack needs.

    Addresses are ``host:port``; without one, production's name is dialled.
    """

    public_url: str
    run: str = ""
    run_dir: str = ""
    https: str = ""
    http: str = ""
    emulator: str = ""
    control: str = ""
    proxy: str = ""
    mysql: str = ""
    cache: str = ""
    ca_file: str = ""
    account_id: str = ""
    region: str = ""
    cluster: str = ""
    proxy_endpoint: str = ""
    cluster_endpoint: str = ""
    cache_endpoint: str = ""
    """Empty where there is no cache."""
    cache_port: int = 0
    cache_is_cluster: bool = False
    """Whether it has slots, and one database."""
    database: str = ""
    max_connections: int = 0
    """How many connections the app's tasks may hold to the database; 0 where it is not known."""
    max_capacities: Mapping[str, int] = field(default_factory=dict)
    """ECS service -> how many of its tasks auto scaling starts at the most."""
    services: Mapping[str, str] = field(default_factory=dict)
    """Name in cutover.toml -> name of the ECS service."""
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name in cutover.toml -> hosts that rules of the load balancer lead to the service."""
    web: str = "web"
    """The key in ``services`` of the one that visitors reach."""
    worker: str = ""
    """The key in ``services`` of the one that takes jobs; empty when there is none."""
    jobs_on: str = ""
    """Connection of the jobs: ``sqs``, ``redis``, ``database``; empty where there is no queue."""
    php_containers: Mapping[str, str] = field(default_factory=dict)
    """Family of a task definition -> the container in which Laravel runs."""
    web_container: str = ""
    """The container of a web task that visitors reach."""
    web_port: int = 0
    """Its port, at which the load balancer reaches it."""
    without_exec: tuple[str, ...] = ()
    """ECS services that do not enable ECS Exec."""
    target_group: str = ""
    load_balancer: str = ""
    session_cookie: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Purpose -> name: ``db`` has the database account, ``probe`` the probe's key."""
    secret_names: tuple[str, ...] = ()
    """Every secret of the configuration."""
    probe_key_name: str = "probe_key"
    """The key of the secret ``probe`` that signs requests to the probe."""
    probe_parameter: str = ""
    """The parameter that signs them instead."""
    probe_path: str = ""
    """The path below which the probe answers, without a slash at its end; empty at the root."""
    injected: Mapping[str, str] = field(default_factory=dict)
    """Variable of Laravel's container in a web task -> the valueFrom that ECS injects."""
    smtp_host: str = ""
    """SES's SMTP endpoint, where the app sends its mail by SMTP instead of the API."""
    database_user: str = ""
    """The app's account, where it is a plain variable."""
    resources: Mapping[str, str] = field(default_factory=dict)
    """Kind -> name: bucket, queue, dead_letter_queue, identity, mail_events, rule, scheduler."""
    upload_folder: str = ""
    """The beginning of the keys to which its role limits the web task in the bucket, if it does."""
    differences: tuple[str, ...] = ()
    """The values that an AWS account has otherwise than their files."""
    mail_receipt: MailReceipt | None = None
    """Where SES keeps the mails of scenarios on AWS; None where it keeps none."""
    schedule: Mapping[str, Any] = field(default_factory=dict)
    """``run_task``: the input with which the rule runs its task; ``group``: that of a schedule of
    EventBridge Scheduler, empty for a rule. Only where it is emulated,
    ``queue``: through which its ticks come, and ``since``: when it was made, ISO 8601."""
    further_schedules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name of each rule beside that of Laravel's scheduler -> the input of its RunTask."""
    openings: tuple[Opening, ...] = ()
    """Connections that the security groups admit."""
    pages: Pages = field(default_factory=Pages)
    writable_paths: tuple[str, ...] = ()
    """All that the app's user may write to in its container; ``/tmp`` where nothing says it."""
    declares_writable: bool = False
    """Whether the configuration says it."""
    shared_paths: tuple[str, ...] = ()
    """The paths at which Laravel's container of a web task mounts EFS."""
    profile: str = ""
    """The AWS profile of an account that is no stack of ours; empty for boto3's own chain."""
    level: str = OBSERVE
    """`OBSERVE` or `REHEARSE`: whether scenarios may change the account."""
    roles: tuple[str, ...] = ()
    """ARNs of the roles that the app's tasks have."""
    has_local_endpoints: bool = False
    """Whether the AWS API that answers is an emulator, named by AWS_ENDPOINT_URL."""
    security_tracker: str = ""
    """The address or the path of the data of Debian's security tracker; empty: Debian's own."""
    store: str = ""
    """Where an emulated account's links to objects lead; empty where they lead to S3."""
    vendor: str = ""
    overlay: Mapping[str, Any] = field(default_factory=dict)

    @property
    def database_endpoint(self) -> str:
        """The name at which tasks reach the database: RDS Proxy's, or the database's own."""
        return self.proxy_endpoint or self.cluster_endpoint

    @property
    def proxy_name(self) -> str:
        """The name of RDS Proxy, which its default endpoint begins with; empty of another one."""
        name, _, rest = self.proxy_endpoint.partition(".")
        return name if rest.startswith("proxy-") else ""

    @property
    def cluster_name(self) -> str:
        """The name of the Aurora cluster, which its endpoint begins with; empty of another one."""
        name, _, rest = self.cluster_endpoint.partition(".")
        return name if rest.startswith("cluster-") else ""

    @property
    def keyed_secret(self) -> tuple[str, SecretReference] | None:
        """A variable of a web task, DB_PASSWORD if it can be, with its JSON key of a secret."""
        for variable in ("DB_PASSWORD", *self.injected):
            try:
                reference = parse_value_from(self.injected.get(variable, ""))
            except ValueFromError:
                continue
            if not isinstance(reference, SecretReference) or not reference.json_key:
                continue
            if reference.region == self.region:
                return variable, reference
        return None

    @property
    def public_host(self) -> str:
        """The host name that visitors type."""
        return self.public_url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0]


def access_from(data: Mapping[str, Any], *, where: str) -> Access:
    """Turn the parsed ``current.json`` into an `Access`. Unknown keys are ignored.

    Raises:
        TargetError: A key is missing or of the wrong type.
    """
    try:
        return codec.decode(Access, data, ignore_unknown=True, defaults=False)
    except codec.FormatError as error:
        raise TargetError(
            "The description of the running stack does not fit this version of the harness.",
            state=str(error),
            where=where,
            hint="Run cutover down, then cutover up.",
        ) from error


def split_address(address: str) -> tuple[str, int]:
    """Split ``host:port``, with or without a scheme before it."""
    host, _, port = address.split("://", 1)[-1].rstrip("/").rpartition(":")
    return host, int(port)
