"""cutover.toml and CUTOVER_*: what is read, and what a mistake is answered with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.core.errors import ConfigError
from harness.inputs import config
from harness.inputs.config import Generated

GOOD = """
[app]
url = "https://tickets.example"
context = "app"
[aws]
account_id = "123456789012"
region = "us-east-1"
[network]
vpc_cidr = "10.40.0.0/16"
security_groups = "groups.json"
proxy_group = "proxy"
database_group = "sg-1"
[database]
name = "tickets"
cluster_endpoint = "cluster.example"
proxy_endpoint = "proxy.example"
secret = "db"
[ecs]
cluster = "tickets"
load_balancer = "lb.json"
target_group = "tg.json"
[services.web]
task_definition = "web.json"
service = "service.json"
[secrets.db]
username = "tickets"
password = { generate = "password" }
[probe]
secret = "db"
key = "password"
[[first_run]]
command = ["php", "artisan", "migrate"]
[overlay.environment]
AWS_ENDPOINT_URL = "http://emulator:4566"
"""


def write(directory: Path, text: str = GOOD) -> Path:
    (directory / "app").mkdir(exist_ok=True)
    for name in ("lb.json", "tg.json", "web.json", "service.json"):
        (directory / name).write_text("{}")
    groups = {"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "proxy", "IpPermissions": []}]}
    (directory / "groups.json").write_text(json.dumps(groups))
    (directory / "cutover.toml").write_text(text)
    return directory


def load(directory: Path, **environ: str) -> config.Config:
    return config.load(environ, cwd=directory)


def failure(directory: Path, text: str = GOOD, **environ: str) -> str:
    write(directory, text)
    with pytest.raises(ConfigError) as caught:
        load(directory, **environ)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    found = load(write(tmp_path))
    assert found.public_host == "tickets.example"
    assert found.secrets["db"] == {"username": "tickets", "password": Generated("password")}
    assert found.first_run[0].command == ("php", "artisan", "migrate")
    assert found.overlay.environment == {"AWS_ENDPOINT_URL": "http://emulator:4566"}
    assert found.home == tmp_path / ".cutover"


def test_the_projects_own_file_is_good() -> None:
    root = Path(__file__).resolve().parents[3]
    assert load(root).public_url == "https://tickets.876events.example"


def test_a_missing_file_names_the_variable_that_moves_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert f"{tmp_path}/cutover.toml: there is no such file" in str(caught.value)
    assert "CUTOVER_CONFIG" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('region = "us-east-1"', 'regoin = "x"', 'key "aws.regoin": unknown key'),
        ('region = "us-east-1"', 'regoin = "x"', 'did you mean "region"?'),
        ('region = "us-east-1"', "region = 7", 'key "aws.region": must be text, is a number'),
        ('region = "us-east-1"', "", 'key "aws.region": is missing'),
        ('"123456789012"', '"123"', 'key "aws.account_id": must be twelve digits'),
        ('"web.json"', '"nope.json"', 'key "services.web.task_definition": there is no file'),
        ("https://tickets.example", "http://x", 'key "app.url": "http://x" is not https://host'),
        ("[probe]\nsecret = ", "[probe]\nsecrt = ", 'did you mean "secret"?'),
        ('generate = "password"', 'generate = "pasword"', 'did you mean "password"?'),
        ('"php", "artisan", "migrate"', "", 'key "first_run[0].command": must be a list of texts'),
        ('secret = "db"\n[ecs]', 'secret = "nope"\n[ecs]', 'there is no secret "nope"'),
        ("[services.web]", "[services.worker]", 'key "services.web": is missing'),
        ('"10.40.0.0/16"', '"10.40.0.1/16"', 'key "network.vpc_cidr": 10.40.0.1/16 has host bits'),
        ('"10.40.0.0/16"', '"10.40.0.0/28"', "has no room for a /24"),
        ("[aws]", "[aws", "not valid TOML"),
        ('group = "proxy"', 'group = "prxy"', 'there is no security group "prxy"'),
        ('proxy_group = "proxy"', "", 'key "network.proxy_group": is missing'),
    ],
)
def test_a_mistake_names_file_key_and_remedy(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in GOOD
    said = failure(tmp_path, GOOD.replace(old, new))
    assert expected in said
    assert "cutover.toml" in said
    assert "what to do:" in said


def test_an_unknown_variable_names_the_nearest(tmp_path: Path) -> None:
    said = failure(tmp_path, CUTOVER_VENDER="debian")
    assert "unknown variable CUTOVER_VENDER" in said
    assert 'did you mean "CUTOVER_VENDOR"?' in said


def test_a_vendor_that_is_none_is_refused(tmp_path: Path) -> None:
    assert 'CUTOVER_VENDOR: "npm"' in failure(tmp_path, CUTOVER_VENDOR="npm")


def test_the_probe_key_is_never_shown(tmp_path: Path) -> None:
    found = load(write(tmp_path), CUTOVER_PROBE_KEY="very-secret-key")
    assert "very-secret-key" not in repr(found)


def test_every_variable_and_table_is_documented() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "configuration.md").read_text()
    for name in (*config.VARIABLES, *config.IMAGE_NAMES, *config.GENERATORS):
        assert f"`{name}`" in text, name
