"""Security groups: the file's rules, and the packets that a namespace lets in because of them."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import ConfigError
from harness.inputs import production
from harness.inputs.document import read_json
from harness.inputs.files import security_groups, vpc
from harness.inputs.files.security_groups import SecurityGroups
from harness.inputs.problem import InputError
from harness.stack.components import control, edge, emulator, mysql, proxy
from harness.stack.network import members
from harness.stack.network.addresses import Tier
from harness.stack.network.packet_rules import Layout, Member
from harness.standins.contract import PacketRules

ROOT = Path(__file__).resolve().parents[4]
ROLES = ("public", "operator", "app", "proxy", "data", "aws")
TIERS = {
    role: Tier.at(IPv4Network(f"{'198.18' if role in ROLES[:2] else '10.40'}.{number}.0/24"))
    for number, role in enumerate(ROLES)
}


def opening(port: int, *, to: str = "", cidr: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "UserIdGroupPairs": [{"GroupId": to}] if to else [],
        "IpRanges": [{"CidrIp": cidr}] if cidr else [],
        **changes,
    }


def write(directory: Path, /, egress: Any = None, **groups: list[dict[str, Any]]) -> Path:
    path = directory / "groups.json"
    listed = [
        {"GroupId": name, "GroupName": f"tickets-{name}", "IpPermissions": rules, "Tags": []}
        | ({"IpPermissionsEgress": egress} if egress is not None else {})
        for name, rules in groups.items()
    ]
    path.write_text(json.dumps({"SecurityGroups": listed}))
    return path


def load(path: Path) -> SecurityGroups:
    return security_groups.read(read_json(path))


def layout(path: Path, **members: Member) -> Layout:
    return Layout(
        vpc=IPv4Network("10.40.0.0/16"),
        tiers=TIERS,
        members=members,
        groups=load(path),
    )


def accepted(text: str) -> list[str]:
    """Rules that open a port, without the words that all of them have."""
    lines = [
        line
        for line in text.splitlines()
        if line.startswith("-A INPUT -s") and line.endswith("ACCEPT")
    ]
    return [line.removeprefix("-A INPUT ").removesuffix(" -j ACCEPT") for line in lines]


@pytest.fixture(scope="module")
def rules() -> PacketRules:
    """Packet rules of the project's own files."""
    return members.packet_rules(production.load({}, cwd=ROOT), tiers=TIERS)


def test_the_ports_of_a_remote_engine_are_open_to_clients_of_any_address() -> None:
    packet_rules = members.packet_rules(production.load({}, cwd=ROOT), tiers=TIERS, is_local=False)
    subnet = TIERS["operator"].subnet
    opened = f"-s 0.0.0.0/0 -d {subnet} -p tcp --dport 3306"
    assert opened in accepted(packet_rules.components["mysql"])


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (
            "edge",
            [
                "-s 0.0.0.0/0 -d 198.18.0.0/24 -p tcp --dport 80",
                "-s 0.0.0.0/0 -d 198.18.0.0/24 -p tcp --dport 443",
            ],
        ),
        ("control", ["-s 198.18.1.1 -d 198.18.1.0/24 -p tcp --dport 8000"]),
        (
            "emulator",
            [
                "-s 198.18.1.1 -d 198.18.1.0/24 -p tcp --dport 4566",
                "-s 10.40.5.11 -d 10.40.5.0/24 -p tcp --dport 4566",
                "-s 10.40.5.128/25 -d 10.40.5.0/24 -p tcp --dport 4566",
            ],
        ),
        (
            "proxy",
            [
                "-s 198.18.1.1 -d 198.18.1.0/24 -p tcp --dport 3306",
                "-s 10.40.3.128/25 -d 10.40.3.0/24 -p tcp --dport 3306",
            ],
        ),
        (
            "mysql",
            [
                "-s 198.18.1.1 -d 198.18.1.0/24 -p tcp --dport 3306",
                "-s 10.40.4.13 -d 10.40.4.0/24 -p tcp --dport 3306",
            ],
        ),
    ],
)
def test_the_projects_own_groups_open_this_and_nothing_else(
    rules: PacketRules, service: str, expected: list[str]
) -> None:
    text = rules.components[service]
    assert accepted(text) == expected
    assert text.startswith("*filter\n:INPUT DROP [0:0]\n")
    assert text.endswith("\nCOMMIT\n")


def test_a_task_lets_in_the_load_balancer_and_its_health_checks_only(rules: PacketRules) -> None:
    parts = rules.tasks
    (group,) = [name for name, text in parts.groups.items() if "-s 10.40.2.14 " in text]
    assert accepted(parts.groups[group]) == [
        "-s 10.40.2.14 -d 10.40.2.0/24 -p tcp --dport 8080",
        "-s 10.40.2.11 -d 10.40.2.0/24 -p tcp --dport 8080",
    ]
    assert accepted(parts.first + parts.last) == []


def test_a_task_is_let_out_to_members_only_and_dropped_elsewhere(rules: PacketRules) -> None:
    assert rules.tasks.last.splitlines() == ["-A OUTPUT -j DROP", "COMMIT"]
    (text,) = [text for text in rules.tasks.groups.values() if "-s 10.40.2.14 " in text]
    destinations = {line.split()[3] for line in text.splitlines() if line.startswith("-A OUTPUT")}
    assert {"10.40.3.13", "10.40.5.10"} <= destinations
    assert not destinations & {"10.40.2.1", "10.40.3.1", "10.40.5.1"}


def test_who_is_inside_is_no_visitor(rules: PacketRules) -> None:
    lines = rules.components["edge"].splitlines()
    shut = [line for line in lines if line.startswith("-A INPUT") and line.endswith("DROP")]
    assert shut == [
        "-A INPUT -s 10.40.0.0/16 -d 198.18.0.0/24 -j DROP",
        "-A INPUT -s 198.18.1.0/24 -d 198.18.0.0/24 -j DROP",
    ]
    first_opened = next(number for number, line in enumerate(lines) if "--dport" in line)
    assert lines.index(shut[-1]) < first_opened


def test_members_are_where_their_services_are() -> None:
    components = members.members(production.load({}, cwd=ROOT))
    for module in (control, edge, emulator, mysql, proxy):
        name = module.__name__.rpartition(".")[2]
        assert components[name].networks == module.NETWORKS


def test_a_cidr_of_the_vpc_means_addresses_and_of_the_internet_the_public_side(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path, lb=[opening(443, cidr="203.0.113.0/24"), opening(8443, cidr="10.40.0.0/16")]
    )
    ruleset = layout(path, edge=Member(("public", "app"), groups=("lb",))).of_component("edge")
    assert accepted(ruleset) == [
        "-s 0.0.0.0/0 -d 198.18.0.0/24 -p tcp --dport 443",
        "-s 10.40.0.0/16 -d 0.0.0.0/0 -p tcp --dport 8443",
    ]


def test_the_world_means_everyone_where_no_public_side_is(tmp_path: Path) -> None:
    path = write(tmp_path, tasks=[opening(8080, cidr="0.0.0.0/0")])
    task_rules = layout(path, tasks=Member(("app",), groups=("tasks",))).of_tasks()
    assert accepted(task_rules.groups["tasks"]) == ["-s 0.0.0.0/0 -d 0.0.0.0/0 -p tcp --dport 8080"]


def test_a_group_that_admits_itself_admits_its_members(tmp_path: Path) -> None:
    path = write(tmp_path, db=[opening(0, to="db", IpProtocol="-1")])
    ruleset = layout(path, mysql=Member(("data",), groups=("db",))).of_component("mysql")
    assert accepted(ruleset) == ["-s 10.40.4.12 -d 10.40.4.0/24"]


def test_protocols_have_numbers_and_peers_may_be_another_vpcs(tmp_path: Path) -> None:
    peer = {"GroupId": "sg-9", "UserId": "999999999999", "VpcPeeringConnectionId": "pcx-1"}
    path = write(
        tmp_path,
        db=[
            opening(3306, cidr="10.40.0.0/16", IpProtocol="6", UserIdGroupPairs=[peer]),
            {"IpProtocol": "50", "IpRanges": [{"CidrIp": "203.0.113.7/32"}]},
        ],
    )
    ruleset = layout(path, mysql=Member(("data",), groups=("db",))).of_component("mysql")
    assert accepted(ruleset) == [
        "-s 10.40.0.0/16 -d 0.0.0.0/0 -p tcp --dport 3306",
        "-s 203.0.113.7/32 -d 0.0.0.0/0 -p 50",
    ]


def test_a_range_of_ports_stays_one(tmp_path: Path) -> None:
    path = write(tmp_path, db=[opening(3306, cidr="10.40.0.0/16", ToPort=3310)])
    ruleset = layout(path, mysql=Member(("data",), groups=("db",))).of_component("mysql")
    assert accepted(ruleset) == ["-s 10.40.0.0/16 -d 0.0.0.0/0 -p tcp --dport 3306:3310"]


def test_openings_are_told_as_aws_reads_the_groups(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        lb=[opening(443, cidr="0.0.0.0/0")],
        db=[opening(3306, to="lb", ToPort=3307), opening(0, cidr="10.40.0.0/16", IpProtocol="-1")],
    )
    topology = layout(
        path,
        edge=Member(("public", "app"), groups=("lb",)),
        mysql=Member(("data",), groups=("db",)),
    )
    assert list(map(str, topology.openings())) == [
        "internet -> edge port 443",
        "edge -> mysql ports 3306 to 3307",
        "10.40.0.0/16 -> mysql any port",
    ]
    assert [entry.origin for entry in topology.openings()] == ["public", "component", "vpc"]


@pytest.mark.parametrize(
    ("cidr", "origin"),
    [
        ("10.40.16.0/20", "vpc"),
        ("10.9.0.0/16", "private"),
        ("203.0.113.0/24", "public"),
        ("0.0.0.0/0", "public"),
    ],
)
def test_addresses_are_told_apart(tmp_path: Path, cidr: str, origin: str) -> None:
    path = write(tmp_path, db=[opening(3306, cidr=cidr)])
    (entry,) = layout(path, mysql=Member(("data",), groups=("db",))).openings()
    assert entry.origin == origin


def refusal(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            opening(80, to="sg-0123456789abcde0f"),
            'UserIdGroupPairs[0].GroupId is "sg-0123456789abcde0f", which is no security group',
        ),
        (opening(80, PrefixListIds=[{}]), "PrefixListIds[0].PrefixListId is missing"),
        (opening(80, Ipv6Ranges=[{"CidrIpv6": "::/129"}]), "CidrIpv6 is no CIDR"),
        (opening(80, IpProtocol="256"), 'IpProtocol is "256", which is not known'),
        (opening(80, ToPort=79), "has ports 80 to 79, which are no range"),
        (opening(80, cidr="0.0.0.0"), 'CidrIp is "0.0.0.0", without the size of a block'),
        (opening(80, cidr="10.0.0.1/8"), "10.0.0.1/8 has host bits set"),
        ({"IpProtocol": "tcp", "ToPort": 80}, "FromPort is missing"),
    ],
)
def test_a_rule_that_cannot_be_carried_out_is_refused(
    tmp_path: Path, rule: dict[str, Any], expected: str
) -> None:
    groups = {"web": [rule], "sg-0123456789abcdef0": []}
    assert expected in refusal(write(tmp_path, **groups))


def test_a_rule_for_a_group_that_is_not_in_the_file_admits_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, web=[], db=[opening(22, to="sg-bastion"), opening(3306, to="web")])
    assert load(path).elsewhere == {"sg-bastion": ("tickets-db",)}
    ruleset = layout(path, tasks=WEB, proxy=DATABASE).of_component("proxy")
    assert accepted(ruleset) == ["-s 10.40.3.128/25 -d 10.40.3.0/24 -p tcp --dport 3306"]


def let_out(text: str) -> list[str]:
    """Rules that let a connection out, without the words that all of them have."""
    return [
        line.removeprefix("-A OUTPUT ").removesuffix(" -j ACCEPT")
        for line in text.splitlines()
        if line.startswith("-A OUTPUT -d") and line.endswith("ACCEPT")
    ]


WEB = Member(("app", "proxy", "aws"), groups=("web",))
DATABASE = Member(("proxy",), groups=("db",))
API = Member(("aws",), ports={443: 4566}, aws_apis=True, in_vpc=False)


@pytest.mark.parametrize(
    ("egress", "expected"),
    [
        ([], []),
        ([opening(3306, to="db")], ["10.40.3.13 -p tcp --dport 3306"]),
        ([opening(3306, to="other")], []),
        (
            [opening(443, cidr="0.0.0.0/0")],
            ["10.40.3.13 -p tcp --dport 443", "10.40.5.10 -p tcp --dport 4566"],
        ),
        ([opening(0, cidr="10.40.0.0/16", IpProtocol="-1")], ["10.40.3.13"]),
        ([opening(3306, cidr="10.40.64.0/20")], ["10.40.3.13 -p tcp --dport 3306"]),
        (
            [opening(443, PrefixListIds=[{"PrefixListId": "pl-1"}])],
            ["10.40.5.10 -p tcp --dport 4566"],
        ),
        ([opening(443, Ipv6Ranges=[{"CidrIpv6": "::/0"}])], []),
    ],
    ids=["none", "group", "another group", "world", "vpc", "subnet", "prefix list", "ipv6"],
)
def test_tasks_are_let_out_as_their_groups_egress_says(
    tmp_path: Path, egress: list[dict[str, Any]], expected: list[str]
) -> None:
    path = write(tmp_path, egress, web=[], db=[], other=[])
    ruleset = layout(path, tasks=WEB, proxy=DATABASE, emulator=API).of_tasks().groups["web"]
    own = [f"-d {text}" for text in expected]
    others = [line for line in let_out(ruleset) if ".128/25" not in line]
    assert others == own


def test_a_service_without_groups_is_let_out_and_health_checks_are_the_load_balancers(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, [opening(8080, to="web")], lb=[], web=[])
    topology = layout(
        path,
        tasks=Member(("app",), groups=("web",)),
        control=Member(("app",), speaks_for=("lb",)),
        emulator=API,
    )
    assert let_out(topology.of_component("control")) == ["-d 10.40.2.128/25 -p tcp --dport 8080"]
    assert "-A OUTPUT -d 10.40.2.128/25 -j DROP" in topology.of_component("control")
    assert "-A OUTPUT -j DROP" not in topology.of_component("emulator")


def test_ipv6_and_prefix_lists_are_visitors_of_the_load_balancer_and_holes_elsewhere(
    tmp_path: Path,
) -> None:
    world: dict[str, Any] = {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    listed: dict[str, Any] = {"PrefixListIds": [{"PrefixListId": "pl-1"}]}
    path = write(
        tmp_path, lb=[opening(443, **world), opening(80, **listed)], db=[opening(3306, **world)]
    )
    topology = layout(
        path,
        edge=Member(("public", "app"), groups=("lb",)),
        mysql=Member(("data",), groups=("db",)),
    )
    assert list(map(str, topology.openings())) == [
        "internet -> edge port 443",
        "internet -> edge port 80",
        "::/0 -> mysql port 3306",
    ]
    assert accepted(topology.of_component("edge")) == [
        "-s 0.0.0.0/0 -d 198.18.0.0/24 -p tcp --dport 80"
    ]


def test_a_group_told_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, web=[])
    (group,) = json.loads(path.read_text())["SecurityGroups"]
    path.write_text(json.dumps({"SecurityGroups": [group, group]}))
    assert "SecurityGroups[1].GroupId repeats web" in refusal(path)


def test_groups_that_tell_one_tasks_from_anothers_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, web=[], worker=[], db=[opening(3306, to="web")])
    web, worker = frozenset({"web"}), frozenset({"worker"})
    (problem,) = vpc.several_tiers(load(path), (web, worker))
    assert "admits the tasks of web and not those of worker" in problem.message
    both = write(tmp_path, web=[], worker=[], db=[opening(1, to="web"), opening(1, to="worker")])
    assert not list(vpc.several_tiers(load(both), (web, worker)))
    # A task in two groups is admitted by a rule for either.
    assert not list(vpc.several_tiers(load(path), (web | worker, web)))


def test_every_problem_of_the_groups_comes_out_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "groups.json"
    rules = [
        opening(80, IpProtocol="esp"),
        opening(80, cidr="10.0.0.1/8"),
        "tcp",
        {"IpProtocol": "-1", "IpRanges": 1},
    ]
    groups = [{"GroupId": "sg-1", "IpPermissions": [rule]} for rule in rules]
    path.write_text(json.dumps({"SecurityGroups": groups}, indent=1))
    with pytest.raises(InputError) as caught:
        load(path)
    lines = path.read_text().splitlines()
    lines_by_key = {
        problem.key.partition("].")[2]: lines[problem.line - 1].strip()
        for problem in caught.value.problems
    }
    assert lines_by_key == {
        "GroupName": "{",
        "IpPermissions[0].IpProtocol": '"IpProtocol": "esp",',
        "IpPermissions[0].IpRanges[0].CidrIp": '"CidrIp": "10.0.0.1/8"',
        "IpPermissions[0]": '"tcp"',
        "IpPermissions[0].IpRanges": '"IpRanges": 1',
    }
    assert len(caught.value.problems) == 4 + 4


def test_tasks_in_the_load_balancers_group_are_named_in_their_own_file(project: Path) -> None:
    groups = json.loads((project / "app/network/security-groups.json").read_text())
    named = {group["GroupName"]: group["GroupId"] for group in groups["SecurityGroups"]}
    balancer, tasks = named["tickets-load-balancer"], named["tickets-tasks"]
    worker = project / "app/ecs/service-worker.json"
    for path in (project / "app/aws/schedule.json", worker):
        path.write_text(path.read_text().replace(tasks, balancer))
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    problems = [
        (str(problem), problem.hint, Path(problem.file).name, problem.line)
        for problem in caught.value.problems
    ]
    message = f"is {balancer}, the load balancer's: it reaches no database"
    place = "awsvpcConfiguration.{}ecurityGroups"
    of_rule = "PutTargets.Targets[0].EcsParameters.NetworkConfiguration"
    hint = f"name the group of the other tasks, {tasks}"
    assert [problem[:3] for problem in problems] == [
        (f"networkConfiguration.{place.format('s')} {message}", hint, "service-worker.json"),
        (f"{of_rule}.{place.format('S')} {message}", hint, "schedule.json"),
    ]
    assert balancer in worker.read_text().splitlines()[problems[0][3]]


def test_a_list_without_groups_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="SecurityGroups is empty"):
        load(write(tmp_path))
