"""The causes that scenarios compute from their readings."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from harness.core.expectation import StatusError
from harness.diagnosis.causes import rank
from harness.diagnosis.evidence import Evidence
from harness.target.clients.browser import prefix_fault
from harness.target.clients.probe import ProbeRefused
from harness.target.resources.schedule import Run
from scenarios.checks import expect_status
from scenarios.deployment_settings import breaker_cause, downtime_cause
from scenarios.jobs import delivered_again, late_cause
from scenarios.mails import missing_mail_cause, untried_cause
from scenarios.test_logs import channel_cause
from scenarios.test_roles import wildcard
from scenarios.test_scheduler import idle_cause, unexpected_starter_cause
from scenarios.test_secrets import account_problem
from scenarios.test_sessions import cookie_cause
from scenarios.test_steadiness import end_cause
from scenarios.test_stopping import ENDS_AT_ONCE, cut_cause

WHOLE_COOKIE = {"value": "x", "secure": "True", "httponly": "True", "samesite": "Lax"}
WHOLE_BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
RUN = {"connection": "sqs", "outcome": "succeeded", "started_at": "01", "ended_at": "09"}


def job(*ends: str | None, poison: bool = False, failed: bool = False) -> dict[str, Any]:
    return {
        "runs": [{"outcome": end} for end in ends],
        "options": {"poison": poison},
        "failed": failed,
    }


def tick(*, code: str = "", reason: str = "", exit_code: int | None = None) -> Run:
    return Run("01ab", datetime.now(UTC), True, code, reason, exit_code)


def service(**configuration: Any) -> dict[str, Any]:
    return {"deploymentConfiguration": configuration}


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (late_cause(job()), ""),
        (late_cause(job(None)), "a worker died in the middle of the job"),
        (late_cause(job("threw", poison=True)), "QUEUE_FAILED_DRIVER is null"),
        (late_cause(job("threw", "failed")), "QUEUE_FAILED_DRIVER is null"),
        (late_cause(job("threw", poison=True, failed=True)), ""),
        (late_cause(job("succeeded")), ""),
        (
            delivered_again({"runs": [RUN, RUN | {"started_at": "05"}]}),
            "a job was delivered again wh",
        ),
        (delivered_again({"runs": [RUN, RUN | {"started_at": "12"}]}), "delivered again after it"),
        (untried_cause([{"max_tries": 1}]), "a job that fails is not tried again"),
        (untried_cause([{"max_tries": None}]), "a job that fails is not tried again"),
        (
            untried_cause([{"max_tries": 3}]),
            "a job that fails and has tries left does not come back",
        ),
        (
            untried_cause([{"max_tries": 3, "connection": "sync"}]),
            "the job ran where it was dispatched, and no queue brings it back",
        ),
        (missing_mail_cause("log", []), 'MAIL_MAILER is "log" in the worker'),
        (missing_mail_cause("ses", ["succeeded"]), "the mail's job ran and sent nothing"),
        (missing_mail_cause("ses", []), ""),
        (missing_mail_cause("ses", ["succeeded"], count=2), "2 jobs were to send mails, and 1"),
        (channel_cause("stderr", "critical"), "LOG_LEVEL is critical"),
        (channel_cause("stderr", "debug"), "catch_workers_output = yes"),
        (channel_cause("single", "debug"), 'LOG_CHANNEL is "single"'),
        (breaker_cause(service()), "the deployment circuit breaker of the service"),
        (breaker_cause(service(**WHOLE_BREAKER)), ""),
        (downtime_cause(service(minimumHealthyPercent=50)), "is too low (50)"),
        (downtime_cause(service(minimumHealthyPercent=50), {500}), ""),
        (downtime_cause(service(minimumHealthyPercent=50), {200, 500}), "is too low (50)"),
        (downtime_cause(service()), ""),
        (wildcard({"Action": "*"}), "* on everything"),
        (wildcard({"Action": ["sqs:*"], "Resource": "*"}), "sqs:* on everything"),
        (wildcard({"Action": "ssmmessages:*", "Resource": "*"}), ""),
        (wildcard({"Action": ["s3:GetObject", "s3:*"], "Resource": "*"}), "s3:* on everything"),
        (wildcard({"Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*"}), ""),
        (idle_cause([tick(code="TaskFailedToStart", reason="no key")]), ""),
        (idle_cause([tick(exit_code=1)]), ""),
        (idle_cause([tick(exit_code=0)]), "no tick runs schedule:run"),
        (idle_cause([]), ""),
        (
            unexpected_starter_cause("a task of service:tickets-web (01)"),
            "tasks of tickets-web run",
        ),
        (unexpected_starter_cause("what is no task"), "the host that the app moves away from"),
        (account_problem("no json"), "is not JSON"),
        (account_problem('{"username": "a", "username": "b"}'), "is not JSON"),
        (account_problem('{"username": NaN}'), "is not JSON"),
        (account_problem("[]"), "is not a JSON object"),
        (account_problem('{"username": "a"}'), "has no string under the key password"),
        (account_problem('{"username": "a", "password": " b"}'), "has an empty password"),
        (account_problem('{"username": "a", "password": "b"}'), ""),
        (cookie_cause({**WHOLE_COOKIE, "samesite": "None"}), "SESSION_SAME_SITE"),
        (cookie_cause({"value": "x", "httponly": "True"}), "SESSION_SECURE_COOKIE is not true"),
        (cookie_cause({"value": "x", "secure": "True"}), "SESSION_HTTP_ONLY is not true"),
        (cookie_cause(WHOLE_COOKIE), ""),
        (prefix_fault({**WHOLE_COOKIE, "domain": "a.example"}, name="__Host-a"), "no domain and"),
        (prefix_fault({"path": "/"}, name="__Secure-a"), "needs secure"),
        (prefix_fault(WHOLE_COOKIE, name="__Host-a"), ""),
        (end_cause("web", "137", "OutOfMemoryError: x"), "a web task was killed for memory"),
        (end_cause("worker", "12", ""), "at its --memory limit"),
        (end_cause("worker", "0", ""), "must not have --stop-when-empty"),
        (end_cause("worker", "1", ""), ""),
    ],
)
def test_a_cause_follows_from_its_values(cause: str, words: str) -> None:
    assert words in cause
    assert bool(words) is bool(cause)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, "", "PROBE_KEY in the task is not the secret's current value"),
        (404, "", "the probe is off"),
        (404, '{"message": "The route could not be found."}', "the probe is off"),
        (404, "<!DOCTYPE html><title>Not Found</title>", "the probe is off"),
        (404, "Not found", "the web server answers 404 before the app does"),
        (404, "<center>nginx</center>", "the web server answers 404 before the app does"),
        (502, '{"disk": "local", "error": "no driver"}', 'FILESYSTEM_DISK is "local"'),
        (502, '{"disk": "s3", "error": "NoSuchBucket (client): no"}', "the bucket does not exist"),
        (502, "<html>", "the task closed the connection"),
        (503, "<html>down for maintenance", "the app is in maintenance"),
        (503, "", "the load balancer has no target"),
        (504, "", "the app takes longer than the edge waits"),
    ],
)
def test_an_answer_of_the_probe_has_its_cause(status: int, body: str, words: str) -> None:
    error = ProbeRefused("GET /_probe/v1/facts", status=status, body=body)
    cause = rank(error, str(error), evidence=Evidence())
    assert cause is not None
    assert words in cause.sentence


def test_a_wrong_status_has_the_cause_that_is_usual_for_it() -> None:
    answer = requests.Response()
    answer.status_code = 419
    answer.request = requests.Request("POST", "https://shop.example/login?a=1").prepare()
    expect_status(answer, 302, 419)
    with pytest.raises(StatusError, match=r"^POST /login answered 419$") as caught:
        expect_status(answer, 302)
    assert "its session was not there when it came back" in caught.value.cause


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (
            b"<html><body><center><h1>502 Bad Gateway</h1></center></body></html>",
            "PHP-FPM or nginx",
        ),
        (b"", "PHP-FPM or nginx"),
        (b"<!DOCTYPE html><title>Something failed</title><h1>The store did not answer</h1>", ""),
    ],
)
def test_a_page_of_the_apps_own_blames_no_gateway(page: bytes, words: str) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = 502, page
    answer.request = requests.Request("GET", "https://shop.example/poster").prepare()
    with pytest.raises(StatusError) as caught:
        expect_status(answer, 200)
    cause = rank(caught.value, str(caught.value), evidence=Evidence())
    assert words in (cause.sentence if cause else "")
    assert bool(words) is bool(cause)


def test_a_request_is_cut_by_the_end_of_its_task_and_not_by_the_apps_own_error() -> None:
    assert cut_cause({"200", "502"}, or_else=ENDS_AT_ONCE) == ENDS_AT_ONCE
    assert cut_cause({""}, or_else=ENDS_AT_ONCE) == ENDS_AT_ONCE
    assert "fastcgi_read_timeout" in cut_cause({"504"}, or_else=ENDS_AT_ONCE)
    assert cut_cause({"200", "503"}, or_else=ENDS_AT_ONCE) == ""
    assert cut_cause({"500"}, or_else=ENDS_AT_ONCE) == ""
