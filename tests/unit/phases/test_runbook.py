"""The runbook's documents."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from harness.inputs import production
from harness.inputs.production import Production
from harness.phases import console, diagram, markdown, plan, runbook, teardown
from harness.phases.calls import calls_of
from harness.phases.catalog import PHASES
from tests.project import ROOT


@pytest.fixture(scope="module")
def pages(files: Production) -> dict[str, str]:
    return runbook.pages(files)


def test_every_field_of_every_file_is_in_the_checklist(
    files: Production, pages: dict[str, str]
) -> None:
    text = pages["checklist.md"]
    for call in calls_of(files):
        for row in runbook.Entry(call, files).rows:
            cells = (markdown.code(row.value), row.source, markdown.code(row.key))
            assert f"| {cells[0]} | {cells[1]} {cells[2]} |" in text, (call.operation, row)


def test_every_field_of_the_reference_app_has_a_label_or_is_known_as_cli_only(
    files: Production,
) -> None:
    for call in calls_of(files):
        fields = console.form_of(call).fields
        missing = [leaf.label_key for leaf in call.leaves if leaf.label_key not in fields]
        assert not missing, (call.operation, missing)


def test_a_field_without_a_label_is_cli_only(files: Production) -> None:
    (call,) = (
        api_call for api_call in calls_of(files) if api_call.key == "services.worker.service"
    )
    call_input = {**call.input, "availabilityZoneRebalancing": "ENABLED"}
    (leaf,) = (
        leaf
        for leaf in type(call)(call.api, call.operation, call_input, call.key).leaves
        if leaf.field == "availabilityZoneRebalancing"
    )
    assert console.form_of(call).label(leaf) == console.CLI_ONLY


@pytest.mark.parametrize(
    "value",
    [
        "curl -f http://localhost:8080/healthz || exit 1",
        "arn:aws:ecs:*:*:task/*",
        "<b>&amp;</b>",
        "a_b_ _c_ `d` \\* ~~e~~ [f](g)",
        '{"a": "b"}',
    ],
)
def test_a_value_is_exact_in_the_browser(value: str) -> None:
    table = f"| value |\n|---|\n| {markdown.code(value)} |\n"
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(table)
    (code,) = re.findall(r"<code>(.*)</code>", html)
    assert unescape(code) == value


def test_a_block_of_commands_may_hold_a_fence() -> None:
    html = MarkdownIt().render(markdown.fenced(["echo '```'", "true"]))
    assert html.count("<pre>") == 1
    assert "echo '```'\ntrue" in html


def test_the_picture_is_well_formed_and_shows_the_chain(pages: dict[str, str]) -> None:
    root = ET.fromstring(pages["diagram.svg"])
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"tickets-tasks", "8080", "TLS 3306", "TLS 443", "subnet-0a40c1e2f3b4a5001"} <= texts
    assert "prefers-color-scheme:dark" in pages["diagram.svg"]
    mermaid = pages["diagram.mmd"].splitlines()
    assert mermaid[0] == "flowchart LR"
    assert '  RDS_Proxy -->|"TLS 3306"| database' in mermaid


def test_the_picture_names_peers_that_are_no_part(files: Production) -> None:
    picture = diagram.diagram(files)
    assert picture.others == ()
    assert [(arrow.source.owner, arrow.target.owner, arrow.label) for arrow in picture.arrows] == [
        ("visitors", "load balancer", "80, TLS 443"),
        ("load balancer", "tasks", "8080"),
        ("tasks", "RDS Proxy", "TLS 3306"),
        ("RDS Proxy", "database", "TLS 3306"),
        ("tasks", "VPC endpoints", "TLS 443"),
        ("VPC endpoints", "AWS APIs", "TLS"),
    ]


def test_what_a_call_makes_the_teardown_removes(files: Production) -> None:
    makes = re.compile(r"Create|Register|Verify|Put(Rule|Targets|RolePolicy)|Attach")
    operations = {call.operation for call in calls_of(files) if makes.match(call.operation)}
    assert operations <= teardown.UNDO.keys()
    commands = teardown.commands(files, PHASES)
    service = "aws ecs delete-service --cluster tickets --service tickets-web --force"
    group = "aws elbv2 delete-target-group --target-group-arn '<ARN of tickets-web>'"
    assert commands.index(service) < commands.index(group)
    assert commands[-1] == "aws secretsmanager delete-secret --secret-id tickets/app"


def test_the_runbook_has_each_phase_with_checks_and_rollback(
    files: Production, pages: dict[str, str]
) -> None:
    text = pages["runbook.md"]
    for phase in PHASES:
        assert f"## Phase {phase.number}: {phase.name}" in text
        assert all(f"<code>{check.id}</code>" in text for check in phase.checks)
    assert text.count("**Rollback.**") == len(PHASES)
    assert not re.search(r"^aws .*--no-require-tls", text, re.MULTILINE)
    assert json.loads(pages["observer-policy.json"])["Statement"][0]["Effect"] == "Allow"


def test_durations_come_from_the_last_rehearsal(files: Production) -> None:
    name = "scenarios/test_queue.py::test_scaling_to_zero_and_back_loses_no_job"
    report = {
        "started_at": "2026-11-27T16:45:33Z",
        "seconds": 129.35,
        "verdict": "122 passed.",
        "scenarios": [{"scenario": name, "result": "passed", "seconds": 8.7}],
    }
    text = runbook.pages(files, report=report)["runbook.md"]
    assert "The last rehearsal, of 2026-11-27: 122 passed. The scenarios took 129 s" in text
    assert text.count("; the last one took 9 s.") == 1


@pytest.mark.parametrize("app", ["minimal", "valkey"])
def test_another_app_has_a_runbook_too(app: str) -> None:
    other = production.load({}, cwd=ROOT / "tests" / "apps" / app)
    pages = runbook.pages(other)
    ET.fromstring(pages["diagram.svg"])
    assert ("RDS Proxy" in pages["diagram.mmd"]) == bool(other.network.proxy_group)
    assert ("cache" in pages["diagram.mmd"]) == bool(other.network.cache_groups)
    for phase in PHASES:
        assert f"## Phase {phase.number}" in pages["runbook.md"]
        assert plan.rollback(phase, other).text()
    steps = [
        call for phase in PHASES for step in phase.steps for call in plan.calls_for(step, other)
    ]
    assert len(steps) == len(calls_of(other))
    makes = {call.operation for call in steps if call.operation.startswith("Create")}
    assert makes <= teardown.UNDO.keys()


def test_the_scenarios_that_rehearse_a_rollback_are_there() -> None:
    text = "".join(path.read_text() for path in (ROOT / "scenarios").glob("test_*.py"))
    names = re.findall(r"^def (test_\w+)", text, re.MULTILINE)
    words = [word for phase in PHASES for word in phase.rollback.rehearsed.split(" or ") if word]
    assert words
    for word in words:
        assert any(word in name for name in names), word


def test_one_group_for_everything_has_a_picture(files: Production) -> None:
    network: Any = files.network
    for group in ("proxy_group", "database_group", "endpoints_group"):
        network = replace(network, **{group: files.services["web"].network.security_groups[0]})
    parts = {part.owner for part in diagram.diagram(replace(files, network=network)).parts}
    assert {"visitors", "load balancer", "tasks"} <= parts
    ET.fromstring(runbook.pages(replace(files, network=network))["diagram.svg"])
