"""A pytest run of another project, in an environment that has the harness installed."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.plugin.conftest import HEAD, ROOT, TARGET

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., pytest.RunResult]

OWN = """
    import pytest

    def pytest_addoption(parser):
        parser.addoption("--target", default="their default")
        parser.addoption("--report-dir", default="")
        parser.addini("target", "their own")

    def pytest_configure(config):
        config.addinivalue_line("markers", "truth(source): how sure they are")

    @pytest.fixture
    def web():
        return "their web"

    @pytest.fixture
    def aws():
        return "their aws"

    @pytest.fixture(scope="session")
    def target(pytestconfig):
        return pytestconfig.getoption("--target")
    """

TESTS = """
    import pytest

    def test_their_fixtures(web, aws, target):
        assert (web, aws, target) == ("their web", "their aws", "production")

    @pytest.mark.truth("a source")
    def test_their_marker(): pass

    def test_none_of_ours(request):
        with pytest.raises(pytest.FixtureLookupError):
            request.getfixturevalue("toolbox")
    """


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def start(*args: str) -> pytest.RunResult:
        plugins = ("-p", "xdist.plugin", "-p", "harness.replay.plugin")
        return pytester.runpytest_subprocess(*plugins, *args)

    return start


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_its_fixtures_options_and_markers_are_its_own(
    run: Run, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    pytester.makeconftest(textwrap.dedent(OWN))
    folder = pytester.mkdir("scenarios")
    (folder / "test_theirs.py").write_text(textwrap.dedent(TESTS))
    result = run("--target=production", "--strict-markers", *workers)
    result.assert_outcomes(passed=3)
    assert "cutover" not in result.stdout.str()


def test_what_scenarios_need_is_not_even_imported(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_modules():
            heavy = {"boto3", "docker", "pymysql", "requests", "rich", "testcontainers"}
            assert not heavy & set(sys.modules)
        """)
    run().assert_outcomes(passed=1)


def test_a_scenario_is_known_by_its_label_wherever_it_is(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makeconftest(TARGET)
    text = """
        @complete
        @pytest.mark.read_only
        def test_ours(target):
            assert target.name == "local"

        def test_theirs(request):
            assert "toolbox" not in request.fixturenames
        """
    pytester.makepyfile(HEAD + textwrap.dedent(text))
    result = run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*1 scenario passed; none is red.*", "report: file:///*report.html"]
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_scenario_without_a_stack_says_what_to_do(
    run: Run, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    pytester.makeconftest("""
        from harness.target import locate

        def pytest_cutover_target(config, name):
            return locate.local(config.rootpath / ".cutover")
        """)
    text = """
        @complete
        @pytest.mark.read_only
        def test_ours(): pass
        """
    pytester.makepyfile(HEAD + textwrap.dedent(text))
    result = run(*workers)
    assert result.ret != pytest.ExitCode.OK
    output = result.stdout.str() + result.stderr.str()
    assert "what to do: Start one with cutover up." in output
    assert "INTERNALERROR" not in output


def test_the_last_failed_ones_can_be_chosen(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(TARGET)
    text = """
        @complete
        @pytest.mark.read_only
        def test_good(): pass

        @complete
        @pytest.mark.read_only
        def test_bad(): raise ValueError
        """
    pytester.makepyfile(HEAD + textwrap.dedent(text))
    run().assert_outcomes(passed=1, failed=1)
    run("--lf").assert_outcomes(failed=1)


@pytest.mark.parametrize("args", [(), ("tests",), ("tests/plugin",)])
def test_the_projects_own_tests_are_collected(
    args: tuple[str, ...],
) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qq", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
