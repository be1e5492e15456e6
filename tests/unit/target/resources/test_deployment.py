"""A deployment is begun, watched and taken back through the ECS API alone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from harness.target.resources.deployment import Deployment
from harness.target.resources.ecs import EcsService
from tests.unit.pages import Paged

OLD = "arn:aws:ecs:us-east-1:876000000876:task-definition/tickets-web:1"
NEW = "arn:aws:ecs:us-east-1:876000000876:task-definition/tickets-web:2"


class Ecs(Paged):
    """One service, as the API shows it."""

    def __init__(self) -> None:
        self.service: dict[str, Any] = {
            "taskDefinition": OLD,
            "desiredCount": 1,
            "runningCount": 1,
            "deployments": [{"id": "ecs-svc/1", "rolloutState": "COMPLETED"}],
            "events": [{"id": "a", "message": "has reached a steady state."}],
        }
        self.tasks: dict[str, list[dict[str, Any]]] = {"RUNNING": [], "STOPPED": []}
        self.registered: dict[str, Any] = {}
        self.deregistered: list[str] = []

    def describe_services(self, **_: Any) -> dict[str, Any]:
        return {"services": [deepcopy(self.service)]}

    def describe_task_definition(self, *, taskDefinition: str) -> dict[str, Any]:  # noqa: N803
        definition = {
            "family": "tickets-web",
            "cpu": "512",
            "containerDefinitions": [{"name": "app"}],
        }
        return {
            "taskDefinition": {**definition, "taskDefinitionArn": taskDefinition, "revision": 1}
        }

    def register_task_definition(self, **wanted: Any) -> dict[str, Any]:
        self.registered = wanted
        return {"taskDefinition": {"taskDefinitionArn": NEW}}

    def deregister_task_definition(self, *, taskDefinition: str) -> None:  # noqa: N803
        self.deregistered.append(taskDefinition)

    def update_service(self, **wanted: Any) -> dict[str, Any]:
        self.service["taskDefinition"] = wanted.get("taskDefinition", OLD)
        deployment = {"id": f"ecs-svc/{len(self.service['deployments']) + 1}"}
        self.service["deployments"].insert(0, {**deployment, "rolloutState": "IN_PROGRESS"})
        return {"service": deepcopy(self.service)}

    def list_tasks(self, *, desiredStatus: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"taskArns": [task["taskArn"] for task in self.tasks[desiredStatus]]}

    def describe_tasks(self, *, tasks: list[str], **_: Any) -> dict[str, Any]:
        every = [*self.tasks["RUNNING"], *self.tasks["STOPPED"]]
        return {"tasks": [task for task in every if task["taskArn"] in tasks]}


def rollout(ecs: Ecs) -> Deployment:
    return Deployment(EcsService(ecs, cluster="tickets", name="tickets-web"))


def test_a_revision_has_the_change_and_nothing_that_registering_refuses() -> None:
    ecs = Ecs()
    revision = rollout(ecs).revise(lambda definition: definition.update(cpu="1024"))
    assert revision == NEW
    assert ecs.registered == {
        "family": "tickets-web",
        "cpu": "1024",
        "containerDefinitions": [{"name": "app"}],
    }


def test_progress_is_that_of_the_deployment_and_of_no_other() -> None:
    ecs = Ecs()
    watched = rollout(ecs)
    watched.begin(watched.revise(lambda _: None))
    refused = {"stopCode": "TaskFailedToStart", "stoppedReason": "ResourceInitializationError: x"}
    ecs.tasks["STOPPED"] = [
        {"taskArn": "t/1", "startedBy": "ecs-svc/2", **refused},
        {"taskArn": "t/2", "startedBy": "ecs-svc/1", **refused, "stoppedReason": "older"},
    ]
    ecs.tasks["RUNNING"] = [{"taskArn": "t/3", "startedBy": "ecs-svc/1", "startedAt": 1}]
    ecs.service["events"].insert(0, {"id": "b", "message": "was unable to place a task."})
    progress = watched.progress()
    assert (progress.started, progress.replaced) == (0, False)
    assert progress.refusals == ("ResourceInitializationError: x",)
    assert progress.events == ("was unable to place a task.",)
    assert not progress.stuck
    ecs.service["deployments"][0]["rolloutState"] = "FAILED"
    assert watched.progress().stuck
    ecs.service["deployments"] = [{"id": "ecs-svc/1", "rolloutState": "COMPLETED"}]
    assert watched.progress().replaced
    assert watched.service.is_stable()


def test_a_service_that_is_left_on_a_revision_goes_back() -> None:
    ecs = Ecs()
    watched = rollout(ecs)
    watched.begin(watched.revise(lambda _: None))
    assert ecs.service["taskDefinition"] == NEW
    watched.restore()
    assert ecs.service["taskDefinition"] == OLD
    assert ecs.deregistered == [NEW]
    assert not watched.service.is_stable()


def test_a_service_that_was_rolled_back_is_left_alone() -> None:
    ecs = Ecs()
    watched = rollout(ecs)
    watched.begin(watched.revise(lambda _: None))
    ecs.service["taskDefinition"] = OLD
    deployments = len(ecs.service["deployments"])
    watched.restore()
    assert len(ecs.service["deployments"]) == deployments
    assert ecs.deregistered == [NEW]
