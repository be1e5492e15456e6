"""Values that cutover.toml need not have: task definitions, services and ARNs have them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.inputs import production
from harness.inputs.derivation import derive, public_path
from harness.inputs.document import Document
from harness.inputs.problem import InputError
from tests.project import copy_aws_files

ROOT = Path(__file__).resolve().parents[3]
DERIVED = (
    *("url", "account_id", "region", "cluster", "name", "cluster_endpoint", "proxy_endpoint"),
    *("secret", "key", "proxy_group", "database_group"),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reference app with a cutover.toml that repeats no value of another file."""
    text = (ROOT / "cutover.toml").read_text()
    short = re.sub(
        rf"^(?:{'|'.join(DERIVED)}|mail_events_queue|mail_receipt_rule) = .*\n",
        "",
        text,
        flags=re.MULTILINE,
    )
    (tmp_path / "cutover.toml").write_text(short.replace("[aws]\n", "").replace("[probe]\n", ""))
    copy_aws_files(tmp_path)
    (tmp_path / "app/Dockerfile").touch()
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def refusal(project: Path) -> str:
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    line = (project / "cutover.toml").read_text().split("\n").index("[database]") + 1
    return str(caught.value).replace(f"{project}/", "").replace(f"toml:{line}:", "toml:LINE:")


def test_what_the_files_have_is_not_asked_again(project: Path) -> None:
    derived, reference = (
        production.load({}, cwd=project).config,
        production.load({}, cwd=ROOT).config,
    )
    for name in ("public_url", "account_id", "region", "database", "cluster", "probe"):
        assert getattr(derived, name) == getattr(reference, name)
    network = production.load({}, cwd=ROOT).network
    assert production.load({}, cwd=project).network.proxy_group == network.proxy_group
    assert production.load({}, cwd=project).network.database_group == network.database_group


def test_a_key_of_the_configuration_stands(project: Path) -> None:
    replace(project / "cutover.toml", "[database]\n", '[database]\nname = "shop"\n')
    assert production.load({}, cwd=project).config.database.name == "shop"


def test_files_that_contradict_each_other_derive_nothing(project: Path) -> None:
    replace(project / "app/ecs/worker.json", '"value": "tickets"', '"value": "shop"')
    assert refusal(project) == (
        "cutover.toml: database.name is missing, and the files contradict each other:"
        ' "tickets" (DB_DATABASE in web.json:73), "shop" (DB_DATABASE in worker.json:69)\n'
        "  where: cutover.toml:LINE: database.name\n"
        "  what to do: correct the files, or add it to [database]: name = ..."
    )


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_a_url_that_is_not_public_is_a_scenarios_business(project: Path, name: str) -> None:
    old = '"value": "https://tickets.876events.example"'
    replace(project / f"app/ecs/{name}.json", old, '"value": "http://localhost"')
    assert production.load({}, cwd=project).config.public_url == "https://tickets.876events.example"


def test_what_no_file_has_is_named_with_the_place_that_could_have_it(project: Path) -> None:
    for name in ("web", "worker", "scheduler"):
        replace(project / f"app/ecs/{name}.json", '"DB_DATABASE"', '"DATABASE"')
    assert refusal(project) == (
        "cutover.toml: database.name is missing\n"
        "  where: cutover.toml:LINE: database.name\n"
        "  what to do: add it to [database]: it is taken from DB_DATABASE of a task definition, and"
        " none has it"
    )


def test_an_account_of_another_file_is_still_an_error(project: Path) -> None:
    replace(
        project / "cutover.toml", "[network]\n", '[aws]\naccount_id = "111122223333"\n[network]\n'
    )
    assert 'aws.account_id is "111122223333", and all ' in refusal(project)


def groups_with(project: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = project / "app/network/security-groups.json"
    content = json.loads(path.read_text())
    for group in content["SecurityGroups"]:
        change(group)
    path.write_text(json.dumps(content))


def test_a_database_that_admits_the_tasks_too_is_told_from_the_proxy(project: Path) -> None:
    def open_database(group: dict[str, Any]) -> None:
        if group["GroupName"] == "tickets-database":
            group["IpPermissions"][0]["UserIdGroupPairs"] += [{"GroupId": "sg-0a40c1e2f3b4a5102"}]

    groups_with(project, open_database)
    network = production.load({}, cwd=project).network
    assert network.groups[network.proxy_group].name == "tickets-proxy"
    assert network.groups[network.database_group].name == "tickets-database"


def test_groups_that_admit_nobody_are_asked_for(project: Path) -> None:
    groups_with(project, lambda group: group.update(IpPermissions=[]))
    assert (
        "network.database_group is missing\n             what to do: add it to [network]: it is"
        " taken from the one security group that admits the proxy's, or the tasks', on port 3306,"
        " and none has it"
    ) in refusal(project)


def test_ten_mistakes_come_out_in_one_run(project: Path) -> None:
    toml, ecs = project / "cutover.toml", project / "app" / "ecs"
    edits: tuple[tuple[Path, str, str], ...] = (
        (toml, 'vendor = "auto"', 'vendor = "automatic"'),
        (toml, "writable = [", "writeable = ["),
        (toml, 'identity = "app/aws/identity.json"', 'identity = "app/aws/mail.json"'),
        (toml, 'generate = "hex"', 'generate = "hexadecimal"'),
        (ecs / "web.json", '"memory": "1024"', '"memory": "1000"'),
        (ecs / "worker.json", '"stopTimeout"', '"stopTimout"'),
        (ecs / "load-balancer.json", '"internet-facing"', '"internal"'),
        (ecs / "service-worker.json", '"desiredCount": 2', '"desiredCount": 0'),
        (project / "app/aws/queues.json", '"tickets-jobs-dead",', '"tickets jobs dead",'),
        (project / "app/iam/web-task.json", '"Effect": "Allow"', '"Effect": "allow"'),
    )
    for path, old, new in edits:
        replace(path, old, new)
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    assert len(caught.value.problems) == 10, str(caught.value)


@pytest.mark.parametrize("named", ["/shop/probe", "arn"])
def test_the_probes_key_may_be_a_parameter_of_either_spelling(project: Path, named: str) -> None:
    arn = "arn:aws:ssm:us-east-1:876000000876:parameter/shop/probe"
    old = "arn:aws:secretsmanager:us-east-1:876000000876:secret:tickets/app-Kq7wT2:probe_key::"
    for name in ("web", "worker", "scheduler"):
        replace(project / f"app/ecs/{name}.json", old, arn)
    with (project / "cutover.toml").open("a") as file:
        name = arn if named == "arn" else named
        file.write(f'\n[parameters]\n"{name}" = {{ generate = "hex" }}\n')
    probe = production.load({}, cwd=project).config.probe
    assert probe is not None
    assert (probe.secret, probe.parameter) == (None, name)


def test_the_probes_key_may_be_a_whole_secret(project: Path) -> None:
    old, new = "tickets/app-Kq7wT2:probe_key::", "tickets/probe-Kq7wT2"
    for name in ("web", "worker", "scheduler"):
        replace(project / f"app/ecs/{name}.json", old, new)
    replace(project / "app/iam/execution.json", "tickets/app-??????", "tickets/*")
    with (project / "cutover.toml").open("a") as file:
        file.write('\n[secrets."tickets/probe"]\ngenerate = "hex"\n')
    probe = production.load({}, cwd=project).config.probe
    assert probe is not None
    assert (probe.secret, probe.key) == ("tickets/probe", None)


ENV_FILE = "arn:aws:s3:::shop-config/web.env"


def move_variables(project: Path) -> list[str]:
    """Move the plain variables of every task into an object in S3; return its lines."""
    lines: list[str] = []
    for name in ("web", "worker", "scheduler"):
        path = project / f"app/ecs/{name}.json"
        data = json.loads(path.read_text())
        (container,) = data["containerDefinitions"]
        entries = [
            f"{variable['name']}={variable['value']}" for variable in container.pop("environment")
        ]
        lines = lines or entries
        container["environmentFiles"] = [{"type": "s3", "value": ENV_FILE}]
        path.write_text(json.dumps(data, indent=2))
    return lines


def test_variables_of_environment_files_count_as_the_containers_own(project: Path) -> None:
    before = production.load({}, cwd=project)
    (project / "prod.env").write_text("\n".join(move_variables(project)) + "\n")
    with (project / "cutover.toml").open("a") as file:
        file.write(f'\n[environment_files]\n"{ENV_FILE}" = "prod.env"\n')
    app = production.load({}, cwd=project)
    assert app.config.public_url == before.config.public_url
    assert app.config.database == before.config.database
    assert app.session_cookie == before.session_cookie
    assert app.resource_names == before.resource_names


def test_a_variable_of_a_container_goes_before_that_of_its_file(project: Path) -> None:
    lines = move_variables(project)
    (project / "prod.env").write_text("\n".join(lines) + "\n")
    path = project / "app/ecs/web.json"
    data = json.loads(path.read_text())
    own = [{"name": "APP_URL", "value": "https://tickets.876events.example"}]
    data["containerDefinitions"][0]["environment"] = own
    path.write_text(json.dumps(data, indent=2))
    with (project / "cutover.toml").open("a") as file:
        file.write(f'\n[environment_files]\n"{ENV_FILE}" = "prod.env"\n')
    (project / "prod.env").write_text(
        "\n".join(lines).replace("APP_URL=https://", "APP_URL=http://")
    )
    assert production.load({}, cwd=project).config.public_url == own[0]["value"]


@pytest.mark.parametrize("url", ["mysql://u:p@{}:3306/shop?charset=utf8mb4", "mysql://{}/shop"])
def test_a_database_url_names_host_and_schema(project: Path, url: str) -> None:
    host = "shop.proxy-c9example.us-east-1.rds.amazonaws.com"
    for name in ("web", "worker", "scheduler"):
        path = project / f"app/ecs/{name}.json"
        data = json.loads(path.read_text())
        (container,) = data["containerDefinitions"]
        container["environment"] = [
            variable
            for variable in container["environment"]
            if not variable["name"].startswith("DB_")
        ] + [{"name": "DB_URL", "value": url.format(host)}]
        path.write_text(json.dumps(data))
    database = production.load({}, cwd=project).config.database
    assert (database.proxy_endpoint, database.name) == (host, "shop")


@pytest.mark.parametrize("variable", ["DB_WRITE_HOST", "DB_HOST_WRITE", "DB_WRITER_HOST"])
def test_a_write_host_is_the_database_where_no_other_is(project: Path, variable: str) -> None:
    before = production.load({}, cwd=project).config.database
    for name in ("web", "worker", "scheduler"):
        path = project / f"app/ecs/{name}.json"
        path.write_text(path.read_text().replace('"DB_HOST"', f'"{variable}"'))
    assert production.load({}, cwd=project).config.database == before


def test_one_arn_of_another_region_is_the_mistake(project: Path) -> None:
    path = project / "app/ecs/service-web.json"
    raw = json.loads(path.read_text())
    raw["loadBalancers"][0]["targetGroupArn"] = (
        "arn:aws:elasticloadbalancing:eu-west-1:876000000876:targetgroup/tickets-web/0123456789abcdef"
    )
    path.write_text(json.dumps(raw))
    assert (
        "service-web.json: loadBalancers[0].targetGroupArn is in the region"
        ' "eu-west-1", and the configuration\'s is "us-east-1"' in refusal(project)
    )


def test_a_port_after_the_host_is_no_part_of_the_endpoint(project: Path) -> None:
    before = production.load({}, cwd=project).config.database
    for name in ("web", "worker", "scheduler"):
        path = project / f"app/ecs/{name}.json"
        path.write_text(path.read_text().replace('.rds.amazonaws.com"', '.rds.amazonaws.com:3306"'))
    assert production.load({}, cwd=project).config.database == before


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://www.shop.example", ""),
        ("https://www.shop.example/", ""),
        ("https://www.shop.example/shop/", "/shop"),
        ("https://www.shop.example/?a=1", ""),
        ("http://www.shop.example/shop", ""),
    ],
)
def test_the_path_of_an_app(url: str, path: str) -> None:
    assert public_path(url) == path


def test_the_public_url_of_an_app_below_a_path_is_its_host(tmp_path: Path) -> None:
    raw = {"name": "APP_URL", "value": "https://www.shop.example/shop"}
    data = {"containerDefinitions": [{"environment": [raw]}]}
    derivation = derive({}, [Document(tmp_path / "web.json", json.dumps(data), data)])
    assert derivation.values["app.url"].text == "https://www.shop.example"
