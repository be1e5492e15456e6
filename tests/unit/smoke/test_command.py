"""`cutover smoke` as an operator types it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner, Result

from harness.cli.main import program
from harness.cli.site_options import read_site
from harness.core.errors import ConfigError
from harness.core.redact import Secret
from harness.target.clients import account, aws
from tests.unit.local_servers import serve
from tests.unit.smoke.conftest import World
from tests.unit.smoke.fake_dns import HOST, NEW

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
NOTHING = {
    "expected": (),
    "old": None,
    "resolvers": (),
    "authorities": (),
    "connect_to": (),
    "resolve": (),
    "ca_file": None,
    "health": None,
    "sign_in": None,
    "key_file": None,
    "key_secret": None,
    "mail_to": None,
}


def run(*words: str) -> Result:
    return CliRunner().invoke(program, ("smoke", *words), prog_name="cutover")


def options(world: World) -> tuple[str, ...]:
    resolvers = [word for fake in world.resolvers for word in ("--resolver", address(fake.port))]
    return (
        f"https://{HOST}",
        *resolvers,
        *("--authority", address(world.authority.port)),
        *("--connect-to", f"{HOST}:443:{NEW}:{world.web.port}"),
        *("--connect-to", f"{HOST}:80:{NEW}:{world.plain.port}"),
        *("--expect", NEW),
        *("--old", f"127.0.0.2:{world.old.port}"),
        *("--ca-file", str(world.issuer.file)),
        *("--rate", "20"),
    )


def address(port: int) -> str:
    return f"127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def outside_of_any_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CUTOVER_CONFIG", "CUTOVER_PROBE_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_a_green_run_ends_with_the_verdict(world: World) -> None:
    result = run(*options(world))
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith(f"smoke https://{HOST}: at most 200 requests, 20 a second")
    assert lines[-1].startswith(f"GREEN · {HOST} · ")


def test_a_red_run_says_what_to_do_now(world: World) -> None:
    world.web.tls = world.issuer.context("other.example")
    result = run(*options(world))
    assert result.exit_code == 1
    assert "-> roll back: browsers show a warning page" in result.output
    assert result.output.splitlines()[-1].startswith(
        f"RED, roll back · {HOST} · 1 red: certificate name"
    )


def test_json_is_all_that_is_printed(world: World) -> None:
    result = run(*options(world), "--json")
    report = json.loads(result.stdout)
    assert report["green"] is True
    assert report["url"] == f"https://{HOST}"


def test_strict_makes_a_warning_red(world: World) -> None:
    world.app.page_headers = [("Content-Type", "text/html")]
    assert run(*options(world)).exit_code == 0
    assert run(*options(world), "--strict").exit_code == 1


@pytest.mark.parametrize("name", ["smoke", "watch"])
def test_an_empty_url_is_not_that_of_the_file(name: str) -> None:
    result = CliRunner().invoke(program, (name, ""), prog_name="cutover")
    assert result.exit_code == 2
    assert "it is empty; without it, the URL is that of cutover.toml" in result.output


@pytest.mark.parametrize("name", ["smoke", "watch"])
def test_without_url_and_file_the_hint_shows_how(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(program, (name,), prog_name="cutover")
    assert result.exit_code == 2
    assert result.stderr == (
        "cutover: there is no URL, and no cutover.toml that names one\n"
        f"  where: {tmp_path}\n"
        f"  what to do: write cutover {name} https://www.shop.example\n"
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    shutil.copy(ROOT / "cutover.toml", root)
    shutil.copytree(ROOT / "app" / "ecs", root / "app" / "ecs")
    return root


def test_the_file_gives_url_and_cookie(project: Path) -> None:
    site = read_site({}, cwd=project, url=None, **NOTHING)
    assert site.url == "https://tickets.876events.example"
    assert site.session_cookie


def test_the_file_gives_the_folder_that_the_role_is_limited_to(project: Path) -> None:
    roles = project / "app" / "iam"
    shutil.copytree(ROOT / "app" / "iam", roles)
    assert read_site({}, cwd=project, url=None, **NOTHING).upload_folder == ""
    role = roles / "web-task.json"
    bucket = "876events-tickets-uploads"
    role.write_text(role.read_text().replace(f"{bucket}/*", f"{bucket}/documents/*"))
    assert read_site({}, cwd=project, url=None, **NOTHING).upload_folder == "documents/"
    arguments = {**NOTHING, "folder": "/other"}
    assert read_site({}, cwd=project, url=None, **arguments).upload_folder == "other/"
    (roles / "execution.json").write_text("{")
    assert read_site({}, cwd=project, url=None, **NOTHING).upload_folder == "documents/"


def test_the_probe_stores_files_below_the_folder(world: World) -> None:
    world.give_key()
    world.given(upload_folder="documents/")
    exam = world.examination()
    client = exam.probe(exam.visitor())
    assert client._file("a") == "files/a?below=documents%2F"


def test_the_file_of_another_site_gives_nothing(project: Path) -> None:
    site = read_site({}, cwd=project, url="https://shop.example", **NOTHING)
    assert (site.url, site.session_cookie) == ("https://shop.example", "")


def test_a_broken_file_does_not_stop_a_run_with_a_url(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "cutover.toml").write_text("[app\n")
    assert read_site({}, cwd=project, url="shop.example", **NOTHING).host == "shop.example"
    assert "cutover: cutover.toml is not used: " in capsys.readouterr().err


def test_the_key_comes_from_a_file_or_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("key-of-the-file\n")
    variables = {"CUTOVER_PROBE_KEY": "key-of-the-variable"}
    arguments = {**NOTHING, "key_file": file}
    site = read_site(variables, cwd=tmp_path, url="shop.example", **arguments)
    assert site.key == Secret("key-of-the-file")
    site = read_site(variables, cwd=tmp_path, url="shop.example", **NOTHING)
    assert site.key == Secret("key-of-the-variable")
    assert "key-of" not in repr(site)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--key-secret", "app"), '--key-secret is "app", a name and not an ARN'),
        (("--old", "1.2.3.4:x"), '--old "1.2.3.4:x" is no address'),
        (("http://shop.example",), 'the URL "http://shop.example" is not the https address'),
    ],
)
def test_an_option_that_cannot_be_read_is_a_usage_error(words: tuple[str, ...], text: str) -> None:
    url = () if "://" in words[0] else ("https://shop.example",)
    result = run(*url, *words)
    assert result.exit_code == 2
    assert text in result.stderr


def test_files_of_another_type_are_named(tmp_path: Path) -> None:
    file = tmp_path / "image.png"
    file.write_bytes(b"\x89PNG\xff")
    with pytest.raises(ConfigError, match="the file of --key-file is no text"):
        read_site({}, cwd=tmp_path, url="shop.example", **{**NOTHING, "key_file": file})
    with pytest.raises(ConfigError, match="the file of --ca-file has no certificate"):
        read_site({}, cwd=tmp_path, url="shop.example", **{**NOTHING, "ca_file": str(file)})


def test_the_path_of_the_url_is_visited_first(tmp_path: Path) -> None:
    site = read_site({}, cwd=tmp_path, url="shop.example/de", **NOTHING)
    assert (site.url, site.front_path) == ("https://shop.example", "/de")


ARN = "arn:aws:secretsmanager:eu-west-1:876000000876:secret:shop/app-Kq7wT2:probe_key::"


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """Secrets Manager, which answers with the secrets of a test."""
    client = boto3.session.Session("a", "b", region_name="eu-west-1").client("secretsmanager")
    monkeypatch.setattr(aws, "aws", lambda _access, _service: client)
    with Stubber(client) as stubber:
        yield stubber


def key_of_secret(cwd: Path) -> Secret | None:
    arguments = {**NOTHING, "key_secret": ARN}
    return read_site({}, cwd=cwd, url="shop.example", **arguments).key


def test_the_key_comes_from_a_secret(secrets: Stubber, tmp_path: Path) -> None:
    text = json.dumps({"probe_key": "key-of-the-secret"})
    secrets.add_response("get_secret_value", {"SecretString": text}, {"SecretId": "shop/app"})
    assert key_of_secret(tmp_path) == Secret("key-of-the-secret")


def test_a_secret_without_the_key_is_named(secrets: Stubber, tmp_path: Path) -> None:
    secrets.add_response("get_secret_value", {"SecretString": "{}"})
    with pytest.raises(ConfigError, match="the secret of --key-secret has no such key"):
        key_of_secret(tmp_path)


def test_a_secret_that_cannot_be_read_is_named(secrets: Stubber, tmp_path: Path) -> None:
    secrets.add_client_error("get_secret_value", "AccessDeniedException", "not authorized")
    with pytest.raises(ConfigError) as caught:
        key_of_secret(tmp_path)
    assert "the secret of --key-secret cannot be read" in str(caught.value)
    assert "AccessDeniedException" in str(caught.value)
    assert "aws sso login" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (ARN, {"SecretString": '{"probe_key": "key-of-the-account"}'}),
        (
            "arn:aws:ssm:eu-west-1:876000000876:parameter/shop/probe",
            {"Parameters": [{"Name": "/shop/probe", "Value": "key-of-the-account"}]},
        ),
    ],
)
def test_the_key_of_an_account_is_read_past_its_guard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, answer: object
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOPERATOR")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr(account, "session", account.session.__wrapped__)
    with serve(lambda _: (200, {}, json.dumps(answer).encode())) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server.address}")
        key = read_site({}, cwd=tmp_path, url="shop.example", **{**NOTHING, "key_secret": text}).key
    assert key == Secret("key-of-the-account")


def test_two_keys_exclude_each_other(tmp_path: Path) -> None:
    arguments = {**NOTHING, "key_secret": ARN, "key_file": tmp_path / "key"}
    with pytest.raises(ConfigError, match="--key-file and --key-secret exclude each other"):
        read_site({}, cwd=tmp_path, url="shop.example", **arguments)


def test_its_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from harness.cli.main import program\n"
        "try: program.main(['smoke', '--help'], prog_name='cutover')\n"
        "except SystemExit: pass\n"
        "heavy = {'boto3', 'cryptography', 'dns', 'docker', 'pydantic', 'pytest', 'requests'}\n"
        "sys.exit(bool(heavy & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_it_needs_neither_docker_nor_aws() -> None:
    code = (
        "import sys\n"
        "from harness.cli import smoke\n"
        "from harness.smoke import smoke, text, examination, traffic\n"
        "sys.exit(bool({'boto3', 'docker', 'testcontainers'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.mark.parametrize("words", [("--rate", "nan"), ("--mail-to", "nobody"), ("--mail-to", "a@")])
def test_an_option_that_is_no_number_or_address_is_refused(words: tuple[str, str]) -> None:
    result = run(f"https://{HOST}", *words)
    assert result.exit_code == 2
    assert words[0] in result.stderr
