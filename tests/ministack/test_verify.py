"""`cutover verify --target aws` at the command line, with the scenarios that only ask APIs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.target import observer
from tests.ministack.conftest import Account
from tests.project import ROOT

ASKING_APIS = (
    "(test_definitions and not image) or test_roles or bucket_is_private or worker_flags_fit"
    " or queues_keep_a_job"
)
MOST_OF_THEM = 12
Verify = Callable[..., tuple[int, str, dict[str, str]]]


def verify(account: Account, home: Path, *arguments: str) -> tuple[int, str, dict[str, str]]:
    """Run the command as an observer; return its exit code, its output and the results."""
    role = f"arn:aws:iam::{account.access.account_id}:role/{observer.ROLE_NAME}"
    sts = account.client("sts")
    keys = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "CUTOVER_HOME": str(home / "cutover"),
        "AWS_ENDPOINT_URL": account.url,
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
        "AWS_CONFIG_FILE": str(home / "none"),
    }
    command = [sys.executable, "-m", "harness.cli.main", "verify", "--target", "aws", *arguments]
    report = home / "report"
    result = subprocess.run(
        [*command, "--report-dir", str(report)],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    path = report / "report.json"
    data = json.loads(path.read_text()) if path.is_file() else {"scenarios": []}
    results = {scenario["scenario"]: scenario["result"] for scenario in data["scenarios"]}
    return result.returncode, result.stdout + result.stderr, results


@pytest.fixture
def observed(account: Account, tmp_path: Path) -> Verify:
    """The command, as an observer of the account; it returns exit code, output and results."""
    account.assume(observer)
    return lambda *arguments: verify(account, tmp_path, *arguments)


def test_scenarios_that_ask_apis_alone_are_green_and_name_a_fault(
    account: Account, observed: Verify
) -> None:
    code, output, results = observed("-k", ASKING_APIS)
    assert code == 0, output
    assert set(results.values()) == {"passed"}
    assert len(results) >= MOST_OF_THEM, results
    assert "target: aws (local endpoints)" in output
    assert "The account is emulated: a pass proves nothing about AWS." in output
    bucket = account.access.resources["bucket"]
    s3 = account.client("s3")
    before = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    s3.delete_public_access_block(Bucket=bucket)
    try:
        code, output, results = observed("-k", "test_bucket_is_private")
    finally:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=before)
    assert (code, list(results.values())) == (1, ["failed"]), output
