"""A component as a testcontainers container, and the wait strategy that knows our probes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

from docker.types import EndpointConfig, LogConfig
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

from harness.core.runs import Run
from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.stack.component import Addresses, Component
from harness.stack.engine import PublishedHost
from harness.stack.network.addresses import Tier


class ContainerEnded(Exception):
    """A container stopped while something waited for it to become ready."""


class ComponentContainer(DockerContainer):
    """One component; everything is configured before the start and nothing after it."""

    def __init__(
        self,
        component: Component,
        *,
        image: str,
        run: Run,
        networks: Mapping[str, Network],
        tiers: Mapping[str, Tier],
        host: PublishedHost,
    ) -> None:
        """Configure the container.

        Args:
            component: Its data.
            image: The id of its image.
            run: Names and labels the container.
            networks: The networks of the stack, by their role.
            tiers: The addresses of each network, by its role.
            host: Where ports are published, and where they are reached.
        """
        first = networks[next(iter(component.networks))]
        self._component, self._run, self._tiers, self._host = component, run, tiers, host
        super().__init__(
            image,
            name=run.name(component.name),
            env=dict(component.environment),
            volumes=[(path, mount.target, mount.mode) for path, mount in component.mounts.items()],
            transferables=[(f.content, path, f.mode) for path, f in component.files.items()],
            labels=run.labels(component.name),
            mem_limit=component.memory_bytes,
            memswap_limit=component.memory_bytes,
            pids_limit=component.pids_limit,
            init=component.init,
            security_opt=["no-new-privileges"],
            healthcheck={"test": ["NONE"]},
            log_config=LogConfig(type="json-file", config={"max-size": "20m"}),
            network=first,
            # `with_network_aliases` takes no address.
            networking_config={first.name: self._endpoint(next(iter(component.networks)))},
        )
        # An id, to which a registry's prefix from the environment must not be added.
        self.image = image
        if component.command:
            self.with_command(list(component.command))
        for port in component.published:
            # `with_bind_ports` takes no address: with one, Docker picks a free port there.
            self.ports[f"{port}/tcp"] = (host.binding,)  # type: ignore[assignment]

    def start(self) -> Self:
        """Create the container, copy its files in, start it, and connect its other networks.

        Raises:
            docker.errors.APIError: The engine refuses one of these.
        """
        super().start()
        networks = self.get_docker_client().client.networks
        for role in list(self._component.networks)[1:]:
            networks.get(self._run.name(role)).connect(
                self.get_wrapped_container(),
                aliases=self._aliases(role),
                ipv4_address=self._address(role),
            )
        self.reload()
        return self

    @property
    def addresses(self) -> Addresses:
        """Where this process reaches the published ports; those of a stopped container are gone."""
        bindings: Any = self.get_wrapped_container().attrs["NetworkSettings"]["Ports"]
        return {
            port: f"{self._host.address}:{bindings[f'{port}/tcp'][0]['HostPort']}"
            for port in self._component.published
            if bindings.get(f"{port}/tcp")
        }

    def _endpoint(self, role: str) -> EndpointConfig:
        # Static addresses want an API of 1.22; every engine that we support has it.
        return EndpointConfig("1.22", aliases=self._aliases(role), ipv4_address=self._address(role))

    def _aliases(self, role: str) -> list[str]:
        """Name the component on a network; on ``operator`` nobody reaches it, so it has none."""
        component = self._component
        return [] if role == "operator" else [component.name, *component.networks[role]]

    def _address(self, role: str) -> str | None:
        address = self._tiers[role].of(self._component.name)
        return str(address) if address else None


class ProbeWaitStrategy(WaitStrategy):
    """Wait until a probe passes; the last answer is in the error when it does not in time."""

    def __init__(
        self, probe: Callable[[], Ready | NotYet], *, deadline: Deadline, check: Callable[[], None]
    ) -> None:
        """Take the probe, the time it has, and a check that raises when waiting is pointless."""
        super().__init__()
        self._probe, self._deadline, self._check = probe, deadline, check

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Wait.

        Raises:
            ContainerEnded: The container is not running any more.
            DeadlinePassed: The time is over.
            GaveUp: The probe knows that it will never pass.
        """

        def alive() -> None:
            self._check()
            container.reload()
            if container.status != "running":
                raise ContainerEnded

        wait_until(self._probe, deadline=self._deadline, alive=alive)
