"""Declared values beside those that AWS answers."""

from __future__ import annotations

from typing import Any

import pytest

from harness.aws.declared import differences

FILE: dict[str, Any] = {
    "family": "shop-web",
    "cpu": "512",
    "tags": [{"key": "team", "value": "shop"}],
    "containerDefinitions": [
        {
            "name": "app",
            "image": "shop:1",
            "readonlyRootFilesystem": False,
            "environment": [{"name": "APP_ENV", "value": "production"}],
            "portMappings": [{"containerPort": 8080}],
        }
    ],
    "requiresCompatibilities": ["FARGATE"],
}


def deployed(**container: Any) -> dict[str, Any]:
    (own,) = FILE["containerDefinitions"]
    return {
        "family": "shop-web",
        "revision": 41,
        "cpu": "512",
        "compatibilities": ["EC2", "FARGATE"],
        "requiresCompatibilities": ["FARGATE"],
        "containerDefinitions": [
            {
                "name": "app",
                "image": "shop:1",
                "cpu": 0,
                "environment": own["environment"],
                "portMappings": [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
                "mountPoints": [],
                **container,
            }
        ],
    }


def of(answer: dict[str, Any]) -> list[str]:
    return differences(FILE, answer, complete=("environment", "secrets"))


def test_defaults_that_aws_adds_are_no_difference() -> None:
    assert of(deployed()) == []


@pytest.mark.parametrize(
    ("container", "text"),
    [
        (
            {"image": "shop:2"},
            "containerDefinitions[app].image is 'shop:2' there, and 'shop:1' in the file",
        ),
        (
            {"environment": [{"name": "APP_ENV", "value": "local"}]},
            "containerDefinitions[app].environment[APP_ENV].value is 'local' there, and"
            " 'production' in the file",
        ),
        ({"environment": []}, "containerDefinitions[app].environment[APP_ENV] is missing there"),
        (
            {
                "environment": [
                    {"name": "APP_ENV", "value": "production"},
                    {"name": "APP_DEBUG", "value": "true"},
                ]
            },
            "containerDefinitions[app].environment[APP_DEBUG] is only there",
        ),
        (
            {"readonlyRootFilesystem": True},
            "containerDefinitions[app].readonlyRootFilesystem is True there, and False in the file",
        ),
        (
            {"portMappings": []},
            "containerDefinitions[app].portMappings is nothing there, and"
            " [{'containerPort': 8080}] in the file",
        ),
    ],
)
def test_a_field_that_differs_is_named_with_both_values(
    container: dict[str, Any], text: str
) -> None:
    assert of(deployed(**container)) == [text]


def test_the_order_of_a_list_means_nothing() -> None:
    groups = {"securityGroups": ["sg-1", "sg-2"]}
    assert differences(groups, {"securityGroups": ["sg-2", "sg-1"]}) == []
    assert differences(groups, {"securityGroups": ["sg-2"]}) == [
        "securityGroups is ['sg-2'] there, and ['sg-1', 'sg-2'] in the file"
    ]


def test_a_default_that_the_file_spells_out_may_be_left_out_of_the_answer() -> None:
    assert differences({"pidMode": "", "privileged": False}, {}) == []
