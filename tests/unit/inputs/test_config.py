"""cutover.toml and CUTOVER_*: their values, and the errors of mistakes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.core.errors import ConfigError
from harness.inputs import config, production
from harness.inputs.config import Generated
from harness.inputs.derivation import Derivation
from harness.inputs.problem import InputError
from harness.inputs.toml import keys

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
    (directory / "cutover.toml").write_text(text)
    return directory


def load(directory: Path, **environ: str) -> config.Config:
    source = config.read(environ, cwd=directory)
    configuration, problems = config.check(source, environ, Derivation())
    if problems:
        raise InputError(problems)
    assert configuration is not None
    return configuration


def failure(directory: Path, text: str = GOOD, **environ: str) -> str:
    write(directory, text)
    with pytest.raises(ConfigError) as caught:
        load(directory, **environ)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    configuration = load(write(tmp_path))
    assert configuration.public_host == "tickets.example"
    assert configuration.secrets["db"] == {
        "username": "tickets",
        "password": Generated(generate="password"),
    }
    assert configuration.first_run[0].command == ("php", "artisan", "migrate")
    assert configuration.overlay.environment == {"AWS_ENDPOINT_URL": "http://emulator:4566"}
    assert configuration.home == tmp_path / ".cutover"


def test_the_projects_own_file_is_good() -> None:
    root = Path(__file__).resolve().parents[3]
    assert load(root).public_url == "https://tickets.876events.example"


def test_a_missing_file_names_the_variable_that_moves_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert f"{tmp_path}/cutover.toml: does not exist" in str(caught.value)
    assert "CUTOVER_CONFIG" in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('region = "us-east-1"', 'regoin = "x"', "aws.regoin is unknown"),
        ('region = "us-east-1"', 'regoin = "x"', 'did you mean "region"?'),
        ('region = "us-east-1"', "region = 7", "aws.region is a number, and must be text"),
        (
            "[overlay.environment]",
            '[overlay]\nconnection_sharing = "false"\n[overlay.environment]',
            "overlay.connection_sharing is text, and must be true or false",
        ),
        ('region = "us-east-1"', "", "aws.region is missing"),
        ('"us-east-1"', '"us-east-1a"', 'is "us-east-1a", which is no region'),
        ('"us-east-1"', '"US-East-1"', 'write "us-east-1"'),
        ('"us-east-1"', '"Virginia"', 'write its code, such as "eu-west-1"'),
        ("tickets.example", "b\u00f6rd.example", "write https://xn--brd-sna.example"),
        ("tickets.example", "203.0.113.9", "an address and no name"),
        ('"php", "artisan", "migrate"', '"php artisan migrate"', "and no shell takes it apart"),
        (
            '["php", "artisan", "migrate"]',
            '[""]',
            "first_run[0].command[0] is empty, and must be text",
        ),
        ("[[first_run]]", "[first_run]", "first_run is a table, and must be a list of tables"),
        (
            "[overlay.environment]",
            '[schedules]\nrule = "nightly.json"\n[overlay.environment]',
            "write [schedules.NAME], with a name of yours, and rule in it",
        ),
        (
            "[aws]",
            '[app.pages]\nprivate = "https://tickets.example/home"\n[aws]',
            'write "/home"',
        ),
        ('name = "tickets"', "name = 2026-01-31", "database.name is a date or a time, and must"),
        ("[aws]", "[limits]\nup_s = 180000\n[aws]", "is 180000, and must be 14400 or less"),
        ("[aws]", '[images]\nedge = "None"\n[aws]', 'did you mean "none"?'),
        ("[aws]", '[images]\nedge = "My/Edge:1"\n[aws]', "which is no name of an image"),
        ("[aws]", '[secrets]\n"a/b" = 5\n[aws]', """write "a/b" = "...\""""),
        (
            "[aws]",
            '[[accept]]\nscenario = "a"\nwhy = " "\nuntil = 2027-01-31\n[aws]',
            "accept[0].why is blank",
        ),
        ('"123456789012"', '"123"', "aws.account_id must be twelve digits"),
        ("https://tickets.example", "http://x", 'app.url is "http://x", not https://host'),
        ("https://tickets.example", "https://t.example:8443", "not https://host"),
        ("https://tickets.example", "https://u@t.example", "not https://host"),
        ('"10.40.0.0/16"', '"127.0.0.0/16"', "of which AWS makes no VPC"),
        ("[probe]\nsecret = ", "[probe]\nsecrt = ", 'did you mean "secret"?'),
        ('generate = "password"', 'generate = "pasword"', 'did you mean "password"?'),
        (
            '"php", "artisan", "migrate"',
            "",
            "first_run[0].command is empty, and must be a list of texts",
        ),
        (
            'secret = "db"\n[ecs]',
            'secret = "nope"\n[ecs]',
            'database.secret is "nope", and there is no such secret',
        ),
        (
            '"10.40.0.0/16"',
            '"10.40.0.1/16"',
            "network.vpc_cidr is no CIDR: 10.40.0.1/16 has host bits",
        ),
        ('"10.40.0.0/16"', '"10.40.0.0/28"', "must be a /16 to a /24"),
        ('"10.40.0.0/16"', '"10.40.0.0/15"', "is 10.40.0.0/15, and must be"),
        (
            "[aws]",
            '[aws]\nmail_events_queue = "https://sqs.eu-west-1.amazonaws.com/1/events"',
            'aws.mail_events_queue is "https://sqs.eu-west-1.amazonaws.com/1/events", and must be'
            " the name of a standard queue",
        ),
        ("[aws]", "[aws", "not valid TOML"),
        (
            "[aws]",
            '[[accept]]\nscenario = "a"\nwhy = "b"\nuntil = "soon"\n[aws]',
            "accept[0].until is 'soon', and must be a date",
        ),
        *(
            (
                "[aws]",
                f'[app.pages]\naccount = {{ user = "editor"{more} }}\n[aws]',
                f"app.pages.account.{message}",
            )
            for more, message in (
                ("", "password is missing"),
                (', password = "x", secret = "db"', "password is here beside a secret's"),
                (', secret = "none"', 'secret is "none", and there is no such secret with keys'),
                (', secret = "db", key = "x"', 'key is "x", and the secret has no such key'),
            )
        ),
        (
            "[aws]",
            '[[accept]]\nscenario = "a"\nwhy = "b"\nuntil = 2027-01-31T00:00:00Z\n[aws]',
            "accept[0].until is 2027-01-31T00:00:00+00:00, and must be a date",
        ),
        (
            "[aws]",
            '[[accept]]\nscenario = "a"\nuntil = 2027-01-31\n[aws]',
            "accept[0].why is missing",
        ),
        ('proxy_group = "proxy"', "", "network.proxy_group is missing"),
        (
            "[aws]",
            '[scan]\ntracker = "ftp://mirror.example/a"\n[aws]',
            'scan.tracker is "ftp://mirror.example/a", and must be an address of https, or a file',
        ),
        ("[aws]", '[images]\nmysql = "none"\n[aws]', "no rehearsal goes without mysql"),
        (
            "[aws]",
            '[secrets]\n"shop key" = "a"\n[aws]',
            "secrets.shop key is no name that Secrets Manager takes",
        ),
        (
            "[aws]",
            '[secrets]\n"arn:aws:secretsmanager:eu-west-1:1:secret:a" = "a"\n[aws]',
            "is an ARN, and must be the secret's name",
        ),
    ],
)
def test_a_mistake_names_file_key_and_remedy(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in GOOD
    message = failure(tmp_path, GOOD.replace(old, new))
    assert expected in message
    assert "cutover.toml" in message


def test_a_host_is_read_in_small_letters(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("https://tickets", "HTTPS://Tickets"))
    assert load(tmp_path).public_url == "https://tickets.example"


def test_a_value_with_a_fault_is_one_problem(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace('["php", "artisan", "migrate"]', '[""]'))
    with pytest.raises(InputError) as caught:
        load(tmp_path)
    assert [problem.key for problem in caught.value.problems] == ["first_run[0].command[0]"]


def test_two_findings_of_a_scenario_may_be_accepted(tmp_path: Path) -> None:
    table = (
        '[[accept]]\nscenario = "debian_packages_have_their_security_fixes"\nfinding = "{}"\n'
        'why = "b"\nuntil = 2027-01-31\n'
    )
    write(tmp_path, GOOD + table.format("CVE-1") + table.format("CVE-2"))
    assert len(load(tmp_path).accept) == 2


def test_an_empty_variable_names_no_file(tmp_path: Path) -> None:
    assert load(write(tmp_path), CUTOVER_CONFIG="").file == tmp_path / "cutover.toml"


def test_runs_are_kept_in_a_directory(tmp_path: Path) -> None:
    message = failure(tmp_path, CUTOVER_HOME="cutover.toml")
    assert "CUTOVER_HOME" in message
    assert "a file, and a directory is expected" in message


def test_an_unknown_variable_names_the_nearest(tmp_path: Path) -> None:
    message = failure(tmp_path, CUTOVER_VENDER="debian")
    assert "CUTOVER_VENDER is unknown" in message
    assert 'did you mean "CUTOVER_VENDOR"?' in message


@pytest.mark.parametrize(
    "name", ["CUTOVER_BUILD_ID", "CUTOVER_REGISTRY", "CUTOVER_", "HARNESS_HOME"]
)
def test_others_variables_are_theirs(tmp_path: Path, name: str) -> None:
    assert load(write(tmp_path), **{name: "x"})


def test_all_problems_come_out_together_each_with_its_line_and_remedy(tmp_path: Path) -> None:
    text = GOOD.replace('region = "us-east-1"', 'regoin = "x"').replace('"us-east-1"', "7")
    text = text.replace('"php", "artisan", "migrate"', "").replace('"10.40.0.0/16"', '"10"')
    write(tmp_path, text + "[limits]\nup_s = true\n[images]\nap = 'x'\n")
    with pytest.raises(InputError) as caught:
        load(tmp_path, CUTOVER_VENDOR="npm", CUTOVER_HOMe="x")
    problems = caught.value.problems
    assert {problem.key for problem in problems} == {
        *("CUTOVER_VENDOR", "CUTOVER_HOMe", "aws.regoin", "first_run[0].command"),
        *("network.vpc_cidr", "limits.up_s", "images.ap"),
    }
    lines = text.splitlines()
    assert all(problem.hint for problem in problems)
    for problem in problems:
        if problem.key in ("aws.regoin", "network.vpc_cidr", "first_run[0].command"):
            assert lines[problem.line - 1].startswith(problem.key.rpartition(".")[2])
    assert str(caught.value).startswith("7 problems in the configuration and its files:\n")


def test_a_proxy_has_a_group_and_an_endpoint(tmp_path: Path) -> None:
    message = failure(tmp_path, re.sub("(?m)^proxy_group.*$", "", GOOD))
    assert "network.proxy_group is missing, and there is database.proxy_endpoint" in message
    assert "remove database.proxy_endpoint: without RDS Proxy, tasks reach the database" in message
    without = re.sub("(?m)^proxy_.*$", "", GOOD)
    assert load(write(tmp_path, without)).database.proxy_endpoint is None


def test_the_probes_key_is_a_parameter_or_a_key_of_a_secret(tmp_path: Path) -> None:
    start, probe = GOOD.index("[probe]"), '[probe]\nparameter = "/shop/probe"\n'
    end = GOOD.index("[", start + 1) if "[" in GOOD[start + 1 :] else len(GOOD)
    named = GOOD[:start] + probe + GOOD[end:]
    assert 'probe.parameter is "/shop/probe", and there is no such parameter' in failure(
        tmp_path, named
    )
    write(tmp_path, named + '[parameters]\n"/shop/probe" = { generate = "hex" }\n')
    probe_table = load(tmp_path).probe
    assert probe_table is not None
    assert probe_table.parameter == "/shop/probe"
    assert "probe.secret is missing" in failure(tmp_path, GOOD[:start] + "[probe]\n" + GOOD[end:])
    both = named.replace("[probe]\n", '[probe]\nsecret = "a"\n')
    assert "probe.parameter is given beside probe.secret" in failure(tmp_path, both)
    key = '[parameters]\n"/a" = { key = "alias/shop" }\n'
    assert 'parameters./a.key is "alias/shop", which is not the ARN' in failure(
        tmp_path, GOOD + key
    )


def test_a_secrets_value_is_not_shown(tmp_path: Path) -> None:
    assert "12345" not in failure(
        tmp_path, GOOD.replace('username = "tickets"', "username = [12345]")
    )


def test_the_schema_has_every_table_with_its_keys() -> None:
    schema = keys.schema()
    assert set(schema["required"]) < set(schema["properties"])
    assert schema["$defs"]["Database"]["properties"]["secret"]["description"]


def test_a_vendor_that_is_none_is_refused(tmp_path: Path) -> None:
    assert 'CUTOVER_VENDOR is "npm"' in failure(tmp_path, CUTOVER_VENDOR="npm")


def test_the_probe_key_is_never_shown(tmp_path: Path) -> None:
    configuration = load(write(tmp_path), CUTOVER_PROBE_KEY="very-secret-key")
    assert "very-secret-key" not in repr(configuration)


def test_every_variable_and_table_is_documented() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "configuration.md").read_text()
    for name in (*config.VARIABLES, *config.IMAGE_NAMES, *config.GENERATORS):
        assert f"`{name}`" in text, name


@pytest.mark.parametrize(
    ("keys", "allowed"),
    [
        ("", 0),
        ('instance_class = "db.r6g.large"', 1000),
        ('instance_class = "db.t4g.medium"\nmax_connections_percent = 50', 45),
        ('instance_class = "db.r6g.large"\nmax_connections = 300', 300),
    ],
)
def test_the_connections_that_the_database_allows(tmp_path: Path, keys: str, allowed: int) -> None:
    text = GOOD.replace("[database]\n", f"[database]\n{keys}\n")
    assert load(write(tmp_path, text)).database.connections_allowed == allowed


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ('instance_class = "db.r6g.huge"', 'is "db.r6g.huge", whose max_connections is not known'),
        ("max_connections_percent = 101", "is 101, and must be from 1 to 100"),
    ],
)
def test_a_class_or_share_that_cannot_be_is_rejected(
    tmp_path: Path, key: str, message: str
) -> None:
    assert message in failure(tmp_path, GOOD.replace("[database]\n", f"[database]\n{key}\n"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "tickets"', 'name = "mysql"', 'database.name is "mysql", which is no schema'),
        ('name = "tickets"', 'name = "a b"', 'database.name is "a b", which is no schema'),
        ('public = "/login"', 'public = "//x/login"', 'app.pages.public is "//x/login"'),
        ('"/tmp"]', '"/"]', 'app.writable[2] is "/", below which everything is'),
        ('key = "probe_key"', 'key = "nope"', 'probe.key is "nope", and the secret has no such'),
        ("[services.worker]", '[services."../x"]', "services.../x has a name that no folder of"),
        (
            'proxy_endpoint = "tickets.proxy-cq8w2k7example.us-east-1.rds.amazonaws.com"',
            'proxy_endpoint = "tickets.example:3306"',
            'database.proxy_endpoint is "tickets.example:3306", which is no host name',
        ),
    ],
)
def test_a_value_that_nothing_could_use(project: Path, old: str, new: str, said: str) -> None:
    path = project / "cutover.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=re.escape(said)):
        production.load({}, cwd=project)


def test_a_wrong_page_brings_no_problem_of_its_default(project: Path) -> None:
    path, balancer = project / "cutover.toml", project / "app/ecs/load-balancer.json"
    content = json.loads(balancer.read_text())
    page = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/"]}}
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    former = content["Rules"][0]
    content["Rules"] += [{**former, "Priority": 1, "Conditions": [page], "Actions": [answer]}]
    balancer.write_text(json.dumps(content))
    path.write_text(path.read_text().replace('public = "/login"', 'public = "login"'))
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project)
    assert [problem.key for problem in caught.value.problems] == ["app.pages.public"]
    path.write_text(path.read_text().replace('public = "login"', 'public = "/"'))
    with pytest.raises(InputError, match=r"app\.pages\.public"):
        production.load({}, cwd=project)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ecs/web.json", "ecs/wbe.json", 'did you mean "app/ecs/web.json"?'),
        ("app/ecs/web.json", "app/ecs", 'is "app/ecs", a directory, and a file is expected'),
        ("app/ecs/web.json", "web.json", "correct the path, or add the file"),
        ('context = "app"', 'context = "cutover.toml"', "a file, and a directory is expected"),
        ('context = "app"', 'context = "app/ecs"', 'is "app/ecs", which has no Dockerfile'),
        (
            "[limits]",
            '[images.app]\ncontext = "app"\ntarget = "prod"\n[limits]',
            'images.app.target is "prod", and Dockerfile has no such stage',
        ),
    ],
)
def test_a_path_that_is_wrong_names_the_nearest(
    project: Path, old: str, new: str, said: str
) -> None:
    path = project / "cutover.toml"
    text = f"{path.read_text()}\n[limits]\nup_s = 200\n"
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigError, match=re.escape(said)):
        production.load({}, cwd=project)


def test_a_stage_may_have_a_number(project: Path) -> None:
    path = project / "cutover.toml"
    for stage in ("0", "vendor", "VENDOR"):
        text = path.read_text().partition("[images.app]")[0]
        path.write_text(f'{text}\n[images.app]\ncontext = "app"\ntarget = "{stage}"\n')
        assert production.load({}, cwd=project)
