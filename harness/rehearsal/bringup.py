"""From a configuration to a stack that is up: services, AWS resources, the app's first run.

Each step starts when what it needs is there. The web tasks start as soon as their secrets exist and
``control`` answers; the database and the proxy become ready beside them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from harness.core import runs
from harness.core.steps import Steps
from harness.core.wait import Deadline
from harness.inputs import digests
from harness.rehearsal import aws_resources, service_watch
from harness.rehearsal.access import access_to, with_ports
from harness.rehearsal.first_run import require_exec, run_commands
from harness.rehearsal.plan import SERVICES, Materials, planned_services, volume_name
from harness.stack import containers, logs
from harness.stack.stack import Planned, Stack
from harness.target.clients import aws
from harness.target.resources.web_tier import targets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import docker

    from harness.core.progress import Progress
    from harness.core.runs import Run
    from harness.images.builder import ImageSet
    from harness.inputs.production import Production
    from harness.target.access import Access

_SERVICE_STATES = ("starting", "ready")
ACCESS_FILE = "current.json"
_APIS = {"bucket": "s3", "queues": "sqs", "identity": "ses"}
"""Resource -> the API that makes it."""


@dataclass
class Bringup:
    """The making of one stack."""

    production: Production
    run: Run
    client: docker.DockerClient
    progress: Progress
    images: ImageSet
    materials: Materials = field(init=False)
    stack: Stack = field(init=False)
    deadline: Deadline = field(init=False)
    planned: dict[str, Planned] = field(default_factory=dict)
    """The services; the packet rules in them want the networks' addresses."""
    web_task: str = ""
    scheduled_at: str = ""

    def __post_init__(self) -> None:
        """Make the secrets and certificates of this stack."""
        self.deadline = Deadline(self.production.config.up_within_s)
        self.materials = Materials.make(self.production.config)
        self.stack = Stack(
            run=self.run,
            client=self.client,
            images=self.images,
            vpc_cidr=self.production.network.vpc_cidr,
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
            self._rest(steps)
            steps.finish()
        access = self.access()
        if self.scheduled_at:
            access = replace(access, schedule={**access.schedule, "since": self.scheduled_at})
        record = {**asdict(access), "inputs": digests.digests(self.production)}
        self.run.write_json(ACCESS_FILE, record)
        return access

    def _networks(self) -> None:
        self.client.volumes.create(volume_name(self.run), labels=self.run.labels("volume"))
        self.stack.create_networks()
        found = planned_services(
            self.production,
            run=self.run,
            materials=self.materials,
            images=self.images,
            tiers=self.stack.tiers,
        )
        self.planned.update({planned.spec.name: planned for planned in found})

    def _services(self, steps: Steps) -> None:
        for name in SERVICES:
            steps.add(
                name,
                partial(self._start, steps, name),
                needs=("networks",),
                group="service",
                states=_SERVICE_STATES,
            )

    def _start(self, steps: Steps, name: str) -> None:
        planned = self.planned[name]
        self.stack.start(planned.spec)
        self.stack.wait_ready(planned, check=steps.check)

    def _resources(self, steps: Steps) -> None:
        production, add = self.production, partial(self._add, steps)
        values, cluster = self.materials.secrets, production.config.cluster
        add("secrets", "secretsmanager", lambda api: aws_resources.secrets(api, values), "emulator")
        add("roles", "iam", lambda api: aws_resources.roles(api, production), "emulator")
        add("cluster", "ecs", lambda api: aws_resources.cluster(api, cluster), "control")
        add(
            "load balancer",
            "elbv2",
            lambda api: aws_resources.create_load_balancer(api, production),
            *("control", "edge"),
        )
        for name, file in production.resources.items():
            add(name, _APIS[name], partial(aws_resources.make, file=file), "emulator")

    def _add(
        self, steps: Steps, name: str, api: str, work: Callable[[Any], None], *needs: str
    ) -> None:
        def create() -> None:
            with aws_resources.explained(name):
                work(aws.aws(self.access(), api))

        steps.add(name, create, needs=needs)

    def _service(self, steps: Steps, name: str, *needs: str) -> None:
        given, cluster = self.production.services[name], self.production.config.cluster
        self._add(
            steps,
            f"service {name}",
            "ecs",
            partial(aws_resources.service, given=given, cluster=cluster),
            *("secrets", "roles", "cluster", "load balancer", *self.production.resources, *needs),
        )

    def _web(self, steps: Steps) -> None:
        def first_healthy() -> None:
            self.web_task = self.watch("web").until_first_healthy(self.deadline, check=steps.check)

        def first_run() -> None:
            where = str(self.run.directory)
            config = self.production.config
            if config.first_run:
                require_exec(
                    aws.aws(self.access(), "ecs"),
                    cluster=config.cluster,
                    task_id=self.web_task,
                    where=where,
                )
            run_commands(
                config.first_run,
                task_id=self.web_task,
                run=partial(containers.exec_in_task, self.access()),
                where=where,
            )

        self._service(steps, "web")
        steps.add("web task healthy", first_healthy, needs=("service web",))
        steps.add("first run", first_run, needs=("web task healthy", "proxy", "mysql"))

    def _rest(self, steps: Steps) -> None:
        """Start what needs the database's tables: the other services, and the schedule."""
        others = tuple(name for name in self.production.services if name != "web")
        for name in others:
            self._service(steps, name, "first run")
        schedule = self.production.schedule
        if schedule is not None:
            definition = partial(aws_resources.definition, given=schedule.definition)
            self._add(steps, "scheduler's definition", "ecs", definition, "cluster")

            def make_schedule(events: Any) -> None:
                sqs = aws.aws(self.access(), "sqs")
                aws_resources.make_schedule(events, sqs, schedule)
                self.scheduled_at = datetime.now(UTC).isoformat()

            self._add(
                steps,
                "schedule",
                "events",
                make_schedule,
                *("scheduler's definition", "roles", "first run"),
            )

        def all_stable() -> None:
            for name in self.production.services:
                self.watch(name).until_stable(self.deadline, check=steps.check)

        services = tuple(f"service {name}" for name in others)
        steps.add("services stable", all_stable, needs=("web task healthy", *services))

    def watch(self, name: str) -> service_watch.Watch:
        """Watch one service of the configuration; control must be ready."""
        return service_watch.Watch(
            client=aws.aws(self.access(), "ecs"),
            cluster=self.production.config.cluster,
            service=self.production.services[name].name,
            where=str(self.run.directory),
            logs=lambda: logs.task_log_tail(self.client, self.run.id),
            healthy_targets=self._healthy_targets,
            secrets=aws.aws(self.access(), "secretsmanager"),
        )

    def _healthy_targets(self) -> set[str]:
        access = self.access()
        targets = targets_of(aws.aws(access, "elbv2"), group=access.target_group)
        return {one.address for one in targets if one.state == "healthy"}

    def access(self) -> Access:
        """Say where everything that runs so far can be reached."""
        return with_ports(self._described, self.stack.ports)

    @cached_property
    def _described(self) -> Access:
        return access_to(self.production, run=self.run, vendor=self.images.vendor)


def record_current(run: runs.Run) -> None:
    """Make this run's stack the one that is up."""
    text = (run.directory / ACCESS_FILE).read_text(encoding="utf-8")
    runs.write_current(run.home, text)
