"""Production: every file that cutover.toml names, read once."""

from __future__ import annotations

from pathlib import Path

from harness.inputs import production

ROOT = Path(__file__).resolve().parents[3]


def test_scenarios_know_the_resources_by_kind() -> None:
    assert production.load({}, cwd=ROOT).resource_names == {
        "bucket": "876events-tickets-uploads",
        "queue": "tickets-jobs",
        "dead_letter_queue": "tickets-jobs-dead",
        "identity": "tickets@876events.example",
        "rule": "tickets-schedule",
        "scheduler": "tickets-scheduler",
    }
