"""The tables and keys of cutover.toml, and the problems of a file that does not have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic_core import ErrorDetails

from harness.aws import aurora
from harness.inputs.problem import Problem, closest, nearest, type_of
from harness.inputs.toml_types import (
    AccountId,
    Day,
    File,
    Generator,
    InstanceClass,
    KeyArn,
    Path,
    Percent,
    PublicUrl,
    Text,
    Texts,
    Vendor,
    VpcCidr,
)

OUR_IMAGES = ("mysql", "proxy", "emulator", "edge", "control", "pause", "vendor", "app")


class Table(BaseModel):
    """A table with fixed keys."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True
    )


class SignIn(Table):
    """The form with which an account signs in."""

    path: Path = "/login"
    user: Text = "email"
    """Name of the field for the account's e-mail address."""
    password: Text = "password"  # noqa: S105 - the name of a field
    shows: Text | None = None
    """A text that the public page has for a signed-in visitor only. Without it, a visitor who can
    open the private page is signed in."""


class SignUp(Table):
    """The form with which a visitor makes an account, and is signed in."""

    path: Path = "/register"
    fields: dict[str, Text] = {}
    """Values besides name, email, password and password_confirmation."""


class Pages(Table):
    """Pages of the app, by default those of a stock Laravel."""

    public: Path = "/"
    """A page that every visitor may open, and that starts a session."""
    private: Path = "/dashboard"
    """A page that redirects to the sign-in form."""
    sign_in: SignIn = SignIn()
    sign_up: SignUp = SignUp()
    sign_out: Path = "/logout"
    """Signs out when a form is posted to it."""


class App(Table):
    """The app: its public address, and the sources of its image."""

    url: PublicUrl
    context: Text
    """Directory with the app's Dockerfile, and its IAM roles in ``iam/``."""
    vendor: Vendor = "auto"
    writable: Texts = ("/tmp",)  # noqa: S108 - a path in the app's image
    """All that the app's user may write to in its container."""
    pages: Pages = Pages()


class Aws(Table):
    """The AWS account."""

    account_id: AccountId
    region: Text
    foreign: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    """Accounts, regions and ARNs in the files that are somebody else's."""


class Network(Table):
    """The VPC and its security groups."""

    vpc_cidr: VpcCidr
    security_groups: File
    proxy_group: Text | None = None
    """Name or id of RDS Proxy's security group; without one, tasks reach the database itself."""
    database_group: Text
    endpoints_group: Text | None = None
    """Without it, tasks reach the AWS APIs as through a NAT gateway."""


class Database(Table):
    """The schema and its production endpoints."""

    name: Text
    cluster_endpoint: Text
    proxy_endpoint: Text | None = None
    """RDS Proxy's endpoint; without it, tasks reach the database itself."""
    secret: Text | None = None
    """Name of the secret with the app account's ``username`` and ``password``; without it, the web
    task's DB_USERNAME and DB_PASSWORD name the account."""
    instance_class: InstanceClass | None = None
    """The writer's class, whose default of max_connections counts."""
    max_connections: Annotated[int, Field(gt=0)] | None = None
    """Where the parameter group sets it, or the class has no default."""
    max_connections_percent: Percent = 100
    """MaxConnectionsPercent of the proxy's target group; 100 is AWS's default."""

    @property
    def connections_allowed(self) -> int:
        """How many connections the proxy may open; 0 where it is not known."""
        most = self.max_connections or aurora.max_connections(self.instance_class or "") or 0
        return most * self.max_connections_percent // 100


class Ecs(Table):
    """The cluster and its load balancer."""

    cluster: Text
    load_balancer: File
    target_group: File


class Service(Table):
    """The files that define one ECS service."""

    task_definition: File
    service: File


class Resources(Table):
    """The app's bucket, queues and mail identity, of which it may lack any."""

    bucket: File | None = None
    queues: File | None = None
    identity: File | None = None


class Schedule(Table):
    """The rule that runs a task each minute, and that task's definition."""

    rule: File
    task_definition: File


class Generated(Table):
    """A secret value that is made up for each stack."""

    generate: Generator = "password"


class Parameter(Table):
    """A SecureString of Systems Manager's Parameter Store."""

    generate: Generator = "password"
    value: Text | None = None
    """Instead of one that is made up for each stack."""
    key: KeyArn | None = None
    """ARN of the customer's KMS key; without it, AWS's own encrypts the parameter."""


class Probe(Table):
    """The value that signs requests to the probe: a key of a secret, or a parameter."""

    secret: Text | None = None
    key: Text | None = None
    parameter: Text | None = None
    """Name of a parameter, instead of a secret and its key."""


class FirstRun(Table):
    """A command for the first healthy web task."""

    command: Texts
    accept: Text | None = None
    """Output that makes a failure acceptable."""


class Overlay(Table):
    """The only differences from production, in every task."""

    environment: dict[str, Text] = {}
    files: dict[str, Literal["ca"]] = {}
    """Path in the container -> the content put there; ``ca`` is the stack's CA certificate."""


class BuiltImage(Table):
    """An image of your own that is built, beside the app's."""

    context: Text
    """Directory of its build context."""
    dockerfile: Text = "Dockerfile"
    """Path of its Dockerfile, from that directory."""


class Limits(Table):
    """How long things may take."""

    up_s: Annotated[int, Field(gt=0)] = 180


def _form(value: object) -> str:
    """Tag of a union's type; no key of the file can be mistaken for it."""
    return "<table>" if isinstance(value, (Mapping, Table)) else "<text>"


SecretField = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[Generated, Tag("<table>")], Discriminator(_form)
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

    paths: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    """Folders with scenarios, replayed beside the platform's."""


class Accept(Table):
    """A known red scenario, shown as accepted until a day."""

    scenario: Text
    """Its name, as the report and ``cutover scenarios list`` have it."""
    why: Text
    until: Day
    """The last day, after which the scenario is red again."""


class CutoverToml(Table):
    """The whole file."""

    app: App
    aws: Aws
    network: Network
    database: Database
    ecs: Ecs
    services: Annotated[dict[str, Service], Field(min_length=1)]
    resources: Resources = Resources()
    schedule: Schedule | None = None
    secrets: dict[str, SecretValue] = {}
    environment_files: dict[Text, File] = {}
    """ARN of an object that a task definition's environmentFiles name -> a file with its text."""
    parameters: dict[Text, ParameterValue] = {}
    """Name or ARN of a parameter -> its value."""
    probe: Probe | None = None
    scenarios: Scenarios = Scenarios()
    accept: Annotated[tuple[Accept, ...], Field(strict=False)] = ()
    first_run: Annotated[tuple[FirstRun, ...], Field(strict=False)] = ()
    overlay: Overlay = Overlay()
    images: dict[Text, ImageSource] = {}
    """Name of one of our images, or an image of a task definition -> its source."""
    limits: Limits = Limits()


def problems(data: Mapping[str, Any]) -> list[Problem]:
    """Return the missing and the unknown tables and keys of a file."""
    try:
        CutoverToml.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        meant = {_meant(one) for one in found if one["type"] == "extra_forbidden"}
        return [
            _problem(one) for one in found if one["type"] != "missing" or one["loc"] not in meant
        ]
    return []


def _meant(error: ErrorDetails) -> tuple[str | int, ...]:
    """Place of the key that a misspelt one stands for."""
    *table, name = error["loc"]
    return (*table, closest(str(name), _names(_schema_at(_plain(table)))))


def _plain(place: Iterable[str | int]) -> list[str | int]:
    """Leave out pydantic's additions to the path of a key."""
    return [step for step in place if step not in ("<table>", "<text>", "[key]")]


def _problem(error: ErrorDetails) -> Problem:
    path = _plain(error["loc"])
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    told = _of_name if error["type"] in _ABOUT_NAMES or error["loc"][-1] == "[key]" else _of_value
    message, hint = told(error, path=path)
    return Problem(key.removeprefix("."), message, hint)


_ABOUT_NAMES = ("extra_forbidden", "missing")


def _of_name(error: ErrorDetails, *, path: list[str | int]) -> tuple[str, str]:
    """Word a key that is unknown or missing, with its remedy."""
    name, table = str(path[-1]), ".".join(map(str, path[:-1]))
    if error["type"] != "missing":
        return "is unknown", nearest(name, _names(_schema_at(path[:-1])))
    if _schema_at(path).get("type") == "object":
        return "is missing", f"add [{name}]; docs/configuration.md has it"
    return "is missing", f"add it to [{table}]"


def _of_value(error: ErrorDetails, *, path: list[str | int]) -> tuple[str, str]:
    """Word a value that does not fit its key, with its remedy."""
    name, value, wanted = path[-1], error["input"], _schema_at(path)
    given = "empty" if value in ("", [], ()) else _TYPES.get(type_of(value), type_of(value))
    if error["type"] == "fault":
        return str(error["ctx"]["message"]), str(error["ctx"]["hint"])
    if error["type"] == "literal_error" and isinstance(value, str):
        known = wanted.get("enum") or (wanted["const"],)
        return f'is "{value}", which is none of its values', nearest(value, known)
    forms = {
        "string": ("text", f'write {name} = "..."'),
        "object": ("a table", f"write [{'.'.join(map(str, path))}]"),
        "array": ("a list of texts", f'write {name} = ["a", "b"]'),
        "integer": ("a whole number above 0", f"write {name} = 180"),
    }
    form, hint = forms["string" if error["type"] == "string_type" else wanted["type"]]
    if isinstance(name, int) or "$ref" in wanted.get("items", ()):
        form, hint = "a table", f"write [[{path[0]}]]"
    if error["type"] == "greater_than":
        given = str(value)
    return f"is {given}, and must be {form}", hint


_TYPES = {"a string": "text", "an object": "a table"}


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of the file."""
    return CutoverToml.model_json_schema()


def _schema_at(path: list[str | int]) -> dict[str, Any]:
    """Find the schema of a key; of a union, the table's, and an empty one of an unknown key."""
    node = schema()
    for step in path:
        if isinstance(step, int):
            node = node.get("items", {})
        else:
            others = node.get("additionalProperties") or {}
            node = node.get("properties", {}).get(step, others)
        node = _resolved(node)
    return node


def _resolved(node: dict[str, Any]) -> dict[str, Any]:
    options = [one for one in node.get("anyOf", node.get("oneOf", ())) if one.get("type") != "null"]
    if options:
        resolved = [_resolved(one) for one in options]
        return next((one for one in resolved if one.get("type") == "object"), resolved[0])
    if "$ref" in node:
        return _resolved(schema()["$defs"][node["$ref"].rpartition("/")[2]])
    return node


def _names(table: dict[str, Any]) -> list[str]:
    keys = table.get("propertyNames", {}).get("enum")
    return list(keys or table.get("properties", ()))
