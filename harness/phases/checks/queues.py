"""Phase 5: the app's queues, and its jobs on them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from harness.inputs.files.queues import dead_letter_queue
from harness.phases.account import Account
from harness.phases.phase import Finding, NotCovered, absent, check

_NO_METRICS = "the emulator has no CloudWatch; scenarios of the queue prove that jobs are done"
_WINDOW_MINUTES = 15
_DEFAULTS = {"DelaySeconds": "0", "VisibilityTimeout": "30", "MessageRetentionPeriod": "345600"}
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""


@check("5.queues", reads=("sqs:GetQueueUrl", "sqs:GetQueueAttributes"), readiness=True)
def queues(account: Account) -> Iterator[Finding]:
    """The queues have the settings of their file, and no job is in a dead-letter queue."""
    account.name_of("queue", noun="queue")
    inputs = account.production.resources["queues"].inputs_of("CreateQueue")
    dead = {dead_letter_queue(queue) for queue in inputs}
    for create in inputs:
        name = str(create["QueueName"])
        attributes = _attributes(account, name)
        if attributes is None:
            yield absent(f"queue {name}", remedy="create it: `cutover phase 5 --plan`")
            continue
        settings = {key: _value(value) for key, value in create.get("Attributes", {}).items()}
        thing, place = f"queue {name}", "resources.queues"
        yield from account.differences(thing, settings, attributes, key=place)
        usual = {key: value for key, value in _DEFAULTS.items() if key not in settings}
        yield from account.default_differences(thing, usual, attributes, key=place)
        for attribute in {"RedrivePolicy", "Policy"} & attributes.keys() - settings.keys():
            yield account.addition(f"{attribute} of {thing}", key=place)
        waiting = int(attributes.get("ApproximateNumberOfMessages", 0))
        if name in dead and waiting:
            yield Finding(
                f"dead-letter queue {name}",
                "no job",
                f"{waiting} jobs",
                "read one (its body names the class), mend the cause, then redrive or purge them",
            )


def _attributes(account: Account, name: str) -> dict[str, Any] | None:
    answer = account.read("sqs", "GetQueueUrl", QueueName=name)
    if answer is None:
        return None
    url = answer["QueueUrl"]
    response = account.read("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])
    return {key: _value(value) for key, value in response.get("Attributes", {}).items()}


def _value(value: Any) -> Any:
    """Return an attribute; of a document, which may be text, the document itself."""
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value


@check("5.queue-age", reads=("cloudwatch:GetMetricData",), not_local=_NO_METRICS)
def queue_age(account: Account) -> Iterator[Finding]:
    """No job waits longer than twice the visibility timeout."""
    age = _metric(account, "ApproximateAgeOfOldestMessage", statistic="Maximum")
    name = account.access.resources["queue"]
    inputs = account.production.resources["queues"].inputs_of("CreateQueue")
    (create,) = (queue for queue in inputs if queue["QueueName"] == name)
    allowed = 2 * int(create.get("Attributes", {}).get("VisibilityTimeout", 30))
    if age is not None and age > allowed:
        remedy = "read the workers' logs; add workers, or correct their --timeout"
        yield Finding(f"queue {name}", f"jobs of at most {allowed} s", f"{age:.0f} s old", remedy)


@check("5.jobs-consumed", reads=("cloudwatch:GetMetricData",), not_local=_NO_METRICS)
def jobs_consumed(account: Account) -> Iterator[Finding]:
    """Jobs that were sent in the last 15 minutes were taken by a worker."""
    sent = _metric(account, "NumberOfMessagesSent", statistic="Sum")
    if not sent:
        reason = f"no job was sent in the last {_WINDOW_MINUTES} minutes"
        raise NotCovered(reason, key="do something in the app that dispatches one")
    deleted = _metric(account, "NumberOfMessagesDeleted", statistic="Sum") or 0
    if not deleted:
        name = account.access.resources["queue"]
        actual = f"{sent:.0f} sent, none done"
        remedy = "let the worker's command name this queue, and read its logs"
        yield Finding(f"queue {name}", "jobs that are done", actual, remedy)


def _metric(account: Account, name: str, *, statistic: str) -> float | None:
    """Return a metric of the jobs' queue over the last minutes; None where there is no value."""
    queue = account.name_of("queue", noun="queue")
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": name,
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }
    stat = {"Metric": metric, "Period": 60, "Stat": statistic}
    answer = account.read(
        "cloudwatch",
        "GetMetricData",
        MetricDataQueries=[{"Id": "value", "MetricStat": stat}],
        StartTime=account.now() - timedelta(minutes=_WINDOW_MINUTES),
        EndTime=account.now(),
    )
    values = answer["MetricDataResults"][0]["Values"]
    return (max if statistic == "Maximum" else sum)(values) if values else None
