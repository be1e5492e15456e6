"""Reachability in the local stack: connections tried from inside each network namespace.

A small prober tries many ports at once. Where a security group lets nothing in, no answer comes; a
port on which nothing listens answers too, and that tells a hole from a wall.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.core.components import COMPONENTS
from harness.core.errors import TargetError
from harness.core.labels import (
    LABEL_FAMILY,
    LABEL_HOME,
    LABEL_OWNER,
    LABEL_ROLE,
    LABEL_RUN,
    LABEL_TASK_ID,
)
from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until

if TYPE_CHECKING:
    from harness.stack.containers import Containers

INTERNET = "internet"
HOST = "host"
OPEN, ANSWERED = "open", "answered"
LET_IN = (OPEN, ANSWERED)
"""The states of a connection that a firewall let in; the others are ``silent`` and ``no way``."""
PORTS = (
    *(21, 22, 23, 25, 53, 80, 111, 443, 445, 1433, 2049, 2375, 2376, 3000, 3306, 4566, 5000, 5432),
    *(6032, 6033, 6379, 6446, 6447, 8000, 8025, 8080, 8081, 8443, 8888, 9000, 9003, 9090, 9200),
    *(11211, 27017, 33060, 33062, 50000, 51679),
)
"""The ports of the stack itself, and the first ones of port scanners."""
HOST_PORTS = (22, 2375, 2376)
"""The ports of an engine that listens on TCP."""

_LABELS = (LABEL_RUN, LABEL_HOME, LABEL_OWNER)
_WAIT_S = 1.0
_ENDS_WITHIN_S = 10.0
_MIB = 1024 * 1024
_PROGRAM = """
use strict; use Socket; use Fcntl; use Errno qw(EINPROGRESS ECONNREFUSED);
my $wait = shift; my (@tried, %said);
for my $place (@ARGV) {
    my ($address, $port) = split /:/, $place;
    socket(my $socket, PF_INET, SOCK_STREAM, 0) or die $!;
    fcntl($socket, F_SETFL, O_NONBLOCK);
    if (connect($socket, sockaddr_in($port, inet_aton($address)))) { $said{$place} = 'open' }
    elsif ($! == EINPROGRESS) { push @tried, [$place, $socket] }
    else { $said{$place} = $! == ECONNREFUSED ? 'answered' : 'no way' }
}
select(undef, undef, undef, $wait);
for (@tried) {
    my ($place, $socket) = @$_;
    if (getpeername($socket)) { $said{$place} = 'open'; next }
    my $error = unpack('i', getsockopt($socket, SOL_SOCKET, SO_ERROR));
    $said{$place} = !$error ? 'silent' : $error == ECONNREFUSED ? 'answered' : 'no way';
}
print "$_ $said{$_}\\n" for keys %said;
"""


@dataclass(frozen=True)
class NetworkNode:
    """A network namespace of the stack, or a machine on the internet's side."""

    name: str
    role: str
    """A component's name, the family of a task, ``internet``, or ``host``: this machine."""
    addresses: Mapping[str, str]
    """Network role -> address."""
    gateways: Mapping[str, str]
    """Network role -> address of this machine there."""
    container: Any = None
    is_task: bool = False


@dataclass(frozen=True)
class ConnectionAttempt:
    """One connection that was tried."""

    source: NetworkNode
    destination: NetworkNode
    network: str
    """Role of the network that the destination's address is on."""
    port: int
    state: str

    def __str__(self) -> str:
        return (
            f"{self.source.name} -> {self.destination.name} port {self.port}"
            f" over {self.network}: {self.state}"
        )


@dataclass(frozen=True)
class Published:
    """A container's port on this machine."""

    container: str
    address: str
    port: int


class Reachability:
    """The network namespaces of one run, and connections tried from them.

    Args:
        containers: The containers of the run.
        ports: Ports to try besides the usual ones.
    """

    def __init__(self, containers: Containers, *, ports: Iterable[int] = ()) -> None:
        self._containers = containers
        self._ports = sorted({*PORTS, *ports})
        self._pauses = containers.of_role("pause")
        self._gateways: dict[str, str] = {}
        self._run = self._pauses[0].labels[LABEL_RUN]
        self.components = tuple(
            self._node(container, name=role, role=role)
            for role in COMPONENTS
            for container in containers.of_role(role)
        )
        self.tasks = tuple(self._task(pause) for pause in self._pauses)

    def _task(self, pause: Any) -> NetworkNode:
        family = pause.labels[LABEL_FAMILY]
        task = pause.labels[LABEL_TASK_ID]
        return self._node(pause, name=f"{family}/{task[:8]}", role=family, is_task=True)

    def _node(self, container: Any, *, name: str, role: str, is_task: bool = False) -> NetworkNode:
        networks = {
            network.rpartition("-")[2]: endpoint
            for network, endpoint in container.attrs["NetworkSettings"]["Networks"].items()
        }
        addresses = {
            role: endpoint["IPAddress"]
            for role, endpoint in networks.items()
            if endpoint["IPAddress"]
        }
        return NetworkNode(
            name=name,
            role=role,
            addresses=addresses,
            gateways={role: self._gateway(networks[role]["NetworkID"]) for role in addresses},
            container=container,
            is_task=is_task,
        )

    def _gateway(self, network_id: str) -> str:
        if network_id not in self._gateways:
            network = self._pauses[0].client.networks.get(network_id)
            self._gateways[network_id] = network.attrs["IPAM"]["Config"][0]["Gateway"]
        return self._gateways[network_id]

    def _internet(self) -> NetworkNode:
        """Return a node on the network on which visitors arrive."""
        edge = next(component for component in self.components if component.role == "edge")
        gateways = {"public": edge.gateways["public"]}
        return NetworkNode(name=INTERNET, role=INTERNET, addresses={}, gateways=gateways)

    def published(self) -> list[Published]:
        """Return every port that a container of the run has on this machine."""
        ports = []
        for container in (*(component.container for component in self.components), *self._pauses):
            for bindings in container.attrs["NetworkSettings"]["Ports"].values():
                ports += [
                    Published(container.name, binding["HostIp"], int(binding["HostPort"]))
                    for binding in bindings or ()
                ]
        return ports

    def matrix(self) -> list[ConnectionAttempt]:
        """Try every namespace from every other; a task that has gone meanwhile is left out."""
        nodes = (*self.components, *self.tasks)
        sources = (self._internet(), *nodes)
        with ThreadPoolExecutor(len(sources)) as pool:
            rows = pool.map(lambda source: list(self._row(source, nodes)), sources)
            attempts = [attempt for row in rows for attempt in row]
        gone = {task.name for task in self.tasks} - self._running_tasks()
        return [
            attempt
            for attempt in attempts
            if not gone & {attempt.source.name, attempt.destination.name}
        ]

    def retry(self, attempts: Iterable[ConnectionAttempt]) -> list[ConnectionAttempt]:
        """Try the same connections again, and return those that are let in once more.

        While another stack's networks come or go, the engine rewrites its rules, and for a moment
        keeps nobody apart.
        """
        repeats = []
        for source in {attempt.source.name: attempt.source for attempt in attempts}.values():
            by_address = {
                f"{attempt.destination.addresses[attempt.network]}:{attempt.port}": attempt
                for attempt in attempts
                if attempt.source.name == source.name
            }
            for text, state in self._probe(source, by_address.keys()).items():
                if state in LET_IN:
                    repeats.append(replace(by_address[text], state=state))
        return repeats

    def _running_tasks(self) -> set[str]:
        running = {pause.id for pause in self._containers.of_role("pause")}
        return {task.name for task in self.tasks if task.container.id in running}

    def _row(
        self, source: NetworkNode, nodes: Iterable[NetworkNode]
    ) -> Iterator[ConnectionAttempt]:
        destinations = {
            f"{address}:{port}": (node, network, port)
            for node in nodes
            if node.name != source.name
            for network, address in node.addresses.items()
            for port in self._ports
        }
        host = NetworkNode(name="this machine", role=HOST, addresses=source.gateways, gateways={})
        published = {binding.port for binding in self.published()}
        for network, address in host.addresses.items():
            for port in (*HOST_PORTS, *published):
                destinations[f"{address}:{port}"] = (host, network, port)
        for text, state in self._probe(source, destinations.keys()).items():
            node, network, port = destinations[text]
            yield ConnectionAttempt(source, node, network, port, state)

    def _has_ended(self, task: str) -> bool:
        """Return whether a task ends: a command in it fails before the engine counts it so."""
        try:
            wait_until(
                lambda: NotYet("it runs") if task in self._running_tasks() else Ready(),
                deadline=Deadline(_ENDS_WITHIN_S),
                interval_s=0.2,
            )
        except DeadlinePassed:
            return False
        return True

    def _probe(self, source: NetworkNode, addresses: Collection[str]) -> dict[str, str]:
        """Try ``address:port`` strings from a node; return the state of each."""
        command = ["perl", "-e", _PROGRAM, str(_WAIT_S), *addresses]
        if source.is_task:
            try:
                code, output = source.container.exec_run(command, user="0")
            except Exception as error:  # noqa: BLE001 - the engine's, which is not imported here
                code, output = 1, str(error).encode()
            if code and self._has_ended(source.name):
                # A scheduled task ends when its work is done, which is no concern of the network.
                return {}
            if code:
                raise TargetError(
                    f"nothing could be tried from {source.name}",
                    last_answer=output.decode(errors="replace"),
                    hint="look at the log of its pause container",
                )
        else:
            output = self._beside(source, command)
        lines = (line.split(" ", 1) for line in output.decode().splitlines())
        return {line[0]: line[1] for line in lines if line[0] in addresses}

    def _beside(self, source: NetworkNode, command: Sequence[str]) -> bytes:
        """Run the prober in a container that joins the namespace, or on the public network."""
        pause, joined = self._pauses[0], source.container
        where = f"container:{joined.id}" if joined else f"cutover-{self._run}-public"
        output: bytes = pause.client.containers.run(
            pause.image.id,
            entrypoint=list(command[:1]),
            command=list(command[1:]),
            network_mode=where,
            remove=True,
            mem_limit=64 * _MIB,
            memswap_limit=64 * _MIB,
            pids_limit=16,
            cap_drop=["ALL"],
            labels={
                **{label: pause.labels[label] for label in _LABELS},
                LABEL_ROLE: "prober",
            },
        )
        return output
