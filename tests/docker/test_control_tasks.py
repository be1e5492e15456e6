"""Tasks: the parts of a Fargate task, and ECS's words when it cannot start."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from harness.stack import certificates
from harness.standins.contract import Overlay
from tests.docker.control_stack import (
    ACCOUNT,
    CHECK,
    CLUSTER,
    IDLE_IMAGE,
    IMAGE,
    REGION,
    ROLE,
    ControlStack,
    definition,
    fetch,
    service,
    started,
    text,
)

if TYPE_CHECKING:
    import docker

DB = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:tickets/db-Ab3dE5"
PLAIN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:tickets/plain-Ab3dE5"
GONE = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:tickets/gone-Ab3dE5"
PASSWORD = "p4ss-word-of-the-test"
REFUSED = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource"
    " retrieval failed: unable to retrieve secret from asm: "
)
RETRIED = REFUSED + "service call has been retried 1 time(s): "
CA_PEM = certificates.create({}).ca_pem
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


@pytest.fixture(scope="module")
def stack(
    client: docker.DockerClient,
    image: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ControlStack]:
    overlay = Overlay(
        environment={
            "AWS_ENDPOINT_URL": "http://emulator:4566",
            "TRUSTED_PROXIES": "{app_network_cidr}",
        },
        files={BUNDLE: CA_PEM},
    )
    with started(
        client, image, tmp_path_factory.mktemp("home"), overlay=overlay, with_emulator=True
    ) as control_stack:
        secrets = control_stack.aws("secretsmanager")
        value = json.dumps({"username": "app", "password": PASSWORD, "port": 3306})
        secrets.create_secret(Name="tickets/db", SecretString=value)
        secrets.create_secret(Name="tickets/plain", SecretString="no JSON at all")
        secrets.create_secret(Name="tickets/gone", SecretString="{}")
        secrets.delete_secret(SecretId="tickets/gone")
        yield control_stack


def register(stack: ControlStack, *, task: dict[str, Any] | None = None, **container: Any) -> None:
    stack.ecs.register_task_definition(**{**definition(**container), **(task or {})})


def running(stack: ControlStack, **given: Any) -> str:
    arn = stack.run_task(**given)
    stack.until(lambda: stack.task(arn)["lastStatus"] in ("RUNNING", "STOPPED"))
    assert stack.task(arn)["lastStatus"] == "RUNNING", stack.task(arn).get("stoppedReason")
    return arn


def environment(stack: ControlStack, arn: str) -> dict[str, str]:
    lines = stack.in_task(arn, "cat", "/proc/1/environ").split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_a_task_gets_its_variables_secrets_and_overlay(stack: ControlStack) -> None:
    register(
        stack,
        environment=[
            {"name": "APP_ENV", "value": "production"},
            {"name": "TRUSTED_PROXIES", "value": "10.0.0.0/8"},
        ],
        secrets=[
            {"name": "DB_PASSWORD", "valueFrom": f"{DB}:password::"},
            {"name": "DB_PORT", "valueFrom": f"{DB}:port::"},
            {"name": "WHOLE", "valueFrom": DB},
            {"name": "STAGED", "valueFrom": f"{DB}:username:AWSCURRENT:"},
            {"name": "PLAIN", "valueFrom": PLAIN},
        ],
    )
    overrides = {
        "containerOverrides": [{"name": "app", "environment": [{"name": "EXTRA", "value": "1"}]}]
    }
    arn = running(stack, overrides=overrides)
    variables = environment(stack, arn)
    assert variables["APP_ENV"] == "production"
    assert variables["DB_PASSWORD"] == PASSWORD
    assert variables["DB_PORT"] == "3306"
    assert json.loads(variables["WHOLE"])["username"] == "app"
    assert variables["STAGED"] == "app"
    assert variables["PLAIN"] == "no JSON at all"
    assert variables["EXTRA"] == "1"
    assert variables["TRUSTED_PROXIES"].startswith("10.42.")
    assert variables["AWS_ENDPOINT_URL"] == "http://emulator:4566"
    assert "AWS_ACCESS_KEY_ID" not in variables
    assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in variables, "it has no task role"
    assert stack.in_task(arn, "cat", BUNDLE) == CA_PEM


def test_a_secret_shows_nowhere_but_in_its_task(stack: ControlStack) -> None:
    register(stack, secrets=[{"name": "DB_PASSWORD", "valueFrom": f"{DB}:password::"}])
    arn = running(stack)
    _, state = stack.control.exec_run(["cat", "/var/lib/harness/state.json"])
    pause = json.dumps(stack.container(arn, role="pause").attrs)
    labels = json.dumps(stack.container(arn).labels)
    description = json.dumps(stack.task(arn), default=str)
    for content in (text(state), pause, labels, description, text(stack.control.logs())):
        assert PASSWORD not in content
    assert arn.rpartition("/")[2] in text(state)


@pytest.mark.parametrize(
    ("value_from", "reason"),
    [
        (
            f"{DB}:passwort::",
            RETRIED + "retrieved secret from Secrets Manager did not contain json key passwort",
        ),
        (
            f"{PLAIN}:password::",
            RETRIED + "invalid character in secret value: it is not JSON",
        ),
        (
            DB.replace("tickets/db", "tickets/none"),
            RETRIED
            + f"failed to fetch secret {DB.replace('tickets/db', 'tickets/none')} from secrets"
            " manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
        ),
        (
            GONE,
            RETRIED + f"failed to fetch secret {GONE} from secrets manager:"
            " InvalidRequestException: You can't perform this operation on the secret because it"
            " was marked for deletion.",
        ),
        (
            f"{DB}:password:::",
            REFUSED + "an invalid ARN format for the AWS Secrets Manager secret was specified."
            " Specify a valid ARN and try again.",
        ),
        (
            f"{DB}:password::short",
            RETRIED + "InvalidParameter: 1 validation error(s) found. - minimum field size of 32,"
            " GetSecretValueInput.VersionId.",
        ),
    ],
    ids=["key", "not JSON", "secret", "pending deletion", "colons", "version id"],
)
def test_a_secret_that_cannot_be_had_stops_the_task_in_ecs_words(
    stack: ControlStack, value_from: str, reason: str
) -> None:
    register(stack, secrets=[{"name": "DB_PASSWORD", "valueFrom": value_from}])
    task = stack.until_stopped(stack.run_task())
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"] == reason
    assert "startedAt" not in task


def test_a_service_whose_secret_lacks_a_key_says_so_in_its_events(stack: ControlStack) -> None:
    register(stack, secrets=[{"name": "DB_PASSWORD", "valueFrom": f"{DB}:passwort::"}])
    stack.ecs.create_service(**service(loadBalancers=[]))
    stack.until(lambda: stack.described()["deployments"][0]["rolloutState"] == "FAILED")
    assert stack.described()["deployments"][0]["rolloutStateReason"] == (
        "ECS deployment circuit breaker: tasks failed to start."
    )
    assert (
        "(service tickets-web) was unable to place a task. Reason: " + RETRIED + "retrieved secret"
        " from Secrets Manager did not contain json key passwort." in stack.messages()
    )
    stack.ecs.delete_service(cluster=CLUSTER, service="tickets-web", force=True)


def test_an_image_that_nobody_pushed_is_said_in_ecs_words(stack: ControlStack) -> None:
    missing = IMAGE.replace(":1", ":2")
    register(stack, image=missing)
    task = stack.until_stopped(stack.run_task())
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"] == (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to"
        f" resolve ref {missing}: {missing}: not found"
    )


def test_a_command_that_is_not_there_stops_the_task(stack: ControlStack) -> None:
    register(stack, command=["no-such-command"])
    task = stack.until_stopped(stack.run_task())
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotStartContainerError: Error response from daemon")


def test_a_command_that_ends_shows_its_exit_code(stack: ControlStack) -> None:
    register(stack)
    overrides = {"containerOverrides": [{"name": "app", "command": ["sh", "-c", "exit 7"]}]}
    task = stack.until_stopped(stack.run_task(overrides=overrides, startedBy="the test"))
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["containers"][0]["exitCode"] == 7
    assert task["group"] == "family:tickets-web"
    assert task["startedBy"] == "the test"
    assert task["overrides"]["containerOverrides"] == overrides["containerOverrides"]


def test_an_essential_container_takes_the_others_with_it(stack: ControlStack) -> None:
    task_definition = definition("pair", name="main", command=["sleep", "60"])
    helper = {"name": "short", "image": IMAGE, "essential": False, "command": ["true"]}
    task_definition["containerDefinitions"].append(helper)
    stack.ecs.register_task_definition(**task_definition)
    arn = running(stack, taskDefinition="pair")
    stack.until(
        lambda: (
            {item["name"]: item["lastStatus"] for item in stack.task(arn)["containers"]}
            == {"main": "RUNNING", "short": "STOPPED"}
        )
    )
    stack.container(arn, name="main").kill()
    task = stack.until_stopped(arn)
    assert task["stoppedReason"] == "Essential container in task exited"
    assert {item["name"]: item["exitCode"] for item in task["containers"]} == {
        "main": 137,
        "short": 0,
    }


def test_containers_of_a_task_share_localhost_and_wait_for_each_other(stack: ControlStack) -> None:
    task_definition = definition(
        "needs", healthCheck={"command": ["CMD-SHELL", CHECK], "interval": 5}
    )
    asks = "import urllib.request as r; print(r.urlopen('http://localhost:8080/healthz').status)"
    task_definition["containerDefinitions"].append(
        {
            "name": "second",
            "image": IMAGE,
            "essential": False,
            "command": ["python3", "-c", asks],
            "dependsOn": [{"containerName": "app", "condition": "HEALTHY"}],
        }
    )
    stack.ecs.register_task_definition(**task_definition)
    arn = running(stack, taskDefinition="needs")
    stack.until(lambda: stack.task(arn)["containers"][1].get("exitCode") == 0)
    assert stack.container(arn, name="second").logs() == b"200\n"


def test_a_side_car_that_is_not_to_be_had_idles_and_is_healthy(stack: ControlStack) -> None:
    task_definition = definition(
        "idle",
        command=["sleep", "60"],
        dependsOn=[
            {"containerName": "agent", "condition": "HEALTHY"},
            {"containerName": "init", "condition": "SUCCESS"},
        ],
    )
    task_definition["containerDefinitions"] += [
        {
            "name": "agent",
            "image": IDLE_IMAGE,
            "user": "dd-agent",
            "command": ["agent", "run"],
            "stopTimeout": 60,
            "healthCheck": {"command": ["CMD", "agent", "health"], "interval": 5},
        },
        {"name": "init", "image": IDLE_IMAGE, "essential": False, "command": ["agent", "init"]},
    ]
    stack.ecs.register_task_definition(**task_definition)
    arn = running(stack, taskDefinition="idle")
    began = time.monotonic()
    stack.ecs.stop_task(cluster=CLUSTER, task=arn)
    task = stack.until_stopped(arn)
    assert time.monotonic() - began < 30
    codes = {item["name"]: item["exitCode"] for item in task["containers"]}
    assert (codes["agent"], codes["init"]) == (0, 0)


def test_containers_share_a_volume_that_is_empty_and_roots(stack: ControlStack) -> None:
    point = {"sourceVolume": "shared", "containerPath": "/usr/lib/python3"}
    task_definition = definition("shared", command=["sleep", "60"], mountPoints=[point])
    task_definition["volumes"] = [{"name": "shared"}]
    task_definition["containerDefinitions"].append(
        {
            "name": "reader",
            "image": IMAGE,
            "command": ["sleep", "60"],
            "volumesFrom": [{"sourceContainer": "app", "readOnly": True}],
        }
    )
    stack.ecs.register_task_definition(**task_definition)
    arn = running(stack, taskDefinition="shared")
    writer = stack.container(arn, name="app")
    look = writer.exec_run(["stat", "-c", "%u %a", "/usr/lib/python3"], user="0").output
    assert look == b"0 755\n"
    assert writer.exec_run(["ls", "/usr/lib/python3"]).output == b""
    assert writer.exec_run(["touch", "/usr/lib/python3/made"], user="0").output == b""
    reader = stack.container(arn, name="reader")
    assert reader.exec_run(["ls", "/usr/lib/python3"]).output == b"made\n"
    assert b"Read-only" in reader.exec_run(["touch", "/usr/lib/python3/x"]).output


def test_tasks_share_a_volume_on_efs_that_outlives_them(stack: ControlStack) -> None:
    def volume(name: str, **settings: Any) -> dict[str, Any]:
        return {"name": name, "efsVolumeConfiguration": {"fileSystemId": "fs-1", **settings}}

    point = {"authorizationConfig": {"accessPointId": "fsap-1"}, "transitEncryption": "ENABLED"}
    register(
        stack,
        user="1000:1000",
        command=["sleep", "60"],
        mountPoints=[
            {"sourceVolume": "root", "containerPath": "/srv/root"},
            {"sourceVolume": "point", "containerPath": "/srv/point"},
        ],
        task={"volumes": [volume("root"), volume("point", **point)]},
    )
    first = running(stack)
    assert stack.in_task(first, "stat", "-c", "%u %a", "/srv/root") == "0 755\n"
    refused = stack.container(first).exec_run(["touch", "/srv/root/x"], user="1000").output
    assert b"Permission denied" in refused
    assert stack.container(first).exec_run(["touch", "/srv/point/x"], user="1000").output == b""
    stack.ecs.stop_task(cluster=CLUSTER, task=first)
    stack.until_stopped(first)
    assert stack.in_task(running(stack), "ls", "/srv/point", "/srv/root") == (
        "/srv/point:\nx\n\n/srv/root:\n"
    )


def test_the_health_check_is_the_task_definitions(stack: ControlStack) -> None:
    check = {"command": ["CMD-SHELL", CHECK], "interval": 5, "retries": 1, "timeout": 2}
    register(stack, healthCheck=check)
    arn = running(stack)
    stack.until(lambda: stack.task(arn)["healthStatus"] == "HEALTHY", within_s=3)
    assert stack.container(arn).attrs["Config"]["Healthcheck"] == {"Test": ["NONE"]}
    stack.in_task(arn, "touch", "/tmp/sick")
    stack.until(lambda: stack.task(arn)["healthStatus"] == "UNHEALTHY", within_s=8)
    assert stack.task(arn)["lastStatus"] == "RUNNING", "outside a service it is left alone"


def test_a_task_is_stopped_with_its_signal_and_killed_after_its_time(stack: ControlStack) -> None:
    register(stack)
    gentle = running(stack)
    stack.ecs.stop_task(cluster=CLUSTER, task=gentle, reason="for the test")
    task = stack.until_stopped(gentle)
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "for the test")
    assert task["containers"][0]["exitCode"] == 0
    register(stack, command=["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], stopTimeout=2)
    deaf = running(stack)
    stack.ecs.stop_task(cluster=CLUSTER, task=deaf)
    task = stack.until_stopped(deaf)
    assert task["stoppedReason"] == "Task stopped by user"
    assert task["containers"][0]["exitCode"] == 137


def test_limits_user_and_directory_are_the_task_definitions(stack: ControlStack) -> None:
    linux = {"initProcessEnabled": True, "tmpfs": [{"containerPath": "/scratch", "size": 8}]}
    register(
        stack,
        user="1000:1000",
        workingDirectory="/tmp",
        memory=256,
        readonlyRootFilesystem=True,
        linuxParameters=linux,
        command=["sleep", "60"],
        mountPoints=[{"sourceVolume": "work", "containerPath": "/work"}],
        task={"volumes": [{"name": "work"}]},
    )
    arn = running(stack)
    container = stack.container(arn)
    host = container.attrs["HostConfig"]
    assert container.attrs["Config"]["User"] == "1000:1000"
    assert container.attrs["Config"]["WorkingDir"] == "/tmp"
    assert host["Memory"] == host["MemorySwap"] == 256 * 1024**2
    assert host["NanoCpus"] == 10**9
    assert host["PidsLimit"] == 512
    assert host["Init"] is True
    assert host["ReadonlyRootfs"] is True
    assert stack.in_task(arn, "cat", BUNDLE) == CA_PEM
    assert "Read-only file system" in stack.in_task(arn, "touch", "/etc/x")
    assert stack.in_task(arn, "touch", "/scratch/x", "/work/x") == ""
    stack.ecs.stop_task(cluster=CLUSTER, task=arn)
    stack.until_stopped(arn)


def test_a_container_over_its_memory_is_named_as_such(stack: ControlStack) -> None:
    register(stack, memory=32, command=["python3", "-c", "x = b'x' * 200_000_000"])
    task = stack.until_stopped(stack.run_task())
    container = task["containers"][0]
    assert container["exitCode"] == 137
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"


def test_a_task_role_gives_credentials_at_the_address_that_sdks_ask(stack: ControlStack) -> None:
    register(stack, task={"taskRoleArn": ROLE})
    arn = running(stack)
    path = environment(stack, arn)["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    status, body = fetch(stack.container(arn), url=f"http://169.254.170.2{path}")
    assert status == 200
    assert body["RoleArn"] == ROLE
    assert set(body) == {"RoleArn", "AccessKeyId", "SecretAccessKey", "Token", "Expiration"}
    status, body = fetch(stack.container(arn), url="http://169.254.170.2/v2/credentials/other")
    assert status == 400
    assert "Credentials not found" in body["message"]
    script = (
        "import botocore.session as s;"
        "print(s.Session().create_client('sts', region_name='us-east-1')"
        ".get_caller_identity()['Arn'])"
    )
    identity = stack.in_task(arn, "python3", "-c", script)
    task_id = arn.rpartition("/")[2]
    assert f"assumed-role/tickets-web-task/{task_id}" in identity


def test_another_tasks_credentials_are_unknown_to_a_task(stack: ControlStack) -> None:
    register(stack, task={"taskRoleArn": ROLE})
    owner, two = running(stack), running(stack)
    path = environment(stack, owner)["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    status, body = fetch(stack.container(two), url=f"http://169.254.170.2{path}")
    assert (status, body["code"]) == (400, "InvalidIdInRequest")


def test_the_metadata_endpoint_knows_container_and_task(stack: ControlStack) -> None:
    register(stack)
    arn = running(stack)
    uri = environment(stack, arn)["ECS_CONTAINER_METADATA_URI_V4"]
    _, container = fetch(stack.container(arn), url=uri)
    _, task = fetch(stack.container(arn), url=f"{uri}/task")
    assert container["Name"] == "app"
    assert uri.endswith(container["DockerId"])
    assert container["Labels"]["com.amazonaws.ecs.task-arn"] == arn
    assert task["TaskARN"] == arn
    assert task["Family"] == "tickets-web"
    assert task["Revision"] == stack.task(arn)["taskDefinitionArn"].rpartition(":")[2]
    assert task["Limits"] == {"CPU": 1.0, "Memory": 2048}
    assert task["KnownStatus"] == "RUNNING"
    assert fetch(stack.container(arn), url="http://169.254.170.2/v4/other")[0] == 404


def test_stopped_tasks_keep_their_containers_for_the_logs(stack: ControlStack) -> None:
    register(stack, command=["sh", "-c", "echo last words"])
    arn = stack.run_task()
    stack.until_stopped(arn)
    assert stack.container(arn).logs() == b"last words\n"
    assert stack.container(arn).labels["cutover.run"] == stack.run.id
    assert stack.container(arn, role="pause").status == "exited"


@pytest.mark.parametrize(
    ("call", "given", "code", "message"),
    [
        (
            "describe_tasks",
            {"cluster": "none", "tasks": ["x"]},
            "ClusterNotFoundException",
            "Cluster not found.",
        ),
        (
            "run_task",
            {"cluster": CLUSTER, "taskDefinition": "none"},
            "ClientException",
            "TaskDefinition not found.",
        ),
        (
            "stop_task",
            {"cluster": CLUSTER, "task": "none"},
            "InvalidParameterException",
            "The referenced task was not found.",
        ),
        (
            "update_service",
            {"cluster": CLUSTER, "service": "none"},
            "ServiceNotFoundException",
            "Service not found.",
        ),
        (
            "describe_task_definition",
            {"taskDefinition": "none"},
            "ClientException",
            "Unable to describe task definition.",
        ),
        (
            "list_attributes",
            {"cluster": CLUSTER, "targetType": "container-instance"},
            "UnsupportedFeatureException",
            "ListAttributes is not part of the local stand-in for this service.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_errors_are_those_of_ecs(
    stack: ControlStack, call: str, given: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(stack.ecs, call)(**given)
    assert caught.value.response["Error"] == {"Code": code, "Message": message}


def test_errors_are_those_of_elbv2(stack: ControlStack) -> None:
    with pytest.raises(ClientError) as caught:
        stack.elbv2.describe_target_health(TargetGroupArn="arn:aws:x:y:z:targetgroup/no/1")
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "TargetGroupNotFound",
        "One or more target groups not found",
    )


def test_what_does_not_exist_is_a_failure_in_the_answer(stack: ControlStack) -> None:
    response = stack.ecs.describe_services(cluster=CLUSTER, services=["none"])
    assert response["services"] == []
    assert response["failures"] == [
        {"arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{CLUSTER}/none", "reason": "MISSING"}
    ]


def test_a_task_without_subnets_is_refused(stack: ControlStack) -> None:
    register(stack)
    with pytest.raises(ClientError, match="Network Configuration must be provided"):
        stack.ecs.run_task(cluster=CLUSTER, taskDefinition="tickets-web")


def test_port_80_stays_the_apps_although_credentials_are_served_there(stack: ControlStack) -> None:
    serves = "import http.server as h; h.HTTPServer(('', 80), h.SimpleHTTPRequestHandler)"
    register(
        stack,
        command=["python3", "-c", f"{serves}.serve_forever()"],
        task={"taskRoleArn": ROLE},
    )
    arn = running(stack)
    path = environment(stack, arn)["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    assert fetch(stack.container(arn), url=f"http://169.254.170.2{path}")[0] == 200
    own = "import urllib.request as r; print(r.urlopen('http://127.0.0.1/').status)"
    stack.until(lambda: stack.in_task(arn, "python3", "-c", own) == "200\n")
