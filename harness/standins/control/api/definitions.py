"""Task definitions and clusters: the operations that only keep records."""

from __future__ import annotations

from typing import Any

from harness.aws.task_definition import TaskDefinition, fargate_memory_mib
from harness.standins.control.api.server import Operations
from harness.standins.control.state import names
from harness.standins.control.state.model import Definition
from harness.standins.control.state.state import State
from harness.standins.control.wire.protocol import ApiError


class Definitions:
    """RegisterTaskDefinition and its siblings."""

    def __init__(self, state: State, *, account: names.Account) -> None:
        self._state = state
        self._account = account

    @property
    def operations(self) -> Operations:
        """Operation name to function."""
        return {
            "RegisterTaskDefinition": self.register,
            "DescribeTaskDefinition": self.describe,
            "ListTaskDefinitions": self.list_arns,
            "DeregisterTaskDefinition": self.deregister,
        }

    def register(self, request: dict[str, Any]) -> dict[str, Any]:
        """Keep a new revision of the family."""
        check(request)
        raw = converted({key: value for key, value in request.items() if key != "tags"})
        family = request["family"]
        with self._state.lock():
            revisions = self._state.definitions.setdefault(family, [])
            number = len(revisions) + 1
            definition = Definition(
                arn=self._account.ecs(f"task-definition/{family}:{number}"),
                family=family,
                revision=number,
                raw=raw,
                registered_at=self._state.now(),
            )
            revisions.append(definition)
            self._state.changed()
            return {"taskDefinition": described(definition), "tags": request.get("tags", [])}

    def find(self, text: str) -> Definition | None:
        """Return the revision that this text means; without a number, the newest active one."""
        family, number = names.family_and_revision(text)
        with self._state.lock():
            for definition in reversed(self._state.definitions.get(family, [])):
                if definition.revision == number:
                    return definition
                if number is None and definition.status == "ACTIVE":
                    return definition
        return None

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return one revision."""
        definition = self.find(request["taskDefinition"])
        if definition is None:
            raise ApiError("ClientException", message="Unable to describe task definition.")
        return {"taskDefinition": described(definition), "tags": []}

    def list_arns(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the ARNs of the revisions with a status, active unless said otherwise."""
        status, prefix = request.get("status", "ACTIVE"), request.get("familyPrefix", "")
        with self._state.lock():
            arns = [
                definition.arn
                for family, revisions in sorted(self._state.definitions.items())
                for definition in revisions
                if definition.status == status and (not prefix or family == prefix)
            ]
        return {"taskDefinitionArns": arns[::-1] if request.get("sort") == "DESC" else arns}

    def deregister(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make one revision inactive; tasks that run from it go on."""
        definition = self.find(request["taskDefinition"])
        if definition is None or ":" not in names.last_part(request["taskDefinition"]):
            raise ApiError(
                "ClientException", message="The specified task definition does not exist."
            )
        with self._state.lock():
            definition.status = "INACTIVE"
            self._state.changed()
            return {"taskDefinition": described(definition)}


def converted(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a task definition with cpu in units and memory in MiB, however they were written.

    "String values are converted ... when the task definition is registered": ECS's
    RegisterTaskDefinition.
    """
    parsed = TaskDefinition(raw)
    sizes = {"cpu": parsed.cpu_units, "memory": parsed.memory_mib}
    return raw | {name: str(size) for name, size in sizes.items() if raw.get(name)}


class Clusters:
    """CreateCluster, DescribeClusters, and TagResource of a cluster."""

    def __init__(self, state: State, *, account: names.Account) -> None:
        self._state = state
        self._account = account

    @property
    def operations(self) -> Operations:
        """Operation name to function."""
        return {
            "CreateCluster": self.create,
            "DescribeClusters": self.describe,
            "TagResource": self.tag,
        }

    def arn(self, resource: str) -> str:
        """Return an ARN of this account."""
        return self._account.ecs(resource)

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """Create a cluster; one that exists is returned as it is."""
        name = request.get("clusterName") or "default"
        with self._state.lock():
            self._state.clusters.setdefault(name, self._state.now())
            self._state.changed()
            return {"cluster": self._described(name)}

    def require(self, name_or_arn: str | None) -> str:
        """Return the name of a cluster that exists."""
        name = names.last_part(name_or_arn or "default")
        with self._state.lock():
            if name not in self._state.clusters:
                raise ApiError("ClusterNotFoundException", message="Cluster not found.")
        return name

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the clusters named, and a failure for each that does not exist."""
        cluster_names = [names.last_part(item) for item in request.get("clusters") or ["default"]]
        with self._state.lock():
            clusters = [
                self._described(name) for name in cluster_names if name in self._state.clusters
            ]
            if "TAGS" in (request.get("include") or ()):
                clusters = [
                    {**cluster, "tags": self._tags(cluster["clusterName"])} for cluster in clusters
                ]
            missing = [name for name in cluster_names if name not in self._state.clusters]
        failures = [
            {"arn": self._account.ecs(f"cluster/{name}"), "reason": "MISSING"} for name in missing
        ]
        return {"clusters": clusters, "failures": failures}

    def tag(self, request: dict[str, Any]) -> dict[str, Any]:
        """Set tags of a cluster; a key that is there gets the new value."""
        arn = request["resourceArn"]
        if ":cluster/" not in arn:
            raise ApiError(
                "UnsupportedFeatureException",
                message="Tags of clusters only are part of the local stand-in for this service.",
            )
        name = self.require(arn)
        with self._state.lock():
            tags = self._state.cluster_tags.setdefault(name, {})
            tags.update({tag["key"]: tag.get("value", "") for tag in request["tags"]})
            self._state.changed()
        return {}

    def _tags(self, name: str) -> list[dict[str, str]]:
        tags = self._state.cluster_tags.get(name, {})
        return [{"key": key, "value": value} for key, value in tags.items()]

    def _described(self, name: str) -> dict[str, Any]:
        tasks = [task for task in self._state.tasks.values() if task.cluster == name]
        services = [
            item
            for item in self._state.services.values()
            if item.cluster == name and item.status != "INACTIVE"
        ]
        return {
            "clusterArn": self._account.ecs(f"cluster/{name}"),
            "clusterName": name,
            "status": "ACTIVE",
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": sum(task.status == "RUNNING" for task in tasks),
            "pendingTasksCount": sum(task.status in ("PROVISIONING", "PENDING") for task in tasks),
            "activeServicesCount": len(services),
            "capacityProviders": ["FARGATE"],
        }


def described(definition: Definition) -> dict[str, Any]:
    """Return a revision as the API shows it."""
    containers = [
        {"essential": True, "environment": [], "mountPoints": [], "volumesFrom": [], **item}
        for item in definition.raw["containerDefinitions"]
    ]
    fields = {key: value for key, value in definition.raw.items() if key != "containerDefinitions"}
    return {
        "volumes": [],
        "placementConstraints": [],
        **fields,
        "taskDefinitionArn": definition.arn,
        "containerDefinitions": containers,
        "revision": definition.revision,
        "status": definition.status,
        "compatibilities": ["EC2", "FARGATE"],
        "registeredAt": definition.registered_at,
    }


def check(request: dict[str, Any]) -> None:
    """Reject a Fargate task definition as ECS does at its registration."""
    if not request.get("containerDefinitions"):
        raise _client("Container list cannot be empty.")
    definition = TaskDefinition(request)
    names: set[str] = set()
    for container in definition.containers:
        if not container.raw.get("name"):
            raise _client("Container.name should not be null or empty.")
        if not container.raw.get("image"):
            raise _client("Container.image should not be null or empty.")
        if container.name in names:
            raise _client(f"Duplicate container name '{container.name}'.")
        names.add(container.name)
        command = (container.health_check or {}).get("command")
        if container.health_check is not None and (
            not command or command[0] not in ("CMD", "CMD-SHELL")
        ):
            raise _client(
                "Health check command should begin with one of the following: [CMD, CMD-SHELL]"
            )
    if not any(container.essential for container in definition.containers):
        raise _client("At least one container must be essential.")
    _check_fargate(definition)


def _check_fargate(definition: TaskDefinition) -> None:
    if "FARGATE" not in (definition.raw.get("requiresCompatibilities") or ()):
        return
    if definition.raw.get("networkMode") != "awsvpc":
        raise _client("Fargate only supports network mode 'awsvpc'.")
    for key in ("cpu", "memory"):
        if not definition.raw.get(key):
            raise _client(f"Fargate requires that '{key}' be defined at the task level.")
    cpu_units, memory_mib = definition.cpu_units, definition.memory_mib
    if not cpu_units or not memory_mib:
        raise _client("Invalid 'cpu' or 'memory' setting for task.")
    if memory_mib not in fargate_memory_mib(cpu_units):
        raise _client(
            "No Fargate configuration exists for given values: "
            f"{cpu_units} CPU, {memory_mib} memory. See the Amazon ECS documentation for the valid"
            " values."
        )
    uses_secrets = any(container.secrets for container in definition.containers)
    if uses_secrets and not definition.execution_role_arn:
        raise _client(
            "When you are specifying container secrets, you must also specify a value for"
            " 'executionRoleArn'."
        )


def _client(message: str) -> ApiError:
    return ApiError("ClientException", message=message)
