"""Values of cutover.toml that the app's other files have already: nobody writes them twice.

A value that cutover.toml has itself stands. Files that contradict each other derive nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

from harness.aws import arn as arns
from harness.aws import environment_file
from harness.aws.aurora import READER
from harness.aws.value_from import (
    SecretReference,
    ValueFromError,
    parse_parameter,
    parse_value_from,
)
from harness.inputs.document import Document
from harness.inputs.problem import Problem

_PROXY = re.compile(r"\.proxy-(?=[a-z0-9]+\.)")
DATABASE_URLS = ("DB_URL", "DATABASE_URL")
"""Variables that hold host, schema and account of the database in one."""
_MYSQL_PORT = 3306
_CACHE_PORT = 6379
_OPTIONAL = ("cache",)
"""Tables without which nothing in them is derived."""
_KEPT_IN = {"CUTOVER_PROBE_KEY": "probe", "REDIS_PASSWORD": "cache"}
"""Variable -> the table that names its secret, with the key, or its parameter."""
_INSTEAD = {"secret": "parameter", "key": "parameter", "parameter": "secret"}
"""Key of such a table -> the one that stands in its place."""
_PORT = re.compile(r"(?<=[a-z]):\d+$")
"""A port after a host's name, which PHP takes, too."""
_WRITER = re.compile(r"DB_(?:HOST_WRITER?|WRITER?_HOST)")
"""The write host of a connection that has others to read from: its name is the app's own."""
_PUBLIC_URL = re.compile(r"(https://[^/?#]+)(/[^?#]*)?")
SOURCES: Mapping[str, str] = {
    "app.url": "APP_URL of a task definition, an https:// address",
    "aws.account_id": "the ARNs of a task definition or service",
    "aws.region": "the ARNs of a service, or awslogs-region of a task definition",
    "ecs.cluster": "cluster of a service",
    "database.name": "DB_DATABASE of a task definition",
    "database.cluster_endpoint": "DB_HOST or DB_WRITE_HOST of a task definition",
    "database.proxy_endpoint": "DB_HOST or DB_WRITE_HOST of a task definition",
    "database.secret": "valueFrom of DB_USERNAME and DB_PASSWORD in a task definition",
    "cache.endpoint": "the cache's file as the AWS CLI prints it, or REDIS_HOST of a task"
    " definition",
    "cache.secret": "REDIS_PASSWORD's valueFrom in a task definition",
    "cache.key": "REDIS_PASSWORD's valueFrom in a task definition",
    "cache.parameter": "REDIS_PASSWORD's valueFrom in a task definition",
    "network.cache_group": "the cache's file, or the one security group that admits the tasks on"
    " port 6379",
    "network.proxy_group": "the one security group that admits the tasks on port 3306",
    "network.database_group": "the one security group that admits the proxy's, or the tasks',"
    " on port 3306",
    "probe.secret": "CUTOVER_PROBE_KEY's valueFrom in a task definition",
    "probe.key": "CUTOVER_PROBE_KEY's valueFrom in a task definition",
    "probe.parameter": "CUTOVER_PROBE_KEY's valueFrom in a task definition",
}
"""Key of cutover.toml -> the place that has its value."""


@dataclass(frozen=True)
class Value:
    """A value that a file has for a key of cutover.toml."""

    key: str
    text: str
    name: str
    """The variable or field that holds it."""
    document: Document
    field: str
    """Path of the field in the document."""
    rank: int = 0
    """Values of a lower rank stand before those of a higher one."""

    @property
    def place(self) -> str:
        """The variable or field, its file and line."""
        path, line = self.document.place(self.field)
        return f"{self.name} in {path.name}" + (f":{line}" if line else "")


@dataclass
class Derivation:
    """The values that files have, and their contradictions."""

    values: dict[str, Value] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def fill(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return cutover.toml's data with the values that it lacks."""
        filled: dict[str, Any] = deepcopy(dict(data))
        for table in ("app", "aws", "database", "ecs", "network"):
            filled.setdefault(table, {})
        for key, value in self.values.items():
            table, _, name = key.partition(".")
            if isinstance(filled.setdefault(table, {}), dict):
                filled[table].setdefault(name, value.text)
        return filled


def derive(
    data: Mapping[str, Any],
    documents: Iterable[Document],
    *,
    files: Mapping[str, Document] | None = None,
) -> Derivation:
    """Derive the values that cutover.toml lacks.

    Args:
        data: Data of cutover.toml.
        documents: Task definitions and services as inputs, checked or not.
        files: ARN of an environment file -> the file.
    """
    by_key: dict[str, list[Value]] = defaultdict(list)
    for document in documents:
        for value in (*_values(document), *_of_files(document, files=files or {})):
            by_key[value.key].append(value)
    derivation = Derivation()
    for key, values in by_key.items():
        table, _, name = key.partition(".")
        settings = data.get(table, {})
        if (
            not isinstance(settings, dict)
            or name in settings
            or (table in _OPTIONAL and not settings)
        ):
            continue
        if table in _KEPT_IN.values() and _INSTEAD.get(name) in settings:
            continue
        judged = _without_lone(values) if key == "aws.region" else values
        best = min(candidate.rank for candidate in judged)
        texts = {
            candidate.text: candidate for candidate in reversed(judged) if candidate.rank == best
        }
        if len(texts) == 1:
            derivation.values[key] = _as_named(next(iter(texts.values())), data)
        else:
            different = [candidate for candidate in values if candidate in texts.values()]
            derivation.problems.append(_contradiction(key, different))
    return derivation


def _without_lone(values: list[Value]) -> list[Value]:
    """Leave out the one value against which all others stand: it is the mistake."""
    counts = Counter(value.text for value in values)
    if len(counts) == 2 and min(counts.values()) == 1 and max(counts.values()) > 2:
        return [value for value in values if counts[value.text] > 1]
    return values


def _as_named(value: Value, data: Mapping[str, Any]) -> Value:
    """Spell a parameter as [parameters] has it: by its name or its ARN."""
    parameters = data.get("parameters")
    if (
        not value.key.endswith(".parameter")
        or not isinstance(parameters, dict)
        or value.text in parameters
    ):
        return value
    names = parse_parameter(value.text).names
    return replace(value, text=next((name for name in names if name in parameters), value.text))


def _contradiction(key: str, values: list[Value]) -> Problem:
    table, _, name = key.partition(".")
    details = ", ".join(f'"{value.text}" ({value.place})' for value in values)
    message = f"is missing, and the files contradict each other: {details}"
    return Problem(key, message, f"correct the files, or add it to [{table}]: {name} = ...")


def _values(document: Document) -> Iterator[Value]:
    data = document.data
    for name in ("taskRoleArn", "executionRoleArn", "taskDefinition", "cluster"):
        yield from _of_arn(document, data.get(name), name=name, field=name)
    for index, balancer in enumerate(_objects(data.get("loadBalancers"))):
        name = "targetGroupArn"
        field = f"loadBalancers[{index}].{name}"
        yield from _of_arn(document, balancer.get(name), name=name, field=field)
    cluster = data.get("cluster")
    if isinstance(cluster, str):
        name = cluster.rpartition("/")[2]
        yield Value("ecs.cluster", name, "cluster", document, "cluster")
    endpoint = data.get("Endpoint")
    if isinstance(endpoint, dict):
        address = str(endpoint.get("Address"))
        yield Value("cache.endpoint", address, "Endpoint", document, "Endpoint.Address")
    for number, container in enumerate(_objects(data.get("containerDefinitions"))):
        yield from _of_container(document, container, field=f"containerDefinitions[{number}]")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _of_arn(document: Document, text: Any, *, name: str, field: str) -> Iterator[Value]:
    arn = arns.parse(text) if isinstance(text, str) else None
    if arn is not None:
        for key, part in (("aws.account_id", arn.account), ("aws.region", arn.region)):
            if part:
                yield Value(key, part, name, document, field)


def _of_container(
    document: Document, container: Mapping[str, Any], *, field: str
) -> Iterator[Value]:
    for index, item in enumerate(_objects(container.get("environment"))):
        name, value = str(item.get("name")), item.get("value")
        if isinstance(value, str):
            for key, text, rank in _of_variable(name, value):
                place = f"{field}.environment[{index}].value"
                yield Value(key, text, name, document, place, rank)
    yield from _of_secrets(document, container, field=field)
    log = container.get("logConfiguration")
    options = log.get("options") if isinstance(log, dict) else None
    region = options.get("awslogs-region") if isinstance(options, dict) else None
    if isinstance(region, str):
        place = f"{field}.logConfiguration.options.awslogs-region"
        yield Value("aws.region", region, "awslogs-region", document, place, rank=1)


def _of_files(document: Document, *, files: Mapping[str, Document]) -> Iterator[Value]:
    """Yield values of a task's environment files, but of variables that it sets itself."""
    for container in _objects(document.data.get("containerDefinitions")):
        names = {str(variable.get("name")) for variable in _objects(container.get("environment"))}
        for entry in _objects(container.get("environmentFiles")):
            file = files.get(str(entry.get("value")))
            for name, text in environment_file.variables(file.text if file else "").items():
                for key, value, rank in _of_variable(name, text) if name not in names else ():
                    yield Value(key, value, name, file or document, "", rank)
                names.add(name)


def _of_variable(name: str, value: str) -> Iterator[tuple[str, str, int]]:
    """Yield key, value and rank for a variable that Laravel's own configuration reads."""
    if name == "APP_URL" and (url := _PUBLIC_URL.fullmatch(value)):
        yield "app.url", url[1], 1 if public_path(value) else 0
    elif name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        yield "aws.region", value, 2
    elif name == "DB_DATABASE":
        yield "database.name", value, 0
    elif name == "DB_HOST" and _PORT.search(value):
        yield from _of_variable(name, _PORT.sub("", value))
    elif name == "DB_HOST" and _PROXY.search(value):
        yield "database.proxy_endpoint", value, 0
        # No task has the cluster's own endpoint then, and its name matters to none.
        yield "database.cluster_endpoint", _PROXY.sub(".cluster-", value), 1
    elif name == "DB_HOST":
        # A reader endpoint is rejected; its cluster is the same.
        yield "database.cluster_endpoint", READER.sub(".cluster-", value), 0
    elif _WRITER.fullmatch(name):
        yield from ((key, text, rank + 1) for key, text, rank in _of_variable("DB_HOST", value))
    elif name in DATABASE_URLS and (parts := _parts(value)).hostname:
        yield from _of_variable("DB_HOST", str(parts.hostname))
        if schema := parts.path.strip("/"):
            yield "database.name", schema, 0
    elif name in ("REDIS_HOST", "REDIS_URL"):
        # Some write the scheme before the host, since a stock Laravel has no key for it.
        host = urlsplit(value if "://" in value else f"tls://{value}").hostname
        if host:
            yield "cache.endpoint", host, 1


def public_path(url: str) -> str:
    """Return the path below which an app is, by its APP_URL; empty for all of a host."""
    match = _PUBLIC_URL.fullmatch(url)
    return (match[2] or "").rstrip("/") if match else ""


def _parts(url: str) -> SplitResult:
    """Split a URL; one that is none has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _of_secrets(document: Document, container: Mapping[str, Any], *, field: str) -> Iterator[Value]:
    """Find the secret of the database's account, which has both of its values, and the others."""
    references: dict[str, tuple[SecretReference, str]] = {}
    for index, item in enumerate(_objects(container.get("secrets"))):
        try:
            reference = parse_value_from(str(item.get("valueFrom")))
        except ValueFromError:
            continue
        name, place = str(item.get("name")), f"{field}.secrets[{index}].valueFrom"
        if isinstance(reference, SecretReference):
            references[name] = reference, place
        elif name in _KEPT_IN:
            table = _KEPT_IN[name]
            yield Value(f"{table}.parameter", reference.text, name, document, place)
    user, password = references.get("DB_USERNAME"), references.get("DB_PASSWORD")
    if (
        user
        and password
        and user[0].name == password[0].name
        and (user[0].json_key, password[0].json_key) == ("username", "password")
    ):
        reference, place = password
        yield Value("database.secret", reference.name, "DB_PASSWORD", document, place)
    for name, table in _KEPT_IN.items():
        if name in references:
            reference, place = references[name]
            yield Value(f"{table}.secret", reference.name, name, document, place)
            if reference.json_key:
                yield Value(f"{table}.key", reference.json_key, name, document, place)


def groups_of(documents: Iterable[Document]) -> set[str]:
    """Return the ids of the security groups that services give their tasks."""
    group_ids: set[str] = set()
    for document in documents:
        network = document.data.get("networkConfiguration")
        settings = network.get("awsvpcConfiguration") if isinstance(network, dict) else None
        ids = settings.get("securityGroups") if isinstance(settings, dict) else None
        group_ids |= {str(group_id) for group_id in ids} if isinstance(ids, list) else set()
    return group_ids


def derive_groups(
    data: Mapping[str, Any], *, tasks: Collection[str], groups: Document
) -> Iterator[Value]:
    """Derive the groups of RDS Proxy, the database and the cache from the connections they admit.

    Args:
        data: Data of cutover.toml, with what is derived.
        tasks: Ids of the tasks' groups.
        groups: The file of the security groups, checked or not.
    """
    by_id = {
        str(group.get("GroupId")): (group, f"SecurityGroups[{index}]")
        for index, group in enumerate(_objects(groups.data.get("SecurityGroups")))
    }

    def admitting(sources: Collection[str], port: int = _MYSQL_PORT) -> list[str]:
        return [
            key
            for key, (group, _) in by_id.items()
            if key not in tasks and _peers(group, port).intersection(sources)
        ]

    front, network, database = admitting(tasks), data.get("network"), data.get("database")
    chosen: dict[str, str] = {}
    if not isinstance(network, dict) or not isinstance(database, dict):
        return
    if not database.get("proxy_endpoint"):
        chosen["database_group"] = front[0] if len(front) == 1 else ""
    else:
        behind = {
            proxy: [backend for backend in admitting([proxy]) if backend != proxy]
            for proxy in front
        }
        pairs = [(proxy, backend) for proxy, admitted in behind.items() for backend in admitted]
        if len(pairs) == 1:
            chosen["proxy_group"], chosen["database_group"] = pairs[0]
    caches = admitting(tasks, _CACHE_PORT) if "cache" in data else []
    chosen["cache_group"] = caches[0] if len(caches) == 1 else ""
    for name, group_id in chosen.items():
        if group_id and name not in network:
            place = f"{by_id[group_id][1]}.IpPermissions"
            yield Value(f"network.{name}", group_id, "IpPermissions", groups, place)


def _peers(group: Mapping[str, Any], port: int) -> set[str]:
    """Return the ids of the groups that a group admits on a port."""
    return {
        str(pair.get("GroupId"))
        for rule in _objects(group.get("IpPermissions"))
        if rule.get("IpProtocol") == "-1"
        or (
            rule.get("IpProtocol") == "tcp"
            and isinstance(rule.get("FromPort"), int)
            and isinstance(rule.get("ToPort"), int)
            and rule["FromPort"] <= port <= rule["ToPort"]
        )
        for pair in _objects(rule.get("UserIdGroupPairs"))
    }
