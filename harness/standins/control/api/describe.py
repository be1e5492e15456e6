"""Records as the API shows them: tasks and services."""

from __future__ import annotations

from typing import Any

from harness.standins.control.agent.metadata import container_arn
from harness.standins.control.state import model
from harness.standins.control.state.model import RUNNING, Service, Task
from harness.standins.control.state.state import State

_PENDING = ("PROVISIONING", "PENDING", "ACTIVATING")


def task(task: Task, *, state: State) -> dict[str, Any]:
    """Return a task as DescribeTasks shows it."""
    definition = state.definition(task.definition_arn)
    stopped = task.desired == model.STOPPED
    return {
        "taskArn": task.arn,
        "clusterArn": f"{task.arn.split(':task/')[0]}:cluster/{task.cluster}",
        "taskDefinitionArn": task.definition_arn,
        "availabilityZone": "us-east-1a",
        "attachments": _attachments(task),
        "connectivity": "CONNECTED" if task.started_at else None,
        "connectivityAt": task.started_at,
        "containers": [_container(task, item=item) for item in task.containers],
        "cpu": definition.raw.get("cpu"),
        "memory": definition.raw.get("memory"),
        "createdAt": task.created_at,
        "desiredStatus": task.desired,
        "enableExecuteCommand": task.execute_command,
        "executionStoppedAt": task.stopped_at,
        "group": task.group,
        "healthStatus": task.health,
        "lastStatus": task.status,
        "launchType": "FARGATE",
        "overrides": {"containerOverrides": [], "inferenceAcceleratorOverrides": []}
        | task.overrides,
        "platformFamily": "Linux",
        "platformVersion": "1.4.0",
        "pullStartedAt": task.pull_at,
        "pullStoppedAt": task.pull_at,
        "startedAt": task.started_at,
        "startedBy": task.started_by or None,
        "stopCode": (task.stop_code or None) if stopped else None,
        "stoppedAt": task.stopped_at,
        "stoppedReason": (task.stopped_reason or None) if stopped else None,
        "stoppingAt": task.stopping_at,
        "tags": [],
        "version": 1,
    }


def _attachments(task: Task) -> list[dict[str, Any]]:
    if not task.ip:
        return []
    return [
        {
            "id": task.id,
            "type": "ElasticNetworkInterface",
            "status": "DELETED" if task.status == model.STOPPED else "ATTACHED",
            "details": [{"name": "privateIPv4Address", "value": task.ip}],
        }
    ]


def _container(task: Task, *, item: model.Container) -> dict[str, Any]:
    interfaces = [{"attachmentId": task.id, "privateIpv4Address": task.ip}] if task.ip else []
    return {
        "containerArn": container_arn(task, item=item),
        "taskArn": task.arn,
        "name": item.name,
        "image": item.image,
        "imageDigest": item.image_id or None,
        "runtimeId": item.runtime_id,
        "lastStatus": item.status,
        "exitCode": item.exit_code,
        "reason": item.reason or None,
        "healthStatus": item.health,
        "networkBindings": [],
        "networkInterfaces": interfaces,
        "managedAgents": _agents(task, item=item),
    }


def _agents(task: Task, *, item: model.Container) -> list[dict[str, Any]] | None:
    """Return the agent of ECS Exec, which is there only if the task was started with it."""
    if not task.execute_command:
        return None
    status = model.STOPPED if task.exec_refused else item.status
    agent = {"name": "ExecuteCommandAgent", "lastStatus": status}
    return [{**agent, "lastStartedAt": task.started_at} if task.started_at else agent]


def service(service: Service, *, state: State) -> dict[str, Any]:
    """Return a service as DescribeServices shows it."""
    tasks = state.tasks_of(service.key)
    raw = service.raw
    cluster_arn = service.arn.split(":service/")[0] + f":cluster/{service.cluster}"
    return {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": cluster_arn,
        "status": service.status,
        "desiredCount": service.desired,
        "runningCount": sum(item.status == RUNNING for item in tasks),
        "pendingCount": sum(item.status in _PENDING for item in tasks),
        "launchType": raw.get("launchType", "FARGATE"),
        "platformVersion": raw.get("platformVersion", "LATEST"),
        "platformFamily": "Linux",
        "taskDefinition": service.primary.definition_arn,
        "deploymentConfiguration": {
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
        }
        | (raw.get("deploymentConfiguration") or {}),
        "deployments": [
            _deployment(item, service=service, tasks=tasks) for item in service.deployments
        ],
        "events": [
            {"id": item.id, "createdAt": item.at, "message": item.message}
            for item in service.events
        ],
        "loadBalancers": raw.get("loadBalancers") or [],
        "serviceRegistries": raw.get("serviceRegistries") or [],
        "networkConfiguration": raw.get("networkConfiguration"),
        "healthCheckGracePeriodSeconds": raw.get("healthCheckGracePeriodSeconds"),
        "schedulingStrategy": "REPLICA",
        "deploymentController": raw.get("deploymentController") or {"type": "ECS"},
        "createdAt": service.created_at,
        "enableECSManagedTags": bool(raw.get("enableECSManagedTags")),
        "propagateTags": raw.get("propagateTags", "NONE"),
        "enableExecuteCommand": bool(raw.get("enableExecuteCommand")),
        "roleArn": None,
        "placementConstraints": [],
        "placementStrategy": [],
    }


def _deployment(item: model.Deployment, *, service: Service, tasks: list[Task]) -> dict[str, Any]:
    own = [task for task in tasks if task.deployment == item.id]
    primary = item is service.primary
    return {
        "id": item.id,
        "status": "PRIMARY" if primary else "ACTIVE",
        "taskDefinition": item.definition_arn,
        "desiredCount": service.desired if primary else 0,
        "pendingCount": sum(task.status in _PENDING for task in own),
        "runningCount": sum(task.status == RUNNING for task in own),
        "failedTasks": item.failed_tasks,
        "createdAt": item.created_at,
        "updatedAt": item.updated_at,
        "launchType": service.raw.get("launchType", "FARGATE"),
        "platformVersion": "1.4.0",
        "platformFamily": "Linux",
        "networkConfiguration": service.raw.get("networkConfiguration"),
        "rolloutState": item.state,
        "rolloutStateReason": item.reason,
    }
