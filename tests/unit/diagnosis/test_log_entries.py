"""The trace of each line of a log."""

from __future__ import annotations

from harness.diagnosis.log_entries import entries

OWN, OTHER = "a" * 32, "b" * 32


def test_a_record_in_json_has_its_own_trace() -> None:
    lines = [
        f'{{"message":"one","context":{{}},"extra":{{"cutover_trace":"{OWN}"}}}}',
        '{"message":"two","context":{},"extra":{}}',
        f'{{"log":"{{\\"extra\\":{{\\"cutover_trace\\":\\"{OTHER}\\"}}}}"}}',
    ]
    assert [entry.trace for entry in entries((None, line) for line in lines)] == [OWN, "", OTHER]


def test_each_line_of_a_record_has_the_trace_of_its_last_one() -> None:
    lines = [
        "10.0.0.7 - GET /up 200",
        '[2026-11-28 15:00:00] production.ERROR: No bucket. {"exception":"[object] (S3',
        "[stacktrace]",
        f'#0 index.php"}} {{"cutover_trace":"{OWN}"}}',
        "[2026-11-28 15:00:01] production.INFO: Another. {} {}",
    ]
    traces = [entry.trace for entry in entries((None, line) for line in lines)]
    assert traces == ["", OWN, OWN, OWN, ""]
