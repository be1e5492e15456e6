"""The checks of the queues and of their metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.inputs.production import Production
from tests.unit.phases import contracts
from tests.unit.phases.examinations import CHECKS, result_of


def test_jobs_in_a_dead_letter_queue_and_other_settings_are_findings(files: Production) -> None:
    answers = contracts.green(files)
    attributes = {"MessageRetentionPeriod": "60", "ApproximateNumberOfMessages": "4"}
    answers["sqs GetQueueAttributes"] = {"Attributes": attributes}
    texts = [finding.actual for finding in result_of(CHECKS["5.queues"], files, answers).findings]
    assert "4 jobs" in texts
    assert any(text.startswith("MessageRetentionPeriod is '60'") for text in texts)
    assert any(text.startswith("RedrivePolicy") for text in texts)


def metrics(values: Mapping[str, list[float]]) -> Any:
    def answer(given: Mapping[str, Any]) -> Any:
        name = given["MetricDataQueries"][0]["MetricStat"]["Metric"]["MetricName"]
        return {"MetricDataResults": [{"Id": "value", "Values": values.get(name, [])}]}

    return answer


@pytest.mark.parametrize(
    ("check", "values", "state"),
    [
        ("5.queue-age", {"ApproximateAgeOfOldestMessage": [10.0, 241.0]}, "red"),
        ("5.queue-age", {"ApproximateAgeOfOldestMessage": [240.0]}, "green"),
        ("5.queue-age", {}, "green"),
        ("5.jobs-consumed", {"NumberOfMessagesSent": [2.0]}, "red"),
        ("5.jobs-consumed", {}, "not covered"),
    ],
)
def test_metrics_of_the_queue_are_judged(
    check: str, values: Mapping[str, list[float]], state: str, files: Production
) -> None:
    answers = {**contracts.green(files), "cloudwatch GetMetricData": metrics(values)}
    assert result_of(CHECKS[check], files, answers).state == state
