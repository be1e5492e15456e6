"""The wire: a boto3 client's requests, and its reading of the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.parsers import create_parser

from harness.standins.contract import ControlSettings as Settings
from harness.standins.control.api.definitions import Clusters, Definitions
from harness.standins.control.api.elbv2 import Elbv2Api
from harness.standins.control.api.listeners import ListenerApi
from harness.standins.control.api.server import ECS_TARGET, Api
from harness.standins.control.api.services import ServiceApi
from harness.standins.control.api.tasks import TaskApi
from harness.standins.control.scheduler.services import Services
from harness.standins.control.state.names import Account
from harness.standins.control.state.state import State
from harness.standins.control.wire import protocol
from tests.unit.standins.control.conftest import FakeTasks

GROUP = "arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/tickets-web/6d0ecf831eec9f"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
WEB: dict[str, Any] = {
    "family": "tickets-web",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "512",
    "memory": "1024",
    "containerDefinitions": [
        {"name": "app", "image": "app", "portMappings": [{"containerPort": 8080}]}
    ],
}


class Client:
    """Speaks to the API as a boto3 client does, without a connection."""

    def __init__(self, state: State) -> None:
        account = Account(account_id="876000000876", region="us-east-1")
        definitions, clusters = (
            Definitions(state, account=account),
            Clusters(state, account=account),
        )
        tasks: Any = FakeTasks(state)
        settings: Any = Settings(
            **dict.fromkeys(
                [
                    "run",
                    "home",
                    "owner",
                    "account_id",
                    "region",
                    "cluster",
                    "aws_endpoint_url",
                    "task_networks",
                    "edge_container",
                    "pause_image",
                    "images",
                ],
                "",  # type: ignore[arg-type]
            )
        )
        targets: Any = None
        services = Services(state, settings=settings, tasks=tasks, targets=targets)
        task_api = TaskApi(state, clusters=clusters, definitions=definitions, tasks=tasks)
        service_api = ServiceApi(
            state, clusters=clusters, definitions=definitions, services=services
        )
        self.api = Api(
            ecs={
                **definitions.operations,
                **clusters.operations,
                **task_api.operations,
                **service_api.operations,
            },
            elbv2={
                **Elbv2Api(state, account=account).operations,
                **ListenerApi(state).operations,
            },
        )

    def ecs(self, name: str, /, **given: Any) -> dict[str, Any]:
        return self.raw(name, json.dumps(given).encode())[1]

    def raw(self, name: str, body: bytes) -> tuple[int, dict[str, Any]]:
        status, kind, answer = self.api.answer(target=ECS_TARGET + name, body=body)
        assert kind == "application/x-amz-json-1.1"
        return status, json.loads(answer)

    def elb(self, name: str, /, **flat: str) -> dict[str, Any]:
        body = urlencode({"Action": name, "Version": "2015-12-01", **flat}).encode()
        status, kind, answer = self.api.answer(target="", body=body)
        assert kind == "text/xml"
        model = protocol.operation("elbv2", name=name)
        shape: Any = model.output_shape if model else None
        response = {"status_code": status, "headers": {}, "body": answer}
        parsed = create_parser("query").parse(response, shape)
        parsed.pop("ResponseMetadata", None)
        return dict(parsed)


@pytest.fixture
def client(state: State) -> Client:
    return Client(state)


def test_sizes_are_converted_when_they_are_registered(client: Client) -> None:
    answer = client.ecs("RegisterTaskDefinition", **WEB | {"cpu": "1 vCPU", "memory": "2 GB"})
    description = client.ecs("DescribeTaskDefinition", taskDefinition="tickets-web")
    for definition in (answer["taskDefinition"], description["taskDefinition"]):
        assert (definition["cpu"], definition["memory"]) == ("1024", "2048")


@pytest.fixture
def ready(client: Client) -> Client:
    """A client with a cluster, a definition and a target group in use."""
    client.ecs("CreateCluster", clusterName="tickets")
    client.ecs("RegisterTaskDefinition", **WEB)
    client.elb("CreateLoadBalancer", **{"Name": "tickets", "Subnets.member.1": "subnet-1"})
    of_tasks = {"Protocol": "HTTP", "Port": "8080", "VpcId": "vpc-1", "TargetType": "ip"}
    client.elb("CreateTargetGroup", Name="tickets-web", **of_tasks)
    listen(client, "443", protocol="HTTPS", group=GROUP)
    return client


def listen(client: Client, port: str, *, protocol: str, group: str) -> str:
    """Create a listener that forwards to a group; return its ARN."""
    balancer = client.elb("DescribeLoadBalancers")["LoadBalancers"][0]["LoadBalancerArn"]
    answer = client.elb(
        "CreateListener",
        **{
            "LoadBalancerArn": balancer,
            "Protocol": protocol,
            "Port": port,
            "DefaultActions.member.1.Type": "forward",
            "DefaultActions.member.1.TargetGroupArn": group,
        },
    )
    return str(answer["Listeners"][0]["ListenerArn"])


def service(**changes: Any) -> dict[str, Any]:
    balancer = {"targetGroupArn": GROUP, "containerName": "app", "containerPort": 8080}
    return {
        "cluster": "tickets",
        "serviceName": "tickets-web",
        "taskDefinition": "tickets-web",
        "desiredCount": 2,
        "networkConfiguration": NETWORK,
        "loadBalancers": [balancer],
        **changes,
    }


def test_revisions_are_numbered_and_found_by_family_number_and_arn(client: Client) -> None:
    first = client.ecs("RegisterTaskDefinition", **WEB)["taskDefinition"]
    second = client.ecs("RegisterTaskDefinition", **WEB)["taskDefinition"]
    assert (first["revision"], second["revision"]) == (1, 2)
    assert first["containerDefinitions"][0]["essential"] is True

    def revision(text: str) -> int:
        answer = client.ecs("DescribeTaskDefinition", taskDefinition=text)
        return int(answer["taskDefinition"]["revision"])

    assert [revision(t) for t in ("tickets-web", "tickets-web:1", second["taskDefinitionArn"])] == [
        2,
        1,
        2,
    ]
    client.ecs("DeregisterTaskDefinition", taskDefinition="tickets-web:2")
    assert revision("tickets-web") == 1
    assert client.ecs("ListTaskDefinitions", familyPrefix="tickets-web") == {
        "taskDefinitionArns": [first["taskDefinitionArn"]]
    }


def test_a_number_as_environment_value_is_a_serialization_error(client: Client) -> None:
    container = {**WEB["containerDefinitions"][0], "environment": [{"name": "P", "value": 1}]}
    answer = client.raw(
        "RegisterTaskDefinition", json.dumps({**WEB, "containerDefinitions": [container]}).encode()
    )
    assert answer == (
        400,
        {
            "__type": "SerializationException",
            "message": "NUMBER_VALUE can not be converted to a String",
        },
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"memory": "512"},
            "No Fargate configuration exists for given values: 512 CPU, 512 memory. See the Amazon"
            " ECS documentation for the valid values.",
        ),
        ({"cpu": ""}, "Fargate requires that 'cpu' be defined at the task level."),
        ({"networkMode": "bridge"}, "Fargate only supports network mode 'awsvpc'."),
        ({"containerDefinitions": []}, "Container list cannot be empty."),
        (
            {"containerDefinitions": [{"name": "a", "image": "x", "essential": False}]},
            "At least one container must be essential.",
        ),
        (
            {"containerDefinitions": [{"name": "a", "image": "x"}] * 2},
            "Duplicate container name 'a'.",
        ),
        (
            {
                "containerDefinitions": [
                    {"name": "a", "image": "x", "healthCheck": {"command": ["curl"]}}
                ]
            },
            "Health check command should begin with one of the following: [CMD, CMD-SHELL]",
        ),
        (
            {
                "containerDefinitions": [
                    {"name": "a", "image": "x", "secrets": [{"name": "A", "valueFrom": "arn"}]}
                ]
            },
            "When you are specifying container secrets, you must also specify a value for"
            " 'executionRoleArn'.",
        ),
    ],
)
def test_what_ecs_refuses_to_register(client: Client, change: dict[str, Any], message: str) -> None:
    answer = client.ecs("RegisterTaskDefinition", **{**WEB, **change})
    assert answer == {"__type": "ClientException", "message": message}


def test_unknown_and_missing_operations_have_their_own_errors(client: Client) -> None:
    status, answer = client.raw("NoSuchThing", b"{}")
    assert (status, answer["__type"]) == (400, "UnknownOperationException")
    assert client.ecs("CreateTaskSet", service="s", cluster="c", taskDefinition="t") == {
        "__type": "UnsupportedFeatureException",
        "message": "CreateTaskSet is not part of the local stand-in for this service.",
    }
    assert client.elb("NoSuchThing")["Error"] == {
        "Type": "Sender",
        "Code": "InvalidAction",
        "Message": "Could not find operation NoSuchThing for version 2015-12-01",
    }


def test_a_missing_parameter_and_broken_json_are_refused(client: Client) -> None:
    answer = client.ecs("DescribeTasks", cluster="tickets")
    assert answer["__type"] == "InvalidParameterException"
    assert 'Missing required parameter in input: "tasks"' in answer["message"]
    assert client.raw("DescribeTasks", b"{")[1]["__type"] == "SerializationException"


def test_fields_that_a_newer_client_sends_are_ignored(client: Client) -> None:
    assert "cluster" in client.ecs("CreateCluster", clusterName="a", newField={"x": 1})


def test_tags_of_a_cluster_are_shown_on_request(ready: Client) -> None:
    arn = "arn:aws:ecs:us-east-1:876000000876:cluster/tickets"
    for value in ("staging", "rehearse"):
        tag = {"key": "cutover-harness", "value": value}
        ready.ecs("TagResource", resourceArn=arn, tags=[tag])
    (cluster,) = ready.ecs("DescribeClusters", clusters=["tickets"], include=["TAGS"])["clusters"]
    assert cluster["tags"] == [{"key": "cutover-harness", "value": "rehearse"}]
    (plain,) = ready.ecs("DescribeClusters", clusters=["tickets"])["clusters"]
    assert "tags" not in plain


def test_a_service_is_created_with_the_local_target_group(ready: Client) -> None:
    web = ready.ecs("CreateService", **service())["service"]
    local = ready.elb("DescribeTargetGroups")["TargetGroups"][0]["TargetGroupArn"]
    assert local != GROUP
    assert web["loadBalancers"][0]["targetGroupArn"] == local
    assert web["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    assert web["deployments"][0]["status"] == "PRIMARY"
    again = ready.ecs("CreateService", **service())["service"]
    assert again["createdAt"] == web["createdAt"], "the same again is no error"


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"cluster": "none"}, "ClusterNotFoundException", "Cluster not found."),
        ({"taskDefinition": "none"}, "ClientException", "TaskDefinition not found."),
        (
            {"networkConfiguration": None},
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        (
            {"loadBalancers": [{"targetGroupArn": "arn:a:b:c:d:targetgroup/no/1"}]},
            "InvalidParameterException",
            "The target group arn:a:b:c:d:targetgroup/no/1 does not exist.",
        ),
        (
            {
                "loadBalancers": [
                    {"targetGroupArn": GROUP, "containerName": "x", "containerPort": 8080}
                ]
            },
            "InvalidParameterException",
            "The container x does not exist in the task definition.",
        ),
        (
            {
                "loadBalancers": [
                    {"targetGroupArn": GROUP, "containerName": "app", "containerPort": 1}
                ]
            },
            "InvalidParameterException",
            "The container app did not have a container port 1 defined.",
        ),
        (
            {"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}},
            "InvalidParameterException",
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block"
            " deployments.",
        ),
    ],
)
def test_what_ecs_refuses_to_create(
    ready: Client, change: dict[str, Any], code: str, message: str
) -> None:
    answer = ready.ecs("CreateService", **service(**change))
    assert answer == {"__type": code, "message": message}


def test_a_group_of_instances_cannot_serve_tasks(ready: Client) -> None:
    group = ready.elb("CreateTargetGroup", Name="hosts", Protocol="HTTP", Port="80", VpcId="v")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    entry = {"targetGroupArn": arn, "containerName": "app", "containerPort": 8080}
    answer = ready.ecs("CreateService", **service(loadBalancers=[entry]))
    assert answer["message"] == (
        f"The provided target group {arn} has target type instance, which is incompatible with the"
        " awsvpc network mode specified in the task definition."
    )


def test_a_group_that_no_listener_uses_cannot_serve_a_service(ready: Client) -> None:
    of_tasks = {"Protocol": "HTTP", "Port": "80", "VpcId": "v", "TargetType": "ip"}
    other = ready.elb("CreateTargetGroup", Name="other", **of_tasks)["TargetGroups"][0]
    entry = {
        "targetGroupArn": other["TargetGroupArn"],
        "containerName": "app",
        "containerPort": 8080,
    }
    answer = ready.ecs("CreateService", **service(loadBalancers=[entry]))
    assert answer["message"] == (
        f"The target group with targetGroupArn {other['TargetGroupArn']} does not have an"
        " associated load balancer."
    )
    (listener,) = ready.elb("DescribeListeners")["Listeners"]
    add_rule(ready, listener["ListenerArn"], priority="1", group=other["TargetGroupArn"])
    assert "service" in ready.ecs("CreateService", **service(loadBalancers=[entry]))


def add_rule(client: Client, listener: str, *, priority: str, group: str) -> dict[str, Any]:
    return client.elb(
        "CreateRule",
        **{
            "ListenerArn": listener,
            "Priority": priority,
            "Conditions.member.1.Field": "host-header",
            "Conditions.member.1.Values.member.1": "tickets.876events.example",
            "Actions.member.1.Type": "forward",
            "Actions.member.1.TargetGroupArn": group,
        },
    )


def test_rules_are_listed_with_the_default_one_at_the_end(ready: Client) -> None:
    listener = ready.elb("DescribeListeners")["Listeners"][0]["ListenerArn"]
    custom_rule = add_rule(ready, listener, priority="7", group=GROUP)["Rules"][0]
    rules = ready.elb("DescribeRules", ListenerArn=listener)["Rules"]
    assert [(rule["Priority"], rule["IsDefault"]) for rule in rules] == [
        ("7", False),
        ("default", True),
    ]
    assert rules[0] == custom_rule
    assert rules[1]["Actions"][0]["TargetGroupArn"] == custom_rule["Actions"][0]["TargetGroupArn"]
    named = {"RuleArns.member.1": rules[1]["RuleArn"]}
    assert ready.elb("DescribeRules", **named)["Rules"] == [rules[1]]


def test_two_rules_of_one_priority_are_refused(ready: Client) -> None:
    listener = ready.elb("DescribeListeners")["Listeners"][0]["ListenerArn"]
    add_rule(ready, listener, priority="7", group=GROUP)
    refused = {"Action": "CreateRule", "ListenerArn": listener, "Priority": "7"}
    body = urlencode(
        {**refused, "Conditions.member.1.Field": "x", "Actions.member.1.Type": "forward"}
    )
    status, _, answer = ready.api.answer(target="", body=body.encode())
    assert status == 400
    assert b"PriorityInUse" in answer
    assert b"Priority '7' is currently in use" in answer


def test_update_changes_what_it_names_and_deploys_only_when_it_must(ready: Client) -> None:
    ready.ecs("CreateService", **service())

    def update(**given: Any) -> dict[str, Any]:
        answer = ready.ecs("UpdateService", cluster="tickets", service="tickets-web", **given)
        return dict(answer["service"])

    assert len(update(desiredCount=3)["deployments"]) == 1
    assert update(taskDefinition="tickets-web:1")["desiredCount"] == 3
    assert len(update(forceNewDeployment=True)["deployments"]) == 2
    ready.ecs("RegisterTaskDefinition", **WEB)
    web = update(taskDefinition="tickets-web")
    assert len(web["deployments"]) == 3
    assert web["taskDefinition"].endswith("tickets-web:2")


def test_a_service_above_zero_is_not_deleted_without_force(ready: Client) -> None:
    ready.ecs("CreateService", **service())
    request = {"cluster": "tickets", "service": "tickets-web"}
    answer = ready.ecs("DeleteService", **request)
    assert answer["message"] == "The service cannot be stopped while it is scaled above 0."
    assert ready.ecs("DeleteService", **request, force=True)["service"]["status"] == "DRAINING"
    answer = ready.ecs("UpdateService", **request)
    assert answer == {"__type": "ServiceNotActiveException", "message": "Service was not ACTIVE."}


def test_run_task_shows_the_new_task_and_lists_find_it(ready: Client) -> None:
    override = {"containerOverrides": [{"name": "app", "command": ["x"]}]}
    task = ready.ecs(
        "RunTask",
        cluster="tickets",
        taskDefinition="tickets-web",
        networkConfiguration=NETWORK,
        overrides=override,
        startedBy="schedule",
    )["tasks"][0]
    assert task["lastStatus"] == "PROVISIONING"
    assert task["overrides"]["containerOverrides"] == override["containerOverrides"]

    def listed(**given: Any) -> list[str]:
        return list(ready.ecs("ListTasks", cluster="tickets", **given)["taskArns"])

    assert listed() == [task["taskArn"]]
    assert listed(family="tickets-web", startedBy="schedule") == [task["taskArn"]]
    assert listed(family="other") == listed(desiredStatus="STOPPED") == []
    ready.ecs("StopTask", cluster="tickets", task=task["taskArn"], reason="enough")
    assert listed(desiredStatus="STOPPED") == [task["taskArn"]]
    answer = ready.ecs(
        "RunTask",
        cluster="tickets",
        taskDefinition="tickets-web",
        networkConfiguration=NETWORK,
        overrides={"containerOverrides": [{"name": "x"}]},
    )
    assert answer["message"] == (
        "Override for container named x is not a container in the TaskDefinition."
    )


def test_unknown_tasks_are_failures(ready: Client) -> None:
    answer = ready.ecs("DescribeTasks", cluster="tickets", tasks=["none"])
    arn = "arn:aws:ecs:us-east-1:876000000876:task/tickets/none"
    assert answer == {"tasks": [], "failures": [{"arn": arn, "reason": "MISSING"}]}
    assert ready.ecs("DescribeTasks", cluster="tickets", tasks=[])["message"] == (
        "Tasks cannot be empty."
    )


def test_target_groups_balancers_and_their_attributes(ready: Client) -> None:
    group = ready.elb("DescribeTargetGroups", **{"Names.member.1": "tickets-web"})["TargetGroups"][
        0
    ]
    assert (group["Port"], group["HealthCheckEnabled"]) == (8080, True)
    changed = ready.elb(
        "ModifyTargetGroupAttributes",
        **{
            "TargetGroupArn": GROUP,
            "Attributes.member.1.Key": "deregistration_delay.timeout_seconds",
            "Attributes.member.1.Value": "5",
        },
    )
    entry = {"Key": "deregistration_delay.timeout_seconds", "Value": "5"}
    assert entry in changed["Attributes"]
    assert entry in ready.elb("DescribeTargetGroupAttributes", TargetGroupArn=GROUP)["Attributes"]
    balancer = ready.elb("DescribeLoadBalancers")["LoadBalancers"][0]
    assert balancer["State"] == {"Code": "active"}
    answer = ready.elb(
        "DescribeLoadBalancerAttributes", LoadBalancerArn=balancer["LoadBalancerArn"]
    )
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "60"} in answer["Attributes"]


@pytest.mark.parametrize(
    ("action", "given", "code", "message"),
    [
        (
            "ModifyTargetGroupAttributes",
            {
                "TargetGroupArn": GROUP,
                "Attributes.member.1.Key": "deregistration_delay.timeout_seconds",
                "Attributes.member.1.Value": "4000",
            },
            "ValidationError",
            "'deregistration_delay.timeout_seconds' must be between 0 and 3600, not '4000'",
        ),
        (
            "CreateTargetGroup",
            {"Name": "x", "HealthCheckIntervalSeconds": "301"},
            "ValidationError",
            "HealthCheckIntervalSeconds must be between 5 and 300, not 301",
        ),
        (
            "CreateTargetGroup",
            {"Name": "x", "Matcher.HttpCode": "500"},
            "ValidationError",
            "Health check matcher HTTP code '500' must be within '200-499'",
        ),
        (
            "CreateTargetGroup",
            {"Name": "tickets-web", "Port": "81"},
            "DuplicateTargetGroupName",
            "A target group with the same name 'tickets-web' exists, but with different settings",
        ),
        (
            "DescribeTargetHealth",
            {"TargetGroupArn": "none"},
            "TargetGroupNotFound",
            "One or more target groups not found",
        ),
        (
            "CreateTargetGroup",
            {"Name": "x", "Port": "many"},
            "ValidationError",
            "'Port' must be a number, not 'many'",
        ),
    ],
)
def test_what_elb_refuses(
    ready: Client, action: str, given: dict[str, str], code: str, message: str
) -> None:
    assert ready.elb(action, **given)["Error"] == {
        "Type": "Sender",
        "Code": code,
        "Message": message,
    }


def test_a_target_that_is_not_registered_is_unused(ready: Client) -> None:
    answer = ready.elb(
        "DescribeTargetHealth",
        **{"TargetGroupArn": GROUP, "Targets.member.1.Id": "10.0.0.9"},
    )
    assert answer["TargetHealthDescriptions"][0]["TargetHealth"] == {
        "State": "unused",
        "Reason": "Target.NotRegistered",
        "Description": "Target is not registered to the target group",
    }


def test_records_survive_in_the_file(ready: Client, state: State, tmp_path: Path) -> None:
    ready.ecs("CreateService", **service())
    ready.ecs(
        "RunTask",
        cluster="tickets",
        taskDefinition="tickets-web",
        networkConfiguration=NETWORK,
    )
    state.path = tmp_path / "state.json"
    state.save()
    again = State(now=state.now, path=state.path)
    tasks = again.load()
    assert again.services == state.services
    assert again.definitions == state.definitions
    assert again.target_groups == state.target_groups
    assert again.load_balancers == state.load_balancers
    assert tasks == state.tasks


def test_a_task_started_for_exec_shows_its_agent(ready: Client) -> None:
    request = {
        "cluster": "tickets",
        "taskDefinition": "tickets-web",
        "networkConfiguration": NETWORK,
    }
    plain = ready.ecs("RunTask", **request)["tasks"][0]
    exec_able = ready.ecs("RunTask", **request, enableExecuteCommand=True)["tasks"][0]

    assert "managedAgents" not in plain["containers"][0]
    assert exec_able["containers"][0]["managedAgents"] == [
        {"name": "ExecuteCommandAgent", "lastStatus": "PENDING"}
    ]
