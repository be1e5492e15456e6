"""The comparison of an account with the files."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, result_of


def test_a_definition_that_differs_from_its_file_is_a_finding(files: Production) -> None:
    answers = contracts.green(files)
    raw = deepcopy(dict(files.services["web"].definition.raw))
    raw["containerDefinitions"][0]["image"] = "other:1"
    answers["ecs DescribeTaskDefinition"] = {"taskDefinition": {**raw, "revision": 8}}
    findings = result_of(CHECKS["4.as-file"], files, answers).findings
    assert any("image is 'other:1'" in finding.actual for finding in findings)


def test_service_connect_is_compared_with_no_service(files: Production) -> None:
    answers = contracts.green(files)
    web = files.services["web"]
    connect = {"enabled": True, "namespace": "shop"}
    connected = replace(web, create={**web.create, "serviceConnectConfiguration": connect})
    other = replace(files, services={**files.services, "web": connected})
    assert result_of(CHECKS["4.as-file"], other, answers).state == "green"


@pytest.mark.parametrize(("zones", "state"), [("abc", "green"), ("bc", "red")])
def test_aurora_adds_zones_to_those_of_the_file(files: Production, zones: str, state: str) -> None:
    file = deepcopy(files.documents["phases.database"])
    file.data["CreateDBCluster"]["AvailabilityZones"] = ["us-east-1a", "us-east-1b"]
    answers: dict[str, Any] = dict(contracts.green(files))
    (cluster,) = answers["rds DescribeDBClusters"]["DBClusters"]
    cluster["AvailabilityZones"] = [f"us-east-1{letter}" for letter in zones]
    other = replace(files, documents={**files.documents, "phases.database": file})
    assert result_of(CHECKS["2.database-as-file"], other, answers).state == state


def test_without_its_file_a_comparison_is_not_covered(files: Production) -> None:
    documents = {k: v for k, v in files.documents.items() if k != "phases.scaling"}
    other = replace(files, documents=documents)
    result = result_of(CHECKS["5.scaling-as-file"], other, contracts.green(files))
    assert (result.state, result.key) == ("not covered", "set phases.scaling")
