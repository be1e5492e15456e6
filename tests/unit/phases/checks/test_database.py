"""The checks of the database, its proxy and its secret."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.inputs.production import Production
from harness.phases import examination
from harness.phases.account import Account
from harness.target import naming
from tests.unit.phases import contracts
from tests.unit.phases.contracts import NOW
from tests.unit.phases.examinations import CHECKS, result_of


def test_the_proxys_secret_has_both_keys_in_cutover_toml(files: Production) -> None:
    secrets: Any = {**files.config.secrets, "tickets/db": {"username": "tickets"}}
    other = replace(files, config=replace(files.config, secrets=secrets))
    (finding,) = result_of(CHECKS["0.secret-json"], other, {}).findings
    assert finding.actual == "[secrets] lacks password"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ('{"username": "a", "password": "b"}', "green"),
        ("plain", "red"),
        ('{"username": "a"}', "red"),
    ],
)
def test_the_local_stacks_secret_is_strict_json(text: str, state: str, files: Production) -> None:
    class Secrets:
        class meta:  # noqa: N801 - boto3's name
            method_to_api_mapping = {"get_secret_value": "GetSecretValue"}  # noqa: RUF012

        def can_paginate(self, _method: str) -> bool:
            return False

        def get_secret_value(self, **_: Any) -> Any:
            return {"SecretString": text}

    account = Account(files, naming.names_in(files), lambda _: Secrets(), is_observed=False)
    (result,) = examination.examine([CHECKS["0.secret-value"]], account, files_only=False)
    assert result.state == state


def test_a_public_instance_is_a_finding(files: Production) -> None:
    answers = contracts.green(files)
    instance = {"DBInstanceIdentifier": "tickets-1", "PubliclyAccessible": True}
    answers["rds DescribeDBInstances"] = {"DBInstances": [instance]}
    (finding,) = result_of(CHECKS["2.aurora"], files, answers).findings
    assert finding.actual == "it is publicly accessible"


@pytest.mark.parametrize(
    ("field", "endpoint", "check"),
    [
        ("proxy_endpoint", "", "2.proxy"),
        ("proxy_endpoint", "app.endpoint.proxy-x.eu-west-1.rds.amazonaws.com", "2.proxy"),
        ("cluster_endpoint", "shop.c9akciq32.eu-west-1.rds.amazonaws.com", "2.aurora"),
    ],
)
def test_an_endpoint_that_names_no_proxy_or_cluster_is_not_covered(
    field: str, endpoint: str, check: str, files: Production
) -> None:
    changes: Any = {field: endpoint}
    access = replace(naming.names_in(files), **changes)
    account = Account(files, access, contracts.client_of({}, []), now=lambda: NOW)
    (result,) = examination.examine([CHECKS[check]], account, files_only=False)
    assert result.state == "not covered"
    assert endpoint in result.not_covered
