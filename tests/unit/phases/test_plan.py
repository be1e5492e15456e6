from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from harness.inputs.ecs_services import Service
from harness.inputs.production import Production
from harness.phases import plan
from harness.phases.catalog import PHASES, phase_of

SET = "aws ecs update-service --cluster tickets --service tickets-{} --desired-count {}"


def with_services(files: Production, counts: Mapping[str, int], command: str) -> Production:
    """Return the reference app with more services: the worker's, with another command."""
    worker = files.services["worker"]
    container = {**worker.definition.raw["containerDefinitions"][0], "command": [command]}
    raw = {**worker.definition.raw, "containerDefinitions": [container]}
    definition = replace(worker.definition, raw=raw)
    more = {
        name: Service(
            definition,
            {**worker.create, "serviceName": f"tickets-{name}", "desiredCount": count},
        )
        for name, count in counts.items()
    }
    return replace(files, services={**files.services, **more})


def commands(planned: plan.Plan) -> list[str]:
    return [command for action in planned.actions for command in action.commands]


def waits(number: int, files: Production) -> list[str]:
    found = commands(plan.steps(phase_of(number), files))
    return [one.partition("--services ")[2] for one in found if "wait services-stable" in one]


def test_each_phase_waits_for_the_services_that_it_creates(files: Production) -> None:
    assert waits(4, files) == ["tickets-web"]
    assert waits(5, files) == ["tickets-worker"]


def test_one_call_asks_for_ten_services_at_the_most(files: Production) -> None:
    more = with_services(files, {f"w{n}": 1 for n in range(11)}, "true")
    assert [len(names.split()) for names in waits(5, more)] == [10, 2]


@pytest.mark.parametrize("number", [5, 6])
def test_a_rollback_stops_everything_that_works_by_itself(number: int, files: Production) -> None:
    more = with_services(files, {"imports": 3, "clock": 1}, "php artisan schedule:work")
    stopped = [one for one in commands(plan.rollback(phase_of(number), more)) if one[-1] == "0"]
    assert stopped == [SET.format(name, 0) for name in ("worker", "imports", "clock")]


def test_each_service_starts_again_with_its_own_count(files: Production) -> None:
    more = with_services(files, {"imports": 3, "clock": 1}, "php artisan schedule:work")
    onward = plan.rollback(phase_of(5), more).actions[1].commands
    counts = [("worker", 2), ("imports", 3), ("clock", 1)]
    assert onward[:-1] == tuple(SET.format(name, count) for name, count in counts)


def test_a_service_behind_another_target_group_is_not_stopped(files: Production) -> None:
    more = with_services(files, {"reverb": 1}, "php artisan reverb:start")
    document = files.documents["services.web.service"]
    documents = {**files.documents, "services.reverb.service": document}
    assert "reverb" in plan.rollback(phase_of(5), more).text()
    assert "reverb" not in plan.rollback(phase_of(5), replace(more, documents=documents)).text()


def test_the_connection_is_tried_when_there_is_a_task_definition(files: Production) -> None:
    tried = "cutover-probe:connect"
    found = {phase.number: commands(plan.steps(phase, files)) for phase in PHASES}
    assert [number for number, lines in found.items() if tried in str(lines)] == [4]
    (index,) = (n for n, one in enumerate(found[4]) if tried in one)
    assert "register-task-definition" in found[4][index - 1]
    without = replace(files, config=replace(files.config, probe=None))
    assert tried not in plan.steps(phase_of(4), without).text()


def test_a_plan_sets_the_region(files: Production) -> None:
    planned = plan.steps(phase_of(4), files)
    line = "export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1"
    assert planned.text().splitlines()[2] == line
    assert planned.as_json()["region"] == line
    assert "AWS_REGION" not in plan.rollback(phase_of(0), files).text()
