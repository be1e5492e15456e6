"""A small stack around control: networks, an edge, and an app of a few lines of Python.

The app's image is control's own, since that has Python; nothing else needs to be built.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import requests
import urllib3
from botocore.config import Config

from harness.core.runs import Run
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.stack import certificates, engine
from harness.stack.component import Component, PlannedComponent, Probe
from harness.stack.components import control, edge, emulator
from harness.stack.network.addresses import Tier
from harness.stack.stack import Stack
from harness.standins import contract
from harness.target.access import split_address
from harness.target.resources.ecs import find_tasks
from tests.docker.own_run import own_run

if TYPE_CHECKING:
    from pathlib import Path

    import docker
    from docker.models.containers import Container

ACCOUNT, REGION, CLUSTER = "876000000876", "us-east-1", "tickets"
HOST = "tickets.876events.example"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tickets:1"
IDLE_IMAGE = "public.ecr.aws/datadog/agent:7"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/tickets-web-task"
EXECUTION_ROLE = f"arn:aws:iam::{ACCOUNT}:role/tickets-execution"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
GROUP_ARN = (
    f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/tickets-web/0123456789abcdef"
)

APP = """
import http.server, json, os, pathlib, signal, sys, time
started = time.time()
class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        status, body = 200, {"task": os.environ["ECS_CONTAINER_METADATA_URI_V4"][-43:-11]}
        if self.path == "/healthz":
            if pathlib.Path("/tmp/sick").exists(): status = 500
            body["headers"] = dict(self.headers)
            pathlib.Path("/tmp/last-check").write_text(json.dumps(body["headers"]))
        if self.path == "/environment": body = dict(os.environ)
        if self.path.startswith("/slow"):
            pathlib.Path("/tmp/slow").write_text("begun")
            time.sleep(float(self.path[5:] or 1))
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *a): pass
def end(*a):
    print("signal", time.time(), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
http.server.ThreadingHTTPServer(("0.0.0.0", 8080), App).serve_forever()
"""
CHECK = (
    'python3 -c "import urllib.request as r;'
    " r.urlopen('http://localhost:8080/healthz', timeout=1)\""
)


def definition(family: str = "tickets-web", **container: Any) -> dict[str, Any]:
    """Return a task definition of the small app; arguments change its container."""
    changed: dict[str, Any] = {
        "name": "app",
        "image": IMAGE,
        "command": ["python3", "-u", "-c", APP],
        "portMappings": [{"containerPort": 8080}],
        "stopTimeout": 5,
        **container,
    }
    return {
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "1024",
        "memory": "2048",
        "executionRoleArn": EXECUTION_ROLE,
        "containerDefinitions": [changed],
    }


def service(**changes: Any) -> dict[str, Any]:
    """Return a CreateService input as production has it; arguments change it."""
    return {
        "cluster": CLUSTER,
        "serviceName": "tickets-web",
        "taskDefinition": "tickets-web",
        "desiredCount": 1,
        "launchType": "FARGATE",
        "networkConfiguration": NETWORK,
        "loadBalancers": [
            {"targetGroupArn": GROUP_ARN, "containerName": "app", "containerPort": 8080}
        ],
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "minimumHealthyPercent": 100,
            "maximumPercent": 200,
        },
        **changes,
    }


@dataclass
class ControlStack:
    """Control, an edge, and clients for both."""

    run: Run
    client: docker.DockerClient
    image: Callable[[str], str]
    overlay: contract.Overlay = field(default_factory=contract.Overlay)
    images: Mapping[str, str] = field(default_factory=dict)
    with_emulator: bool = False
    rules: Callable[[Mapping[str, Tier]], contract.PacketRules] = lambda _: contract.PacketRules()
    """From the networks' addresses to the rules that control enforces; by default none."""
    stack: Stack = field(init=False)
    ca_pem: str = ""

    def start(self) -> ControlStack:
        """Start everything and create the target group as production's file does."""
        names = ["control", "edge", *(["emulator"] if self.with_emulator else [])]
        self.stack = Stack(
            run=self.run,
            client=self.client,
            images={name: self.image(name) for name in names},
            vpc_cidr="10.42.0.0/16",
        )
        self.stack.create_networks()
        self.client.volumes.create(self.run.name("control"), labels=self.run.labels("volume"))
        issued = certificates.create({"edge": (HOST,)})
        self.ca_pem = issued.ca_pem
        self._up(
            edge.component(certificate=issued.server("edge")),
            partial(edge.probe, public_host=HOST, ca_pem=self.ca_pem),
        )
        if self.with_emulator:
            self._up(
                emulator.component(),
                partial(emulator.probe, account_id=ACCOUNT, region=REGION),
            )
        self._up(
            control.component(
                settings=self._settings(),
                socket_path=engine.socket_path(self.client),
                volume=self.run.name("control"),
            ),
            control.probe,
        )
        self.ecs.create_cluster(clusterName=CLUSTER)
        return self

    def _up(self, component: Component, probe: Probe) -> None:
        self.stack.start(component)
        self.stack.wait_ready(PlannedComponent(component, probe), check=lambda: None)

    def _settings(self) -> contract.ControlSettings:
        return contract.ControlSettings(
            run=self.run.id,
            home=str(self.run.home),
            owner=self.run.owner,
            account_id=ACCOUNT,
            region=REGION,
            cluster=CLUSTER,
            aws_endpoint_url="http://emulator:4566",
            task_networks={role: self.run.name(role) for role in ("app", "proxy", "aws")},
            edge_container=self.run.name("edge"),
            pause_image=self.image("pause"),
            images={
                IMAGE: self.image("control"),
                IDLE_IMAGE: self.image("pause"),
                **self.images,
            },
            idle_images=(IDLE_IMAGE,),
            overlay=self.overlay,
            rules=self.rules(self.stack.tiers),
            unchecked_ready_s=1.0,
        )

    @property
    def control(self) -> Container:
        return self.stack.containers["control"]

    @property
    def edge(self) -> Container:
        return self.stack.containers["edge"]

    def aws(self, name: str) -> Any:
        """Return a boto3 client of control, or of the emulator."""
        own = name in ("ecs", "elbv2")
        # Docker may publish another port after a restart.
        component, port = ("control", control.PORT) if own else ("emulator", emulator.PORT)
        self.stack.containers[component].reload()
        address = self.stack.addresses[component][port]
        session: Any = boto3.session.Session()
        return session.client(
            name,
            region_name=REGION,
            endpoint_url=f"http://{address}",
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    @property
    def ecs(self) -> Any:
        return self.aws("ecs")

    @property
    def elbv2(self) -> Any:
        return self.aws("elbv2")

    def create_target_group(self, *, delay_s: int = 1, **changes: Any) -> str:
        """Create load balancer, target group and listener; return the group's ARN."""
        balancer = self.elbv2.create_load_balancer(Name="tickets", Subnets=["subnet-1"])
        group = self.elbv2.create_target_group(
            **{
                "Name": "tickets-web",
                "TargetType": "ip",
                "Protocol": "HTTP",
                "Port": 8080,
                "VpcId": "vpc-1",
                "HealthCheckPath": "/healthz",
                "HealthCheckIntervalSeconds": 5,
                "HealthCheckTimeoutSeconds": 2,
                "HealthyThresholdCount": 2,
                "UnhealthyThresholdCount": 2,
                **changes,
            }
        )["TargetGroups"][0]["TargetGroupArn"]
        self.elbv2.modify_target_group_attributes(
            TargetGroupArn=group,
            Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(delay_s)}],
        )
        self.elbv2.create_listener(
            LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="HTTPS",
            Port=443,
            Certificates=[{"CertificateArn": "arn:aws:acm:us-east-1:876000000876:certificate/1"}],
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        return str(group)

    def described(self, name: str = "tickets-web") -> dict[str, Any]:
        """Return a service."""
        services = self.ecs.describe_services(cluster=CLUSTER, services=[name])["services"]
        return dict(services[0])

    def messages(self, name: str = "tickets-web") -> list[str]:
        """Return a service's events, oldest first."""
        return [item["message"] for item in reversed(self.described(name)["events"])]

    def tasks(self, desired: str = "RUNNING") -> list[dict[str, Any]]:
        """Return the tasks that are meant to run, or those that are not."""
        return find_tasks(self.ecs, cluster=CLUSTER, statuses=(desired,))

    def task(self, arn: str) -> dict[str, Any]:
        """Return one task."""
        return dict(self.ecs.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"][0])

    def run_task(self, **given: Any) -> str:
        """Run a task of the small app and return its ARN."""
        request = {
            "cluster": CLUSTER,
            "taskDefinition": "tickets-web",
            "networkConfiguration": NETWORK,
            **given,
        }
        return str(self.ecs.run_task(**request)["tasks"][0]["taskArn"])

    def until(
        self, condition: Callable[[], object], *, within_s: float = 20, says: object = ""
    ) -> None:
        """Wait for a condition; on failure show events, tasks and control's log."""

        def probe() -> Ready | NotYet:
            return Ready() if condition() else NotYet(f"not yet: {says}")

        try:
            wait_until(probe, deadline=Deadline(within_s), interval_s=0.1)
        except Exception:
            logging.getLogger(__name__).exception("%s", self._evidence())
            raise

    def _evidence(self) -> str:
        services = self.ecs.list_services(cluster=CLUSTER)["serviceArns"]
        events = [line for arn in services for line in self.messages(arn.rpartition("/")[2])]
        return "\n".join([*events, text(self.control.logs(tail=40))])

    def until_stopped(self, arn: str, *, within_s: float = 20) -> dict[str, Any]:
        """Wait until a task is stopped and return it."""
        self.until(lambda: self.task(arn)["lastStatus"] == "STOPPED", within_s=within_s)
        return self.task(arn)

    def until_steady(self, name: str = "tickets-web", *, within_s: float = 25) -> None:
        """Wait until a service's primary deployment is completed and alone."""

        def steady() -> bool:
            ecs_service = self.described(name)
            deployments = ecs_service["deployments"]
            return (
                len(deployments) == 1
                and deployments[0]["rolloutState"] == "COMPLETED"
                and ecs_service["runningCount"] == ecs_service["desiredCount"]
            )

        self.until(steady, within_s=within_s, says=name)

    def get(self, path: str = "/", *, timeout_s: float = 20) -> tuple[int, dict[str, Any]]:
        """Ask the app through the edge; return the status and the JSON it sends, if any."""
        with urllib3.HTTPSConnectionPool(
            *split_address(self.stack.addresses["edge"][443]),
            ca_cert_data=self.ca_pem,
            server_hostname=HOST,
            assert_hostname=HOST,
            retries=False,
            timeout=timeout_s,
        ) as pool:
            answer = pool.request("GET", path, headers={"Host": HOST, "Connection": "close"})
        try:
            return answer.status, answer.json()
        except ValueError:
            return answer.status, {}

    def container(self, task_arn: str, *, role: str = "task", name: str = "") -> Container:
        """Return a task's container."""
        label = [f"cutover.role={role}", f"com.amazonaws.ecs.task-arn={task_arn}"]
        if name:
            label.append(f"com.amazonaws.ecs.container-name={name}")
        return self.client.containers.list(all=True, filters={"label": label})[0]

    def in_task(self, task_arn: str, *command: str) -> str:
        """Run a command in a task's container, as ECS Exec does, and return its output."""
        _, output = self.container(task_arn).exec_run(list(command), user="0")
        return text(output)

    def ping(self) -> bool:
        """Say whether control answers on the port that it has now."""
        self.control.reload()
        address = self.stack.addresses["control"].get(control.PORT)
        try:
            return address is not None and requests.get(f"http://{address}/ping", timeout=1).ok
        except requests.RequestException:
            return False


@contextmanager
def started(
    client: docker.DockerClient, image: Callable[[str], str], home: Path, **settings: Any
) -> Iterator[ControlStack]:
    """Start a stack with these fields, in a run of its own of which nothing is left."""
    with own_run(client, home) as run:
        yield ControlStack(run=run, client=client, image=image, **settings).start()


def edge_workers(container: Container) -> set[str]:
    """Process ids of those that accept requests; after a reload the old ones only finish theirs."""
    top: Any = container.top(ps_args="-eo pid,args")
    return {pid for pid, args in top["Processes"] if args.endswith("worker process")}


def text(said: Any) -> str:
    """Return docker-py's answer for a command or a log that is not streamed."""
    return bytes(said).decode()


def fetch(container: Container, *, url: str) -> tuple[int, Any]:
    """Ask a URL from inside a container."""
    script = (
        "import sys, urllib.request, urllib.error, json\n"
        f"try: a = urllib.request.urlopen({url!r}, timeout=5)\n"
        "except urllib.error.HTTPError as e: a = e\n"
        "print(json.dumps([a.status if hasattr(a,'status') else a.code, a.read().decode()]))"
    )
    _, output = container.exec_run(["python3", "-c", script])
    status, body = json.loads(text(output))
    return status, json.loads(body)
