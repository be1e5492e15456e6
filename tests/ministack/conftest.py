"""MiniStack as an account: an emulator that nobody here wrote, and that enforces IAM."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from harness.inputs import production
from harness.inputs.production import Production
from harness.rehearsal import aws_resources
from harness.target import naming, observer
from harness.target.access import Access
from tests import emulators
from tests.project import ROOT

LOCK = Path(__file__).with_name("requirements.lock")
SESSION: Any = boto3.session.Session()
ONE_TRY = Config(retries={"total_max_attempts": 1})
Client = Callable[[str], Any]


@dataclass(frozen=True)
class Account:
    """The account in which everything is as the reference app's files say."""

    url: str
    production: Production
    access: Access

    def client(self, service: str, **credentials: str) -> Any:
        """Make a client of the account's owner, or with other credentials."""
        keys = credentials or {
            # Twelve digits stand for the owner of that account.
            "aws_access_key_id": self.access.account_id,
            "aws_secret_access_key": "test",
        }
        region = self.access.region
        return SESSION.client(
            service, endpoint_url=self.url, region_name=region, config=ONE_TRY, **keys
        )

    def assume(self, role: Any) -> Client:
        """Make an operator's role of one of the two policies, and return its clients."""
        iam = self.client("iam")
        trust, policy = observer.trust(self.access), role.policy(self.access)
        iam.create_role(RoleName=role.ROLE_NAME, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(
            RoleName=role.ROLE_NAME, PolicyName="operator", PolicyDocument=json.dumps(policy)
        )
        arn = f"arn:aws:iam::{self.access.account_id}:role/{role.ROLE_NAME}"
        answer = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")
        keys = {
            "aws_access_key_id": answer["Credentials"]["AccessKeyId"],
            "aws_secret_access_key": answer["Credentials"]["SecretAccessKey"],
            "aws_session_token": answer["Credentials"]["SessionToken"],
        }
        return cache(lambda service: self.client(service, **keys))


@pytest.fixture(scope="session")
def program(request: pytest.FixtureRequest) -> Path:
    """MiniStack, installed."""
    cache: Any = request.config.cache
    return emulators.install(LOCK, into=cache.mkdir("ministack")) / "ministack"


@pytest.fixture(scope="session")
def account(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The account, with the reference app's resources in it."""
    files = production.load({"HOME": os.environ.get("HOME", "/")}, cwd=ROOT)
    access, port = naming.names_in(files), emulators.free_port()
    directory = tmp_path_factory.mktemp("ministack")
    environ = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": access.account_id,
        "DOCKER_HOST": "tcp://127.0.0.1:1",
        "IOT_MTLS_ENABLED": "0",
    }
    url = f"http://127.0.0.1:{port}"
    health = f"{url}/_ministack/health"
    with emulators.serving(program, directory=directory, environ=environ, health=health):
        aws_account = Account(url, files, access)
        fill(aws_account)
        yield aws_account


def fill(account: Account) -> None:
    """Create the resources with the calls that a rehearsal makes."""
    files, client = account.production, account.client
    for name, file in files.resources.items():
        service = {"bucket": "s3", "queues": "sqs", "identity": "ses"}[name]
        aws_resources.make(client(service), file)
    aws_resources.roles(client("iam"), files)
    aws_resources.cluster(client("ecs"), files.config.cluster)
    aws_resources.create_load_balancer(client("elbv2"), files)
    assert files.schedule is not None
    aws_resources.definition(client("ecs"), files.schedule.definition)
    for ecs_service in files.services.values():
        aws_resources.service(client("ecs"), ecs_service, cluster=files.config.cluster)
    for name in account.access.secret_names:
        client("secretsmanager").create_secret(Name=name, SecretString="{}")
    for call in files.schedule.rule.calls:
        getattr(client("events"), call.method)(**call.sent)
    queue = account.access.resources["mail_events"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    client("sqs").create_queue(QueueName=queue, Attributes={"Policy": policy})
