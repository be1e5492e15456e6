"""The tables and keys of cutover.toml: types, defaults, meanings and examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from harness.aws import aurora
from harness.inputs.toml.pages import Pages
from harness.inputs.toml.value_types import (
    AccountId,
    AddressOrFile,
    Day,
    File,
    Generator,
    Host,
    InstanceClass,
    KeyArn,
    Path,
    Paths,
    Percent,
    PublicUrl,
    QueueName,
    Reason,
    Region,
    SchemaName,
    Seconds,
    SecretName,
    Table,
    Text,
    Vendor,
    VpcCidr,
    Words,
    like,
)

OUR_IMAGES = ("mysql", "proxy", "cache", "emulator", "edge", "control", "pause", "vendor", "app")


class App(Table):
    """The app: its public address, and the sources of its image."""

    url: Annotated[PublicUrl, like("https://www.shop.example")]
    """The public URL, ``https://host``, without a path."""
    context: Annotated[Text, like(".")] = "."
    """Directory with the app's Dockerfile."""
    roles: Annotated[Text | None, like("infra/iam")] = None
    """Directory with a file for each IAM role; ``iam`` of the context without it."""
    vendor: Annotated[Vendor, like("composer")] = "auto"
    """Where Composer's packages come from; ``auto`` asks Packagist once."""
    writable: Annotated[Paths | None, like(["/srv/app/storage", "/tmp"])] = None  # noqa: S108
    """All that the app's user may write to in its container; all else may be read-only."""
    pages: Pages = Pages()


class Aws(Table):
    """The AWS account."""

    account_id: Annotated[AccountId, like("123456789012")]
    """The account's twelve digits, in quotes."""
    region: Annotated[Region, like("eu-west-1")]
    """The region of the cluster."""
    foreign: Annotated[tuple[Text, ...], Field(strict=False), like(["210987654321"])] = ()
    """Accounts, regions, hosts and ARNs in the files that are somebody else's."""
    changes: Annotated[AccountId | None, like("123456789012")] = None
    """The account's twelve digits again, if scenarios may change it: for `cutover verify --target
    aws --level rehearse`. Only for an account without real visitors."""
    mail_events_queue: Annotated[QueueName | None, like("shop-mail-events")] = None
    """An SQS queue of the harness's own for SES's events, by SNS: for scenarios of mail on AWS."""
    mail_receipt_rule: Annotated[File | None, like("aws/mail-receipt-rule.json")] = None
    """File with a receipt rule of SES that keeps mails in a bucket, for the scenarios of a mail's
    text on AWS: the visitors that they make up get addresses of its recipient."""


class Network(Table):
    """The VPC and its security groups."""

    vpc_cidr: Annotated[VpcCidr, like("10.40.0.0/16")]
    """The VPC's addresses. The load balancer and the tasks get theirs from it, so that the app's
    trusted proxies are tested as they are."""
    security_groups: Annotated[File, like("network/security-groups.json")]
    """File with the VPC's security groups, which are enforced."""
    proxy_group: Annotated[Text | None, like("shop-proxy")] = None
    """Name or id of RDS Proxy's security group; without one, tasks reach the database itself."""
    database_group: Annotated[Text, like("shop-database")]
    """Name or id of the database's security group."""
    cache_group: Annotated[Text | None, like("shop-cache")] = None
    """Name or id of the cache's security group, where its file has none."""
    endpoints_group: Annotated[Text | None, like("shop-endpoints")] = None
    """Name or id of the VPC endpoints' group; without it, tasks reach AWS as by a NAT gateway."""


class Database(Table):
    """The schema and its production endpoints."""

    name: Annotated[SchemaName, like("shop")]
    """The schema."""
    cluster_endpoint: Annotated[Host, like("shop.cluster-c9akciq32rxd.eu-west-1.rds.amazonaws.com")]
    """Aurora's endpoint; the server carries this name and a certificate for it."""
    proxy_endpoint: Annotated[
        Host | None, like("shop.proxy-c9akciq32rxd.eu-west-1.rds.amazonaws.com")
    ] = None
    """RDS Proxy's endpoint; without it, tasks reach the database itself."""
    secret: Annotated[Text | None, like("shop/db")] = None
    """Name of the secret with the app account's ``username`` and ``password``; without it, the web
    task's DB_USERNAME and DB_PASSWORD name the account."""
    instance_class: Annotated[InstanceClass | None, like("db.r6g.large")] = None
    """The writer's class; its default of max_connections counts."""
    max_connections: Annotated[Annotated[int, Field(gt=0)] | None, like(1000)] = None
    """Where the parameter group sets it, or the class has no default."""
    max_connections_percent: Percent = 100
    """MaxConnectionsPercent of the proxy's target group; 100 is AWS's default."""

    @property
    def connections_allowed(self) -> int:
        """How many connections the proxy may open; 0 where it is not known."""
        most = self.max_connections or aurora.max_connections(self.instance_class or "") or 0
        return most * self.max_connections_percent // 100


class Cache(Table):
    """Valkey or Redis of ElastiCache, for sessions, the cache, locks or jobs."""

    file: Annotated[File, like("aws/cache.json")]
    """File with the replication group, the serverless cache or the cluster."""
    endpoint: Annotated[Text, like("master.shop.k3y9ab.euw1.cache.amazonaws.com")]
    """Its endpoint; the server carries this name and a certificate for it."""
    secret: Annotated[Text | None, like("shop/cache")] = None
    """Name of the secret with the AUTH token, or the user's password."""
    key: Annotated[Text | None, like("token")] = None
    """The key of its JSON object; without it, the secret's text is the token."""
    parameter: Annotated[Text | None, like("/shop/cache-token")] = None
    """Name of a parameter with the token, instead of a secret."""


class Ecs(Table):
    """The cluster and its load balancer."""

    cluster: Annotated[Text, like("shop")]
    """Name of the ECS cluster."""
    load_balancer: Annotated[File, like("ecs/load-balancer.json")]
    """File with the load balancer, its attributes, and its listeners."""
    target_group: Annotated[File, like("ecs/target-group.json")]
    """File with the target group and its attributes."""


class Service(Table):
    """The files that define one ECS service."""

    task_definition: Annotated[File, like("ecs/web.json")]
    """File with the service's task definition."""
    service: Annotated[File, like("ecs/service-web.json")]
    """File with the service."""


class Resources(Table):
    """The app's bucket, queues and mail identity, of which it may lack any."""

    bucket: Annotated[File | None, like("aws/bucket.json")] = None
    """File with the bucket and its settings; with those of others that the app has, too."""
    queues: Annotated[File | None, like("aws/queues.json")] = None
    """File with the queues."""
    identity: Annotated[File | None, like("aws/identity.json")] = None
    """File with the identity that mail is sent from."""


class Schedule(Table):
    """A rule, or a schedule of EventBridge Scheduler, that runs a task; and the task."""

    rule: Annotated[File, like("aws/schedule.json")]
    """File with the rule and its target, or with the schedule."""
    task_definition: Annotated[File, like("ecs/scheduler.json")]
    """File with the definition of the task that the rule runs."""


class Phases(Table):
    """Files of the move that no rehearsal needs, for `cutover phase` and `cutover runbook`."""

    certificate: Annotated[File | None, like("aws/certificate.json")] = None
    """File with the request of the public host's certificate."""
    network: Annotated[File | None, like("aws/network.json")] = None
    """File with the VPC, its subnets, gateways, routes and endpoints."""
    database: Annotated[File | None, like("aws/database.json")] = None
    """File with the cluster, its instances and parameters, and RDS Proxy."""
    registry: Annotated[File | None, like("aws/registry.json")] = None
    """File with the repository of the app's image."""
    logs: Annotated[File | None, like("aws/logs.json")] = None
    """File with the log groups and how long they keep their lines."""
    dns: Annotated[File | None, like("aws/dns.json")] = None
    """File with two changes of the public host's record: the switch, then its rollback."""
    scaling: Annotated[File | None, like("aws/scaling.json")] = None
    """File with the services' scalable targets and policies."""


class Generated(Table):
    """A secret value that is made up for each stack."""

    generate: Annotated[Generator, like("laravel-key")] = "password"
    """``password``: 32 that RDS admits; ``laravel-key``: base64 of 32 bytes; ``hex``: 64 digits."""


class Parameter(Table):
    """A SecureString of Systems Manager's Parameter Store."""

    generate: Annotated[Generator, like("hex")] = "password"
    """As in a secret."""
    value: Annotated[Text | None, like("made-up")] = None
    """The value, instead of one that is made up for each stack."""
    key: Annotated[
        KeyArn | None,
        like("arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"),
    ] = None
    """ARN of the customer's KMS key; without it, AWS's own encrypts the parameter."""


class Probe(Table):
    """The value that signs requests to the probe: a key of a secret, or a parameter."""

    secret: Annotated[Text | None, like("shop/app")] = None
    """Name of the secret."""
    key: Annotated[Text | None, like("probe_key")] = None
    """The key of its JSON object."""
    parameter: Annotated[Text | None, like("/shop/probe-key")] = None
    """Name of a parameter, instead of a secret and its key."""
    path: Annotated[Path | None, like("/shop")] = None
    """The path below which an app, and the probe with it, is served; without it, at the root."""


class FirstRun(Table):
    """A command for the first healthy web task."""

    command: Annotated[Words, like(["php", "artisan", "migrate", "--force"])]
    """The program and its arguments."""
    accept: Annotated[Text | None, like("already exists")] = None
    """Output that makes a failure acceptable."""


class Overlay(Table):
    """The only differences from production, in every task."""

    environment: Annotated[dict[str, Text], like({"AWS_ENDPOINT_URL": "http://emulator:4566"})] = {}
    """Variables that every task gets besides its own."""
    files: Annotated[
        dict[str, Literal["ca"]], like({"/etc/ssl/certs/ca-certificates.crt": "ca"})
    ] = {}
    """Path in the container -> the content put there; ``ca`` is the stack's CA certificate."""
    cpu_architecture: Annotated[Literal["X86_64", "ARM64"] | None, like("X86_64")] = None
    """The CPU architecture that tasks have here instead of their runtimePlatform's, where
    production's images are built for another one than this machine's."""
    connection_sharing: Annotated[bool, like(False)] = True
    """False gives each client of the proxy a connection of its own to the database: MySQL Router,
    which stands in for RDS Proxy, otherwise refuses several statements in one call."""


class BuiltImage(Table):
    """An image of your own that is built: the app's, or one beside it."""

    context: Annotated[Text, like("docker/nginx")]
    """Directory of its build context."""
    dockerfile: Annotated[Text, like("Dockerfile")] = "Dockerfile"
    """Path of its Dockerfile, from that directory."""
    target: Annotated[Text | None, like("production")] = None
    """The stage of the Dockerfile that production runs; the last one without it."""
    args: Annotated[dict[Text, str], like({"PHP_VERSION": "8.4"})] = {}
    """Build arguments; no secrets, which an image's history would show."""
    secrets: Annotated[dict[Text, Text], like({"composer_auth": "~/.composer/auth.json"})] = {}
    """Id of a ``RUN --mount=type=secret`` -> the file of this machine that has it."""


class Limits(Table):
    """How long things may take."""

    up_s: Annotated[Seconds, like(300)] = 180
    """Seconds until a stack that is not up counts as failed."""


def _form(value: object) -> str:
    """Tag of a union's type; no key of the file can be mistaken for it."""
    return "<table>" if isinstance(value, (Mapping, Table)) else "<text>"


def _form_of_field(value: object) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return "<number>" if is_number else _form(value)


SecretField = Annotated[
    Annotated[str, Tag("<text>")]
    | Annotated[int, Tag("<number>")]
    | Annotated[Generated, Tag("<table>")],
    Discriminator(_form_of_field),
]
SecretValue = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[dict[str, SecretField], Tag("<table>")],
    Discriminator(_form),
]
"""A plain text, or the keys of a JSON object."""
ParameterValue = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[Parameter, Tag("<table>")], Discriminator(_form)
]
"""A String with this text, or a SecureString."""
ImageSource = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[BuiltImage, Tag("<table>")], Discriminator(_form)
]
"""``none``, an image that the engine has or can pull, or the context that builds it."""


class Scenarios(Table):
    """The team's own scenarios."""

    paths: Annotated[tuple[Text, ...], Field(strict=False), like(["tests/cutover"])] = ()
    """Folders with scenarios, replayed beside the platform's."""


class Scan(Table):
    """The comparison of the image's Debian packages with their security fixes."""

    tracker: Annotated[
        AddressOrFile, like("https://mirror.example/debian-security-tracker.json")
    ] = ""
    """The data of Debian's security tracker: an address or a file that every runner shares."""


class Accept(Table):
    """A known red scenario, or one finding of it, accepted until a day."""

    scenario: Annotated[Text, like("app_does_not_pin_its_connections")]
    """Its name, as the report and ``cutover scenarios list`` have it."""
    finding: Annotated[Text | None, like("CVE-2026-12345")] = None
    """One finding of the scenario; without it, the whole scenario is accepted."""
    why: Annotated[Reason, like("fixed with the next release")]
    """The reason, which the report shows."""
    until: Annotated[Day, like("2027-01-31")]
    """The last day, after which the scenario is red again."""


class CutoverToml(Table):
    """The whole file."""

    app: App
    aws: Aws
    network: Network
    database: Database
    cache: Cache | None = None
    ecs: Ecs
    services: Annotated[dict[str, Service], Field(min_length=1)]
    """The ECS services; one of them is behind the load balancer."""
    resources: Resources = Resources()
    schedule: Schedule | None = None
    """The one that runs Laravel's scheduler each minute."""
    schedules: dict[str, Schedule] = {}
    """Name -> a further one, which a rehearsal runs once: it may be due at night alone."""
    phases: Phases = Phases()
    secrets: Annotated[
        dict[SecretName, SecretValue],
        like({"shop/db": {"username": "shop", "password": {"generate": "password"}}}),
    ] = {}
    """Name of a secret -> its text, or the keys of its JSON object, with values made up here."""
    environment_files: Annotated[
        dict[Text, File], like({"arn:aws:s3:::shop-settings/web.env": "web.env"})
    ] = {}
    """ARN of an object that a task definition's environmentFiles name -> a file with its text."""
    parameters: Annotated[
        dict[Text, ParameterValue], like({"/shop/app-key": {"generate": "laravel-key"}})
    ] = {}
    """Name or ARN of a parameter -> its value."""
    probe: Probe | None = None
    scenarios: Scenarios = Scenarios()
    accept: Annotated[tuple[Accept, ...], Field(strict=False)] = ()
    """Scenarios with a known red, each until a day."""
    scan: Scan = Scan()
    first_run: Annotated[tuple[FirstRun, ...], Field(strict=False)] = ()
    """Commands of the cutover day, run once in the first healthy web task, in this order."""
    overlay: Overlay = Overlay()
    images: Annotated[
        dict[Text, ImageSource], like({"public.ecr.aws/datadog/agent:7": "none"})
    ] = {}
    """Name of one of our images, or an image of a task definition -> its source."""
    limits: Limits = Limits()
