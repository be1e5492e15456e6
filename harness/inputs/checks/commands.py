"""Commands of the rule's tasks, which end, of the first run, and of health checks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.aws.eventbridge import run_task_input
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.aws.task_definition import ContainerDefinition
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.production import Production

_ENDLESS = re.compile(
    r"\bartisan\s+(?P<artisan>schedule:work|queue:listen|horizon|octane:start|reverb:start|serve)"
    r"(?![:\w-])|^(?:\S*/)?(?P<server>php-fpm[\d.]*|nginx|supervisord|apache2-foreground"
    r"|frankenphp)\b"
)
_DROPS = re.compile(r"\bartisan\s+(?P<name>migrate:(?:fresh|refresh|reset)|db:wipe)\b")
_MIGRATES = re.compile(r"\bartisan\s+migrate(?![:\w-])")
_SEEDS = re.compile(r"\bartisan\s+db:seed\b")
_RUNS = re.compile(r"\bartisan\s+schedule:run\b")
_WORKER = re.compile(r"\bartisan\s+queue:work\b")
_ENDS = ("--once", "--stop-when-empty", "--max-time", "--max-jobs")
"""Options with which a worker ends by itself."""
_DIALS_ANOTHER = re.compile(r"\s--(?:resolve|connect-to)\b")
"""curl's ways to ask its own container under the site's name."""


def ticks(production: Production) -> Iterator[Problem]:
    """The rule's task does not run a service's program, and nothing that never ends.

    Without a command of the target or the definition, a container runs its image's own:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html.
    """
    for key, schedule in production.schedules.items():
        yield from _of_tick(production, schedule, file=production.files[key])
    yield from _repeated(production)


def _repeated(production: Production) -> Iterator[Problem]:
    """Two rules that run schedule:run: each command that is due would run twice."""
    first = ""
    for key, schedule in production.schedules.items():
        commands = _commands_given(schedule)
        if commands.keys() - {container.name for container in schedule.definition.containers}:
            continue  # a name that is wrong is a problem of its own
        programs = [
            _words(container, commands.get(container.name))
            for container in schedule.definition.containers
            if container.image == production.app_image
        ]
        if any(_RUNS.search(" ".join(words)) for words in programs):
            if first:
                yield Problem(
                    f"{schedule.target_key}.EcsParameters.TaskDefinitionArn",
                    f"is a task that runs schedule:run, as {first} does: each command that is due"
                    " runs twice",
                    "let one rule run it",
                    file=production.files[key],
                )
            first = first or key


def _commands_given(schedule: Schedule) -> dict[Any, Any]:
    """Return the commands of the target's overrides, by the names of their containers."""
    overrides = run_task_input(schedule.target).get("overrides", {}).get("containerOverrides") or ()
    return {
        override.get("name"): override.get("command")
        for override in overrides
        if isinstance(override, dict)
    }


def _of_tick(production: Production, schedule: Schedule, *, file: str) -> Iterator[Problem]:
    commands = _commands_given(schedule)
    for number, container in enumerate(schedule.definition.containers):
        if not container.essential or container.image != production.app_image:
            continue
        override = commands.get(container.name)
        words = _words(container, override)
        if service := _service_of(production, container, words):
            command = "this command" if words else "no command: it runs the image's own"
            yield Problem(
                f"{schedule.target_key}.EcsParameters.TaskDefinitionArn",
                f"is a task whose container {container.name} has {command}, as the tasks of the"
                f" service {service} do, and never ends: each tick starts another one",
                'write as Input: {"containerOverrides": [{"name": "'
                f'{container.name}", "command": ["php", "artisan", "schedule:run"]}}]}}',
                file=file,
            )
        elif name := _endless(words):
            own = f"containerDefinitions[{number}].command", schedule.definition.source
            key, source = own if override is None else (f"{schedule.target_key}.Input", file)
            yield Problem(
                key,
                f"has {name}, which never ends: each tick starts another task beside those that"
                " run",
                "write schedule:run, which ends, or run it as a service of one task",
                file=source,
            )


def _words(container: ContainerDefinition, override: Sequence[str] | None) -> tuple[str, ...]:
    command = override if override is not None else container.raw.get("command") or ()
    return (*(container.raw.get("entryPoint") or ()), *map(str, command))


def _service_of(
    production: Production, container: ContainerDefinition, words: tuple[str, ...]
) -> str:
    """Name the service with a container that runs the same of the same image."""
    for name, service in production.services.items():
        for other in service.definition.containers:
            if other.image == container.image and _words(other, None) == words:
                return name
    return ""


def _endless(words: Sequence[str]) -> str:
    line = " ".join(words)
    if match := _ENDLESS.search(line):
        return match["artisan"] or match["server"]
    if _WORKER.search(line) and not any(option in line for option in _ENDS):
        return "queue:work"
    return ""


def first_run(production: Production) -> Iterator[Problem]:
    """Commands of the cutover's day leave brought tables alone, and fill none before it is made."""
    lines = [" ".join(entry.command) for entry in production.config.first_run]
    migrates = next((n for n, line in enumerate(lines) if _MIGRATES.search(line)), 0)
    for number, line in enumerate(lines[:migrates]):
        if _SEEDS.search(line):
            yield Problem(
                f"first_run[{number}].command",
                f"has db:seed, and first_run[{migrates}] migrates: its tables are not there yet",
                "put it after that one",
                file=str(production.config.file),
            )
    for number, entry in enumerate(production.config.first_run):
        if match := _DROPS.search(" ".join(entry.command)):
            yield Problem(
                f"first_run[{number}].command",
                f"has {match['name']}, which drops every table: on the day of the cutover those of"
                " the old host's data, too",
                'write ["php", "artisan", "migrate", "--force"]',
                file=str(production.config.file),
            )


def health_checks(production: Production) -> Iterator[Problem]:
    """A container's health check asks the container, and not the public site.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html
    """
    site = re.compile(rf"https?://{re.escape(production.config.public_host)}(?![\w.-])")
    for definition in production.definitions:
        for number, container in enumerate(definition.containers):
            words = (container.raw.get("healthCheck") or {}).get("command") or ()
            command = " ".join(map(str, words))
            if site.search(command) and not _DIALS_ANOTHER.search(command):
                yield Problem(
                    f"containerDefinitions[{number}].healthCheck.command",
                    f"asks {production.config.public_host}: the old host until the switch, then a"
                    " load balancer that waits for a healthy task, and never the container",
                    "ask http://localhost and the container's port",
                    file=definition.source,
                )


CHECKS = (ticks, first_run, health_checks)
