"""Production as its files describe it: cutover.toml and every AWS file it names, read once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import ContainerDefinition, TaskDefinition
from harness.inputs import config, file_types, scenarios
from harness.inputs.aws_cli import forms, identities, resources
from harness.inputs.aws_cli.output import UNREAD
from harness.inputs.checks import between_files, build_places, foreign, references, task_networks
from harness.inputs.config import Config
from harness.inputs.document import Document, path_below
from harness.inputs.files import (
    bucket,
    cache,
    container_images,
    ecs_services,
    iam_roles,
    identity,
    listeners,
    load_balancer,
    mail_receipts,
    phase_files,
    queues,
    schedule,
    security_groups,
    task_definitions,
    vpc,
)
from harness.inputs.files import services as service_files
from harness.inputs.files.api_calls import CallFile
from harness.inputs.files.cache import Cache
from harness.inputs.files.ecs_services import Service
from harness.inputs.files.iam_roles import RoleFile
from harness.inputs.files.schedule import LARAVELS, Schedule, tasks_of
from harness.inputs.files.security_groups import SecurityGroups
from harness.inputs.files.vpc import Network
from harness.inputs.problem import InputError, Problem
from harness.inputs.reading import Reading
from harness.inputs.toml.pages import Pages

if TYPE_CHECKING:
    from pathlib import Path

    from harness.aws.mail_receipt import MailReceipt
    from harness.core.redact import Secret
    from harness.inputs.toml.schema import ImageSource


@dataclass(frozen=True)
class Production:
    """The configuration and the content of every file that it names."""

    config: Config
    network: Network
    load_balancer: Mapping[str, Any]
    """``LoadBalancer`` is the input of CreateLoadBalancer; ``Attributes`` may follow."""
    target_group: Mapping[str, Any]
    """``TargetGroup`` is the input of CreateTargetGroup; ``Attributes`` may follow."""
    services: Mapping[str, Service]
    resources: Mapping[str, CallFile]
    """``bucket``, ``queues`` and ``identity``, of which the app may lack any."""
    cache: Cache | None
    schedules: Mapping[str, Schedule]
    roles: tuple[RoleFile, ...]
    mail_receipt: MailReceipt | None
    """Where SES keeps the mails of scenarios on AWS; None where it keeps none."""
    environment_files: Mapping[str, str]
    """ARN of an object in S3 -> its text."""
    files: Mapping[str, str]
    """Key of cutover.toml, such as ``services.web.service``, -> path of the file that it names."""
    documents: Mapping[str, Document]
    """The same key -> that file's content as an operation's input; of a role, ``iam.<name>``."""
    digests: Mapping[str, str]
    """SHA-256 of each file read, by its path from the configuration's directory."""
    notes: tuple[str, ...]
    """Lines for the user: files that were not taken as they are."""

    @property
    def definitions(self) -> Iterator[TaskDefinition]:
        """Every task definition."""
        yield from (task.definition for task in self.tasks.values())

    @property
    def tasks(self) -> dict[str, Service | Schedule]:
        """All that runs tasks, by the key of its file."""
        return tasks_of(self.services, self.schedules)

    @property
    def schedule(self) -> Schedule | None:
        """The schedule that runs Laravel's scheduler."""
        return self.schedules.get(LARAVELS)

    @property
    def app_image(self) -> str:
        """The image reference of the app's own containers."""
        return container_images.app_image([*self.definitions], named=self.config.images)

    @property
    def images_beside_app(self) -> dict[str, ImageSource]:
        """Image -> source of the containers that are not the app's own."""
        return container_images.beside_app([*self.definitions], named=self.config.images)

    @property
    def php_containers(self) -> dict[str, str]:
        """Family of a task definition -> the container in which Laravel runs."""
        reached = {
            service.definition.family: service.reached.get("containerName", "")
            for service in self.services.values()
        }
        return {
            definition.family: container_images.php_container(
                definition, app=self.app_image, reached=reached.get(definition.family, "")
            )
            for definition in self.definitions
        }

    @property
    def laravel(self) -> ContainerDefinition:
        """The container of a web task in which Laravel runs."""
        definition = self.services[self.web].definition
        return definition.container(self.php_containers[definition.family])

    def path_of(self, key: str) -> str:
        """Return the path of an input file, from the folder of cutover.toml."""
        return path_below(self.documents[key].path, root=self.config.root)

    @property
    def web(self) -> str:
        """The service that visitors reach, by its name in cutover.toml."""
        return ecs_services.web(self.services, target_group=self.target_group)

    @property
    def worker(self) -> str:
        """The service that takes jobs, by its name in cutover.toml; empty when there is none."""
        return ecs_services.worker(self.services, web=self.web)

    @property
    def session_cookie(self) -> str:
        """Name of the app's session cookie; empty where the web task does not set it."""
        return self.laravel.environment.get("SESSION_COOKIE", "")

    @property
    def _queue_of_jobs(self) -> str:
        """Name of the queue to which web tasks dispatch; empty where no variable says it."""
        return self.laravel.environment.get("SQS_QUEUE", "").rpartition("/")[2]

    @property
    def resource_names(self) -> dict[str, str]:
        """Names of the app's resources, by the scenarios' keys; only of those it has."""
        names: dict[str, str] = {}
        for key, file in self.resources.items():
            if buckets := bucket.names(file):
                own = self.laravel.environment.get("AWS_BUCKET", "")
                names["bucket"] = own if own in buckets else buckets[0]
            sender = self.laravel.environment.get("MAIL_FROM_ADDRESS", "")
            if name := identity.own(file, sender=sender) if key == "identity" else "":
                names["identity"] = name
            names |= queues.names(file.inputs_of("CreateQueue"), wanted=self._queue_of_jobs)
        if self.schedule is not None:
            names |= {"rule": self.schedule.name, "scheduler": self.schedule.definition.family}
        return names


@dataclass(frozen=True)
class PublicSite:
    """The needs of a target that is reached by its URL alone."""

    url: str
    session_cookie: str
    probe_key: Secret | None
    pages: Pages = field(default_factory=Pages)
    upload_folder: str = ""
    """The only folder of the bucket that the web tasks may write to; empty: anywhere."""
    probe_path: str = ""
    """The path below which the probe answers; empty at the root."""


_Read = Callable[[Document], CallFile]
_Form = Callable[[Document], Document]


def load(environ: Mapping[str, str], *, cwd: Path) -> Production:
    """Read the configuration and every file that it names, each once.

    Raises:
        InputError: Every problem of every file.
    """
    reading = Reading(config.read(environ, cwd=cwd))
    settings = reading.config(environ)
    groups = reading.file(
        "network", "security_groups", read=security_groups.read, form=forms.security_groups
    )
    read_balancer = partial(load_balancer.load_balancer, groups=groups)
    balancer = reading.file("ecs", "load_balancer", read=read_balancer, form=forms.load_balancer)
    problems = scenarios.problems(reading.toml.data, root=reading.toml.path.parent)
    reading.reject(reading.toml, problems)
    reading.reject(reading.toml, build_places.problems(settings))
    services = _services(reading, groups)
    _require_web(reading, services)
    own_group = listeners.read_target_group(reading, balancer, settings=settings)
    groups_here = ecs_services.rehearsed_groups(balancer, own_group)
    balanced = ecs_services.behind(services, target_groups=groups_here)
    definitions = [service.definition for service in services.values()]
    complete = len(services) == len(reading.tables("services"))
    region = settings and settings.region
    resources = _resources(reading, definitions, region=region or "", complete=complete)
    schedules = _schedules(reading, groups)
    cached = reading.file("cache", "file", read=cache.read, form=cache.form)
    receipt = reading.file(
        "aws", "mail_receipt_rule", read=mail_receipts.read, form=mail_receipts.form
    )
    phase_files.read_all(reading)
    read_roles = _roles(reading)
    roles = tuple(role for role in read_roles if role is not None)
    tasks = tasks_of(services, schedules)
    _check_definitions(reading, settings, tasks.values())
    task_networks.reject(reading, tasks)
    network = groups and vpc.read(reading, groups, tasks, cache=cached, balancer=balancer or {})
    if settings:
        foreign.reject(reading, settings=settings, roles=roles, tasks=tasks.values())
    if not (settings and balancer and own_group and network):
        raise reading.failure()
    production = Production(
        config=settings,
        network=network,
        load_balancer=balancer,
        target_group=own_group,
        services=balanced,
        resources=resources,
        cache=cached,
        schedules=schedules,
        # A role of a file with problems would seem to have no file.
        roles=() if None in read_roles else roles,
        mail_receipt=receipt,
        environment_files=reading.environment_files,
        files=reading.files,
        documents=_documents(reading, roles),
        digests=reading.digests,
        notes=reading.notes,
    )
    return between_files.check(reading, production, services=services)


def _documents(reading: Reading, roles: Iterable[RoleFile]) -> dict[str, Document]:
    """Return the files by the keys that name them; a role's is ``iam.<its file>``."""
    role_paths = {f"iam.{role.path.stem}": str(role.path) for role in roles}
    return {
        key: reading.documents[path]
        for key, path in {**reading.files, **role_paths}.items()
        if path in reading.documents
    }


def public_site(environ: Mapping[str, str], *, cwd: Path) -> PublicSite:
    """Read the configuration, the web task's definition and, as far as they can be read, roles.

    Raises:
        InputError: Every problem of the first two.
    """
    reading = Reading(config.read(environ, cwd=cwd))
    settings = reading.config(environ)
    web = _definition(reading, "services", _web(reading, settings))
    if settings is None or web is None or reading.problems:
        raise InputError(reading.problems)
    variables = _laravel(web, named=settings.images).environment
    folder = iam_roles.writable_folder(
        _roles(reading),
        role=str(web.raw.get("taskRoleArn", "")),
        bucket=variables.get("AWS_BUCKET", ""),
        region=settings.region,
    )
    path = ((settings.probe and settings.probe.path) or "").rstrip("/")
    cookie = variables.get("SESSION_COOKIE", "")
    probe_key, pages = settings.given_probe_key, settings.pages
    return PublicSite(settings.public_url, cookie, probe_key, pages, folder, path)


def _web(reading: Reading, settings: Config | None) -> str:
    """Find the service to which the public URL leads; the only one is not opened for it."""
    names = reading.tables("services")
    if len(names) == 1:
        return names[0]
    read = service_files.read
    inputs = {
        name: reading.file(
            "services", name, "service", read=read, form=partial(forms.service, name=name)
        )
        for name in names
    }
    return listeners.read_web(reading, inputs, settings=settings)


def _require_web(reading: Reading, services: Mapping[str, Service]) -> None:
    """One of the services is behind the load balancer, once all of them can be read."""
    complete = services and len(services) == len(reading.tables("services"))
    if complete and not ecs_services.web(services):
        hint = "name the service that visitors reach; its file has loadBalancers"
        problem = Problem("services", "has no service behind the load balancer", hint)
        reading.reject(reading.toml, [problem])


def _services(reading: Reading, groups: SecurityGroups | None) -> dict[str, Service]:
    services = {}
    for name in reading.tables("services"):
        definition = _definition(reading, "services", name)
        read = partial(service_files.read, definition=definition, groups=groups)
        form = partial(forms.service, name=name, family=reading.family(name))
        create = reading.file("services", name, "service", read=read, form=form)
        if definition is not None and create is not None:
            services[name] = Service(definition, create)
    return services


def _definition(reading: Reading, *keys: str) -> TaskDefinition | None:
    read = partial(task_definitions.read, files=reading.environment_files)
    return reading.file(*keys, "task_definition", read=read, form=forms.task_definition)


def _resources(
    reading: Reading, definitions: Iterable[TaskDefinition], *, region: str, complete: bool
) -> dict[str, CallFile]:
    containers = [container for definition in definitions for container in definition.containers]
    # A definition that cannot be read may name it.
    unread = "" if complete else UNREAD
    name = container_images.single("AWS_BUCKET", containers) or unread
    sender = container_images.single("MAIL_FROM_ADDRESS", containers)
    readers: Mapping[str, tuple[_Read, _Form]] = {
        "bucket": (bucket.read, partial(resources.bucket, name=name, region=region)),
        "queues": (queues.read, resources.queues),
        "identity": (identity.read, partial(identities.identity, sender=sender, unread=unread)),
    }
    files = {
        key: reading.file("resources", key, read=read, form=form)
        for key, (read, form) in readers.items()
    }
    return {key: file for key, file in files.items() if file is not None}


def _schedules(reading: Reading, groups: SecurityGroups | None) -> dict[str, Schedule]:
    schedules = {}
    for keys in reading.schedules:
        read = partial(schedule.read, groups=groups, is_laravels=len(keys) == 1)
        rule = reading.file(*keys, "rule", read=read, form=resources.rule)
        if (definition := _definition(reading, *keys)) and rule:
            schedules[".".join((*keys, "rule"))] = Schedule(rule, definition)
    return schedules


def _roles(reading: Reading) -> tuple[RoleFile | None, ...]:
    context = reading.directory("app", "context", default=".")
    is_named = bool(config.text_at(reading.toml.data, "app", "roles"))
    directory = reading.directory("app", "roles", default="") if is_named else None
    paths = iam_roles.files(directory if is_named else context and context / "iam")
    sources = {path: source for path in paths if (source := reading.as_it_is(path))}
    if any(map(file_types.key_of, sources.values())):  # the folder has all of AWS's files
        others = {path for path, source in sources.items() if not file_types.may_be_role(source)}
        paths = [path for path in paths if path not in others]
    if directory and not paths:
        problem = Problem("app.roles", "is a directory without a file *.json", iam_roles.PRINT_THEM)
        reading.reject(reading.toml, [problem])
    return tuple(reading.read(path, iam_roles.read, form=resources.role) for path in paths)


def _check_definitions(
    reading: Reading, settings: Config | None, tasks: Collection[Service | Schedule]
) -> None:
    """The app's containers run one image, the others are named; environment files have texts."""
    definitions = [task.definition for task in tasks]
    texts = reading.tables("environment_files")
    for problem in references.missing_environment_files(definitions, texts=texts):
        reading.reject(reading.documents[problem.file], [problem])
    if settings is None or not definitions:
        return
    for source, problem in container_images.problems(definitions, named=settings.images):
        reading.reject(reading.documents[source], [problem])
    # Without a definition that has problems of its own, its images would seem to be unused.
    further = reading.tables("schedules")
    if len(tasks) == len(reading.tables("services") + further) + bool(reading.tables("schedule")):
        reading.reject(reading.toml, container_images.unused(definitions, named=settings.images))


def _laravel(
    definition: TaskDefinition, *, named: Mapping[str, ImageSource]
) -> ContainerDefinition:
    """Return the container of a task in which Laravel runs."""
    app = container_images.app_image([definition], named=named)
    return definition.container(container_images.php_container(definition, app=app))
