"""The cause that follows from each kind of fact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness.core.expectation import STORAGE, ExpectationError
from harness.diagnosis.causes import rank
from harness.diagnosis.evidence import Line, evidence_of
from harness.diagnosis.expect import ExpectationTimeout
from harness.diagnosis.facts import (
    ContainerCheck,
    DroppedCommand,
    Fact,
    JobPath,
    MissingRight,
    QueueDelay,
    StoppedTask,
    VisitorRequest,
    VisitorSession,
    check_path,
    check_patience_s,
    check_tool,
    dropped_command,
)
from harness.diagnosis.patterns.pattern import Source
from harness.diagnosis.visitor_causes import session_cookie
from harness.target.resources.queue_worker import QueueCommand
from harness.target.resources.secret_references import NamedSecret

NOW = datetime.now(UTC)
ENDED = StoppedTask(
    "worker", "01", "t:3", "EssentialContainerExited: Essential container in task exited"
)
SESSION = VisitorSession("database", cookie="s", expected_cookie="s")
REQUEST = VisitorRequest(secure=True, client_ip="10.0.0.3", link="https://tickets.example/x")
JOBS = JobPath(written="sqs: a/jobs", read=("sqs: a/jobs",), workers=2)
WORK = QueueCommand(listens=False, connection="", tries=3, sleep_s=3, rest_s=0)


@pytest.mark.parametrize(
    ("fact", "cause"),
    [
        (
            NamedSecret("web", "t:3", "A", "arn", "shop/db", "a", "is scheduled for deletion"),
            "no new web task can start: the secret shop/db, from which it takes the key",
        ),
        (
            replace(REQUEST, secure=False, trusted_proxy=True, forwarded_proto="http"),
            'PHP has "http" for X-Forwarded-Proto, and the load balancer sends https: the web'
            " server in the task overwrites it",
        ),
        (
            replace(
                REQUEST,
                secure=False,
                client_ip="203.0.113.9",
                trusted_proxy=True,
                forwarded_proto="https",
            ),
            "the app trusts the load balancer, and not its X-Forwarded-Proto: trustProxies(headers",
        ),
        (replace(ENDED, exit_codes=(12,)), "the worker ends again and again at its --memory limit"),
        (replace(ENDED, exit_codes=(0,)), "the worker's command ends at once, without an error"),
        (replace(ENDED, exit_codes=(255,)), "the worker task ended by itself with exit code 255"),
        (replace(SESSION, domain="a.example"), "SESSION_DOMAIN is a.example"),
        (replace(SESSION, path="/admin"), "SESSION_PATH is /admin"),
        (replace(SESSION, max_age="0"), "SESSION_LIFETIME lets the session cookie end at once"),
        (replace(SESSION, driver="file"), 'SESSION_DRIVER is "file"'),
        (replace(SESSION, cookie="x"), "the session cookie has another name than s"),
        (
            replace(SESSION, cookie="a.s", expected_cookie="a.s", shared=False),
            "the session cookie is called a.s, and PHP turns its dots and spaces",
        ),
        (replace(SESSION, shared=False), "APP_KEY is not the same in every task"),
        (
            replace(REQUEST, secure=False, client_ip="203.0.113.9"),
            "nginx's real_ip_header or a fastcgi_param hides the load balancer from the app",
        ),
        (
            # The app takes the visitor's address from X-Forwarded-For, and not the scheme.
            replace(
                REQUEST,
                secure=False,
                client_ip="203.0.113.9",
                trusted_proxy=True,
                forwarded_proto="https",
            ),
            "the app trusts the load balancer, and not its X-Forwarded-Proto",
        ),
        (replace(REQUEST, secure=False), "the app does not trust the load balancer"),
        (replace(REQUEST, link="http://tickets.example/x"), "the app sees that the visitor uses"),
        (replace(REQUEST, link="http://localhost/x"), "the app's links go to http://localhost/x"),
        (
            replace(
                REQUEST,
                host="localhost",
                asked_host="tickets.example",
                link="https://localhost/x",
            ),
            'PHP has the host "localhost", and the request was for tickets.example',
        ),
        (
            replace(REQUEST, host="tickets.example", link="https://www.tickets.example/x"),
            "the app sees that the request is for tickets.example, and links to www.tickets.ex",
        ),
        (replace(JOBS, workers=0), "no worker runs"),
        (replace(JOBS, read=("sqs: a/high",)), "the worker reads jobs from sqs: a/high, and the"),
        (
            DroppedCommand("worker", "entrypoint", ("php", "artisan")),
            "the worker task does not run its command, php artisan: the image's ENTRYPOINT",
        ),
        (QueueDelay(900), "the queue delays each message by 900 s (DelaySeconds)"),
        (replace(WORK, listens=True), "the worker runs queue:listen"),
        (replace(WORK, connection="database"), "the worker's command takes jobs of the connection"),
        (replace(WORK, sleep_s=60), "queue:work's --sleep is 60"),
        (replace(WORK, rest_s=20), "queue:work's --rest is 20"),
        (replace(WORK, tries=0), "queue:work's --tries is 0"),
    ],
    ids=str,
)
def test_a_fact_has_its_cause_and_a_line_to_show(fact: Fact, cause: str) -> None:
    about = {VisitorSession: "session", VisitorRequest: "request"}.get(type(fact))
    error = ExpectationError("no", about=about) if about else ExpectationTimeout("late")
    explanation = rank(error, "", evidence=evidence_of([fact]))
    assert explanation is not None
    assert explanation.sentence.startswith(cause)
    assert explanation.lines == tuple(str(fact).splitlines())


@pytest.mark.parametrize(
    "fact", [SESSION, REQUEST, WORK, JOBS, replace(JOBS, written="(unset): a/jobs")], ids=repr
)
def test_a_good_fact_has_none(fact: Fact) -> None:
    assert rank(ExpectationTimeout("late"), "", evidence=evidence_of([fact])) is None


def test_a_right_that_a_role_lacked_is_a_guess() -> None:
    right = MissingRight("web", "0123456789", "shop-web", "s3:GetObject", "arn:aws:s3:::a/b", NOW)
    unmet = replace(right, unmet="Uploads: Allow if StringEquals aws:RequestedRegion eu-west-1")
    cause = rank(ExpectationError("404"), "", evidence=evidence_of([unmet]))
    assert cause is not None
    assert "is not met (Uploads: Allow if StringEquals aws:RequestedRegion eu-" in cause.sentence
    guess = rank(ExpectationError("404"), "", evidence=evidence_of([right]))
    assert guess is not None
    assert guess.sentence.startswith("the task role shop-web lacks s3:GetObject on arn:aws:s3:::a")
    assert not guess.is_sure
    assert "web task 01234567: its role shop-web has no right to s3:GetObject" in guess.lines[0]


def test_an_acl_is_not_answered_with_a_right_to_set_it() -> None:
    right = MissingRight("web", "0", "shop-web", "s3:PutObjectAcl", "arn:aws:s3:::a/*", NOW)
    cause = rank(ExpectationError("500"), "", evidence=evidence_of([right]))
    assert cause is not None
    assert cause.sentence.startswith("the app sends an ACL with what it stores, for which the task")
    assert not cause.is_sure


@pytest.mark.parametrize(("action", "is_sure"), [("s3:PutObjectAcl", True), ("sqs:Send", False)])
def test_a_file_that_a_silent_disk_did_not_store_lacked_a_right_on_s3(
    action: str, is_sure: bool
) -> None:
    right = MissingRight("web", "0", "shop-web", action, "arn:aws:s3:::a/*", NOW)
    error = ExpectationError("the disk did not store the file", about=STORAGE)
    cause = rank(error, "", evidence=evidence_of([right]))
    assert cause is not None
    assert cause.is_sure is is_sure


def test_a_right_that_a_scenario_does_without_on_purpose_is_no_cause() -> None:
    identity = "arn:aws:ses:r:1:identity/unverified.example"
    right = MissingRight("worker", "0123", "shop-worker", "ses:SendRawEmail", identity, NOW)
    assert rank(ExpectationError("no mail"), "", evidence=evidence_of([right])) is None


def test_a_health_check_that_the_app_refuses_is_seen_in_its_log() -> None:
    stopped = replace(ENDED, reason="Task failed ELB health checks in (target-group x)")
    answer = Line('{"channel":"access","path":"/healthz","status":401}', Source.APP)
    cause = rank(None, "", evidence=evidence_of([stopped, answer]))
    assert cause is not None
    assert cause.sentence.startswith("the health check is refused (401 or 403)")
    assert rank(None, "", evidence=evidence_of([answer])) is None


def test_a_health_check_that_fails_in_the_app_is_no_matter_of_the_start() -> None:
    stopped = replace(ENDED, reason="Task failed ELB health checks in (target-group x)")
    start = Line("connect() to unix:/run/php.sock failed (2: No such file)", Source.APP)
    answer = Line('10.0.0.4 - - [x] "GET /up HTTP/1.1" 500 6605 "-" "curl/8"', Source.APP)
    cause = rank(None, "", evidence=evidence_of([stopped, start, answer]))
    assert cause is not None
    assert cause.sentence.startswith("the app answers its health check with 500: its log says why")
    assert not cause.is_sure


def test_a_worker_stopped_for_its_health_check_did_not_end_by_itself() -> None:
    reason = "ServiceSchedulerInitiated: Task failed container health checks; app: exit code 0"
    stopped = replace(ENDED, reason=reason, exit_codes=(0,))
    check = ContainerCheck("worker", "curl", has_tool=True, patience_s=15)
    cause = rank(None, "", evidence=evidence_of([stopped, check]))
    assert cause is not None
    assert cause.sentence.startswith("the worker task was stopped for its container health check")


def test_a_worker_that_an_error_of_a_job_ends_has_a_sound_command() -> None:
    stopped = replace(ENDED, reason="Essential container in task exited", exit_codes=(0,))
    error = Line(
        "production.ERROR: read(list): No such file or directory",
        Source.APP,
        task=f"worker task {ENDED.task[:8]}",
    )
    cause = rank(None, "", evidence=evidence_of([stopped, error]))
    assert cause is not None
    assert cause.sentence.endswith("another worker: read(list): No such file or directory")
    other = rank(
        None, "", evidence=evidence_of([stopped, replace(error, task="web task 0a1b2c3d")])
    )
    assert other is not None
    assert other.sentence.startswith("the worker's command ends at once, without an error")


@pytest.mark.parametrize(
    ("path", "words", "drops"),
    [
        ("/bin/sh", ["-c", "entrypoint", "php", "artisan"], True),
        ("sh", ["-c", "php", "artisan"], True),
        ("/bin/sh", ["-c", "exec php artisan queue:work"], False),
        ("/bin/sh", ["-c", 'exec "$@"', "php", "artisan"], False),
        ("entrypoint", ["php", "artisan"], False),
    ],
)
def test_a_shell_runs_one_word(path: str, words: list[str], *, drops: bool) -> None:
    assert bool(dropped_command({"Path": path, "Args": words}, group="worker")) is drops


@pytest.mark.parametrize(
    ("has_tool", "cause", "sure"),
    [
        (False, "its command runs wget, which is not in the image", True),
        (True, "the start takes longer than the 25 s that startPeriod, interval and", False),
    ],
)
def test_a_container_check_without_its_tool_is_told_from_a_slow_start(
    *, has_tool: bool, cause: str, sure: bool
) -> None:
    check = {"command": ["CMD-SHELL", "wget -q localhost"], "interval": 5, "startPeriod": 10}
    fact = ContainerCheck("web", check_tool(check), has_tool, check_patience_s(check))
    stopped = replace(ENDED, reason="Task failed container health checks")
    explanation = rank(None, "", evidence=evidence_of([stopped, fact]))
    assert explanation is not None
    assert cause in explanation.sentence
    assert explanation.is_sure is sure
    assert rank(None, "", evidence=evidence_of([fact])) is None


@pytest.mark.parametrize(
    "answer",
    [
        '{"channel":"access","method":"GET","path":"/up","status":403,"bytes":153}',
        '127.0.0.1 - - [29/Nov/2026:19:13:05 +0000] "GET /up HTTP/1.1" 403 153 "-" "curl/8.14"',
    ],
)
def test_a_container_check_that_is_answered_badly_is_no_slow_start(answer: str) -> None:
    command = ["CMD-SHELL", "curl -f http://localhost:8080/up || exit 1"]
    path = check_path({"command": command})
    check = ContainerCheck("web", "curl", has_tool=True, patience_s=25, path=path)
    stopped = replace(ENDED, group="web", reason="Task failed container health checks")
    cause = rank(None, "", evidence=evidence_of([stopped, check, Line(answer, Source.APP)]))
    assert cause is not None
    assert "curl is answered with 403 at /up, by nginx in the image" in cause.sentence
    good = Line(answer.replace("403", "200"), Source.APP)
    slow = rank(None, "", evidence=evidence_of([stopped, check, good]))
    assert slow is not None
    assert "nothing answers where curl asks" in slow.sentence
    assert check_path({"command": ["CMD", "curl", "http://localhost"]}) == "/"
    assert not check_path({"command": ["CMD", "php-fpm-healthcheck"]})


@pytest.mark.parametrize(
    ("condition", "has_tool", "cause"),
    [
        ("HEALTHY", None, "another container waits for php, which fails its health check: nothing"),
        ("HEALTHY", False, "another container waits for php, which fails its health check: its co"),
        ("SUCCESS", None, "the container php of the web task ended without success, and another"),
    ],
)
def test_a_container_that_others_wait_for_is_named(
    condition: str, *, has_tool: bool | None, cause: str
) -> None:
    reason = f"TaskFailedToStart: dependency container 'php' did not reach {condition}"
    stopped = replace(ENDED, group="web", reason=reason, exit_codes=(0, 1))
    other = ContainerCheck("web", "curl", has_tool=True, patience_s=15, container="nginx")
    check = ContainerCheck("web", "php", has_tool, patience_s=35, container="php")
    explanation = rank(None, "", evidence=evidence_of([stopped, other, check]))
    assert explanation is not None
    assert explanation.sentence.startswith(cause)


def test_a_task_that_was_killed_did_not_end_by_itself() -> None:
    assert rank(None, "", evidence=evidence_of([replace(ENDED, exit_codes=(137,))])) is None


def test_a_check_without_a_command_has_no_tool() -> None:
    assert [check_tool({}), check_tool({"command": ["CMD", "php", "-v"]})] == ["", "php"]


def test_a_session_in_cookies_is_read_by_every_task() -> None:
    assert session_cookie(replace(SESSION, driver="cookie")) == ""
