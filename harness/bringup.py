"""From a configuration to a stack that is up: services, AWS resources, the app's first run.

Each step starts when what it needs is there. The web tasks start as soon as their secrets exist and
``control`` answers; the database and the proxy become ready beside them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from harness import artifacts, clients, evidence, inputs, provision
from harness.plan import Materials, access_to, planned_services, volume_name
from harness.stack import Planned, Stack
from harness.steps import Steps
from harness.wait import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    import docker

    from harness.artifacts import Run
    from harness.config import Config
    from harness.images import ImageSet
    from harness.progress import Progress
    from harness.targets import Access

_SERVICE_STATES = ("starting", "ready")
ACCESS_FILE = "current.json"


@dataclass
class Bringup:
    """The making of one stack."""

    config: Config
    run: Run
    client: docker.DockerClient
    progress: Progress
    images: ImageSet
    materials: Materials = field(init=False)
    stack: Stack = field(init=False)
    deadline: Deadline = field(init=False)
    web_task: str = ""

    def __post_init__(self) -> None:
        """Make the secrets and certificates of this stack."""
        self.deadline = Deadline(self.config.up_within_s)
        self.materials = Materials.make(self.config)
        self.stack = Stack(
            run=self.run,
            client=self.client,
            images=self.images,
            vpc_cidr=self.config.vpc_cidr,
        )

    def up(self) -> Access:
        """Start everything; raise the first error.

        Raises:
            ServiceError: A container failed.
            ProvisionError: The tasks or the first run failed.
        """
        self.run.write_text("ca.pem", self.materials.certificates.ca_pem)
        with Steps(progress=self.progress) as steps:
            steps.add("networks", self._networks)
            self._services(steps)
            self._resources(steps)
            self._web(steps)
            steps.finish()
        access = self.access()
        record = {**asdict(access), "inputs": inputs.digests(self.config)}
        self.run.write_json(ACCESS_FILE, record)
        return access

    def _networks(self) -> None:
        self.client.volumes.create(volume_name(self.run), labels=self.run.labels("volume"))
        self.stack.create_networks()

    def _services(self, steps: Steps) -> None:
        for planned in planned_services(
            self.config, run=self.run, materials=self.materials, images=self.images
        ):
            steps.add(
                planned.spec.name,
                partial(self._start, steps, planned),
                needs=("networks",),
                group="service",
                states=_SERVICE_STATES,
            )

    def _start(self, steps: Steps, planned: Planned) -> None:
        self.stack.start(planned.spec)
        self.stack.wait_ready(planned, check=steps.check)

    def _resources(self, steps: Steps) -> None:
        config = self.config

        def add(name: str, api: str, work: Callable[[Any], None], *needs: str) -> None:
            def create() -> None:
                with clients.explained(name):
                    work(clients.aws(self.access(), api))

            steps.add(name, create, needs=needs)

        values = self.materials.secrets
        add("secrets", "secretsmanager", lambda api: provision.secrets(api, values), "localstack")
        add("roles", "iam", lambda api: provision.roles(api, config), "localstack")
        add("cluster", "ecs", lambda api: provision.cluster(api, config), "control")
        add(
            "load balancer",
            "elbv2",
            lambda api: provision.load_balancer(api, config),
            *("control", "edge"),
        )
        for name, files in config.services.items():
            add(
                f"service {name}",
                "ecs",
                partial(provision.service, config=config, files=files),
                *("secrets", "roles", "cluster", "load balancer"),
            )

    def _web(self, steps: Steps) -> None:
        def first_healthy() -> None:
            self.web_task = self.watch("web").until_first_healthy(self.deadline, check=steps.check)

        def first_run() -> None:
            provision.first_run(
                self.config.first_run,
                task_id=self.web_task,
                run=partial(clients.exec_in_task, self.access()),
                where=str(self.run.directory),
            )

        def all_stable() -> None:
            for name in self.config.services:
                self.watch(name).until_stable(self.deadline, check=steps.check)

        services = tuple(f"service {name}" for name in self.config.services)
        steps.add("web task healthy", first_healthy, needs=("service web",))
        steps.add("first run", first_run, needs=("web task healthy", "proxy", "mysql"))
        steps.add("services stable", all_stable, needs=("web task healthy", *services))

    def watch(self, name: str) -> provision.Watch:
        """Watch one service of the configuration; control must be ready."""
        return provision.Watch(
            client=clients.aws(self.access(), "ecs"),
            cluster=self.config.cluster,
            service=provision.service_name(self.config.services[name]),
            where=str(self.run.directory),
            logs=lambda: evidence.task_log_tail(self.client, self.run.id),
        )

    def access(self) -> Access:
        """Say where everything that runs so far can be reached."""
        return access_to(
            self.config, run=self.run, ports=self.stack.ports, vendor=self.images.vendor
        )


def record_current(run: artifacts.Run) -> None:
    """Make this run's stack the one that is up."""
    text = (run.directory / ACCESS_FILE).read_text(encoding="utf-8")
    artifacts.write_current(run.home, text)
