"""From a configuration to a stack that is up: images, services, AWS resources, the app's first run.

Each step starts when what it needs is there. The web tasks start as soon as their secrets exist and
``control`` answers; the database and the proxy become ready beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness import artifacts, certs, clients, engine, evidence, images, provision, secretvalues, taskdef
from harness.artifacts import Run
from harness.config import Config
from harness.images import ImageSet
from harness.progress import Progress
from harness.redact import Secret
from harness.services import control, edge, localstack, mysql, proxy
from harness.stack import Planned, Stack
from harness.steps import Steps
from harness.targets import Access, access_from
from harness.wait import Deadline

if TYPE_CHECKING:
    import docker


@dataclass
class Bringup:
    """The making of one stack."""

    config: Config
    run: Run
    client: docker.DockerClient
    progress: Progress
    images: ImageSet
    secrets: Mapping[str, Secret] = field(init=False)
    certificates: certs.Certificates = field(init=False)
    stack: Stack = field(init=False)
    deadline: Deadline = field(init=False)
    web_task: str = ""

    def __post_init__(self) -> None:
        """Make the secrets and certificates of this stack."""
        database = self.config.database
        self.deadline = Deadline(self.config.up_within_s)
        self.secrets = secretvalues.make(self.config.secrets)
        self.certificates = certs.create(
            {
                "edge": (self.config.public_host,),
                "proxy": (database.proxy_endpoint,),
                "mysql": (database.cluster_endpoint,),
            }
        )
        self.stack = Stack(run=self.run, client=self.client, images=self.images)

    def up(self) -> Access:
        """Start everything; raise the first error.

        Raises:
            ServiceError: A container failed.
            ProvisionError: The tasks or the first run failed.
        """
        self.run.write_text("ca.pem", self.certificates.ca_pem)
        with Steps(progress=self.progress) as steps:
            steps.add("networks", self.stack.create_networks)
            self._services(steps)
            self._resources(steps)
            self._web(steps)
            steps.finish()
        access = self.access()
        artifacts.write_current(self.config.home, {**artifacts.as_json(access), **self._inputs()})
        return access

    def _services(self, steps: Steps) -> None:
        # The emulator is slowest to boot, so it is started first.
        for planned in (self._localstack(), self._mysql(), self._proxy(), self._edge()):
            self._service(steps, planned)
        steps.add(
            "control",
            lambda: self._start(steps, self._control()),
            needs=("networks",),
            group="service",
            states=("starting", "ready"),
        )

    def _service(self, steps: Steps, planned: Planned) -> None:
        steps.add(
            planned.spec.name,
            lambda: self._start(steps, planned),
            needs=("networks",),
            group="service",
            states=("starting", "ready"),
        )

    def _start(self, steps: Steps, planned: Planned) -> None:
        self.stack.start(planned.spec)
        self.stack.wait_ready(planned, check=steps.check)

    def _resources(self, steps: Steps) -> None:
        def aws(name: str) -> Any:
            return clients.aws(self.access(), name)

        config = self.config
        steps.add(
            "secrets",
            lambda: provision.secrets(aws("secretsmanager"), self.secrets),
            needs=("localstack",),
        )
        steps.add("roles", lambda: provision.roles(aws("iam"), config), needs=("localstack",))
        steps.add(
            "load balancer",
            lambda: provision.load_balancer(aws("elbv2"), config),
            needs=("control", "edge"),
        )
        for name, files in config.services.items():
            steps.add(
                f"service {name}",
                lambda files=files: provision.service(aws("ecs"), config, files),
                needs=("secrets", "roles", "load balancer"),
            )

    def _web(self, steps: Steps) -> None:
        def first_healthy() -> None:
            self.web_task = self.watch("web").until_first_healthy(self.deadline, check=steps.check)

        def first_run() -> None:
            provision.first_run(
                self.config.first_run,
                task_id=self.web_task,
                run=lambda task, command: clients.exec_in_task(self.access(), task, command),
                where=str(self.run.directory),
            )

        steps.add("web task healthy", first_healthy, needs=("service web",))
        steps.add("first run", first_run, needs=("web task healthy", "proxy", "mysql"))
        steps.add(
            "services stable",
            lambda: self._all_stable(steps),
            needs=("first run", *(f"service {name}" for name in self.config.services)),
        )

    def _all_stable(self, steps: Steps) -> None:
        for name in self.config.services:
            self.watch(name).until_stable(self.deadline, check=steps.check)

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
        return plan.access(self.config, run=self.run, ports=self.stack.ports, vendor=self.images.vendor)
