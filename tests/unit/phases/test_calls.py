"""The API calls that production's files hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs import operation_shapes
from harness.inputs.operation_shapes import kebab
from harness.inputs.production import Production
from harness.phases import plan
from harness.phases.calls import calls_of
from harness.phases.catalog import PHASES


def leaf_keys(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaf_keys(item, f"{key}.{name}".removeprefix("."))
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, item in enumerate(value):
            yield from leaf_keys(item, f"{key}[{index}]")
    else:
        yield key


def test_every_field_of_every_file_is_in_a_call(files: Production) -> None:
    calls = calls_of(files)
    for key, document in files.documents.items():
        covered = {
            place
            for call in calls
            if call.key == key
            for leaf in call.leaves
            for place in leaf.keys
        }
        assert set(leaf_keys(document.data)) == covered, key


def test_each_call_fits_its_operation(files: Production) -> None:
    for call in calls_of(files):
        fit = operation_shapes.fit(call.sent, api=call.api, operation=call.operation)
        problems = [
            problem for problem in fit.problems if "<ARN" not in str(call.sent.get(problem.key, ""))
        ]
        assert not problems, (call.operation, problems)


def test_each_call_is_in_one_step(files: Production) -> None:
    calls = [
        call for phase in PHASES for step in phase.steps for call in plan.calls_for(step, files)
    ]
    places = [(call.key, call.operation, call.at, call.renamed) for call in calls]
    file_places = [(call.key, call.operation, call.at, call.renamed) for call in calls_of(files)]
    assert sorted(map(str, places)) == sorted(map(str, file_places))


def test_a_file_outside_the_folder_of_cutover_toml_is_named_as_it_is(files: Production) -> None:
    config = replace(files.config, root=files.config.root / "deploy")
    text = plan.steps(PHASES[4], replace(files, config=config)).text()
    path = files.documents["services.web.service"].path
    assert f"--cli-input-json file://{path}" in text


def test_the_switch_is_in_the_plan_and_the_old_record_in_the_rollback(files: Production) -> None:
    phase = PHASES[6]
    steps, back = plan.steps(phase, files).text(), plan.rollback(phase, files).text()
    assert "the switch" in steps
    assert "shared17.hosting.example" not in steps
    assert "shared17.hosting.example" in back
    assert "aws events disable-rule --name tickets-schedule" in back
    documents = {key: document for key, document in files.documents.items() if key != "phases.dns"}
    assert "set phases.dns" in plan.rollback(phase, replace(files, documents=documents)).text()


@pytest.mark.parametrize(
    ("operation", "command"),
    [
        ("CreateDBCluster", "create-db-cluster"),
        ("ModifyDBProxyTargetGroup", "modify-db-proxy-target-group"),
        ("PutBucketCors", "put-bucket-cors"),
        ("CreateVpc", "create-vpc"),
    ],
)
def test_an_operation_has_the_name_of_the_cli(operation: str, command: str) -> None:
    assert kebab(operation) == command


def test_a_file_that_is_an_input_is_named_and_another_is_repeated(files: Production) -> None:
    commands = {call.operation: call.command(files) for call in calls_of(files)}
    assert commands["CreateService"].endswith("--cli-input-json file://app/ecs/service-worker.json")
    assert '"QueueName": "tickets-jobs"' in commands["CreateQueue"]
    assert r"\"maxReceiveCount\": 5" in commands["CreateQueue"], "the redrive policy is text"
