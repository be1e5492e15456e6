"""The running stack: networks, containers in parallel, evidence always, removal in reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.core.errors import DockerUnavailable, HarnessError, ServiceExited, ServiceNotReady
from harness.core.runs import READY_FILE, Run
from harness.core.wait import Deadline, DeadlinePassed, GaveUp, NotYet, Ready, wait_until
from harness.stack import logs
from harness.stack.network.addresses import Tier, some_tiers
from harness.stack.spec import ServiceSpec

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container
    from testcontainers.core.container import DockerContainer

INTERNAL_NETWORKS = ("app", "proxy", "data", "aws")
OPEN_NETWORKS = ("public", "operator")
OUTSIDE_CIDR = "198.18.0.0/15"
"""For the networks that are not the VPC's; RFC 2544 keeps these addresses off the internet."""
LOOPBACK = "127.0.0.1"
_SUBNET_TRIES = 8

Ports = Mapping[int, int]
"""Container port -> port on 127.0.0.1."""
Probe = Callable[[Ports], Ready | NotYet]


@dataclass(frozen=True)
class Planned:
    """A service to start, and how to tell that it is ready."""

    spec: ServiceSpec
    probe: Probe


@dataclass
class Stack:
    """The containers of one run; the only thing that holds running containers."""

    run: Run
    client: docker.DockerClient
    images: Mapping[str, str]
    vpc_cidr: str
    containers: dict[str, Container] = field(default_factory=dict)
    ports: dict[str, Ports] = field(default_factory=dict)
    tiers: dict[str, Tier] = field(default_factory=dict)
    """The addresses of each network, by its role."""

    def create_networks(self) -> None:
        """Make the tiers: only ``public`` and ``operator`` reach beyond the engine.

        Containers cannot talk to each other over ``operator``: it is there for published ports.

        Raises:
            DockerUnavailable: The engine has no addresses left for networks.
        """
        with ThreadPoolExecutor(len(INTERNAL_NETWORKS + OPEN_NETWORKS)) as pool:
            for made in [
                pool.submit(self._create_network, role)
                for role in OPEN_NETWORKS + INTERNAL_NETWORKS
            ]:
                made.result()

    def _create_network(self, role: str) -> None:
        import docker.errors

        # Tiers live in the VPC. What is outside of it must not: the app trusts the VPC's addresses.
        # Docker's own pools hold some thirty networks, which is five stacks.
        cidr = self.vpc_cidr if role in INTERNAL_NETWORKS else OUTSIDE_CIDR
        answer = ""
        for tier in some_tiers(cidr, count=_SUBNET_TRIES):
            try:
                self._try_network(role, tier=tier)
            except docker.errors.APIError as error:
                answer = str(error.explanation or error)
            else:
                self.tiers[role] = tier
                return
        raise DockerUnavailable(
            f"the engine made no network for {role}",
            last_answer=answer,
            hint="if it has no addresses left, `docker network prune` frees what nothing uses",
        )

    def _try_network(self, role: str, *, tier: Tier) -> None:
        from docker.types import IPAMConfig, IPAMPool

        options = {"com.docker.network.bridge.host_binding_ipv4": LOOPBACK}
        if role == "operator":
            options["com.docker.network.bridge.enable_icc"] = "false"
            options["com.docker.network.bridge.enable_ip_masquerade"] = "false"
        pool = IPAMPool(subnet=str(tier.subnet), iprange=str(tier.tasks), gateway=str(tier.gateway))
        self.client.networks.create(
            self.run.name(role),
            driver="bridge",
            internal=role in INTERNAL_NETWORKS,
            ipam=IPAMConfig(pool_configs=[pool]),
            options=options if role in OPEN_NETWORKS else {},
            labels=self.run.labels("network"),
        )

    def start(self, spec: ServiceSpec) -> None:
        """Create one container, copy its files in, start it and connect its networks.

        Raises:
            ServiceExited: The engine could not start it.
        """
        import docker.errors

        container = self._container(spec)
        try:
            container.start()
            wrapped = container.get_wrapped_container()
            self.containers[spec.name] = wrapped
            for role in list(spec.networks)[1:]:
                self.client.networks.get(self.run.name(role)).connect(
                    wrapped, aliases=_aliases(spec, role), ipv4_address=self._address(spec, role)
                )
            wrapped.reload()
        except docker.errors.APIError as error:
            raise ServiceExited(
                f"service {spec.name} could not be started",
                last_answer=str(error.explanation or error),
                hint="if the image is missing, `cutover images build` makes it",
            ) from error
        self.ports[spec.name] = _published(wrapped, spec)

    def _container(self, spec: ServiceSpec) -> DockerContainer:
        """Turn a spec into a container; the only place where one is configured."""
        from docker.types import EndpointConfig, LogConfig
        from testcontainers.core.container import DockerContainer

        first = next(iter(spec.networks))
        network = self.run.name(first)
        version = self.client.api.api_version
        container = DockerContainer(self.images[spec.image]).with_kwargs(
            detach=True,
            labels=self.run.labels(spec.name),
            mem_limit=spec.memory_bytes,
            memswap_limit=spec.memory_bytes,
            pids_limit=spec.pids_limit,
            cap_add=list(spec.cap_add),
            security_opt=["no-new-privileges"],
            healthcheck={"test": ["NONE"]},
            log_config=LogConfig(type="json-file", config={"max-size": "20m"}),
            network=network,
            networking_config={
                network: EndpointConfig(
                    version, aliases=_aliases(spec, first), ipv4_address=self._address(spec, first)
                )
            },
        )
        container.with_name(self.run.name(spec.name)).with_envs(**spec.environment)
        if spec.command:
            container.with_command(list(spec.command))
        for port in spec.published:
            # An address without a port: Docker picks a free port on loopback.
            container.ports[f"{port}/tcp"] = (LOOPBACK,)  # type: ignore[assignment]
        for source, mount in spec.mounts.items():
            container.with_volume_mapping(source, mount.target, mount.mode)
        container.tmpfs.update(spec.tmpfs)
        for path, file in spec.files.items():
            container.with_copy_into_container(file.content, path, file.mode)
        return container

    def _address(self, spec: ServiceSpec, role: str) -> str | None:
        address = self.tiers[role].of(spec.name)
        return str(address) if address else None

    def wait_ready(self, planned: Planned, *, check: Callable[[], None]) -> None:
        """Wait until a started service answers as the next step needs it.

        Raises:
            ServiceExited: The container stopped, or was killed for its memory.
            ServiceNotReady: It runs, but its probe did not pass in time.
        """
        spec = planned.spec
        deadline = Deadline(spec.ready_within_s)

        def alive() -> None:
            check()
            self.require_running(spec.name)

        try:
            wait_until(lambda: planned.probe(self.ports[spec.name]), deadline=deadline, alive=alive)
        except (DeadlinePassed, GaveUp) as error:
            raise self._failure(
                ServiceNotReady,
                spec.name,
                f"service {spec.name} was not ready after {deadline.elapsed_s:.1f} s"
                f" of {spec.ready_within_s:.0f} s",
                last_answer=getattr(error, "reason", str(error)),
            ) from error
        ready_at = datetime.now(UTC).isoformat()
        self.run.write_text(f"services/{spec.name}/{READY_FILE}", ready_at)

    def require_running(self, name: str) -> None:
        """Raise if a container of ours is not running.

        Raises:
            ServiceExited: With its exit code, and whether it was killed for its memory.
        """
        container = self.containers[name]
        container.reload()
        if container.status != "running":
            killed = container.attrs["State"]["OOMKilled"] or logs.was_oom_killed(container)
            what = "was killed: it used more memory than its limit" if killed else "stopped"
            raise self._failure(ServiceExited, name, f"service {name} {what} while starting")

    def _failure(
        self, kind: type[HarnessError], name: str, what: str, *, last_answer: str = ""
    ) -> HarnessError:
        container = self.containers[name]
        container.reload()
        state = container.attrs["State"]
        return kind(
            what,
            state=f"{state['Status']}, exit code {state['ExitCode']}"
            + (", OOM-killed" if state["OOMKilled"] else ""),
            last_answer=last_answer,
            log_tail=container.logs(tail=50).decode(errors="replace"),
            where=str(self.run.directory / "services" / name),
            hint=f"`cutover logs {name}` shows more while the stack is up; the directory above"
            " keeps the logs",
        )


def _aliases(spec: ServiceSpec, role: str) -> list[str]:
    """Name a service on a network; on ``operator`` it has none: nobody can reach it there."""
    return [] if role == "operator" else [spec.name, *spec.networks[role]]


def _published(container: Container, spec: ServiceSpec) -> dict[int, int]:
    bindings: dict[str, Any] = container.attrs["NetworkSettings"]["Ports"]
    return {
        port: int(bindings[f"{port}/tcp"][0]["HostPort"])
        for port in spec.published
        if bindings.get(f"{port}/tcp")
    }
