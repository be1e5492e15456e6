"""A replay from start to report: no stack, evidence, causes, the table, the files, xdist."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.plugin.conftest import TARGET

if TYPE_CHECKING:
    from tests.plugin.conftest import Replay

TWO = """
    from harness.diagnosis.expect import expect

    @pytest.mark.truth(local=emulated("nginx"), aws=proved, url=proved)
    @pytest.mark.read_only
    def test_the_first_thing(): pass

    @complete
    @pytest.mark.read_only
    def test_the_second_thing():
        expect(
            False,
            "the session driver is 'file', and not database",
            cause='SESSION_DRIVER is "file", and must be database',
        )
    """


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_file_that_cannot_be_imported_is_red(
    replay: Replay, pytester: pytest.Pytester, workers: str
) -> None:
    folder = pytester.mkdir("scenarios")
    (folder / "test_broken.py").write_text("import none_such\n")
    result = replay(TWO, "-n", workers, "-k", "first", "scenarios")
    output = " ".join(result.stdout.str().split())
    assert "1 of 2 scenarios are red." in output or "1 of 1 scenarios are red." in output, output
    assert "scenarios/test_broken.py cannot be imported, and none of its scenarios ran" in output
    assert "none is red" not in output
    assert result.ret != 0
    (report,) = pytester.path.glob("run/report.json")
    entries = json.loads(report.read_text())["scenarios"]
    broken = [entry for entry in entries if "test_broken" in entry["scenario"]]
    assert [entry["message"] for entry in broken] == [
        "ModuleNotFoundError: No module named 'none_such'"
    ]


def test_without_a_stack_one_message_says_what_to_do(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    target = """
from harness.target import locate

def pytest_cutover_target(config, name):
    return locate.local(config.rootpath / ".cutover")
"""
    result = replay(TWO, target=target)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().strip().splitlines() == [
        "ERROR: No stack is up.",
        f"  where: {pytester.path}/.cutover/current.json",
        "  what to do: Start one with cutover up.",
    ]


def test_without_a_stack_the_message_is_the_same_under_xdist(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    target = """
from harness.target import locate

def pytest_cutover_target(config, name):
    return locate.local(config.rootpath / ".cutover")
"""
    result = replay(TWO, "-n", "2", "scenarios", target=target)
    assert "what to do: Start one with cutover up." in result.stderr.str()
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_stack_that_is_described_wrongly_is_said_so(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    home = pytester.mkdir(".cutover")
    (home / "current.json").write_text('{"run": "abc", "run_dir": 7}')
    target = """
from harness.target import locate

def pytest_cutover_target(config, name):
    return locate.local(config.rootpath / ".cutover")
"""
    result = replay(TWO, target=target)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str()
    assert "does not fit this version of the harness" in text
    assert "public_url is missing; https is missing; http is missing;" in text
    assert "run_dir must be a text, not a whole number" in text


def test_a_failure_carries_its_cause(replay: Replay) -> None:
    result = replay(TWO)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- cutover: likely cause -*",
            'SESSION_DRIVER is "file", and must be database*',
            "*= cutover =*",
            "1 of 2 scenarios are red.",
            '  SESSION_DRIVER is "file", and must be database*',
            "    story: the second thing",
            "Everything else passed: 1 on emulated services (differences are listed).",
            "target: local, https://tickets.876events.example, * s",
            "vendor: debian (Laravel itself is stock;*",
            "overlay: 1 difference from production, listed in the report",
            "report: file:///*run/report.html",
            "rerun the red ones: `cutover up`, then `cutover verify --lf`",
            "look inside: `cutover logs web`, `cutover exec web -- sh`",
            "*= 1 failed, 1 passed in *",
        ]
    )
    result.stdout.no_fnmatch_line("*= short test summary info =*")
    result.stdout.no_fnmatch_line("*- cutover: containers -*")


def test_verbose_output_has_every_scenario_the_overlay_and_the_evidence(replay: Replay) -> None:
    result = replay(TWO, "-v")
    result.stdout.fnmatch_lines(
        [
            "scenarios/test_story.py::test_the_first_thing PASSED*",
            "*- cutover: likely cause -*",
            "*- cutover: the app*",
            "*= cutover =*",
            "story",
            "  the first thing *ok *emulated *",
            "  the second thing *RED *proved *",
            '      likely cause: SESSION_DRIVER is "file", and must be database*',
            "1 of 2 scenarios are red.",
            "overlay, all that differs from production:",
            "  AWS_ENDPOINT_URL=http://emulator:4566",
        ]
    )


CHECKED = """
    from harness.diagnosis.expect import expect

    @complete
    @pytest.mark.read_only
    def test_a_cookie():
        expect(False, {message!r}, cause={cause!r}, certain={certain})
    """


def test_a_check_names_its_cause(replay: Replay, pytester: pytest.Pytester) -> None:
    message, cause = "the cookie has no Secure flag: abc", "SESSION_SECURE_COOKIE is not true"
    result = replay(CHECKED.format(message=message, cause=cause, certain=False))
    result.stdout.fnmatch_lines(
        [
            f"E *ExpectationError: {message}",
            cause,
            f"  {cause}",
        ]
    )
    result.stdout.no_fnmatch_line("*AssertionError*")
    report = json.loads((pytester.path / "run" / "report.json").read_text())
    assert report["scenarios"][0]["message"] == message


@pytest.mark.parametrize("certain", [True, False])
def test_evidence_outranks_a_check_that_is_not_certain(replay: Replay, *, certain: bool) -> None:
    message = "answered 500: SQLSTATE[HY000] [1049] Unknown database 'shop'"
    result = replay(CHECKED.format(message=message, cause="no page", certain=certain))
    cause = "no page" if certain else 'DB_DATABASE is "shop", which does not exist'
    result.stdout.fnmatch_lines(["1 of 1 scenarios are red.", f"  {cause}"])


def test_a_public_host_without_a_dns_record_is_named_and_libraries_are_left_out(
    replay: Replay,
) -> None:
    result = replay(
        """
        @pytest.mark.truth(local=proved, aws=proved, url=proved)
        @pytest.mark.read_only
        def test_front_page(web, access): web().get(access.public_url, timeout=5)
        """,
        "--cutover-target=url",
        target="""
from harness.target import locate

def pytest_cutover_target(config, name):
    return locate.url("https://tickets.876events.invalid", probe_key=None)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the name tickets.876events.invalid is unknown here: its DNS*"])
    result.stdout.no_fnmatch_line("*urllib3/connection*")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_every_file_of_the_report_is_written(
    replay: Replay, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    replay(TWO, *workers)
    run = pytester.path / "run"
    data = json.loads((run / "report.json").read_text())
    assert data["verdict"] == "1 of 2 scenarios are red."
    assert data["vendor"] == "debian"
    assert data["overlay"] == ["AWS_ENDPOINT_URL=http://emulator:4566"]
    assert [(entry["title"], entry["result"]) for entry in data["scenarios"]] == [
        ("the first thing", "passed"),
        ("the second thing", "failed"),
    ]
    assert data["scenarios"][0]["labels"]["local"] == {
        "worth": "emulated",
        "note": "nginx",
        "never_run": False,
    }
    suite = ET.fromstring((run / "junit.xml").read_text())
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "the second thing" in (run / "report.html").read_text()


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_red_scenario_gets_a_line_as_it_ends_and_the_others_a_counter(
    replay: Replay, workers: tuple[str, ...]
) -> None:
    result = replay(TWO, *workers)
    result.stdout.fnmatch_lines(
        ["RED    story: the second thing  *.* s", "2 of 2 scenarios, 1 red"]
    )
    lines = [line for line in result.stdout.lines if "of 2 scenarios" in line]
    assert lines[0] in ("1 of 2 scenarios", "1 of 2 scenarios, 1 red")
    result.stdout.no_fnmatch_line("*the first thing*")
    result.stdout.no_fnmatch_line("scenarios/test_story.py *")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_pytests_own_junit_file_has_worth_and_cause(
    replay: Replay, pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    replay(TWO, "--junitxml=own.xml", *workers)
    cases = ET.fromstring((pytester.path / "own.xml").read_text()).iter("testcase")
    properties = {
        case.get("name"): {
            element.get("name"): element.get("value") or "" for element in case.iter("property")
        }
        for case in cases
    }
    assert properties["test_the_first_thing"] == {"worth": "emulated: nginx"}
    assert properties["test_the_second_thing"]["cause"].startswith('SESSION_DRIVER is "file"')


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_who_stops_at_the_first_red_one_gets_the_exit_code_of_a_red_one(
    replay: Replay, workers: tuple[str, ...]
) -> None:
    result = replay(TWO, "-x", *workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["RED    story: the second thing*"])


def test_where_the_report_goes_can_be_chosen(replay: Replay, pytester: pytest.Pytester) -> None:
    replay(TWO, "--cutover-report-dir", str(pytester.path / "elsewhere"))
    assert (pytester.path / "elsewhere" / "report.html").exists()


def test_a_failure_before_the_scenario_itself_is_an_error(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    result = replay("""
        @pytest.fixture
        def broken():
            raise AssertionError("SQLSTATE[HY000] [1045] Access denied for user 'tickets'@'%'")

        @complete
        @pytest.mark.read_only
        def test_never_begins(broken): pass
        """)
    result.assert_outcomes(errors=1)
    (entry,) = json.loads((pytester.path / "run/report.json").read_text())["scenarios"]
    assert entry["result"] == "error"
    assert entry["cause"].startswith('the database refuses the account "tickets"')


def test_a_failing_teardown_turns_a_passed_scenario_into_an_error(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    replay("""
        @pytest.fixture
        def unrestored():
            yield
            raise RuntimeError("could not put it back")

        @complete
        @pytest.mark.read_only
        def test_passes(unrestored): pass
        """)
    (entry,) = json.loads((pytester.path / "run/report.json").read_text())["scenarios"]
    assert (entry["result"], entry["message"]) == ("error", "RuntimeError: could not put it back")


def test_secrets_never_reach_the_report(replay: Replay, pytester: pytest.Pytester) -> None:
    result = replay("""
        from harness.core.redact import Secret

        @complete
        @pytest.mark.read_only
        def test_tells():
            secret = Secret("hunter2-hunter2")
            assert False, "the password is " + secret.reveal()
        """)
    names = ("report.html", "report.json", "junit.xml")
    written = [(pytester.path / "run" / name).read_text() for name in names]
    for text in (result.stdout.str(), *written):
        assert "hunter2-" not in text
        assert "the password is ***" in text


def test_scenarios_that_run_alone_exclude_the_others_across_workers(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    replay(
        """
        import pathlib, time

        LOG = pathlib.Path(__file__).parents[1] / "log"

        def note(what):
            with LOG.open("a") as file:
                file.write(what + "\\n")

        @complete
        @pytest.mark.mutates(exclusive=True)
        @pytest.mark.parametrize("n", range(4))
        def test_alone(n):
            note("begin")
            time.sleep(0.1)
            note("end")
        """,
        "-n",
        "3",
    )
    assert (pytester.path / "log").read_text().split() == ["begin", "end"] * 4


def test_what_did_not_run_is_counted_and_listed_on_demand(replay: Replay) -> None:
    scenarios = """
        @pytest.mark.truth(local=proved, aws=proved, url=proved)
        @pytest.mark.read_only
        def test_runs(): pass

        @complete
        @pytest.mark.read_only
        def test_elsewhere(): raise SystemError
        """
    text = replay(scenarios, "--cutover-target=url").stdout.str()
    assert (
        "1 of 2 selected scenarios ran on target url; -v has the reasons of the others.\n" in text
    )
    assert "elsewhere" not in text
    text = replay(scenarios, "--cutover-target=url", "-v").stdout.str()
    assert "not covered: a reason" in text


NEVER_STEADY = """
from harness.core.wait import DeadlinePassed
from harness.replay.toolbox import Toolbox

def wait(self, *, at_once=False):
    with open("waits", "a") as file:
        file.write("look " if at_once else "wait ")
    raise DeadlinePassed(elapsed_s=30, allowed_s=30, reason="0 of 2 web tasks are healthy")

Toolbox.wait_until_steady = wait
"""


def test_a_precondition_is_waited_for_once_and_the_others_follow(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    result = replay(
        """
        @complete
        @pytest.mark.read_only
        @pytest.mark.parametrize("n", range(3))
        def test_page(n): raise SystemError
        """,
        "-p",
        "no:cacheprovider",
        target=TARGET + NEVER_STEADY,
    )
    text = result.stdout.str()
    assert result.ret == 1
    assert "1 of 3 scenarios are red, 2 skipped." in text
    assert "The web service is not steady: 0 of 2 web tasks are healthy" in text
    assert "2 not run because of it" in text
    assert (pytester.path / "waits").read_text().split() == ["wait", "look", "look"]


def test_a_scenario_that_asks_apis_alone_needs_no_steady_web_service(
    replay: Replay, pytester: pytest.Pytester
) -> None:
    scenarios = """
        @complete
        @pytest.mark.requires("ecs", "iam")
        @pytest.mark.read_only
        def test_reads(): pass

        @complete
        @pytest.mark.requires("ecs")
        @pytest.mark.mutates
        def test_changes(): raise SystemError

        @complete
        @pytest.mark.requires("ecs", "exec")
        @pytest.mark.read_only
        def test_commands(): raise SystemError
    """
    able = TARGET.replace('"probe", ', '"probe", "ecs", "iam", "exec", ')
    text = replay(scenarios, target=able + NEVER_STEADY).stdout.str()
    assert "1 passed" in text
    assert "1 of 3 scenarios are red, 1 skipped." in text


def test_an_address_is_enough_for_the_target_url(replay: Replay, pytester: pytest.Pytester) -> None:
    scenarios = """
        @pytest.mark.truth(local=proved, aws=proved, url=proved)
        @pytest.mark.read_only
        def test_address(access):
            assert access.public_url == "https://shop.example"

        @pytest.mark.truth(local=proved, aws=proved, url=proved)
        @pytest.mark.read_only
        def test_cookie(session_cookie): raise SystemError
        """
    options = ("--cutover-target=url", "--cutover-url=https://shop.example", "-rs")
    result = replay(scenarios, *options, target="")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*no session cookie is named; set SESSION_COOKIE of the web*"])
    assert list(pytester.path.glob(".cutover/reports/*-url/report.html"))


def test_the_report_of_an_address_goes_to_cutover_home(
    replay: Replay, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUTOVER_HOME", str(pytester.path / "elsewhere"))
    options = ("--cutover-target=url", "--cutover-url=https://shop.example")
    replay(TWO.replace("session driver", "driver"), *options, target="")
    assert list(pytester.path.glob("elsewhere/reports/*-url/report.html"))


def test_it_is_not_green_when_nothing_ran(replay: Replay) -> None:
    scenario = """
        @complete
        @pytest.mark.read_only
        def test_elsewhere(): raise SystemError
        """
    assert replay(scenario, "--cutover-target=url").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_help_lists_the_options(replay: Replay) -> None:
    text = replay("", "--help").stdout.str()
    assert "--cutover-target={local,aws,url}" in text
    assert "--cutover-report-dir=DIR" in text
