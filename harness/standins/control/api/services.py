"""CreateService, UpdateService, DeleteService, ListServices and DescribeServices."""

from __future__ import annotations

from typing import Any

from harness.standins.control.api import describe
from harness.standins.control.api.definitions import Clusters, Definitions
from harness.standins.control.api.server import Operations
from harness.standins.control.api.tasks import require_network
from harness.standins.control.scheduler.services import Services
from harness.standins.control.state import names
from harness.standins.control.state.model import Definition, Service
from harness.standins.control.state.state import State
from harness.standins.control.wire.protocol import ApiError

_MOST_DESCRIBED = 10
_UPDATABLE = (
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "networkConfiguration",
    "enableExecuteCommand",
    "platformVersion",
    "propagateTags",
)


class ServiceApi:
    """The operations on services."""

    def __init__(
        self, state: State, *, clusters: Clusters, definitions: Definitions, services: Services
    ) -> None:
        self._state = state
        self._clusters = clusters
        self._definitions = definitions
        self._services = services

    @property
    def operations(self) -> Operations:
        """Operation name to function."""
        return {
            "CreateService": self.create,
            "UpdateService": self.update,
            "DeleteService": self.delete,
            "ListServices": self.list_services,
            "DescribeServices": self.describe,
        }

    def create(self, request: dict[str, Any]) -> dict[str, Any]:
        """Create a service and its first deployment."""
        cluster = self._clusters.require(request.get("cluster"))
        definition = self._definition(request.get("taskDefinition", ""))
        require_network(request, raw=definition.raw)
        _check_percent(request)
        with self._state.lock():
            raw = {key: value for key, value in request.items() if key not in ("cluster", "tags")}
            raw["loadBalancers"] = self._resolved(request, definition=definition)
            raw["taskDefinition"] = definition.arn
            name = request["serviceName"]
            service = Service(
                name=name,
                arn=self._clusters.arn(f"service/{cluster}/{name}"),
                cluster=cluster,
                raw=raw,
                desired=request.get("desiredCount", 0),
                created_at=self._state.now(),
            )
            existing = self._state.services.get(service.key)
            if existing is not None and existing.status == "ACTIVE":
                if existing.raw == raw:
                    return {"service": describe.service(existing, state=self._state)}
                raise _invalid("Creation of service was not idempotent.")
            if existing is not None and existing.status == "DRAINING":
                raise _invalid("Unable to Start a service that is still Draining.")
            self._state.services[service.key] = service
            self._services.begin_deployment(service, definition_arn=definition.arn)
            self._state.changed()
            return {"service": describe.service(service, state=self._state)}

    def update(self, request: dict[str, Any]) -> dict[str, Any]:
        """Change a service; a new definition or force begins a new deployment."""
        with self._state.lock():
            service = self._active(request["service"], cluster=request.get("cluster"))
            _check_percent(request)
            definition_arn = service.primary.definition_arn
            if "taskDefinition" in request:
                definition_arn = self._definition(request["taskDefinition"]).arn
            for key in _UPDATABLE:
                if key in request:
                    service.raw[key] = request[key]
            if "desiredCount" in request:
                if request["desiredCount"] < 0:
                    raise _invalid("desiredCount must not be negative")
                service.desired = request["desiredCount"]
                service.steady = False
            changed = definition_arn != service.primary.definition_arn
            if changed or request.get("forceNewDeployment"):
                service.raw["taskDefinition"] = definition_arn
                self._services.begin_deployment(service, definition_arn=definition_arn)
            self._state.changed()
            return {"service": describe.service(service, state=self._state)}

    def delete(self, request: dict[str, Any]) -> dict[str, Any]:
        """Stop a service's tasks and forget it; it shows as DRAINING until they are gone."""
        with self._state.lock():
            service = self._active(request["service"], cluster=request.get("cluster"))
            if service.desired > 0 and not request.get("force"):
                raise _invalid("The service cannot be stopped while it is scaled above 0.")
            service.desired, service.status, service.steady = 0, "DRAINING", False
            self._state.changed()
            return {"service": describe.service(service, state=self._state)}

    def list_services(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the ARNs of a cluster's services."""
        cluster = self._clusters.require(request.get("cluster"))
        with self._state.lock():
            arns = [
                item.arn
                for item in self._state.services.values()
                if item.cluster == cluster and item.status != "INACTIVE"
            ]
        return {"serviceArns": arns}

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the services named, and a failure for each that is unknown."""
        cluster = self._clusters.require(request.get("cluster"))
        if not request["services"]:
            raise _invalid("Services cannot be empty.")
        if len(request["services"]) > _MOST_DESCRIBED:
            raise _invalid("Too many services: at most 10.")
        services, failures = [], []
        with self._state.lock():
            for text in request["services"]:
                key = f"{cluster}/{names.last_part(text)}"
                if key in self._state.services:
                    services.append(describe.service(self._state.services[key], state=self._state))
                else:
                    arn = self._clusters.arn(f"service/{key}")
                    failures.append({"arn": arn, "reason": "MISSING"})
        return {"services": services, "failures": failures}

    def _active(self, text: str, *, cluster: str | None) -> Service:
        key = f"{self._clusters.require(cluster)}/{names.last_part(text)}"
        service = self._state.services.get(key)
        if service is None:
            raise ApiError("ServiceNotFoundException", message="Service not found.")
        if service.status != "ACTIVE":
            raise ApiError("ServiceNotActiveException", message="Service was not ACTIVE.")
        return service

    def _definition(self, text: str) -> Definition:
        definition = self._definitions.find(text) if text else None
        if definition is None:
            raise ApiError("ClientException", message="TaskDefinition not found.")
        if definition.status != "ACTIVE":
            raise ApiError("ClientException", message="TaskDefinition is inactive")
        return definition

    def _resolved(self, request: dict[str, Any], *, definition: Definition) -> list[dict[str, Any]]:
        """Return the load balancer entries with this stack's target group ARNs."""
        resolved = []
        ports = {
            (container["name"], mapping.get("containerPort"))
            for container in definition.raw["containerDefinitions"]
            for mapping in container.get("portMappings") or ()
        }
        for entry in request.get("loadBalancers") or ():
            arn = entry.get("targetGroupArn", "")
            group = self._state.target_groups.get(names.elb_name(arn))
            if group is None:
                raise _invalid(f"The target group {arn} does not exist.")
            kind = group.raw.get("TargetType", "instance")
            if definition.raw.get("networkMode") == "awsvpc" and kind != "ip":
                raise _invalid(
                    f"The provided target group {arn} has target type {kind}, which is incompatible"
                    " with the awsvpc network mode specified in the task definition."
                )
            if not self._state.is_forwarded_to(group):
                raise _invalid(
                    f"The target group with targetGroupArn {arn} does not have an associated load"
                    " balancer."
                )
            name, port = entry.get("containerName"), entry.get("containerPort")
            if name not in {item["name"] for item in definition.raw["containerDefinitions"]}:
                raise _invalid(f"The container {name} does not exist in the task definition.")
            if (name, port) not in ports:
                raise _invalid(
                    f"The container {name} did not have a container port {port} defined."
                )
            resolved.append({**entry, "targetGroupArn": group.arn})
        return resolved


def _check_percent(request: dict[str, Any]) -> None:
    configuration = request.get("deploymentConfiguration") or {}
    least, most = (
        configuration.get("minimumHealthyPercent", 100),
        configuration.get("maximumPercent", 200),
    )
    if most < 100 or least < 0:
        raise _invalid("maximumPercent must be at least 100 and minimumHealthyPercent at least 0")
    if most == 100 and least == 100:
        raise _invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block"
            " deployments."
        )


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidParameterException", message=message)
