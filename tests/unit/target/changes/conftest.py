"""An account in memory, reached through real boto3 clients and the guard."""

# ruff: noqa: N802, N803 - AWS's names

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.target.access import REHEARSE, Access
from harness.target.changes.changes import Changes
from harness.target.changes.ledger import Ledger
from harness.target.changes.settings import Account
from harness.target.clients.guard import Guard

ARN = "arn:aws:ecs:eu-west-1:876000000876"
WEB = f"{ARN}:task-definition/shop-web:7"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:876000000876:loadbalancer/app/shop/0123456789"
DEAD = "https://sqs.eu-west-1.amazonaws.com/876000000876/shop-dead"
SECRET = "arn:aws:secretsmanager:eu-west-1:876000000876:secret:shop/db-Ab3dE5"
ROLE = "arn:aws:iam::876000000876:role/shop-task"
SESSION: Any = boto3.session.Session(
    aws_access_key_id="AKIA", aws_secret_access_key="x", region_name="eu-west-1"
)


class FakeAccount:
    """An AWS account: a function for each operation that tests use."""

    def __init__(self) -> None:
        self.services = {"shop-web": {"desiredCount": 2, "taskDefinition": WEB}}
        self.definitions = {WEB: self.definition("shop-web", 7)}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.idle = "60"
        self.rule = "ENABLED"
        self.dead = ['{"job": "1111"}', '{"job": "of the app"}']
        self.stages: dict[str, list[str]] = {"1" * 32: ["AWSCURRENT"]}
        self.parameters: dict[str, dict[str, Any]] = {}
        self.error: Exception | None = None
        """Raised by each call from now on."""
        self.now = datetime.now(UTC)
        self.writes: list[str] = []

    @staticmethod
    def definition(family: str, revision: int, **fields: Any) -> dict[str, Any]:
        return {
            "taskDefinitionArn": f"{ARN}:task-definition/{family}:{revision}",
            "family": family,
            "revision": revision,
            "status": "ACTIVE",
            "taskRoleArn": ROLE,
            "registeredAt": datetime.now(UTC),
            "containerDefinitions": [{"name": "app"}],
            **fields,
        }

    def answer(self, operation: str, call: dict[str, Any]) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        if not operation.startswith(("Describe", "List", "Get")):
            self.writes.append(operation)
        answer = getattr(self, operation)(**call) or {}
        return {**answer, "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(self.now)}}}

    def DescribeServices(self, cluster: str, services: list[str]) -> Any:
        return {"services": [{"serviceName": n, **self.services[n]} for n in services]}

    def UpdateService(self, cluster: str, service: str, **changes: Any) -> Any:
        self.services[service].update(changes)

    def DescribeTaskDefinition(self, taskDefinition: str) -> Any:
        revision = self.definitions.get(taskDefinition) or max(
            (
                definition
                for definition in self.definitions.values()
                if definition["family"] == taskDefinition
            ),
            key=lambda definition: int(definition["revision"]),
        )
        return {"taskDefinition": revision}

    def RegisterTaskDefinition(self, **call: Any) -> Any:
        definition = self.definition(call.pop("family"), len(self.definitions) + 7, **call)
        self.definitions[definition["taskDefinitionArn"]] = definition
        return {"taskDefinition": definition}

    def DeregisterTaskDefinition(self, taskDefinition: str) -> Any:
        del self.definitions[taskDefinition]

    def ListTaskDefinitions(self, familyPrefix: str, **_: Any) -> Any:
        arns = [
            arn
            for arn, definition in self.definitions.items()
            if definition["family"] == familyPrefix
        ]
        return {"taskDefinitionArns": arns[::-1]}

    def RunTask(self, startedBy: str, **_: Any) -> Any:
        arn = f"{ARN}:task/shop/{len(self.tasks):032x}"
        self.tasks[arn] = {"taskArn": arn, "startedBy": startedBy, "group": "family:shop-web"}

    def StopTask(self, task: str, **_: Any) -> Any:
        del self.tasks[task]

    def ListTasks(self, startedBy: str, **_: Any) -> Any:
        return {"taskArns": [a for a, task in self.tasks.items() if task["startedBy"] == startedBy]}

    def DescribeTasks(self, tasks: list[str], **_: Any) -> Any:
        return {"tasks": [self.tasks[arn] for arn in tasks if arn in self.tasks]}

    def DescribeLoadBalancers(self, Names: list[str]) -> Any:
        return {"LoadBalancers": [{"LoadBalancerArn": BALANCER}]}

    def DescribeLoadBalancerAttributes(self, LoadBalancerArn: str) -> Any:
        return {"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": self.idle}]}

    def ModifyLoadBalancerAttributes(self, Attributes: list[dict[str, str]], **_: Any) -> Any:
        self.idle = Attributes[0]["Value"]

    def DescribeRule(self, Name: str) -> Any:
        return {"State": self.rule}

    def DisableRule(self, Name: str) -> Any:
        self.rule = "DISABLED"

    def EnableRule(self, Name: str) -> Any:
        self.rule = "ENABLED"

    def GetSchedule(self, Name: str, GroupName: str) -> Any:
        target = {"Arn": "arn:x", "RoleArn": "arn:y"}
        window = {"Mode": "OFF"}
        return {
            "Name": Name,
            "GroupName": GroupName,
            "State": self.rule,
            "Target": target,
            "ScheduleExpression": "rate(1 minute)",
            "FlexibleTimeWindow": window,
        }

    def UpdateSchedule(self, State: str, **_: Any) -> Any:
        self.rule = State

    def PutSecretValue(self, VersionStages: list[str], **_: Any) -> Any:
        self.stages[str(len(self.stages) + 1) * 32] = VersionStages

    def DescribeSecret(self, SecretId: str) -> Any:
        return {"VersionIdsToStages": self.stages}

    def UpdateSecretVersionStage(
        self, VersionStage: str, RemoveFromVersionId: str, **_: Any
    ) -> Any:
        self.stages[RemoveFromVersionId] = []

    def GetQueueUrl(self, QueueName: str) -> Any:
        return {"QueueUrl": DEAD.replace("shop-dead", QueueName)}

    def ReceiveMessage(self, **_: Any) -> Any:
        return {"Messages": [{"Body": message, "ReceiptHandle": message} for message in self.dead]}

    def DeleteMessage(self, ReceiptHandle: str, **_: Any) -> Any:
        self.dead.remove(ReceiptHandle)

    def PutParameter(self, Name: str, Value: str, Overwrite: bool, **_: Any) -> Any:
        if Name in self.parameters and not Overwrite:
            raise ClientError({"Error": {"Code": "ParameterAlreadyExists"}}, "PutParameter")
        self.parameters[Name] = {"Value": Value, "LastModifiedDate": datetime.now(UTC)}

    def GetParameters(self, Names: list[str]) -> Any:
        parameters = [{"Name": n, **self.parameters[n]} for n in Names if n in self.parameters]
        return {"Parameters": parameters}

    def DeleteParameter(self, Name: str) -> Any:
        del self.parameters[Name]


@pytest.fixture
def access(tmp_path: Path) -> Access:
    return Access(
        "https://shop.example",
        run="abc123",
        run_dir=str(tmp_path),
        account_id="876000000876",
        region="eu-west-1",
        cluster="shop",
        level=REHEARSE,
        services={"web": "shop-web"},
        php_containers={"shop-web": "app"},
        load_balancer="shop",
        roles=(ROLE,),
        secrets={"db": "shop/db"},
        secret_names=("shop/db",),
        injected={"DB_PASSWORD": f"{SECRET}:password::"},
        resources={
            "rule": "minutely",
            "queue": "shop-jobs",
            "dead_letter_queue": "shop-dead",
            "scheduler": "shop-web",
        },
    )


@pytest.fixture
def fake() -> FakeAccount:
    return FakeAccount()


@pytest.fixture
def ledger(access: Access) -> Ledger:
    return Ledger(Path(access.run_dir))


@pytest.fixture
def make_account(fake: FakeAccount) -> Callable[[Access], Account]:
    """Reach the account through clients with a guard: calls end in the fake, none is sent."""
    return lambda access: account_of(access, fake)


@pytest.fixture
def account(access: Access, make_account: Callable[[Access], Account]) -> Account:
    return make_account(access)


def account_of(access: Access, fake: FakeAccount) -> Account:

    @cache
    def client(service: str) -> Any:
        boto_client = guard.attach(SESSION.client(service))
        exceptions = boto_client.exceptions

        def answer(*, model: Any, params: dict[str, Any], **_: Any) -> Any:
            call = bodies.pop()
            try:
                return FakeHttp(), fake.answer(str(model.name), call)
            except ClientError as error:
                kind = exceptions.from_code(error.response["Error"]["Code"])
                raise kind(error.response, str(model.name)) from None

        bodies: list[dict[str, Any]] = []

        def keep(*, params: dict[str, Any], **_: Any) -> None:
            bodies.append(dict(params))

        boto_client.meta.events.register_last("before-parameter-build", keep)
        boto_client.meta.events.register_last("before-call", answer)
        return boto_client

    changes = Changes(access, client=client)
    guard = Guard(
        readable_parameters=("/cutover/shop/rehearsal",), changes=changes, sleep=lambda _: None
    )
    return Account(access, client)


class FakeHttp:
    status_code = 200


@pytest.fixture
def call(account: Account) -> Callable[..., Any]:
    """Make a call of an operation: ``ecs.update_service``."""

    def make(name: str, **arguments: Any) -> Any:
        service, _, operation = name.partition(".")
        return getattr(account.client(service), operation)(**arguments)

    return make
