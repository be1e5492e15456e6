"""The running stack: networks, containers in parallel, evidence always, removal in reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.core.errors import (
    ComponentExited,
    ComponentNotReady,
    DockerUnavailable,
    HarnessError,
)
from harness.core.runs import READY_FILE, Run
from harness.core.wait import Deadline, DeadlinePassed, GaveUp
from harness.stack import engine, logs
from harness.stack.component import Addresses, Component, PlannedComponent
from harness.stack.network.addresses import Tier, some_tiers

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container
    from testcontainers.core.network import Network

    from harness.stack.component_container import ComponentContainer
    from harness.stack.engine import PublishedHost

INTERNAL_NETWORKS = ("app", "proxy", "data", "aws")
OPEN_NETWORKS = ("public", "operator")
OUTSIDE_CIDR = "198.18.0.0/15"
"""For the networks that are not the VPC's; RFC 2544 keeps these addresses off the internet."""
_SUBNET_TRIES = 8


@dataclass
class Stack:
    """The containers of one run; the only thing that holds running containers."""

    run: Run
    client: docker.DockerClient
    images: Mapping[str, str]
    vpc_cidr: str
    networks: dict[str, Network] = field(default_factory=dict)
    """By role."""
    tiers: dict[str, Tier] = field(default_factory=dict)
    """The addresses of each network, by its role."""
    host: PublishedHost = field(init=False)
    """Where ports are published; known as soon as there are networks."""
    _started: dict[str, ComponentContainer] = field(default_factory=dict)

    @property
    def containers(self) -> dict[str, Container]:
        """The containers that were started, by the name of their component."""
        # A copy, since other threads start components meanwhile.
        started = self._started.copy()
        return {name: component.get_wrapped_container() for name, component in started.items()}

    @property
    def addresses(self) -> dict[str, Addresses]:
        """Where the published ports of each component are reached."""
        started = self._started.copy()
        return {name: component.addresses for name, component in started.items()}

    def create_networks(self) -> None:
        """Make the tiers: only ``public`` and ``operator`` reach beyond the engine.

        Containers cannot talk to each other over ``operator``: it is there for published ports.

        Raises:
            DockerUnavailable: The engine has no addresses left for networks.
        """
        with ThreadPoolExecutor(len(INTERNAL_NETWORKS + OPEN_NETWORKS)) as pool:
            for future in [
                pool.submit(self._create_network, role)
                for role in OPEN_NETWORKS + INTERNAL_NETWORKS
            ]:
                future.result()
        self.host = engine.published_host(self.tiers["operator"].gateway)

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
        from testcontainers.core.network import Network

        options = {}
        if role == "operator":
            options["com.docker.network.bridge.enable_icc"] = "false"
            options["com.docker.network.bridge.enable_ip_masquerade"] = "false"
        pool = IPAMPool(subnet=str(tier.subnet), iprange=str(tier.tasks), gateway=str(tier.gateway))
        network = Network(
            docker_network_kw={
                "driver": "bridge",
                "internal": role in INTERNAL_NETWORKS,
                "ipam": IPAMConfig(pool_configs=[pool]),
                "options": options,
                "labels": self.run.labels("network"),
            }
        )
        network.name = self.run.name(role)
        self.networks[role] = network.create()

    def start(self, component: Component) -> None:
        """Create one container, copy its files in, start it and connect its networks.

        Raises:
            ComponentExited: The engine could not start it.
        """
        import docker.errors

        from harness.stack.component_container import ComponentContainer

        container = ComponentContainer(
            component,
            image=self.images[component.image],
            run=self.run,
            networks=self.networks,
            tiers=self.tiers,
            host=self.host,
        )
        try:
            container.start()
        except docker.errors.APIError as error:
            raise ComponentExited(
                f"component {component.name} could not be started",
                last_answer=str(error.explanation or error),
                hint="if the image is missing, `cutover images build` makes it",
            ) from error
        self._started[component.name] = container

    def wait_ready(self, planned: PlannedComponent, *, check: Callable[[], None]) -> None:
        """Wait until a started component answers as the next step needs it.

        Raises:
            ComponentExited: The container stopped, or was killed for its memory.
            ComponentNotReady: It runs, but its probe did not pass in time.
        """
        from harness.stack.component_container import ContainerEnded, ProbeWaitStrategy

        name, within_s = planned.component.name, planned.component.ready_within_s
        deadline = Deadline(within_s)
        strategy = ProbeWaitStrategy(
            lambda: planned.probe(self.addresses[name]), deadline=deadline, check=check
        )
        try:
            strategy.wait_until_ready(self._started[name])
        except ContainerEnded:
            raise self._exited(name) from None
        except (DeadlinePassed, GaveUp) as error:
            reason = getattr(error, "reason", str(error))
            raise self._failure(
                ComponentNotReady,
                name,
                f"component {name} will not be ready: {reason}"
                if isinstance(error, GaveUp)
                else f"component {name} was not ready after {deadline.elapsed_s:.1f} s"
                f" of {within_s:.0f} s",
                last_answer=reason,
            ) from error
        self.run.write_text(f"services/{name}/{READY_FILE}", datetime.now(UTC).isoformat())

    def _exited(self, name: str) -> HarnessError:
        container = self.containers[name]
        container.reload()
        killed = container.attrs["State"]["OOMKilled"] or logs.was_oom_killed(container)
        how = "was killed: it used more memory than its limit" if killed else "stopped"
        return self._failure(ComponentExited, name, f"component {name} {how} while starting")

    def _failure(
        self, kind: type[HarnessError], name: str, message: str, *, last_answer: str = ""
    ) -> HarnessError:
        container = self.containers[name]
        container.reload()
        state = container.attrs["State"]
        return kind(
            message,
            state=f"{state['Status']}, exit code {state['ExitCode']}"
            + (", OOM-killed" if state["OOMKilled"] else ""),
            last_answer=last_answer,
            log_tail=container.logs(tail=50).decode(errors="replace"),
            where=str(self.run.directory / "services" / name),
            hint=f"`cutover logs {name}` shows more while the stack is up; the directory above"
            " keeps the logs",
        )
