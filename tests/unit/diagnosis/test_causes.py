"""The order in which causes are believed."""

from __future__ import annotations

import pytest

from harness.core.expectation import REQUEST, SESSION, StatusError
from harness.core.redact import Secret
from harness.diagnosis.causes import explain, find_cause, rank
from harness.diagnosis.evidence import Evidence, Line, evidence_of
from harness.diagnosis.expect import ExpectationError, ExpectationTimeout, SettingCause
from harness.diagnosis.facts import Fact, QueueDelay, StoppedTask, VisitorRequest, VisitorSession
from harness.diagnosis.patterns.pattern import Source
from harness.target.resources.secret_references import NamedSecret

MISSING_TABLE = Line("1146 Table 'tickets.cache' doesn't exist", Source.APP)
NO_KEY = "retrieved secret from Secrets Manager did not contain json key password"
FAILED = StoppedTask("web", "0123", "tickets-web:3", f"TaskFailedToStart: {NO_KEY}")
FILE_SESSIONS = VisitorSession("file", cookie="s", expected_cookie="s")
UNHEALTHY = Line("Health checks failed with these codes: [500]", Source.TARGET_HEALTH)
OWN_FAULT = Line(
    'a.ERROR: count() of null (Connection: m, SQL: select 7) {"exception":"[object] (TypeError'
    "(code: 0): count() of null at /srv/app/app/A.php:44)",
    Source.APP,
)
READ = ExpectationError("no Secure", cause="SESSION_SECURE_COOKIE is not true")
GUESS = ExpectationError("no", cause="a cookie may be lost", guess=True, about=SESSION)
CERTAIN = ExpectationError("plain", cause="a secret is a plain variable", certain=True)
ORDER: tuple[tuple[ExpectationError | None, list[Line | Fact], str], ...] = (
    (CERTAIN, [], "a secret is a plain variable"),
    (READ, [], "SESSION_SECURE_COOKIE is not true"),
    (GUESS, [FAILED], 'the web task never started: secret key "password" is missing in'),
    (GUESS, [MISSING_TABLE], "the table tickets.cache is missing"),
    (GUESS, [FILE_SESSIONS], 'SESSION_DRIVER is "file", and must be database'),
    (GUESS, [OWN_FAULT], "the app's own code fails at /srv/app/app/A.php:44: count() of null"),
    (GUESS, [], "a cookie may be lost"),
    (None, [UNHEALTHY], "the health check gets 500"),
)


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_an_earlier_cause_outranks_all_later_ones(place: int) -> None:
    error, _, cause = ORDER[place]
    items = [item for _, later, _ in ORDER[place:] for item in later]
    explanation = rank(error, "", evidence=evidence_of(items))
    assert explanation is not None
    assert explanation.sentence.startswith(cause)
    assert explanation.is_sure is (error in (CERTAIN, READ) or place in (2, 3, 4, 5))


@pytest.mark.parametrize(
    ("error", "items", "setting"),
    [
        (ExpectationError("no", cause=SettingCause("APP_ENV", "it is local")), [], "APP_ENV"),
        (GUESS, [FILE_SESSIONS], "SESSION_DRIVER"),
        (None, [Line("NOAUTH Authentication required.", Source.APP)], "REDIS_PASSWORD"),
        (GUESS, [MISSING_TABLE], ""),
    ],
)
def test_a_cause_keeps_the_setting_that_it_is_about(
    error: ExpectationError | None, items: list[Line | Fact], setting: str
) -> None:
    cause = rank(error, "", evidence=evidence_of(items))
    assert cause is not None
    assert cause.setting == setting
    assert type(cause.sentence) is str


def test_a_fatal_error_at_the_apps_own_line_is_a_cause() -> None:
    fatal = "PHP Fatal error:  Uncaught TypeError: x in /srv/app/app/G.php:6"
    cause = find_cause(evidence_of([Line(fatal, Source.APP)]))
    assert cause is not None
    assert cause.sentence.startswith("the app's own code fails at /srv/app/app/G.php:6: ")


@pytest.mark.parametrize(
    "text",
    [
        "production.ERROR: It broke.",
        OWN_FAULT.text.replace("(TypeError(", "(App\\Exceptions\\SoldOut("),
        OWN_FAULT.text.replace("/srv/app/app/", "/srv/app/vendor/"),
    ],
)
def test_an_error_that_no_pattern_knows_is_no_cause(text: str) -> None:
    assert find_cause(evidence_of([Line(text, Source.APP)])) is None


def test_the_last_words_of_a_task_that_ended_are_shown_where_none_is_an_error() -> None:
    ended = "EssentialContainerExited: Essential container in task exited; app: exit code 1"
    words = Line("cannot go on", Source.APP, task="web task 0123")
    tail = "; the last words are those of the web task 0123: cannot go on"
    stopped = StoppedTask("web", "0123", "tickets-web:3", ended, exit_codes=(1,))
    assert explain(evidence_of([words, stopped])).endswith(tail)
    assert explain(evidence_of([words])) == ""


def test_a_reason_in_the_failures_own_text_outranks_what_its_check_read() -> None:
    cause = rank(
        READ, "answered 500: Unknown database 'shop'", evidence=evidence_of([MISSING_TABLE])
    )
    assert cause is not None
    assert cause.sentence == 'DB_DATABASE is "shop", which does not exist'


@pytest.mark.parametrize(
    ("error", "explains"),
    [
        (ExpectationError("x", about=SESSION), True),
        (ExpectationError("x", about=REQUEST), False),
        (AssertionError("x"), False),
        (StatusError("x", status=500), False),
        (StatusError("x", status=419), True),
    ],
)
def test_a_session_explains_a_check_about_sessions(
    error: AssertionError, *, explains: bool
) -> None:
    assert bool(rank(error, "x", evidence=evidence_of([FILE_SESSIONS]))) is explains


class ClientError(Exception):
    """An error of a client of the harness's own."""


@pytest.mark.parametrize(
    ("package", "cause"),
    [
        ("requests.exceptions", "the certificate of tickets.example is refused"),
        ("botocore.exceptions", ""),
        ("pymysql.err", ""),
    ],
)
def test_an_error_of_the_harness_own_client_is_never_the_apps(
    monkeypatch: pytest.MonkeyPatch, package: str, cause: str
) -> None:
    monkeypatch.setattr(ClientError, "__module__", package)
    message = (
        "HTTPSConnectionPool(host='tickets.example', port=443): certificate verify failed: Hostname"
        " mismatch, certificate is not valid for 'tickets.example'."
    )
    explanation = rank(ClientError(message), message, evidence=Evidence())
    assert bool(explanation) is bool(cause)
    assert explanation is None or explanation.sentence.startswith(cause)


def test_nothing_is_made_up() -> None:
    good = evidence_of(
        [
            Line("GET / 200", Source.APP),
            Line("10.0.0.4 healthy", Source.TARGET_HEALTH),
            Line("has reached a steady state.", Source.SERVICE_EVENT),
            VisitorSession("database", cookie="s", expected_cookie="s"),
            VisitorRequest(secure=True, client_ip="10.0.0.3", link="https://tickets.example/x"),
            NamedSecret("web", "tickets-web:3", "DB_PASSWORD", "arn", "tickets/db", "password"),
        ]
    )
    assert find_cause(good) is None


def test_a_line_explains_nothing_to_the_patterns_of_other_sources() -> None:
    for source in Source:
        line = Line("No application encryption key has been specified.", source)
        assert bool(find_cause(Evidence(lines=(line,)))) is (source is Source.APP)


def test_a_failures_message_quotes_the_app() -> None:
    message = "GET /x answered 500: SQLSTATE[HY000] [1049] Unknown database 'shop'"
    cause = rank(AssertionError(message), message, evidence=Evidence())
    assert cause is not None
    assert cause.sentence == 'DB_DATABASE is "shop", which does not exist'


@pytest.mark.parametrize(
    ("reason", "fault", "cause"),
    [
        (NO_KEY, "has no key password; its keys: username", 'key "password" is missing in shop/db'),
        (
            "unable to retrieve secret from asm: invalid character 'h'",
            "is not a JSON object",
            'the secret shop/db, from which it takes the key "password", is not a JSON object',
        ),
    ],
)
def test_the_secret_is_named_that_ecs_leaves_out(reason: str, fault: str, cause: str) -> None:
    secret = NamedSecret("web", "t:3", "DB_PASSWORD", "arn", "shop/db", "password", fault)
    task = StoppedTask("web", "0123", "t:3", f"TaskFailedToStart: {reason}")
    explanation = find_cause(evidence_of([task, secret]))
    assert explanation is not None
    assert explanation.sentence.startswith("the web task never started: ")
    assert explanation.sentence.endswith(cause)


@pytest.mark.parametrize("error", [ExpectationTimeout("late"), ExpectationError("wrong")])
def test_a_slow_queue_explains_a_wait_only(error: ExpectationError) -> None:
    cause = rank(error, str(error), evidence=evidence_of([QueueDelay(900)]))
    assert bool(cause) is isinstance(error, ExpectationTimeout)


def test_the_lines_that_speak_for_the_cause_are_shown_once_and_redacted() -> None:
    Secret("a-secret-value-1")
    line = Line("The MAC is invalid. a-secret-value-1", Source.APP)
    cause = find_cause(Evidence(lines=(Line("before", Source.APP), line, line)))
    assert cause is not None
    assert cause.lines == ("The MAC is invalid. ***",)


def test_an_error_that_artisan_wraps_is_searched_as_one_line() -> None:
    texts = (
        "In RecursiveDirectoryIterator.php line 44:",
        "",
        "  RecursiveDirectoryIterator::__construct(/srv/app/config): Failed to open di  ",
        "  rectory: Permission denied                                                   ",
        "",
    )
    cause = find_cause(evidence_of([Line(text, Source.APP) for text in texts]))
    assert cause is not None
    assert cause.sentence.startswith("the app's user may not read /srv/app/config: ")
