"""Making the app's resources: the calls, their order, and the differences from production."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from harness.aws.task_definition import TaskDefinition
from harness.core.errors import ProvisionError
from harness.inputs import production
from harness.inputs.aws_cli import resources
from harness.inputs.document import read_json
from harness.inputs.files import bucket, queues
from harness.inputs.files import schedule as schedules
from harness.inputs.files.schedule import Schedule
from harness.rehearsal import aws_resources

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
APP = ROOT / "app" / "aws"
VALKEY = APP.parents[1] / "tests" / "apps" / "valkey"


@dataclass
class Recorder:
    """Any client: keeps each call, and gives prepared answers."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**given: Any) -> Any:
            self.calls.append((name, given))
            return self.answers.get(name, {})

        return call

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.calls]


def sqs() -> Recorder:
    return Recorder(
        {
            "create_queue": {"QueueUrl": "http://q"},
            "get_queue_attributes": {"Attributes": {"QueueArn": "arn:aws:sqs:r:a:q"}},
        }
    )


def test_a_bucket_is_created_before_its_settings_are_put() -> None:
    client = Recorder()
    aws_resources.make(client, bucket.read(read_json(APP / "bucket.json")))  # type: ignore[arg-type]
    assert client.names == [
        "create_bucket",
        "put_public_access_block",
        "put_bucket_ownership_controls",
        "put_bucket_encryption",
    ]
    blocked = client.calls[1][1]["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}


def test_queues_are_created_with_their_documents_as_text() -> None:
    client = Recorder()
    aws_resources.make(client, queues.read(read_json(APP / "queues.json")))  # type: ignore[arg-type]
    (_, dead), (_, jobs) = client.calls
    assert dead["QueueName"] == "tickets-jobs-dead"
    assert all(isinstance(value, str) for value in jobs["Attributes"].values())


def test_the_rule_is_productions_and_its_target_is_a_queue_put_exactly_once() -> None:
    events, queue = Recorder({"put_targets": {"FailedEntryCount": 0}}), sqs()
    schedule = Schedule(
        schedules.read(read_json(APP / "schedule.json")),
        TaskDefinition({"family": "scheduler"}),
    )
    aws_resources.make_schedule(
        events,  # type: ignore[arg-type]
        queue,  # type: ignore[arg-type]
        schedule,
        scheduler=None,
    )
    assert events.names == ["put_rule", "put_targets"]
    assert events.calls[0][1] == dict(schedule.content)
    assert [target["Arn"] for target in events.calls[1][1]["Targets"]] == ["arn:aws:sqs:r:a:q"]
    request = queue.calls[0][1]
    assert request["QueueName"] == "tickets-schedule-ticks"
    assert request["Attributes"]["MessageRetentionPeriod"] == "60"


def test_a_schedule_is_kept_as_it_is_and_a_rule_makes_its_ticks() -> None:
    events, queue = Recorder({"put_targets": {"FailedEntryCount": 0}}), sqs()
    scheduler = Recorder({"list_schedule_groups": {"ScheduleGroups": [{"Name": "default"}]}})
    schedule = Schedule(
        schedules.read(resources.rule(read_json(VALKEY / "schedule.json"))),
        TaskDefinition({"family": "scheduler"}),
    )
    aws_resources.make_schedule(
        events,  # type: ignore[arg-type]
        queue,  # type: ignore[arg-type]
        schedule,
        scheduler=scheduler,
    )
    assert scheduler.names == ["list_schedule_groups", "create_schedule"]
    request = scheduler.calls[1][1]
    assert request["Name"] == "atelier-minutely"
    assert request["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert events.calls[0][1] == {
        "Name": "atelier-minutely-ticks",
        "ScheduleExpression": "rate(1 minute)",
    }


def test_a_target_that_is_not_taken_is_an_error() -> None:
    refused = {"FailedEntryCount": 1, "FailedEntries": [{"ErrorMessage": "not correct"}]}
    events = Recorder({"put_targets": refused})
    with pytest.raises(ProvisionError) as failure:
        aws_resources.make_schedule(
            events,  # type: ignore[arg-type]
            sqs(),  # type: ignore[arg-type]
            Schedule(
                schedules.read(read_json(APP / "schedule.json")),
                TaskDefinition({"family": "scheduler"}),
            ),
            scheduler=None,
        )
    assert "the rule tickets-schedule did not take its target" in str(failure.value)
    assert "not correct" in str(failure.value)


def test_productions_numbers_fit_each_other() -> None:
    """The worker's flags against the queue; the scenario asks the running stack the same."""
    (_, jobs) = queues.read(read_json(APP / "queues.json")).inputs_of("CreateQueue")
    worker = json.loads((ROOT / "app" / "ecs" / "worker.json").read_text())
    (container,) = worker["containerDefinitions"]
    flags = dict(word[2:].split("=") for word in container["command"] if "=" in word)
    attributes = jobs["Attributes"]
    assert int(attributes["VisibilityTimeout"]) > int(flags["timeout"])
    assert int(flags["tries"]) <= attributes["RedrivePolicy"]["maxReceiveCount"]
    longest_s = int(attributes["ReceiveMessageWaitTimeSeconds"]) + int(flags["timeout"])
    assert container["stopTimeout"] >= longest_s


def test_attributes_that_a_file_leaves_out_are_awss_own() -> None:
    client: Any = Recorder(
        {
            "create_load_balancer": {"LoadBalancers": [{"LoadBalancerArn": "arn"}]},
            "create_target_group": {"TargetGroups": [{"TargetGroupArn": "arn"}]},
        }
    )
    files: Any = SimpleNamespace(
        load_balancer={"LoadBalancer": {"Name": "a"}},
        target_group={"TargetGroup": {"Name": "b"}, "Attributes": []},
    )
    aws_resources.create_load_balancer(client, files)
    assert client.names == ["create_load_balancer", "create_target_group"]


def test_listeners_their_rules_and_further_groups_are_made() -> None:
    client: Any = Recorder(
        {
            "describe_load_balancers": {"LoadBalancers": [{"LoadBalancerArn": "balancer"}]},
            "create_listener": {"Listeners": [{"ListenerArn": "made"}]},
        }
    )
    files = production.load({}, cwd=ROOT)
    (rule,) = files.load_balancer["Rules"]
    arn = rule["Actions"][0]["TargetGroupArn"].replace("tickets-web", "blog")
    blog = {**rule, "Priority": 9, "Actions": [{"Type": "forward", "TargetGroupArn": arn}]}
    balancer = {**files.load_balancer, "Rules": [rule, blog]}
    aws_resources.create_listeners(client, replace(files, load_balancer=balancer))
    assert client.names == [
        *("describe_load_balancers", "create_target_group", "create_listener"),
        *("create_rule", "create_rule", "create_listener"),
    ]
    request = dict(client.calls[1][1])
    assert (request["Name"], request["TargetType"]) == ("blog", "ip")
    assert client.calls[3][1] == {**rule, "ListenerArn": "made"}


REFUSED = ClientError({"Error": {"Code": "ValidationError", "Message": "no"}}, "CreateLoadBalancer")
SILENT = EndpointConnectionError(endpoint_url="http://127.0.0.1:1/")


@pytest.mark.parametrize(
    ("error", "message", "hint"),
    [
        (REFUSED, "could not create it\n", "if a file of the app asks for something wrong"),
        (SILENT, "could not create it: the stand-in did not answer", "run it again"),
    ],
)
def test_a_refusal_is_of_the_files_and_silence_is_not(
    error: BotoCoreError | ClientError, message: str, hint: str
) -> None:
    with pytest.raises(ProvisionError) as raised, aws_resources.explained("it"):
        raise error
    assert message in str(raised.value)
    assert hint in str(raised.value)
