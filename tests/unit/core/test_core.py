"""The lowest floor: errors, redaction, waiting, steps, secrets, certificates."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest
from cryptography import x509

from harness.core import redact
from harness.core.errors import HarnessError
from harness.core.progress import silent
from harness.core.redact import Secret
from harness.core.steps import Cancelled, Steps
from harness.core.wait import Clock, Deadline, DeadlinePassed, GaveUp, NotYet, Ready, wait_until
from harness.inputs import secret_values
from harness.inputs.config import Generated, SecretValue
from harness.stack import certificates


@dataclass
class FakeClock:
    time_s: float = 0.0

    def clock(self) -> Clock:
        return Clock(now=lambda: self.time_s, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.time_s += seconds


def test_an_error_has_its_parts_in_order() -> None:
    text = str(
        HarnessError(
            "mysql stopped",
            state="exited, exit code 1",
            last_answer="refused",
            log_tail="\n".join(f"line {n}" for n in range(80)),
            where="/runs/x",
            hint="look there",
        )
    )
    parts = ["mysql stopped", "state:", "last answer:", "last log lines:", "where:", "what to do:"]
    assert [text.index(part) for part in parts] == sorted(text.index(part) for part in parts)
    assert "line 79" in text
    assert "line 29\n" not in text


def test_a_long_log_line_is_cut_and_no_secret_with_it() -> None:
    Secret("swordfish-swordfish")
    line = f"{'x' * 490} swordfish-swordfish {'y' * 6000}"
    text = str(HarnessError("mysql stopped", log_tail=line))
    assert text.endswith(f"    {'x' * 490} *** yyyyy... (6495)")


def test_a_secret_shows_nowhere() -> None:
    secret = Secret("hunter2-hunter2")
    assert "hunter2" not in f"{secret} {secret!r}"
    assert "hunter2" not in str(HarnessError("x", log_tail="pw=hunter2-hunter2"))
    assert redact.redact("a=hunter2-hunter2&b") == "a=***&b"
    assert secret.reveal() == "hunter2-hunter2"


def test_a_url_encoded_secret_shows_nowhere() -> None:
    Secret("p@ss word/1")
    assert redact.redact("mysql://u:p%40ss%20word%2F1@h") == "mysql://u:***@h"


def test_waiting_ends_when_ready() -> None:
    clock = FakeClock()
    answers: list[Ready | NotYet] = [NotYet("booting"), NotYet("booting"), Ready()]
    wait_until(lambda: answers.pop(0), deadline=Deadline(10, clock=clock.clock()), interval_s=1)
    assert clock.time_s == 2


def test_waiting_says_the_last_answer() -> None:
    clock = FakeClock()
    with pytest.raises(DeadlinePassed) as caught:
        wait_until(
            lambda: NotYet(f"at {clock.time_s:.0f}"),
            deadline=Deadline(3, clock=clock.clock()),
            interval_s=2,
        )
    assert caught.value.reason == "at 3"
    assert caught.value.allowed_s == 3


def test_waiting_ends_at_once_when_pointless() -> None:
    def alive() -> None:
        raise HarnessError("it exited")

    with pytest.raises(HarnessError, match="it exited"):
        wait_until(lambda: NotYet(""), deadline=Deadline(60), alive=alive)


def test_a_probe_can_give_up() -> None:
    def probe() -> Ready:
        raise GaveUp("never")

    with pytest.raises(GaveUp, match="never"):
        wait_until(probe, deadline=Deadline(60))


def test_steps_run_in_the_order_of_their_needs() -> None:
    runs: list[str] = []
    with Steps(progress=silent) as steps:
        a = steps.add("a", lambda: runs.append("a"))
        b = steps.add("b", lambda: runs.append("b"), needs=[a])
        steps.add("c", lambda: runs.append("c"), needs=[a, b])
        steps.finish()
    assert runs == ["a", "b", "c"]


def test_the_first_error_of_a_step_is_the_one_told() -> None:
    release = threading.Event()

    def slow(steps: Steps) -> None:
        release.wait(5)
        steps.check()

    def broken() -> None:
        release.set()
        raise HarnessError("the cause")

    runs: list[str] = []
    with Steps(progress=silent) as steps:
        steps.add("slow", lambda: slow(steps))
        failing = steps.add("broken", broken)
        steps.add("later", lambda: runs.append("later"), needs=[failing])
        with pytest.raises(HarnessError, match="the cause"):
            steps.finish()
    assert runs == []


def test_leaving_cancels_what_is_under_way() -> None:
    ended: list[str] = []

    def endless(steps: Steps) -> None:
        try:
            wait_until(lambda: NotYet(""), deadline=Deadline(30), alive=steps.check)
        except Cancelled:
            ended.append("cancelled")
            raise

    def interrupted() -> None:
        with Steps(progress=silent) as steps:
            steps.add("endless", lambda: endless(steps))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert ended in ([], ["cancelled"])


def test_secrets_are_new_and_strict_json() -> None:
    shape: dict[str, SecretValue] = {
        "db": {"username": "tickets", "password": Generated(generate="password")},
        "plain": "text",
    }
    first, second = secret_values.make(shape), secret_values.make(shape)
    value = json.loads(first["db"].reveal())
    assert value["username"] == "tickets"
    assert len(value["password"]) == 32
    assert not set(value["password"]) & set('/@" ')
    assert first["db"] != second["db"]
    assert first["plain"].reveal() == "text"
    assert secret_values.fields(first["plain"]) == {}


def test_a_laravel_key_has_its_prefix_and_32_bytes() -> None:
    import base64

    value = secret_values.GENERATE["laravel-key"]()
    assert value.startswith("base64:")
    assert len(base64.b64decode(value[7:])) == 32


def test_certificates_carry_their_names_and_hide_their_keys() -> None:
    authority = certificates.create({"proxy": ("proxy.example", "other.example")})
    cert_pem, key_pem = authority.server("proxy")
    certificate = x509.load_pem_x509_certificate(cert_pem.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == ["proxy.example", "other.example"]
    validity = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert timedelta(days=30) <= validity <= timedelta(days=31)
    ca = x509.load_pem_x509_certificate(authority.ca_pem.encode())
    assert "cutover harness CA" in ca.subject.rfc4514_string()
    certificate.verify_directly_issued_by(ca)
    assert key_pem not in repr(authority)


def test_a_second_interruption_does_not_leave_work_behind() -> None:
    began, release, ended = threading.Event(), threading.Event(), []

    def work() -> None:
        began.set()
        release.wait(5)
        ended.append("done")

    def interrupted() -> None:
        with Steps(progress=silent) as steps:
            steps.add("work", work)
            began.wait(5)
            shutdown = steps._pool.shutdown

            def impatient(**how: bool) -> None:
                steps._pool.shutdown = shutdown  # type: ignore[method-assign]
                release.set()
                raise KeyboardInterrupt

            steps._pool.shutdown = impatient  # type: ignore[method-assign,assignment]

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert ended == ["done"]
