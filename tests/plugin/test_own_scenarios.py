"""A team's own scenarios: beside the app, with the platform's fixtures and markers."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import program

ROOT = Path(__file__).resolve().parents[2]
OWN = """
    import pytest
    from harness.report import not_covered, proved

    @pytest.mark.truth(local=proved, aws=proved, url=not_covered("it orders"))
    @pytest.mark.requires("http")
    @pytest.mark.mutates
    def test_orders_are_kept(visitor, pages):
        "An order outlives its task."
    """


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A team's folder, with a configuration and no scenario yet."""
    toml = (ROOT / "cutover.toml").read_text()
    own = '[scenarios]\npaths = ["tests/cutover"]\n\n[aws]'
    (tmp_path / "cutover.toml").write_text(toml.replace("[aws]", own))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(program, ["scenarios", *words], prog_name="cutover")


def test_a_new_scenario_is_complete_listed_and_explained(shop: Path) -> None:
    result = run("new", "Orders are kept")
    assert result.exit_code == 0, result.output
    path = shop / "tests/cutover/test_orders_are_kept.py"
    file = "tests/cutover/test_orders_are_kept.py"
    assert f"wrote {file}; `cutover verify {file}` replays it" in result.output
    again = run("new", "orders_are_kept")
    assert (again.exit_code, "there is a" in again.output) == (2, True)

    path.write_text(textwrap.dedent(OWN))
    listed = run("list").output
    assert "orders_are_kept\n  orders_are_kept (changes)  [http]\n" in listed
    assert "  public_page_has_no_redirect_loop  [http]\n" in listed
    explained = run("explain", "orders are kept").output
    assert "An order outlives its task." in explained
    assert "http: HTTPS requests to the public host" in explained
    assert "on url: not covered: it orders" in explained
    assert "def test_orders_are_kept(visitor, pages):" in explained


def test_without_a_configuration_the_platforms_scenarios_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listed = run("list")
    assert "  public_page_has_no_redirect_loop  [http" in listed.stdout, listed.output
    monkeypatch.setenv("CUTOVER_CONFIG", "absent.toml")
    assert "absent.toml: does not exist" in run("list").output


def test_a_template_needs_no_correction(shop: Path) -> None:
    assert run("new", "first").exit_code == 0
    assert "  first  [http]\n" in run("list").output


def test_an_own_scenario_without_labels_is_named_with_what_it_lacks(shop: Path) -> None:
    folder = shop / "tests/cutover"
    folder.mkdir(parents=True)
    (folder / "test_orders.py").write_text("def test_orders_are_kept(visitor): ...\n")
    result = run("list")
    assert result.exit_code == 2
    assert result.output == (
        "cutover: Scenarios with incomplete or false labels:\n"
        "  tests/cutover/test_orders.py::test_orders_are_kept: needs one marker"
        " truth(local=..., aws=..., url=...)\n"
        "  tests/cutover/test_orders.py::test_orders_are_kept: needs exactly one of the markers"
        " read_only and mutates\n"
        "  what to do: `cutover scenarios new NAME` writes one with all of them\n"
    )


def test_a_misspelt_name_is_corrected(shop: Path) -> None:
    (shop / "tests/cutover").mkdir(parents=True)
    result = run("explain", "public_page_has_no_redirect_lop")
    assert result.exit_code == 2
    assert 'did you mean "public_page_has_no_redirect_loop"?' in result.output


def test_without_a_folder_the_key_is_named(shop: Path) -> None:
    toml = shop / "cutover.toml"
    toml.write_text(toml.read_text().replace('paths = ["tests/cutover"]', ""))
    result = run("new", "first")
    assert result.exit_code == 2
    assert 'add [scenarios] with paths = ["tests/cutover"]' in result.output
