"""Records: made of a report, in normal form, written and read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.core.errors import ConfigError
from harness.parity import record
from harness.parity.normal_form import normal_form
from harness.parity.observation import observed
from harness.target.access import Access

ACCESS = Access(
    public_url="https://shop.example",
    account_id="123456789012",
    region="eu-west-1",
    cluster="shop",
    proxy_endpoint="shop.proxy-c1.eu-west-1.rds.amazonaws.com",
    services={"web": "shop-web"},
    resources={"bucket": "shop-uploads"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://shop.example/a", "<url>/a"),
        (
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Ab3dE5: no key",
            "arn:aws:secretsmanager:<region>:<account>:secret:db-<suffix>: no key",
        ),
        ("shop-web of shop", "<service web> of <cluster>"),
        ("bucket shop-uploads-2", "bucket shop-uploads-2"),
        ("shop.proxy-c1.eu-west-1.rds.amazonaws.com refuses", "<proxy> refuses"),
        ("task 0f3c2b1a99887766554433221100ffee at 10.0.0.4:80", "task <id> at <address>"),
        ("at 2026-12-03T09:00:00.5Z", "at <time>"),
        ("request 11aa22bb-0000-4000-8000-00000000b0a2", "request <id>"),
    ],
)
def test_names_ids_and_times_become_placeholders(text: str, expected: str) -> None:
    assert normal_form(ACCESS).of_value({"text": text}) == {"text": expected}


def scenario(name: str, result: str, **saw: object) -> dict[str, object]:
    return {
        "scenario": f"scenarios/test_database.py::{name}",
        "result": result,
        "target": "local",
        "labels": {},
        "seconds": 1.26,
        "saw": saw,
    }


def write_report(directory: Path, *scenarios: dict[str, object]) -> Path:
    report = {"target": "local", "started_at": "2026-12-03T09:00:00Z", "scenarios": scenarios}
    (directory / "report.json").write_text(json.dumps(report))
    return directory


def test_a_report_becomes_a_record_that_reads_the_same(tmp_path: Path) -> None:
    refusal = observed(text="shop.proxy-c1.eu-west-1.rds.amazonaws.com refuses")
    directory = write_report(
        tmp_path,
        scenario("test_plaintext_is_refused", "passed", refusal=refusal),
        scenario("test_tls", "error"),
        scenario("test_pinning", "skipped"),
    )
    aws_record = record.of_report(directory, form=normal_form(ACCESS))
    assert aws_record.scenarios == {
        "database::plaintext_is_refused": record.Scene(
            "passed", 1.3, {"refusal": {"text": "<proxy> refuses"}}
        ),
        "database::tls": record.Scene("failed", 1.3, {}),
    }
    path = tmp_path / "parity" / "aws.json"
    record.write(aws_record, path)
    assert record.read(path) == aws_record
    assert "shop" not in path.read_text()


def test_a_record_that_is_missing_damaged_or_newer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "aws.json"
    with pytest.raises(ConfigError, match="there is no record"):
        record.read(path)
    path.write_text("{}")
    with pytest.raises(ConfigError, match="is no record of observations"):
        record.read(path)
    path.write_text('{"version": 2}')
    with pytest.raises(ConfigError, match="has version 2, and this harness reads 1"):
        record.read(path)


@pytest.mark.parametrize("text", ["{", "[]", '{"target": "local"}'])
def test_a_report_that_a_kill_cut_short_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(ConfigError, match=r"report\.json is no report of a replay"):
        record.of_report(tmp_path, form=normal_form(ACCESS))


def test_without_a_report_the_commands_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no report in"):
        record.of_report(tmp_path, form=normal_form(ACCESS))
