"""From a configuration to a stack that is up: components, AWS resources, the app's first run.

Each step starts when what it needs is there. The web tasks start as soon as their secrets exist and
``control`` answers; the database and the proxy become ready beside them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from harness.core import runs
from harness.core.steps import Step, Steps
from harness.core.wait import Deadline
from harness.inputs.files.ecs_services import target_group_of
from harness.rehearsal import aws_resources, digests, readiness, service_watch
from harness.rehearsal.access import access_to, with_addresses
from harness.rehearsal.first_run import require_exec, run_commands
from harness.rehearsal.plan import StackSecrets, planned_components, volume_name
from harness.stack import containers, logs
from harness.stack.component import PlannedComponent
from harness.stack.stack import Stack
from harness.target.clients import aws
from harness.target.resources.ecs import EcsService
from harness.target.resources.web_tier import TargetGroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import docker

    from harness.core.progress import Progress
    from harness.core.runs import Run
    from harness.images.builder import ImageSet
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.production import Production
    from harness.target.access import Access

_COMPONENT_STATES = ("starting", "ready")
_IDLE = "ask no queue of SQS for jobs"
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
    materials: StackSecrets = field(init=False)
    stack: Stack = field(init=False)
    deadline: Deadline = field(init=False)
    planned: dict[str, PlannedComponent] = field(default_factory=dict)
    """By name; the packet rules in them need the networks' addresses."""
    web_task: str = ""
    scheduled_at: str = ""
    first_run_at: datetime | None = None
    """When the first run had ended: errors from before it, such as missing tables, explain nothing
    that comes after."""

    def __post_init__(self) -> None:
        """Make the secrets and certificates of this stack."""
        self.deadline = Deadline(self.production.config.up_within_s)
        self.materials = StackSecrets.make(self.production)
        self.stack = Stack(
            run=self.run,
            client=self.client,
            images=self.images,
            vpc_cidr=self.production.network.vpc_cidr,
        )

    def up(self) -> Access:
        """Start everything; raise the first error.

        Raises:
            ComponentError: A container failed.
            ProvisionError: The tasks or the first run failed.
        """
        self.run.write_text("ca.pem", self.materials.certificates.ca_pem)
        with Steps(progress=self.progress) as steps:
            self.add_steps(steps)
            steps.finish()
        access = self.access()
        if self.scheduled_at:
            access = replace(access, schedule={**access.schedule, "since": self.scheduled_at})
        record = {**asdict(access), "inputs": digests.digests(self.production)}
        self.run.write_json(ACCESS_FILE, record)
        return access

    def add_steps(self, steps: Steps) -> None:
        """Add every step; each begins as soon as those that it needs are done."""
        production, create = self.production, partial(self._create, steps)
        # The networks; the packet rules of every component and task follow from their addresses.
        networks = steps.add("networks", self._networks)
        # Our containers, the slowest to boot first.
        start = partial(self._component, steps, needs=[networks])
        emulator, control = start("emulator"), start("control")
        mysql, edge = start("mysql"), start("edge")
        proxied = bool(production.config.database.proxy_endpoint)
        database = [mysql, *([start("proxy")] if proxied else [])]
        database += [start("cache")] if production.cache else []
        # The secrets that the task definitions name.
        values = partial(aws_resources.secrets, values=self.materials.secrets)
        secrets = create("secrets", "secretsmanager", values, needs=[emulator])
        parameters = steps.add("parameters", self._put_parameters, needs=[emulator])
        # The roles of tasks, of their execution and of the rule.
        roles = partial(aws_resources.roles, production=production)
        roles_made = create("roles", "iam", roles, needs=[emulator])
        # The cluster of every service and task.
        cluster = partial(aws_resources.cluster, name=production.config.cluster)
        cluster_made = create("cluster", "ecs", cluster, needs=[control])
        # The load balancer, its listeners and target groups; the edge is what listens.
        balancer = partial(aws_resources.create_load_balancing, production=production)
        balancer_made = create("load balancer", "elbv2", balancer, needs=[control, edge])
        # The app's bucket, queues and identity.
        resources = [
            create(name, _APIS[name], partial(aws_resources.make, file=file), needs=[emulator])
            for name, file in production.resources.items()
        ]
        # The environment files that containers name.
        files = partial(aws_resources.environment_files, texts=production.environment_files)
        put = create("environment files", "s3", files, needs=[emulator, *resources])
        stores = [secrets, parameters, put, *resources]
        ready_for_tasks = [*stores, roles_made, cluster_made, balancer_made]
        # The web service, whose first task may start before the database answers.
        web = self._service(steps, production.web, needs=ready_for_tasks)
        healthy = steps.add("web task healthy", partial(self._await_web, steps), needs=[web])
        # The app's first run, which makes the tables.
        first_run = steps.add("first run", self._run_first, needs=[healthy, *database])
        # A visitor, who comes through the load balancer.
        steps.add("visitor answered", partial(self._await_answer, steps), needs=[first_run])
        # The other services, which need the tables.
        services = [
            self._service(steps, name, needs=[*ready_for_tasks, first_run])
            for name in production.services
            if name != production.web
        ]
        # The scheduled runs.
        self._add_schedules(
            steps, needs=[cluster_made, roles_made], healthy=healthy, first_run=first_run
        )
        # Every service with all of its tasks.
        steps.add("services up", partial(self._await_all, steps), needs=[healthy, *services])

    def _add_schedules(
        self, steps: Steps, *, needs: list[Step], healthy: Step, first_run: Step
    ) -> None:
        """Add the definitions of the scheduled runs, the rules, and whether ticks would start."""
        schedules = self.production.schedules.values()
        families = {schedule.definition.family: schedule.definition for schedule in schedules}
        defined = [*needs]
        for family, content in families.items():
            definition = partial(aws_resources.definition, content=content)
            defined.append(
                self._create(steps, f"definition {family}", "ecs", definition, needs=needs)
            )
        for schedule in schedules:
            rule = partial(self._make_schedule, schedule)
            self._create(
                steps, f"schedule {schedule.name}", "events", rule, needs=[*defined, first_run]
            )
            # Beside the first run, which takes longer.
            name, run = (
                f"scheduled run of {schedule.name}",
                partial(self._require_scheduled_run, schedule),
            )
            steps.add(f"{name} can start", run, needs=[*defined, healthy])

    def _networks(self) -> None:
        self.client.volumes.create(volume_name(self.run), labels=self.run.labels("volume"))
        self.stack.create_networks()
        components = planned_components(self.production, materials=self.materials, stack=self.stack)
        self.planned.update({planned.component.name: planned for planned in components})

    def _component(self, steps: Steps, name: str, *, needs: Iterable[Step]) -> Step:
        start = partial(self._start, steps, name)
        return steps.add(name, start, needs=needs, group="component", states=_COMPONENT_STATES)

    def _start(self, steps: Steps, name: str) -> None:
        planned = self.planned[name]
        self.stack.start(planned.component)
        self.stack.wait_ready(planned, check=steps.check)

    def _create(
        self,
        steps: Steps,
        name: str,
        api: str,
        work: Callable[[Any], None],
        *,
        needs: Iterable[Step],
    ) -> Step:
        def create() -> None:
            with aws_resources.explained(name):
                work(aws.aws(self.access(), api))

        return steps.add(name, create, needs=needs)

    def _put_parameters(self) -> None:
        """Put each parameter into its region."""
        with aws_resources.explained("parameters"):
            for parameter in self.materials.parameters:
                client = aws.aws(self.access(), "ssm", region=parameter.region)
                client.put_parameter(**parameter.put)

    def _service(self, steps: Steps, name: str, *, needs: Iterable[Step]) -> Step:
        content, cluster = self.production.services[name], self.production.config.cluster
        create = partial(aws_resources.service, content=content, cluster=cluster)
        return self._create(steps, f"service {name}", "ecs", create, needs=needs)

    def _await_web(self, steps: Steps) -> None:
        is_before_first_run = bool(self.production.config.first_run)
        watched = replace(self.watch(self.production.web), is_before_first_run=is_before_first_run)
        self.web_task = watched.until_first_healthy(self.deadline, check=steps.check)

    def _await_all(self, steps: Steps) -> None:
        for name in self.production.services:
            self.watch(name).until_stable(self.deadline, check=steps.check)

    def _await_answer(self, steps: Steps) -> None:
        failure = self.watch(self.production.web).failure
        readiness.await_answer(self.access(), check=steps.check, failure=failure)

    def _require_scheduled_run(self, schedule: Schedule) -> None:
        readiness.require_scheduled_run(self.access(), schedule)

    def _run_first(self) -> None:
        config, where = self.production.config, str(self.run.directory)
        require_task = partial(self.watch(self.production.web).require_task, self.web_task)
        if config.first_run:
            web = self._ecs_service(self.production.web)
            require_exec(web.task(self.web_task), require_task=require_task, where=where)
        run_commands(
            config.first_run,
            task_id=self.web_task,
            run=partial(containers.exec_in_task, self.access()),
            require_task=require_task,
            where=where,
        )
        self.first_run_at = datetime.now(UTC) if config.first_run else None

    def _make_schedule(self, schedule: Schedule, events: Any) -> None:
        access = self.access()
        scheduler = aws.aws(access, "scheduler")
        aws_resources.make_schedule(events, aws.aws(access, "sqs"), schedule, scheduler=scheduler)
        if schedule is self.production.schedule:
            self.scheduled_at = datetime.now(UTC).isoformat()

    def watch(self, name: str) -> service_watch.Watch:
        """Watch one service of the configuration; control must be ready."""
        family = self.production.services[name].definition.family
        return service_watch.Watch(
            service=self._ecs_service(name),
            where=str(self.run.directory),
            logs=lambda: logs.task_log_tail(self.client, self.run.id, family=family),
            containers=lambda: logs.containers_of(self.client, self.run.id),
            healthy_targets=partial(self._healthy_targets, name),
            secrets=aws.aws(self.access(), "secretsmanager"),
            at_work=partial(readiness.tasks_at_work, self.access()),
            idle=_IDLE if readiness.must_ask_for_jobs(self.production, name) else "",
            cause=readiness.lost_command(self.production, name),
            since=self.first_run_at or service_watch.EVER,
        )

    def _ecs_service(self, name: str) -> EcsService:
        return EcsService(
            aws.aws(self.access(), "ecs"),
            cluster=self.production.config.cluster,
            name=self.production.services[name].name,
        )

    def _healthy_targets(self, service: str) -> set[str]:
        access, reached = self.access(), self.production.services[service].reached
        name = target_group_of(reached) or access.target_group
        group = TargetGroup(aws.aws(access, "elbv2"), name=name)
        return {target.address for target in group.targets() if target.state == "healthy"}

    def access(self) -> Access:
        """Return the addresses of everything that runs so far."""
        return with_addresses(self._described, self.stack.addresses)

    @cached_property
    def _described(self) -> Access:
        return access_to(self.production, run=self.run, vendor=self.images.vendor)


def record_current(run: runs.Run) -> None:
    """Make this run's stack the one that is up."""
    text = (run.directory / ACCESS_FILE).read_text(encoding="utf-8")
    runs.write_current(run.home, text)
