"""Health checks: their results, their times, and ECS's words."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator

import pytest

from harness.standins.control.scheduler.health_checks import (
    ContainerCheck,
    Failed,
    Passed,
    TargetCheck,
    ask,
    matcher_codes,
    record,
    wait_before_next_s,
)
from harness.standins.control.state.model import HEALTHY, UNHEALTHY, UNKNOWN, Target

RAW = {"command": ["CMD-SHELL", "true"], "interval": 5, "timeout": 2, "retries": 3}
GROUP = {
    "HealthCheckPath": "/healthz",
    "HealthCheckIntervalSeconds": 5,
    "HealthyThresholdCount": 2,
    "UnhealthyThresholdCount": 2,
}
FAILED = Failed(reason="Target.FailedHealthChecks", description="Health checks failed")


def container_check(*, start_period_s: int = 0) -> ContainerCheck:
    return ContainerCheck.of({**RAW, "startPeriod": start_period_s}, started_at=100.0)


def test_a_shell_check_runs_in_a_shell_and_defaults_are_ecs() -> None:
    check = ContainerCheck.of({"command": ["CMD-SHELL", "a || b"]}, started_at=0)

    assert check.command == ("/bin/sh", "-c", "a || b")
    assert (check.interval_s, check.timeout_s, check.retries) == (30, 5, 3)
    assert ContainerCheck.of({"command": ["CMD", "a", "b"]}, started_at=0).command == ("a", "b")


def test_the_first_success_makes_healthy_and_ends_the_eager_checks() -> None:
    check = container_check()

    assert check.delay_s == 0.2
    assert check.record(True, at=100.4) == HEALTHY
    assert check.delay_s == 5


def test_eager_failures_count_once_per_interval() -> None:
    check = container_check()

    for tenth in range(49):
        assert check.record(False, at=100 + tenth / 10) == UNKNOWN
    assert check.failures == 0
    assert check.record(False, at=105.0) == UNKNOWN
    assert check.record(False, at=110.0) == UNKNOWN
    assert check.record(False, at=115.0) == UNHEALTHY


def test_failures_in_the_start_period_do_not_count_until_a_success() -> None:
    check = container_check(start_period_s=60)

    assert [check.record(False, at=100 + 5 * n) for n in range(1, 6)] == [UNKNOWN] * 5
    assert check.failures == 0
    check.record(True, at=130)
    assert [check.record(False, at=130 + 5 * n) for n in range(1, 4)] == [
        HEALTHY,
        HEALTHY,
        UNHEALTHY,
    ]


def test_one_success_makes_an_unhealthy_container_healthy_again() -> None:
    check = container_check()
    for at in (105, 110, 115):
        check.record(False, at=at)

    assert check.record(True, at=120) == HEALTHY
    assert check.failures == 0


def target(state: str = "initial") -> Target:
    return Target(ip="127.0.0.1", port=8080, state=state)


def test_one_success_makes_a_new_target_healthy() -> None:
    web_target, check = target(), TargetCheck.of(GROUP)

    assert wait_before_next_s(web_target, check=check) == 0.1
    assert record(web_target, result=Passed(), check=check)
    assert (web_target.state, web_target.reason, web_target.description) == ("healthy", "", "")
    assert wait_before_next_s(web_target, check=check) == 5


def test_a_new_target_shows_that_it_is_being_checked() -> None:
    web_target, check = target(), TargetCheck.of(GROUP)

    assert record(web_target, result=FAILED, check=check)
    assert (web_target.state, web_target.reason) == ("initial", "Elb.InitialHealthChecking")
    assert web_target.description == "Initial health checks in progress"
    assert not record(web_target, result=FAILED, check=check, counts=False)
    assert web_target.failures == 1
    record(web_target, result=FAILED, check=check)
    assert (web_target.state, web_target.reason) == ("unhealthy", "Target.FailedHealthChecks")


def test_a_healthy_target_needs_the_threshold_both_ways() -> None:
    web_target, check = target("healthy"), TargetCheck.of(GROUP)

    record(web_target, result=FAILED, check=check)
    assert web_target.state == "healthy"
    record(web_target, result=FAILED, check=check)
    assert web_target.state == "unhealthy"
    record(web_target, result=Passed(), check=check)
    assert web_target.state == "unhealthy"
    record(web_target, result=Passed(), check=check)
    assert web_target.state == "healthy"


def test_a_single_success_between_failures_starts_the_count_again() -> None:
    web_target, check = target("healthy"), TargetCheck.of(GROUP)

    for result in (FAILED, Passed(), FAILED):
        record(web_target, result=result, check=check)

    assert web_target.state == "healthy"


def test_elbs_defaults() -> None:
    check = TargetCheck.of({})

    assert (check.path, check.port, check.interval_s, check.timeout_s) == ("/", None, 30, 5)
    assert (check.healthy_threshold, check.unhealthy_threshold) == (5, 2)
    assert check.codes == {200}
    assert TargetCheck.of({"HealthCheckPort": "9000"}).port == 9000


@pytest.mark.parametrize(
    ("text", "codes"),
    [("200", {200}), ("200,204", {200, 204}), ("200-202", {200, 201, 202})],
)
def test_matchers(text: str, codes: set[int]) -> None:
    assert matcher_codes(text) == codes


Serve = Callable[[int], Target]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers = []

    def start(status: int) -> Target:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = self.headers
                fits = (
                    self.path == "/healthz"
                    and headers["Host"] == f"127.0.0.1:{server.server_port}"
                    and headers["User-Agent"] == "ELB-HealthChecker/2.0"
                    and headers["Connection"] == "close"
                )
                self.send_response(status if fits else 418)
                self.end_headers()

            def log_message(self, *args: object) -> None: ...

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return Target(ip="127.0.0.1", port=server.server_port)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_target_is_asked_as_elb_asks(serve: Serve) -> None:
    assert ask(serve(200), check=TargetCheck.of(GROUP)) == Passed()


def test_another_status_is_named(serve: Serve) -> None:
    assert ask(serve(302), check=TargetCheck.of(GROUP)) == Failed(
        reason="Target.ResponseCodeMismatch",
        description="Health checks failed with these codes: [302]",
    )


def test_a_refused_connection_and_silence_have_elbs_words() -> None:
    import socket

    check = TargetCheck.of({**GROUP, "HealthCheckTimeoutSeconds": 0.1})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert ask(Target(ip="127.0.0.1", port=port), check=check) == Failed(
            reason="Target.Timeout", description="Request timed out"
        )
    assert ask(Target(ip="127.0.0.1", port=port), check=check) == FAILED
