"""Targets: the fields of current.json, and the capabilities of each target."""

from __future__ import annotations

import dataclasses
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.errors import NoStack, TargetError, UnsafeTarget
from harness.core.redact import Secret
from harness.target import access, locate
from harness.target.pages import Pages
from harness.target.target import CAPABILITIES_OF, unconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SECRET = "arn:aws:secretsmanager:us-east-1:876000000876:secret:shop/app-Ab3dE5"


@pytest.fixture
def open_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def described(home: Path, **changed: Any) -> Path:
    values = {field.name: "" for field in dataclasses.fields(access.Access)}
    whole: dict[str, Any] = {
        **values,
        "public_url": "https://tickets.876events.example",
        "run": "abc123",
        "services": {"web": "tickets-web"},
        "secrets": {"probe": "tickets/app", "db": "tickets/db"},
        "secret_names": ["tickets/app"],
        "resources": {"bucket": "876events-tickets-uploads"},
        "pages": {**dataclasses.asdict(Pages()), "private": "/orders"},
        "schedule": {},
        "further_schedules": {"nightly": {}},
        "php_containers": {"tickets-web": "app"},
        "without_exec": [],
        "differences": [],
        "web_port": 8080,
        "region": "us-east-1",
        "injected": {"APP_KEY": f"{SECRET}:APP_KEY::", "DB_PASSWORD": "/shop/password"},
        "max_connections": 1000,
        "hosts": {"web": ["tickets.876events.example"]},
        "max_capacities": {"tickets-web": 6},
        "jobs_on": "sqs",
        "cache_is_cluster": False,
        "cache_port": 0,
        "openings": [
            {
                "source": "tasks",
                "destination": "proxy",
                "protocol": "tcp",
                "first_port": 3306,
                "last_port": 3306,
                "origin": "component",
            }
        ],
        "writable_paths": ["/tmp"],
        "declares_writable": True,
        "shared_paths": [],
        "roles": [],
        "mail_receipt": None,
        "level": "observe",
        "has_local_endpoints": False,
        "overlay": {},
        **changed,
    }
    path = home / "current.json"
    path.write_text(
        json.dumps({k: v for k, v in whole.items() if v is not None or k == "mail_receipt"})
    )
    return path


RESOURCES = {"bucket": "uploads", "queue": "jobs", "identity": "a@b.example", "rule": "minutely"}
SERVICES = {"web": "tickets-web", "worker": "tickets-worker"}


def test_the_local_stack_has_every_capability(tmp_path: Path, open_port: int) -> None:
    described(
        tmp_path,
        https=f"127.0.0.1:{open_port}",
        inputs={"a": "b"},
        resources=RESOURCES,
        services=SERVICES,
        worker="worker",
    )
    target = locate.local(tmp_path)
    assert target.capabilities == CAPABILITIES_OF["local"]
    assert target.access.services == SERVICES
    assert target.access.pages.private == "/orders"
    assert target.access.writable_paths == ("/tmp",)
    assert target.access.public_host == "tickets.876events.example"
    assert target.lacks(frozenset({"sql", "http"})) == ()


@pytest.mark.parametrize(
    ("resource", "capabilities", "reason"),
    [
        ("bucket", ["storage"], "no bucket is configured; set resources.bucket"),
        ("queue", ["jobs", "queue"], "no queue is configured; set resources.queues"),
        (
            "identity",
            ["mail", "mail_body"],
            "no mail identity is configured; set resources.identity",
        ),
        ("rule", ["schedule"], "no schedule is configured; set schedule.rule"),
    ],
)
def test_an_app_without_a_resource_lacks_the_capability_that_needs_it(
    tmp_path: Path, open_port: int, resource: str, capabilities: list[str], reason: str
) -> None:
    has = {kind: name for kind, name in RESOURCES.items() if kind != resource}
    address = f"127.0.0.1:{open_port}"
    described(
        tmp_path,
        https=address,
        resources=has,
        services=SERVICES,
        worker="worker",
        jobs_on="sqs" if "queue" in has else "",
    )
    target = locate.local(tmp_path)
    assert target.lacks(CAPABILITIES_OF["local"]) == tuple(capabilities)
    assert target.unconfigured == dict.fromkeys(capabilities, reason)


def test_an_app_without_the_probe_is_asked_nothing(tmp_path: Path, open_port: int) -> None:
    address = f"127.0.0.1:{open_port}"
    described(
        tmp_path,
        https=address,
        resources=RESOURCES,
        services=SERVICES,
        worker="worker",
        secrets={"db": "tickets/db"},
    )
    target = locate.local(tmp_path)
    assert target.unconfigured == {"probe": "no probe is configured; set probe.secret"}


def test_an_app_without_a_worker_takes_no_jobs(tmp_path: Path, open_port: int) -> None:
    described(tmp_path, https=f"127.0.0.1:{open_port}", resources=RESOURCES)
    target = locate.local(tmp_path)
    assert target.lacks(CAPABILITIES_OF["local"]) == ("jobs", "queue")
    assert target.unconfigured["queue"] == (
        "no service takes jobs; add the one that runs queue:work to [services]"
    )


@pytest.mark.parametrize(
    ("injected", "reason"),
    [
        ({}, "no secret has the database's account as username and password; set database.secret"),
        (
            {"DB_PASSWORD": "/shop/db/password"},
            "the database's account is in parameters of SSM, which nothing rotates",
        ),
    ],
)
def test_an_account_in_parameters_is_in_no_secret(
    tmp_path: Path, open_port: int, injected: dict[str, str], reason: str
) -> None:
    described(tmp_path, https=f"127.0.0.1:{open_port}", secrets={}, injected=injected)
    assert locate.local(tmp_path).unconfigured["db_account"] == reason


def test_an_app_without_a_proxy_and_a_cache_lacks_them(tmp_path: Path, open_port: int) -> None:
    described(
        tmp_path, https=f"127.0.0.1:{open_port}", cluster_endpoint="db.example", proxy_endpoint=""
    )
    target = locate.local(tmp_path)
    assert target.unconfigured["cache"] == "no cache is configured; set cache.file"
    assert target.unconfigured["proxy"] == (
        "no RDS Proxy is configured; set database.proxy_endpoint"
    )
    assert target.access.database_endpoint == "db.example"


def test_without_a_stack_the_message_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NoStack) as failure:
        locate.local(tmp_path)
    assert str(failure.value) == (
        "No stack is up.\n"
        f"  where: {tmp_path}/current.json\n"
        "  what to do: Start one with cutover up."
    )


def test_a_stack_that_is_gone_is_told_from_none(tmp_path: Path, open_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    described(tmp_path, https=f"127.0.0.1:{port}")
    with pytest.raises(NoStack, match=f"run abc123 is gone: nothing answers at 127.0.0.1:{port}"):
        locate.local(tmp_path)


def test_a_description_with_a_missing_or_wrong_key_names_it(tmp_path: Path) -> None:
    described(tmp_path, cluster=None, services=[], run_dir=3)
    with pytest.raises(TargetError) as failure:
        locate.local(tmp_path)
    text = str(failure.value)
    assert "cluster is missing; run_dir must be a text, not a whole number" in text
    assert "services must be an object, not a list" in text
    assert "cutover down, then cutover up" in text


def test_a_description_that_is_not_json_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "current.json").write_text("{")
    with pytest.raises(TargetError, match="is not JSON"):
        locate.local(tmp_path)


def test_the_production_url_has_https_and_the_probe_only() -> None:
    target = locate.url("https://tickets.876events.example/", probe_key=Secret("k" * 32))
    assert target.capabilities == {"http", "probe", "code", "proxy"}
    assert target.access.public_url == "https://tickets.876events.example"
    assert target.lacks(frozenset({"ecs", "change", "http"})) == ("change", "ecs")


def test_without_a_key_the_production_url_has_no_probe() -> None:
    target = locate.url("https://tickets.example", probe_key=None)
    assert target.capabilities == {"http", "proxy"}
    missing = "no probe key is known; set CUTOVER_PROBE_KEY"
    assert target.unconfigured == {"probe": missing, "code": missing}


def test_plain_http_is_no_production_url() -> None:
    with pytest.raises(TargetError, match="needs an https:// address"):
        locate.url("http://tickets.876events.example", probe_key=None)
    for address in (
        "https://tickets.example:1:1",
        "https://",
        "https://[::1",
        "https://a.example/?b",
        "https://me:secret-word@a.example",
    ):
        with pytest.raises(TargetError, match="needs an https:// address") as raised:
            locate.url(address, probe_key=None)
        assert "secret-word" not in str(raised.value)


def account(home: Path, **changed: Any) -> Path:
    """Describe an account as ``cutover verify --target aws`` does; return the run directory."""
    described(home, **changed).rename(home / "account.json")
    return home


def test_an_account_is_only_observed(tmp_path: Path) -> None:
    home = account(tmp_path, resources=RESOURCES, services=SERVICES, worker="worker")
    able = locate.aws(home).capabilities
    assert {"http", "probe", "ecs", "elb", "iam", "storage", "queue", "schedule"} <= able
    assert not {"change", "exec", "secrets", "containers", "sql", "mail"} & able


def test_at_the_level_rehearse_an_account_may_be_changed(tmp_path: Path) -> None:
    target = locate.aws(
        account(tmp_path, resources=RESOURCES, services=SERVICES, worker="worker", level="rehearse")
    )
    assert {"change", "secrets", "db_account", "exec"} <= target.capabilities
    assert not {"containers", "sql", "mail"} & target.capabilities
    assert target.unconfigured["mail"] == (
        "SES's events of sent mails are read from no queue; set aws.mail_events_queue"
    )


@pytest.mark.parametrize(
    ("injected", "variable"),
    [
        ({"APP_KEY": f"{SECRET}:APP_KEY::", "DB_PASSWORD": f"{SECRET}:DB_PASS::"}, "DB_PASSWORD"),
        ({"APP_KEY": f"{SECRET}:APP_KEY::", "DB_PASSWORD": "/shop/db-password"}, "APP_KEY"),
        ({"DB_PASSWORD": SECRET}, None),
        ({"APP_KEY": f"{SECRET.replace('us-east-1', 'us-east-2')}:APP_KEY::"}, None),
        ({"APP_KEY": "arn:aws:secretsmanager"}, None),
        ({}, None),
    ],
)
def test_a_release_with_a_bad_secret_needs_one_key_of_a_secret(
    injected: dict[str, str], variable: str | None, tmp_path: Path
) -> None:
    home = account(tmp_path, injected=injected, level="rehearse")
    target = locate.aws(home)
    keyed = target.access.keyed_secret
    assert (keyed[0] if keyed else None) == variable
    assert ("json_key" in target.capabilities) == bool(variable)
    assert ("json_key" in target.unconfigured) != bool(variable)


def test_metrics_are_of_an_account_and_of_a_proxy_with_a_name(tmp_path: Path) -> None:
    proxy = "shop.proxy-c9akciq32rxd.eu-west-1.rds.amazonaws.com"
    target = locate.aws(account(tmp_path, proxy_endpoint=proxy))
    assert "metrics" in target.capabilities
    target = locate.aws(account(tmp_path, proxy_endpoint=proxy, has_local_endpoints=True))
    assert target.unconfigured["metrics"] == "an emulator has no metrics of RDS Proxy"
    own = "reports.endpoint.proxy-c9akciq32rxd.eu-west-1.rds.amazonaws.com"
    target = locate.aws(account(tmp_path, proxy_endpoint=own))
    assert target.unconfigured["metrics"] == (
        "database.proxy_endpoint is no default endpoint of RDS Proxy, which has its name"
    )


def test_mail_on_an_account_needs_an_identity_and_a_queue_of_events(tmp_path: Path) -> None:
    resources = {**RESOURCES, "mail_events": "mail-events"}
    target = locate.aws(account(tmp_path, resources=resources, smtp_host="email-smtp.x"))
    assert "mail" in target.capabilities
    assert target.unconfigured["mail_body"] == (
        "events of SES have no text of a mail, and no receipt rule; set aws.mail_receipt_rule"
    )
    assert target.differences.visitor_address == "success+{tag}@simulator.amazonses.com"
    receipt = {"recipient": "in.shop.example", "bucket": "mails", "prefix": ""}
    target = locate.aws(account(tmp_path, resources=resources, mail_receipt=receipt))
    assert {"mail", "mail_body"} <= target.capabilities
    assert target.differences.visitor_address == "rehearsal+{tag}@in.shop.example"
    del resources["identity"]
    target = locate.aws(account(tmp_path, resources=resources))
    assert target.unconfigured["mail"] == "no mail identity is configured; set resources.identity"


def test_commands_in_tasks_need_ecs_exec_in_each_service(tmp_path: Path) -> None:
    target = locate.aws(account(tmp_path, level="rehearse", without_exec=("shop-worker",)))
    assert "exec" not in target.capabilities
    assert target.unconfigured["exec"] == "ECS Exec is off; set enableExecuteCommand of shop-worker"


@pytest.mark.parametrize("has_local_endpoints", [False, True])
def test_the_logs_of_an_account_are_read(tmp_path: Path, has_local_endpoints: bool) -> None:
    target = locate.aws(account(tmp_path, has_local_endpoints=has_local_endpoints))
    assert "logs" in target.capabilities


def test_the_proxy_of_an_emulated_account_refuses_in_routers_words(tmp_path: Path) -> None:
    (words,) = locate.aws(account(tmp_path)).differences.plaintext_at_proxy
    assert words.startswith("[3159]")
    (words,) = locate.aws(
        account(tmp_path, has_local_endpoints=True)
    ).differences.plaintext_at_proxy
    assert words.startswith("[2026]")


def test_aws_is_never_given_the_addresses_of_a_local_stack(tmp_path: Path) -> None:
    with pytest.raises(UnsafeTarget):
        locate.aws(account(tmp_path, control="http://127.0.0.1:1"))


def test_an_account_that_was_not_read_is_no_target(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="No account was read for this replay"):
        locate.aws(tmp_path)


@pytest.mark.parametrize(
    ("address", "parts"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("http://127.0.0.1:4566/", ("127.0.0.1", 4566))],
)
def test_addresses_are_split(address: str, parts: tuple[str, int]) -> None:
    assert access.split_address(address) == parts


def to_edge(first: int, last: int, *, protocol: str = "tcp") -> access.Opening:
    return access.Opening("internet", "edge", protocol, first, last, "public")


@pytest.mark.parametrize(
    ("openings", "admits"),
    [
        ((), True),
        ((access.Opening("tasks", "proxy", "tcp", 3306, 3306, "component"),), True),
        ((to_edge(443, 443),), False),
        ((to_edge(443, 443), to_edge(80, 80)), True),
        ((to_edge(80, 443),), True),
        ((to_edge(-1, -1, protocol="-1"),), True),
        ((to_edge(80, 80, protocol="udp"),), False),
    ],
)
def test_plain_http_is_for_load_balancers_whose_groups_admit_it(
    openings: tuple[access.Opening, ...], admits: bool
) -> None:
    aws_access = access.Access(public_url="https://a.example", openings=openings)
    assert ("http_plain" not in unconfigured(aws_access)) is admits
