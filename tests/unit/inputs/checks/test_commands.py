"""The command of the rule's task: what never ends, and what does."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.aws.task_definition import TaskDefinition
from harness.inputs.checks import commands
from harness.inputs.files.schedule import LARAVELS, Schedule
from harness.inputs.production import Production
from tests.unit.inputs.checks import edits


def with_tick(
    app: Production, *command: str, override: bool = True, **container: Any
) -> Production:
    """Give the rule's task a command, of the target or of the definition."""
    assert app.schedule is not None
    raw = json.loads(json.dumps(app.schedule.definition.raw))
    (own,) = raw["containerDefinitions"]
    own.pop("command")
    own |= container
    calls = []
    for call in app.schedule.rule.calls:
        request = json.loads(json.dumps(call.input))
        for target in request.get("Targets", ()):
            target["Input"] = {"containerOverrides": [{"name": "app", "command": list(command)}]}
            if not override:
                del target["Input"]
        calls.append(replace(call, input=request))
    rule = replace(app.schedule.rule, calls=tuple(calls))
    return replace(app, schedules={LARAVELS: Schedule(rule, TaskDefinition(raw, "cron.json"))})


def keys(app: Production) -> list[str]:
    return edits.keys(commands.CHECKS, app)


def test_the_reference_app_is_taken(app: Production) -> None:
    assert keys(app) == []


def test_a_task_without_a_command_is_the_web_services(app: Production) -> None:
    (problem,) = commands.ticks(with_tick(app, override=False))
    assert problem.key == "PutTargets.Targets[0].EcsParameters.TaskDefinitionArn"
    assert problem.message == (
        "is a task whose container app has no command: it runs the image's own, as the tasks of"
        " the service web do, and never ends: each tick starts another one"
    )
    assert '"command": ["php", "artisan", "schedule:run"]' in problem.hint


def test_another_image_has_a_command_of_its_own(app: Production) -> None:
    assert keys(with_tick(app, override=False, image="cron:1")) == []
    assert keys(with_tick(app, override=False, entryPoint=["cron-once"])) == []


@pytest.mark.parametrize(
    ("command", "endless"),
    [
        (["php", "artisan", "schedule:work"], "schedule:work"),
        (["sh", "-c", "php artisan queue:listen sqs"], "queue:listen"),
        (["php", "artisan", "horizon"], "horizon"),
        (["php", "artisan", "horizon:snapshot"], ""),
        (["php", "artisan", "queue:work", "sqs"], "queue:work"),
        (["php", "artisan", "queue:work", "--stop-when-empty"], ""),
        (["php", "artisan", "queue:work", "--max-time=50"], ""),
        (["/usr/sbin/php-fpm8.4", "-F"], "php-fpm8.4"),
        (["php", "artisan", "schedule:run"], ""),
        (["php", "artisan", "invoices:send"], ""),
    ],
)
def test_commands_that_never_end(app: Production, command: list[str], endless: str) -> None:
    edits.judge(edits.messages(commands.CHECKS, with_tick(app, *command)), endless)


def test_an_endless_command_of_the_definition_is_named_there(app: Production) -> None:
    own = with_tick(app, override=False, command=["php", "artisan", "schedule:work"])
    (problem,) = commands.ticks(own)
    assert (problem.key, problem.file) == ("containerDefinitions[0].command", "cron.json")


def test_an_app_without_a_schedule(app: Production) -> None:
    assert keys(replace(app, schedules={})) == []


@pytest.mark.parametrize(
    ("words", "dropped"),
    [
        ("php artisan migrate:fresh --force", "migrate:fresh"),
        ("sh -c php artisan db:wipe --force", "db:wipe"),
        ("php artisan migrate --force", ""),
        ("php artisan migrate:status", ""),
        ("php artisan db:seed", ""),
    ],
)
def test_a_first_run_drops_no_table(app: Production, words: str, dropped: str) -> None:
    (run, *others) = app.config.first_run
    changed = run.model_copy(update={"command": tuple(words.split())})
    config = replace(app.config, first_run=(*others, changed))
    messages = edits.messages((commands.first_run,), replace(app, config=config))
    edits.judge(messages, dropped)


@pytest.mark.parametrize(
    ("order", "said"),
    [((3, 1), "has db:seed, and first_run[1] migrates"), ((1, 3, 1), ""), ((3,), "")],
)
def test_a_first_run_seeds_what_it_has_migrated(
    app: Production, order: tuple[int, ...], said: str
) -> None:
    commands_in_order = tuple(app.config.first_run[place] for place in order)
    changed = replace(app, config=replace(app.config, first_run=commands_in_order))
    edits.judge(edits.messages((commands.first_run,), changed), said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("curl -f https://tickets.876events.example/healthz", "asks tickets.876events.example"),
        ("curl -fH 'Host: tickets.876events.example' http://localhost:8080/healthz", ""),
        ("curl -f https://tickets.876events.example.internal/healthz", ""),
        ("curl -f --connect-to ::localhost:8080 http://tickets.876events.example/healthz", ""),
    ],
)
def test_a_health_check_asks_its_own_container(app: Production, line: str, said: str) -> None:
    containers = json.loads(json.dumps(app.services["web"].definition.raw["containerDefinitions"]))
    containers[0]["healthCheck"] = {"command": ["CMD-SHELL", line]}
    changed = edits.with_definition(app, "web", containerDefinitions=containers)
    edits.judge(edits.messages(commands.CHECKS, changed), said)
