"""Values of secrets that a task would get otherwise than they were meant."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.checks import between_files, secrets
from harness.inputs.production import Production
from tests.unit.inputs.checks.edits import with_definition


def texts(app: Production, **changed: Any) -> list[str]:
    name = "tickets/db"
    shape = app.config.secrets[name]
    assert isinstance(shape, dict)
    config = replace(app.config, secrets={**app.config.secrets, name: {**shape, **changed}})
    production = replace(app, config=config)
    return [
        f"{problem.key} {problem.message}"
        for rule in secrets.CHECKS
        for problem in rule(production)
    ]


@pytest.mark.parametrize("value", ["tickets\n", " tickets", "tickets\t"])
def test_a_value_with_white_space_at_an_end(app: Production, value: str) -> None:
    (problem,) = texts(app, username=value)
    assert problem.startswith("secrets.tickets/db.username begins or ends with white space")


@pytest.mark.parametrize(
    "value", ["two words", "-----BEGIN KEY-----\nabc\n-----END KEY-----\n", ""]
)
def test_values_that_are_meant_so(app: Production, value: str) -> None:
    assert texts(app, username=value) == []


def test_a_large_number_gets_an_exponent_and_a_small_one_does_not(app: Production) -> None:
    (problem,) = texts(app, username=87600042)
    assert problem.startswith("secrets.tickets/db.username is a number of seven digits or more")
    assert "87600042" not in problem
    assert texts(app, username=3306) == []
    assert texts(app, unused=87600042) == []


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("AWSPREVIOUS", "takes the stage AWSPREVIOUS, the value before the last rotation"),
        ("AWSPENDING", "takes the stage AWSPENDING, the value of a rotation that has not ended"),
        ("AWSCURRENT", ""),
        ("blue", ""),
        ("", ""),
    ],
)
def test_a_stage_that_is_not_current(app: Production, stage: str, said: str) -> None:
    containers = json.loads(json.dumps(app.services["web"].definition.raw["containerDefinitions"]))
    secret = containers[0]["secrets"][1]
    secret["valueFrom"] = secret["valueFrom"].replace(":password::", f":password:{stage}:")
    changed = with_definition(app, "web", containerDefinitions=containers)
    problems = [f"{problem.key} {problem.message}" for problem in secrets.stages(changed)]
    key = "containerDefinitions[0].secrets[1].valueFrom"
    assert len(problems) == bool(said)
    assert all(problem.startswith(f"{key} {said}") for problem in problems)
    assert all(problem.endswith("(variable DB_PASSWORD)") for problem in problems)


def test_the_rules_are_applied_to_every_configuration() -> None:
    assert set(secrets.CHECKS) <= set(between_files.CHECKS)


@pytest.mark.parametrize(
    ("value_from", "said", "hint"),
    [
        (
            "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/bd-Ab3dE5:password::",
            'names "tickets/bd", which [secrets] does not have (variable MORE)',
            'add [secrets."tickets/bd"] with the keys that production\'s has, or correct the name:'
            ' did you mean "tickets/db"?',
        ),
        (
            "/tickets/more",
            'names "/tickets/more", which [parameters] does not have (variable MORE)',
            'add "/tickets/more" = "..." to [parameters]',
        ),
    ],
)
def test_a_secret_or_parameter_that_the_configuration_lacks(
    app: Production, value_from: str, said: str, hint: str
) -> None:
    containers = json.loads(json.dumps(app.services["web"].definition.raw["containerDefinitions"]))
    containers[0]["secrets"].append({"name": "MORE", "valueFrom": value_from})
    changed = with_definition(app, "web", containerDefinitions=containers)
    (problem,) = secrets.missing(changed)
    assert (problem.message, problem.hint) == (said, hint)
    config = replace(changed.config, parameters={"/tickets/more": "x"})
    problems = [*secrets.missing(replace(changed, config=config))]
    assert bool(problems) == value_from.startswith("arn:")
