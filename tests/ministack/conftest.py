"""MiniStack as an account: an emulator that nobody here wrote, and that enforces IAM."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from harness.core.wait import Deadline, NotYet, Ready, wait_until
from harness.inputs import production
from harness.inputs.production import Production
from harness.rehearsal import aws_resources
from harness.target import naming, observer
from harness.target.access import Access
from tests.project import ROOT

LOCK = Path(__file__).with_name("requirements.lock")
STARTS_WITHIN_S = 30
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
    """MiniStack in a venv of its own: it pins another botocore than ours."""
    version = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    cache: Any = request.config.cache
    root: Path = cache.mkdir("ministack")
    venv, done = root / version, root / f"{version}.done"
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            run(sys.executable, "-m", "venv", "--clear", str(venv))
            pip = [str(venv / "bin" / "pip"), "install", "-qq", "--disable-pip-version-check"]
            run(*pip, "--require-hashes", "--requirement", str(LOCK))
            done.touch()
    return venv / "bin" / "ministack"


def run(*command: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"


@pytest.fixture(scope="session")
def account(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The account, with the reference app's resources in it."""
    files = production.load({"HOME": os.environ.get("HOME", "/")}, cwd=ROOT)
    access, port = naming.names_in(files), free_port()
    directory = tmp_path_factory.mktemp("ministack")
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": access.account_id,
        "DOCKER_HOST": "tcp://127.0.0.1:1",
        "IOT_MTLS_ENABLED": "0",
    }
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [str(program)], env=environ, cwd=directory, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/_ministack/health", log=directory / "log")
        made = Account(url, files, access)
        fill(made)
        yield made
    finally:
        process.terminate()
        process.wait(timeout=10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for(url: str, *, log: Path) -> None:
    def probe() -> Ready | NotYet:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return Ready()
        except OSError as error:
            return NotYet(f"{error}: {log.read_text()}")

    wait_until(probe, deadline=Deadline(STARTS_WITHIN_S), interval_s=0.1)


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
    for made in files.services.values():
        aws_resources.service(client("ecs"), made, cluster=files.config.cluster)
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
