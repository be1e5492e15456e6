"""The edge in a real container, in front of targets that tell and misbehave."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.stack import certificates
from harness.stack.component import Component, File, PlannedComponent
from harness.stack.components import edge
from harness.stack.stack import Stack
from harness.standins.control.agent import edge_rules
from harness.standins.control.agent.edge_files import (
    ATTRIBUTES,
    LISTENERS,
    TARGETS,
    attributes_conf,
    replacing,
)
from harness.standins.control.state.model import Listener, LoadBalancer
from harness.target.access import split_address
from tests.docker.control_stack import edge_workers
from tests.docker.own_run import own_run

if TYPE_CHECKING:
    import docker

HOST = "tickets.876events.example"
CERTIFICATES = certificates.create({"edge": (HOST,)})
SPEC = edge.component(certificate=CERTIFICATES.server("edge"))
PROBE = partial(edge.probe, public_host=HOST, ca_pem=CERTIFICATES.ca_pem)
TARGET = Component(
    name="target",
    image="target",
    networks={"app": ()},
    environment={},
    files={"/srv/upstream.py": File(Path(__file__).with_name("upstream.py").read_bytes())},
    published=(),
    memory_bytes=96 * 1024**2,
    pids_limit=64,
    command=("python", "-u", "/srv/upstream.py"),
)


def group_arn(name: str) -> str:
    """Return the ARN of a target group."""
    return f"arn:aws:elasticloadbalancing:us-east-1:876000000876:targetgroup/{name}/1"


def forward(*names: str, **weights: int) -> dict[str, Any]:
    """Return an action that forwards to a group, or to some by their weights."""
    if names:
        return {"Type": "forward", "TargetGroupArn": group_arn(names[0])}
    groups = [{"TargetGroupArn": group_arn(n), "Weight": weight} for n, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


def fixed(status: int, body: str = "", content_type: str = "text/plain") -> dict[str, Any]:
    """Return an action that answers by itself."""
    config = {"StatusCode": str(status), "MessageBody": body, "ContentType": content_type}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def redirect(status: int = 301, **config: str) -> dict[str, Any]:
    """Return an action that leads elsewhere."""
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": f"HTTP_{status}", **config}}


def listener(
    protocol: str, port: int, action: Mapping[str, Any], *rules: dict[str, Any]
) -> Listener:
    """Return a listener with its default action and its rules."""
    raw = {"Protocol": protocol, "Port": port, "DefaultActions": [action]}
    return Listener(arn=str(port), load_balancer_arn="b", raw=raw, rules=list(rules))


def rule(priority: int, action: Mapping[str, Any], *conditions: tuple[str, str]) -> dict[str, Any]:
    """Return a rule; each condition has a field and one value."""
    return {
        "Priority": priority,
        "Conditions": [{"Field": name, "Values": [value]} for name, value in conditions],
        "Actions": [action],
    }


PLAIN = listener("HTTP", 80, redirect(Protocol="HTTPS", Port="443"))
USUAL = (
    listener("HTTPS", 443, fixed(404, "Not found"), rule(1, forward("web"), ("host-header", HOST))),
    PLAIN,
)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def told(self) -> Any:
        return json.loads(self.body)

    def sent(self, name: str) -> list[str]:
        """Values of a request header as the target got it."""
        return [value for header, value in self.told["headers"] if header.lower() == name.lower()]


@dataclass
class Balancer:
    """The edge, and the two things that control does to it."""

    stack: Stack
    addresses: tuple[str, str] = ("", "")
    context: ssl.SSLContext = field(init=False)
    written: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.context = ssl.create_default_context(cadata=CERTIFICATES.ca_pem)

    def connect(self, *, tls: bool = True) -> socket.socket:
        address = self.stack.addresses["edge"][edge.HTTPS_PORT if tls else edge.HTTP_PORT]
        plain = socket.create_connection(split_address(address), 20)
        return self.context.wrap_socket(plain, server_hostname=HOST) if tls else plain

    def request(
        self,
        method: str = "GET",
        path: str = "/echo",
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
        tls: bool = True,
    ) -> Answer:
        connection = http.client.HTTPConnection(HOST)
        connection.sock = self.connect(tls=tls)
        connection.request(method, path, body=body, headers={"Host": HOST, **(headers or {})})
        answer = connection.getresponse()
        cookies = tuple(answer.headers.get_all("Set-Cookie") or ())
        got = Answer(answer.status, dict(answer.getheaders()), answer.read(), cookies)
        connection.close()
        return got

    @contextmanager
    def keep_alive(self) -> Iterator[Callable[[], Answer]]:
        """Ask on one connection; it is never opened again, so one that is cut is an error."""
        connection = http.client.HTTPConnection(HOST)
        connection.auto_open = 0
        connection.sock = self.connect()

        def ask() -> Answer:
            connection.request("GET", "/echo", headers={"Host": HOST})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())

        with closing(connection):
            yield ask

    def set_listeners(self, *listeners: Listener) -> None:
        """Write the listeners as control does."""
        self.write(LISTENERS, edge_rules.render(listeners))

    def set_groups(self, groups: Mapping[str, Sequence[str]], *, served: bool = True) -> None:
        """Write the targets of each group."""
        document = {
            name: {"targets": [f"{target}:8080" for target in targets], "served": served}
            for name, targets in groups.items()
        }
        self.write(TARGETS, json.dumps(document) + "\n")

    def set_targets(self, *addresses: str, idle_s: int = 60) -> None:
        """Write control's files, and reload as it does."""
        self.set_groups({"web": addresses})
        self.set_attributes(**{"idle_timeout.timeout_seconds": str(idle_s)})

    def set_attributes(self, **attributes: str) -> None:
        balancer = LoadBalancer(name="a", arn="b", raw={}, attributes=attributes, created_at=0)
        self.write(ATTRIBUTES, attributes_conf(balancer))

    def write(self, name: str, text: str) -> None:
        if self.written.get(name) == text:
            return
        self.written[name] = text
        container = self.stack.containers["edge"]
        done = container.exec_run(replacing(name, text=text))
        assert done.exit_code == 0, done.output
        if name == ATTRIBUTES:
            self.reload()

    def reload(self) -> None:
        container = self.stack.containers["edge"]
        workers = edge_workers(container)
        container.kill(signal="HUP")

        def replaced() -> Ready | NotYet:
            now = edge_workers(container)
            done = now and not now & workers
            return Ready() if done else NotYet(f"the workers are still {now}")

        wait_until(replaced, deadline=Deadline(4))


@contextmanager
def started(
    client: docker.DockerClient, image: Callable[[str], str], directory: Path
) -> Iterator[Balancer]:
    """Start the edge and two targets, with the usual listeners."""
    # The target only needs a Python, which the emulator's image has.
    ids = {"edge": image("edge"), "target": image("emulator")}
    with own_run(client, directory) as run:
        stack = Stack(run=run, client=client, images=ids, vpc_cidr="10.45.0.0/16")
        stack.create_networks()
        stack.start(SPEC)
        for name in ("target", "target2"):
            stack.start(replace(TARGET, name=name))
        stack.wait_ready(PlannedComponent(SPEC, PROBE), check=lambda: None)
        balancer = Balancer(stack)
        balancer.addresses = (address(stack, "target"), address(stack, "target2"))
        balancer.set_listeners(*USUAL)
        yield balancer


def address(stack: Stack, name: str) -> str:
    networks = stack.containers[name].attrs["NetworkSettings"]["Networks"]
    ip_address: str = networks[stack.run.name("app")]["IPAddress"]
    return ip_address
