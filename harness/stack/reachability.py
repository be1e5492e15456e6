"""Who reaches whom in the local stack: connections tried from inside each network namespace.

A small prober tries many ports at once. Where a security group lets nothing in, no answer comes; a
port on which nothing listens answers too, and that tells a hole from a wall.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
OPEN, ANSWERED, SILENT, NO_WAY = "open", "answered", "silent", "no way"
LET_IN = (OPEN, ANSWERED)
PORTS = (
    *(21, 22, 23, 25, 53, 80, 111, 443, 445, 1433, 2049, 2375, 2376, 3000, 3306, 4566, 5000, 5432),
    *(6032, 6033, 6379, 6446, 6447, 8000, 8025, 8080, 8081, 8443, 8888, 9000, 9003, 9090, 9200),
    *(11211, 27017, 33060, 33062, 50000, 51679),
)
"""What the stack itself uses, and what scanners ask first."""
HOST_PORTS = (22, 2375, 2376)
"""Where an engine that listens on TCP does."""

_LABELS = (LABEL_RUN, LABEL_HOME, LABEL_OWNER)
_WAIT_S = 1.0
_KILLED = 137
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
class Place:
    """A network namespace of the stack, or a machine on the internet's side."""

    name: str
    kind: str
    """A service's role, the family of a task, ``internet``, or ``host``: this machine."""
    addresses: Mapping[str, str]
    """Network role -> address."""
    gateways: Mapping[str, str]
    """Network role -> address of this machine there."""
    container: Any = None
    is_task: bool = False


@dataclass(frozen=True)
class Cell:
    """One connection that was tried."""

    source: Place
    destination: Place
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
    """The namespaces of one run, and what was seen from them."""

    def __init__(self, containers: Containers) -> None:
        self._containers = containers
        self._pauses = containers.of_role("pause")
        self._gateways: dict[str, str] = {}
        self._run = self._pauses[0].labels[LABEL_RUN]
        self.services = tuple(
            self._place(one, name=role, kind=role)
            for role in COMPONENTS
            for one in containers.of_role(role)
        )
        self.tasks = tuple(self._task(one) for one in self._pauses)

    def _task(self, pause: Any) -> Place:
        family = pause.labels[LABEL_FAMILY]
        task = pause.labels[LABEL_TASK_ID]
        return self._place(pause, name=f"{family}/{task[:8]}", kind=family, is_task=True)

    def _place(self, container: Any, *, name: str, kind: str, is_task: bool = False) -> Place:
        networks = {
            network.rpartition("-")[2]: one
            for network, one in container.attrs["NetworkSettings"]["Networks"].items()
        }
        addresses = {role: one["IPAddress"] for role, one in networks.items() if one["IPAddress"]}
        return Place(
            name=name,
            kind=kind,
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

    def _internet(self) -> Place:
        """Stand on the network on which visitors arrive."""
        edge = next(one for one in self.services if one.kind == "edge")
        gateways = {"public": edge.gateways["public"]}
        return Place(name=INTERNET, kind=INTERNET, addresses={}, gateways=gateways)

    def published(self) -> list[Published]:
        """Return every port that a container of the run has on this machine."""
        found = []
        for container in (*(one.container for one in self.services), *self._pauses):
            for bindings in container.attrs["NetworkSettings"]["Ports"].values():
                found += [
                    Published(container.name, one["HostIp"], int(one["HostPort"]))
                    for one in bindings or ()
                ]
        return found

    def matrix(self) -> list[Cell]:
        """Try every namespace from every other; a task that has gone meanwhile is left out."""
        places = (*self.services, *self.tasks)
        sources = (self._internet(), *places)
        with ThreadPoolExecutor(len(sources)) as pool:
            found = pool.map(lambda source: list(self._row(source, places)), sources)
            cells = [cell for row in found for cell in row]
        gone = {one.name for one in self.tasks} - self._running_tasks()
        return [one for one in cells if not gone & {one.source.name, one.destination.name}]

    def still(self, cells: Iterable[Cell]) -> list[Cell]:
        """Try the same connections again, and return those that are let in this time too.

        While another stack's networks come or go, the engine rewrites its rules, and for a moment
        keeps nobody apart.
        """
        found = []
        for source in {one.source.name: one.source for one in cells}.values():
            mine = {
                f"{one.destination.addresses[one.network]}:{one.port}": one
                for one in cells
                if one.source.name == source.name
            }
            for text, state in self._probe(source, mine.keys()).items():
                if state in LET_IN:
                    found.append(replace(mine[text], state=state))
        return found

    def _running_tasks(self) -> set[str]:
        running = {one.id for one in self._containers.of_role("pause")}
        return {one.name for one in self.tasks if one.container.id in running}

    def _row(self, source: Place, places: Iterable[Place]) -> Iterable[Cell]:
        wanted = {
            f"{address}:{port}": (place, network, port)
            for place in places
            if place.name != source.name
            for network, address in place.addresses.items()
            for port in PORTS
        }
        host = Place(name="this machine", kind=HOST, addresses=source.gateways, gateways={})
        published = {one.port for one in self.published()}
        for network, address in host.addresses.items():
            for port in (*HOST_PORTS, *published):
                wanted[f"{address}:{port}"] = (host, network, port)
        for text, state in self._probe(source, wanted.keys()).items():
            place, network, port = wanted[text]
            yield Cell(source, place, network, port, state)

    def _has_ended(self, task: str, *, code: int) -> bool:
        """Say whether a task ended; a command in it is killed before it counts as ended."""
        within_s = _ENDS_WITHIN_S if code == _KILLED else 0
        try:
            wait_until(
                lambda: NotYet("it runs") if task in self._running_tasks() else Ready(),
                deadline=Deadline(within_s),
                interval_s=0.2,
            )
        except DeadlinePassed:
            return False
        return True

    def _probe(self, source: Place, wanted: Collection[str]) -> dict[str, str]:
        """Try ``address:port`` texts from a place; return how each answered."""
        command = ["perl", "-e", _PROGRAM, str(_WAIT_S), *wanted]
        if source.is_task:
            try:
                code, said = source.container.exec_run(command, user="0")
            except Exception as error:  # noqa: BLE001 - the engine's, which is not imported here
                code, said = 1, str(error).encode()
            if code and self._has_ended(source.name, code=code):
                # A scheduled task ends when its work is done, which is no concern of the network.
                return {}
            if code:
                raise TargetError(
                    f"nothing could be tried from {source.name}",
                    last_answer=said.decode(errors="replace"),
                    hint="look at the log of its pause container",
                )
        else:
            said = self._beside(source, command)
        lines = (line.split(" ", 1) for line in said.decode().splitlines())
        return {line[0]: line[1] for line in lines if line[0] in wanted}

    def _beside(self, source: Place, command: Sequence[str]) -> bytes:
        """Run the prober in a container that joins the namespace, or on the public network."""
        pause, joined = self._pauses[0], source.container
        where = f"container:{joined.id}" if joined else f"cutover-{self._run}-public"
        said: bytes = pause.client.containers.run(
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
        return said
