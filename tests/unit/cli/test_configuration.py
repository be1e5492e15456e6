"""`cutover config`: its output, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import program
from tests.project import copy_inputs
from tests.unit.inputs import cli_outputs

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reference app's inputs, in the current directory."""
    copy_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(program, ("config", *words), prog_name="cutover")


def test_check_counts_the_files(project: Path) -> None:
    result = run("check")
    assert result.output == "cutover.toml and 25 files: no problems\n"
    assert result.exit_code == 0


def test_check_says_which_files_are_not_taken_as_they_are(project: Path) -> None:
    output = cli_outputs.text(cli_outputs.identity())
    (project / "app/aws/identity.json").write_text(output)
    assert run("check").output == (
        "app/aws/identity.json: taken as `aws ses get-identity-verification-attributes` prints it\n"
        "cutover.toml and 25 files: no problems\n"
    )


def test_check_rejects_files_of_the_move_that_name_another_thing(project: Path) -> None:
    database, scaling = project / "app/aws/database.json", project / "app/aws/scaling.json"
    for path, old, new in (
        (database, '"DatabaseName": "tickets"', '"DatabaseName": "shop"'),
        (scaling, "service/tickets/tickets-web", "service/tickets/tickets-www"),
    ):
        path.write_text(path.read_text().replace(old, new))
    result = run("check")
    assert result.exit_code == 2
    known = "one of service/tickets/tickets-web, service/tickets/tickets-worker"
    other = "service/tickets/tickets-www"
    remedy = "what to do: correct it, or the file beside it"
    assert result.output.replace(f"{project}/", "") == (
        "cutover: 3 problems in the configuration and its files:\n"
        "\n"
        "app/aws/database.json\n"
        "  line 26  CreateDBCluster.DatabaseName is shop, expected the database tickets,"
        " database.name\n"
        f"             {remedy}\n"
        "\n"
        "app/aws/scaling.json\n"
        f"  line 4   RegisterScalableTarget.ResourceId is {other}, expected {known}\n"
        f"             {remedy}\n"
        f"  line 12  PutScalingPolicy.ResourceId is {other}, expected {known}\n"
        f"             {remedy}\n"
    )


def test_check_lists_every_problem_and_exits_with_2(project: Path) -> None:
    toml, service = project / "cutover.toml", project / "app/ecs/service-worker.json"
    toml.write_text(toml.read_text().replace('"auto"', '"automatic"'))
    service.write_text(service.read_text().replace('"desiredCount": 2', '"desiredCount": 0'))
    result = run("check")
    assert result.exit_code == 2
    assert result.output.replace(f"{project}/", "") == (
        "cutover: 2 problems in the configuration and its files:\n"
        "\n"
        "cutover.toml\n"
        '  line 8  app.vendor is "automatic", which is none of its values\n'
        '            what to do: did you mean "auto"?\n'
        "\n"
        "app/ecs/service-worker.json\n"
        "  line 5  desiredCount is 0: nobody does its work\n"
        "            what to do: write how many tasks run after the cutover, 1 at the least\n"
    )


def test_show_prints_each_value_with_its_place(project: Path) -> None:
    lines = run("show").output.splitlines()
    assert lines[2] == f"{'app.vendor = ' + json.dumps('auto'):<72}  # cutover.toml:8"
    settings = json.loads(run("show", "--json").output)
    assert settings["app.vendor"] == {"value": "auto", "source": "cutover.toml:8"}


def test_schema_is_what_the_repository_publishes() -> None:
    assert run("schema").output == (ROOT / "docs/cutover.schema.json").read_text()


def test_explain_without_a_key_lists_all() -> None:
    assert "services.<name>.task_definition" in run("explain").output.splitlines()
    assert run("explain", "app.url").output.startswith("app.url\n  The public URL")
    assert run("explain", "app.ulr").exit_code == 2


def test_init_in_an_empty_folder_tells_where_the_commands_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    output = CliRunner().invoke(program, ("init",), prog_name="cutover").output
    assert "(no AWS file is here: docs/your-app.md has the commands)" in output


def test_init_writes_a_file_once(project: Path) -> None:
    (project / "cutover.toml").unlink()
    first = CliRunner().invoke(program, ("init",), prog_name="cutover")
    assert first.output == (
        "wrote cutover.toml (AWS files: 25); `cutover config check` lists what it lacks\n"
    )
    written = (project / "cutover.toml").read_text()
    second = CliRunner().invoke(program, ("init",), prog_name="cutover")
    assert second.exit_code == 2
    assert second.output == (
        "cutover: there is a cutover.toml already, and it is left as it is\n"
        f"  where: {project}/cutover.toml\n"
        "  what to do: `cutover config check` lists its problems; rename it to have a new one\n"
    )
    assert (project / "cutover.toml").read_text() == written
