"""Connections that security groups shut, and harmless ways to open them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.checks import connections
from harness.inputs.files.security_groups import ANY, Permission, SecurityGroup
from harness.inputs.production import Production
from tests.unit.inputs.checks.edits import with_group

ROOT = Path(__file__).resolve().parents[4]
BALANCER, TASKS, PROXY, DATABASE, ENDPOINTS = (
    f"tickets-{name}" for name in ("load-balancer", "tasks", "proxy", "database", "endpoints")
)


@pytest.fixture(scope="module")
def with_vpc() -> Production:
    return production.load({}, cwd=ROOT)


@pytest.fixture(scope="module")
def app(with_vpc: Production) -> Production:
    """Without the file of the VPC, which has its endpoints."""
    documents = {
        key: document for key, document in with_vpc.documents.items() if key != "phases.network"
    }
    return replace(with_vpc, documents=documents)


def ids(app: Production) -> dict[str, str]:
    return {group.name: group.id for group in app.network.groups.groups.values()}


def changed(app: Production, name: str, **rules: Any) -> Production:
    groups: dict[str, SecurityGroup] = {
        key: replace(group, **rules) if group.name == name else group
        for key, group in app.network.groups.groups.items()
    }
    network = replace(app.network, groups=replace(app.network.groups, groups=groups))
    return replace(app, network=network)


def messages(app: Production) -> list[str]:
    return [problem.message for problem in connections.problems(app)]


def test_the_reference_apps_groups_shut_nothing(app: Production) -> None:
    assert messages(app) == []


@pytest.mark.parametrize(
    ("group", "start"),
    [
        (BALANCER, "of tickets-load-balancer admits nobody of visitors on port 443"),
        (TASKS, "of tickets-tasks admits nobody of the load balancer, tickets-load"),
        (
            PROXY,
            "of tickets-proxy admits nobody of the tasks of web, worker, the schedule, tickets",
        ),
        (DATABASE, "of tickets-database admits nobody of RDS Proxy, tickets-proxy"),
        (ENDPOINTS, "of tickets-endpoints admits nobody of the tasks of web, worker"),
    ],
)
def test_a_group_without_ingress_shuts_its_side(app: Production, group: str, start: str) -> None:
    assert messages(changed(app, group, ingress=()))[0].startswith(start)


@pytest.mark.parametrize(
    ("group", "destination"),
    [(BALANCER, "the tasks of web"), (TASKS, "RDS Proxy"), (PROXY, "the database")],
)
def test_a_group_without_egress_lets_nothing_out(
    app: Production, group: str, destination: str
) -> None:
    first = messages(changed(app, group, egress=()))[0]
    assert first.startswith(f"of {group} lets nothing out to {destination}")


def test_the_port_counts(app: Production) -> None:
    postgres = Permission("tcp", 5432, 5432, groups=(ids(app)[TASKS],))
    assert "on port 3306" in messages(changed(app, PROXY, ingress=(postgres,)))[0]


@pytest.mark.parametrize(
    "egress",
    [
        Permission(ANY, 0, 65535, cidrs=("0.0.0.0/0",)),
        Permission("tcp", 0, 65535, cidrs=("10.40.0.0/16",)),
        Permission("tcp", 443, 3306, cidrs=("10.0.0.0/8",)),
        Permission("tcp", 443, 3306, cidrs=("10.40.16.0/20",)),
    ],
)
def test_tasks_may_be_let_out_by_address(app: Production, egress: Permission) -> None:
    assert messages(changed(app, TASKS, egress=(egress,))) == []


def test_the_port_of_health_checks_counts(app: Production) -> None:
    (message,) = messages(with_group(app, HealthCheckPort="9000"))
    assert message.startswith("of tickets-tasks admits nobody of the load balancer's check")
    ingress = app.network.groups[ids(app)[TASKS]].ingress
    opened = changed(app, TASKS, ingress=(*ingress, replace(ingress[0], from_port=0, to_port=9000)))
    assert messages(with_group(opened, HealthCheckPort="9000")) == []
    assert messages(with_group(app, HealthCheckPort="8080")) == []


def test_tasks_may_be_let_out_by_group_and_prefix_list(app: Production) -> None:
    egress = (
        Permission("tcp", 3306, 3306, groups=(ids(app)[PROXY],)),
        Permission("tcp", 443, 443, prefix_lists=("pl-63a5400a",)),
    )
    assert messages(changed(app, TASKS, egress=egress)) == []


def test_a_gateway_endpoint_to_s3_needs_a_way_out_of_the_vpc(with_vpc: Production) -> None:
    inside = Permission(ANY, 0, 65535, cidrs=("10.40.0.0/16",))
    to_s3 = Permission("tcp", 443, 443, prefix_lists=("pl-63a5400a",))
    shut = changed(with_vpc, TASKS, egress=(inside,))
    (problem,) = connections.problems(shut)
    tasks = "the tasks of web, worker, the schedule"
    assert problem.message == (
        "of tickets-tasks lets nothing out to the gateway endpoint of S3 on port 443:"
        f" {tasks} could not reach the gateway endpoint of S3"
    )
    assert problem.hint == "add an egress rule for tcp 443 to the prefix list of S3"
    for egress in ((inside, to_s3), (Permission("tcp", 443, 3306, cidrs=("0.0.0.0/0",)),)):
        assert messages(changed(with_vpc, TASKS, egress=egress)) == []


def test_an_interface_endpoint_to_s3_is_in_the_vpc(with_vpc: Production) -> None:
    network = with_vpc.documents["phases.network"]
    endpoints = network.data["CreateVpcEndpoint"]
    interface = {"ServiceName": "com.amazonaws.us-east-1.s3", "VpcEndpointType": "Interface"}
    data = {**network.data, "CreateVpcEndpoint": [*endpoints, interface]}
    both = {**with_vpc.documents, "phases.network": replace(network, data=data)}
    inside = (Permission(ANY, 0, 65535, cidrs=("10.40.0.0/16",)),)
    assert messages(changed(replace(with_vpc, documents=both), TASKS, egress=inside)) == []


def test_visitors_may_come_by_ipv6_or_a_prefix_list(app: Production) -> None:
    for rule in (
        Permission("tcp", 443, 443, ipv6_cidrs=("::/0",)),
        Permission("tcp", 443, 443, prefix_lists=("pl-3b927c52",)),
    ):
        assert messages(changed(app, BALANCER, ingress=(rule,))) == []


def test_without_endpoints_the_aws_apis_are_outside_the_vpc(app: Production) -> None:
    public = replace(app, network=replace(app.network, endpoints_group=""))
    inside = (Permission(ANY, 0, 65535, cidrs=("10.40.0.0/16",)),)
    assert messages(public) == []
    assert "the AWS APIs on port 443" in messages(changed(public, TASKS, egress=inside))[0]


def test_tasks_with_the_default_group_are_not_judged(app: Production) -> None:
    services = {
        name: replace(service, create={**service.create, "networkConfiguration": {}})
        for name, service in app.services.items()
    }
    assert messages(replace(app, services=services, schedules={})) == []


def test_without_a_proxy_tasks_reach_the_database_itself(app: Production) -> None:
    direct = replace(app, network=replace(app.network, proxy_group=""))
    assert messages(direct) == [
        "of tickets-database admits nobody of the tasks of web, worker, the schedule, tickets-tasks"
        f" ({ids(app)[TASKS]}) on port 3306: the tasks of web, worker, the schedule could not reach"
        " the database",
    ]
