"""The cache, Valkey or Redis of ElastiCache: its file, with the endpoint and the token of tasks.

The file is the input of CreateReplicationGroup, CreateServerlessCache or CreateCacheCluster below
the operation's name, or what ``describe-replication-groups``, ``describe-serverless-caches`` or
``describe-cache-clusters`` prints. Only a printed file has the endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.inputs import operation_shapes
from harness.inputs.aws_cli.output import PRINTED_BY, Form, Reshaped, only, printed_shape
from harness.inputs.operation_shapes import Fit
from harness.inputs.problem import Problem, nearest, type_of

if TYPE_CHECKING:
    from harness.inputs.document import Document

PORT = 6379
_API = "elasticache"
GROUP, SERVERLESS, CLUSTER = (
    *("CreateReplicationGroup", "CreateServerlessCache"),
    "CreateCacheCluster",
)
NAMES: Mapping[str, tuple[str, str]] = {
    GROUP: ("ReplicationGroupId", "replication group"),
    SERVERLESS: ("ServerlessCacheName", "serverless cache"),
    CLUSTER: ("CacheClusterId", "cluster"),
}
"""Operation -> the field with the cache's name, and AWS's word for it."""
_PRINTED: Mapping[str, tuple[str, str]] = {
    "ReplicationGroups": (GROUP, "DescribeReplicationGroups"),
    "ServerlessCaches": (SERVERLESS, "DescribeServerlessCaches"),
    "CacheClusters": (CLUSTER, "DescribeCacheClusters"),
}
"""Field of the AWS CLI's output -> the operation with that input, and the one that is printed."""
_BARE = {field: operation for operation, (field, _) in NAMES.items()}
"""Field at the top of an input that stands alone -> the operation."""
FIELDS = (*NAMES, *_PRINTED, *_BARE)
"""Fields at the top of the file."""
_FORM = Form("a cache of ElastiCache", "aws elasticache describe-replication-groups", FIELDS)
_OF_CLUSTER = ("CacheSubnetGroupName", "PreferredMaintenanceWindow")
"""Settings that a cluster prints as both inputs have them."""
ENDPOINT = "Endpoint"
"""Key at the top of an input for the endpoint that the AWS CLI printed."""
_MEMCACHED = "memcached"
_ENGINES = ("redis", "valkey")
"""ElastiCache's own default comes first."""


@dataclass(frozen=True)
class Cache:
    """A replication group, a serverless cache, or a single cluster."""

    operation: str
    input: Mapping[str, Any]
    """The operation's input."""

    @property
    def name(self) -> str:
        """Its name in ElastiCache."""
        return str(self.input[NAMES[self.operation][0]])

    @property
    def port(self) -> int:
        """The port at which tasks reach it."""
        return int(self.input.get("Port") or PORT)

    @property
    def speaks_tls(self) -> bool:
        """Whether connections are encrypted; those of a serverless cache always are."""
        return self.operation == SERVERLESS or bool(self.input.get("TransitEncryptionEnabled"))

    @property
    def has_users(self) -> bool:
        """Whether clients sign in with a user's name, as role-based access control has it."""
        return bool(self.input.get("UserGroupIds") or self.input.get("UserGroupId"))

    @property
    def asks_for_token(self) -> bool:
        """Whether clients sign in at all."""
        return self.has_users or bool(self.input.get("AuthToken"))

    @property
    def is_cluster(self) -> bool:
        """Whether its keys are spread over slots, so that it has one database."""
        content = self.input
        return (
            self.operation == SERVERLESS
            or content.get("ClusterMode", "disabled") != "disabled"
            or int(content.get("NumNodeGroups") or 1) > 1
            or str(content.get("CacheParameterGroupName", "")).endswith(".cluster.on")
        )

    @property
    def security_groups(self) -> tuple[str, ...]:
        """Ids of its groups, as far as the file has them."""
        return tuple(self.input.get("SecurityGroupIds") or ())


_ALONE = "print the app's own cache alone, by its name"


def form(document: Document) -> Document:
    """Take the AWS CLI's output; ``describe-cache-clusters`` may follow, for its groups.

    Raises:
        InputError: It is another form, or has several caches.
    """
    _FORM.reject_others(document)
    printed = {name for part in document.objects for name in part.data} & _PRINTED.keys()
    reshaped = Reshaped(document)
    bare = next((operation for field, operation in _BARE.items() if field in document.data), "")
    if not printed and bare:
        reshaped.put(bare, document.data, source=document, at="")
        return replace(document, data=reshaped.data, origins=reshaped.origins)
    if not printed:
        return document
    (name, first), *rest = [
        (field, source) for field in _PRINTED for source in document.objects if field in source.data
    ]
    _take(reshaped, first, name=name)
    for other, source in rest:
        # The clusters of a replication group have its settings, and are no caches of theirs.
        if other == "CacheClusters" != name:
            _take_cluster(reshaped, source)
        else:
            reshaped.reject(source, other, "is a second cache, and one is expected", _ALONE)
    return reshaped.result(PRINTED_BY[name])


def _take(reshaped: Reshaped, source: Document, *, name: str) -> None:
    operation, described = _PRINTED[name]
    body, at = only(source, name, hint=_ALONE)
    content = reshaped.without_read_only(
        body,
        printed=printed_shape(_API, described, name),
        wanted=operation_shapes.input_shape(_API, operation),
    )
    content = {name: value for name, value in content.items() if value != []}
    content |= {"AuthToken": "<AUTH token>"} if body.get("AuthTokenEnabled") else {}
    content |= {"ClusterMode": "enabled"} if body.get("ClusterEnabled") else {}
    if operation == GROUP:
        content["ReplicationGroupDescription"] = body.get("Description", "")
        content.setdefault("Engine", "redis")
        content |= _nodes(body)
    if operation == CLUSTER:
        content |= _of_cluster(body)
    groups = [group.get("SecurityGroupId") for group in body.get("SecurityGroups") or ()]
    if groups:
        content["SecurityGroupIds"] = groups
    reshaped.put(operation, content, source=source, at=at)
    place, endpoint = _endpoint(body)
    if endpoint:
        reshaped.put(ENDPOINT, endpoint, source=source, at=f"{at}.{place}")
        reshaped.data[operation]["Port"] = endpoint.get("Port", PORT)
    if operation == SERVERLESS:
        reshaped.data[operation].pop("Port", None)
    reshaped.read_only -= {
        *("AuthTokenEnabled", "ClusterEnabled", "Description", "SecurityGroups", "NodeGroups"),
        *("ConfigurationEndpoint", "Endpoint", "CacheNodes", "CacheParameterGroup"),
        *("AutomaticFailover", "MultiAZ", "DataTiering", "MemberClusters"),
    }


def _endpoint(body: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Find the endpoint for reads and writes."""
    for name in ("ConfigurationEndpoint", "Endpoint"):
        if isinstance(body.get(name), dict):
            return name, body[name]
    for name, field in (("NodeGroups", "PrimaryEndpoint"), ("CacheNodes", "Endpoint")):
        parts = body.get(name) or [{}]
        if isinstance(parts[0], dict) and isinstance(parts[0].get(field), dict):
            return f"{name}[0].{field}", parts[0][field]
    return "", {}


def _nodes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nodes of a replication group as CreateReplicationGroup takes them."""
    settings: dict[str, Any] = {
        field: True
        for printed, field in (
            ("AutomaticFailover", "AutomaticFailoverEnabled"),
            ("MultiAZ", "MultiAZEnabled"),
            ("DataTiering", "DataTieringEnabled"),
        )
        if body.get(printed) == "enabled"
    }
    members, shards = body.get("MemberClusters") or (), body.get("NodeGroups") or ()
    if body.get("ClusterEnabled") and shards:
        replicas = len(members) // len(shards) - 1
        return settings | {"NumNodeGroups": len(shards), "ReplicasPerNodeGroup": max(replicas, 0)}
    return settings | ({"NumCacheClusters": len(members)} if members else {})


def _take_cluster(reshaped: Reshaped, source: Document) -> None:
    """Take the settings of a replication group that only its clusters print."""
    cluster = next((entry for entry in source.data["CacheClusters"] if isinstance(entry, dict)), {})
    groups = [group.get("SecurityGroupId") for group in cluster.get("SecurityGroups") or ()]
    (operation, *_) = reshaped.data
    reshaped.data[operation] |= {"SecurityGroupIds": groups} if groups else {}
    if operation == GROUP:
        reshaped.data[operation] |= _of_cluster(cluster)


def _of_cluster(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as an input has them; from version 6 on AWS takes no patch of a version.

    Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html
    """
    major, _, rest = str(cluster.get("EngineVersion") or "").partition(".")
    version = f"{major}.{rest.partition('.')[0]}"
    is_recent = major.isdigit() and int(major) >= 6 and bool(rest)
    settings = {
        "EngineVersion": version if is_recent else cluster.get("EngineVersion"),
        "CacheParameterGroupName": (cluster.get("CacheParameterGroup") or {}).get(
            "CacheParameterGroupName"
        ),
        **{name: cluster.get(name) for name in _OF_CLUSTER},
    }
    return {name: value for name, value in settings.items() if value}


def read(document: Document) -> Cache:
    """Check the cache's file.

    Raises:
        InputError: Every problem of the file.
    """
    content = {name: value for name, value in document.data.items() if name != ENDPOINT}
    operations = [name for name in content if name in NAMES]
    unknown = [
        Problem(name, "is no operation for this file", f"known here: {', '.join(NAMES)}")
        for name in content
        if name not in NAMES
    ]
    if len(operations) > 1 or not content:
        message = f"has {' and '.join(operations) or 'no cache'}, and one is expected"
        unknown.append(Problem("", message, f"write the input of one of {', '.join(NAMES)}"))
    if len(operations) != 1:
        document.reject(unknown)
    (operation,) = operations
    body = content[operation]
    if not isinstance(body, dict):
        message = f"is {type_of(body)}, and must be an object"
        document.reject([Problem(operation, message, "write the operation's input")])
    fit: Fit = operation_shapes.fit(body, api=_API, operation=operation, key=operation)
    problems = (*_of_engine(operation, fit.fitting), *_of_token(operation, fit.fitting))
    document.reject([*unknown, *fit.with_checks(problems)])
    return Cache(operation, fit.fitting)


def _of_engine(operation: str, content: Mapping[str, Any]) -> Iterator[Problem]:
    if content.get("Engine") == _MEMCACHED:
        hint = "leave [cache] out: Memcached is not rehearsed"
        yield Problem(f"{operation}.Engine", 'is "memcached"', hint)
    elif (engine := content.get("Engine", _ENGINES[0])) not in _ENGINES:
        message = f'is "{engine}", which ElastiCache does not have'
        yield Problem(f"{operation}.Engine", message, nearest(str(engine), _ENGINES))


def _of_token(operation: str, content: Mapping[str, Any]) -> Iterator[Problem]:
    """AWS takes an AUTH token, or users, with in-transit encryption only.

    Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
    """
    if operation == SERVERLESS or content.get("TransitEncryptionEnabled"):
        return
    for field in ("AuthToken", "UserGroupIds"):
        if content.get(field):
            message = "needs TransitEncryptionEnabled: ElastiCache takes no sign-in without TLS"
            yield Problem(f"{operation}.{field}", message, 'add "TransitEncryptionEnabled": true')
