"""moto as an account: long lists that come in pages, scans with findings, refusals by a hook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.phases.account import Account
from harness.target import naming
from harness.target.access import REHEARSE
from harness.target.clients import account as aws_account
from harness.target.clients import aws
from tests import emulators
from tests.project import ROOT

LOCK = Path(__file__).with_name("requirements.lock")


@pytest.fixture(scope="session")
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a moto server with the reference app's account."""
    cache: Any = request.config.cache
    programs, port = emulators.install(LOCK, into=cache.mkdir("moto")), emulators.free_port()
    environ = {"MOTO_ACCOUNT_ID": "876000000876"}
    address, directory = f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("moto")
    server = (programs / "moto_server", "-H", "127.0.0.1", "-p", str(port))
    health = f"{address}/moto-api/data.json"
    with emulators.serving(*server, directory=directory, environ=environ, health=health):
        yield address


@pytest.fixture
def account(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """The files and the account, with the harness's own clients and their guard."""
    for name, value in (
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "876000000876"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_CONFIG_FILE", str(tmp_path / "none")),
    ):
        monkeypatch.setenv(name, value)
    aws_account.session.cache_clear()
    files = production.load({"HOME": str(tmp_path)}, cwd=ROOT)
    access = replace(naming.names_in(files), run_dir=str(tmp_path), level=REHEARSE)
    yield Account(files, access, lambda service: aws.account_client(access, service))
    aws_account.session.cache_clear()


@pytest.fixture
def owner(url: str) -> Callable[[str], Any]:
    """Clients of the account's owner, who may change everything."""
    import boto3

    library: Any = boto3.session.Session()
    keys = {"aws_access_key_id": "876000000876", "aws_secret_access_key": "x"}
    return lambda service: library.client(
        service, endpoint_url=url, region_name="us-east-1", **keys
    )
