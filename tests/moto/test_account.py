"""Pages, scan findings and throttling, as an emulator that is not ours makes them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from harness.core.errors import TargetError
from harness.phases.account import Account
from harness.phases.checks import image, switch
from harness.phases.phase import Check
from harness.target.clients import account as aws_account
from harness.target.resources.task_logs import ContainerLog, TaskLogs

Owner = Callable[[str], Any]
A_PAGE_OF_LOGS, A_PAGE_OF_ZONES = 10_000, 100


def findings(check: Check, account: Account) -> list[tuple[str, str]]:
    return [(finding.expected, finding.actual) for finding in check.examine(account)]


def test_findings_of_a_scan_are_red_and_a_scan_that_never_ran_too(
    account: Account, owner: Owner
) -> None:
    ecr, (name, tag) = owner("ecr"), account.production.app_image.partition("/")[2].split(":")
    ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    config = {"digest": f"sha256:{'a' * 64}", "size": 1}
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageTag=tag)
    assert findings(image.image, account) == []
    assert findings(image.scan, account) == [("that it exists", "there is none")]
    ecr.start_image_scan(repositoryName=name, imageId={"imageTag": tag})
    asked_again = Account(account.production, account.access, account.client)
    assert findings(image.scan, asked_again) == [("no CRITICAL or HIGH", "1 HIGH")]


def test_a_log_is_read_to_its_last_page(account: Account, owner: Owner) -> None:
    logs, log = owner("logs"), ContainerLog("app", "/tickets/web", "web/app/1")
    logs.create_log_group(logGroupName=log.group)
    logs.create_log_stream(logGroupName=log.group, logStreamName=log.stream)
    since = datetime.now(UTC)
    at = int(since.timestamp() * 1000)
    for first in (0, A_PAGE_OF_LOGS // 2, A_PAGE_OF_LOGS):
        events = [
            {"timestamp": at + number, "message": str(number)}
            for number in range(first, first + A_PAGE_OF_LOGS // 2)
        ]
        logs.put_log_events(logGroupName=log.group, logStreamName=log.stream, logEvents=events)
    page = logs.filter_log_events(logGroupName=log.group, startTime=at)
    assert len(page["events"]) == A_PAGE_OF_LOGS, "moto's pages are longer than AWS's"
    reader = TaskLogs(account.access, ecs=account.client("ecs"), logs=account.client("logs"))
    lines = [line.text for line in reader.lines(log, since=since)]
    assert lines == [str(number) for number in range(A_PAGE_OF_LOGS * 3 // 2)]


def test_a_hosted_zone_is_found_among_many(account: Account, owner: Owner) -> None:
    route53 = owner("route53")
    for number in range(A_PAGE_OF_ZONES):
        route53.create_hosted_zone(Name=f"a{number:03}.example", CallerReference=str(number))
    zone = route53.create_hosted_zone(Name="876events.example", CallerReference="own")
    records = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {
                "Name": f"{name}.876events.example",
                "Type": "A",
                "TTL": 60,
                "ResourceRecords": [{"Value": "192.0.2.1"}],
            },
        }
        for name in (*(f"a{number:03}" for number in range(350)), "tickets")
    ]
    for first in range(0, len(records), 100):
        route53.change_resource_record_sets(
            HostedZoneId=zone["HostedZone"]["Id"],
            ChangeBatch={"Changes": records[first : first + 100]},
        )
    (finding,) = findings(switch.dns, account)
    assert finding[1] == "192.0.2.1, TTL 60 s"


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a client makes, in seconds; none is made."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def throttle(client: Any, *, times: int) -> list[str]:
    """Let a hook answer for the account some times, and return the operations that it answered."""
    answered: list[str] = []

    def refuse(request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        if len(answered) >= times:
            return None
        answered.append(event_name.rpartition(".")[2])
        body = json.dumps({"__type": "ThrottlingException", "message": "Rate exceeded"}).encode()
        make: Any = AWSResponse
        response = make(request.url, 400, {}, None)
        response._content = body
        return response  # type: ignore[no-any-return]

    client.meta.events.register("before-send", refuse)
    return answered


def test_throttling_in_the_middle_of_pages_is_waited_for(
    account: Account, owner: Owner, naps: list[float]
) -> None:
    owner("ecs").create_cluster(clusterName=account.access.cluster)
    ecs = account.client("ecs")
    answered = throttle(ecs, times=3)
    assert ecs.describe_clusters(clusters=[account.access.cluster])["clusters"]
    assert answered == ["DescribeClusters"] * 3
    assert naps, "the client asked again at once"


def test_throttling_that_stays_is_one_message(account: Account, naps: list[float]) -> None:
    ecs = account.client("ecs")
    answered = throttle(ecs, times=100)
    with pytest.raises(TargetError) as caught, aws_account.aws_errors("", asking="ecs:ListTasks"):
        ecs.list_tasks(cluster=account.access.cluster)
    assert caught.value.what == "AWS throttles ecs:ListTasks in this account and region."
    assert len(answered) < 10
    assert len(naps) >= len(answered) - 1
