"""The server of the APIs: a call that is sent again has the answer that was lost."""

from __future__ import annotations

from harness.standins.control.api.server import Answer, LastAnswers

RULE = b"Action=CreateRule&Priority=10"


class Api:
    """An operation that is done once, and refused the second time."""

    def __init__(self, *, status: int = 200) -> None:
        self.status = status
        self.calls = 0

    def answer(self) -> Answer:
        self.calls += 1
        refused = self.calls > 1
        return (400, "text/xml", b"PriorityInUse") if refused else (self.status, "text/xml", b"ok")


def test_a_call_that_is_sent_again_is_done_once() -> None:
    answers, api = LastAnswers(), Api()
    first = answers.of("call-1", body=RULE, answer=api.answer)
    assert answers.of("call-1", body=RULE, answer=api.answer) == first
    assert api.calls == 1


def test_another_call_and_another_body_are_done() -> None:
    answers, api = LastAnswers(), Api()
    answers.of("call-1", body=RULE, answer=api.answer)
    assert answers.of("call-2", body=RULE, answer=api.answer)[2] == b"PriorityInUse"
    answers.of("call-1", body=b"Action=DescribeRules", answer=api.answer)
    answers.of("", body=RULE, answer=api.answer)
    answers.of("", body=RULE, answer=api.answer)
    assert api.calls == 5


def test_an_error_is_tried_again() -> None:
    answers, api = LastAnswers(), Api(status=500)
    answers.of("call-1", body=RULE, answer=api.answer)
    answers.of("call-1", body=RULE, answer=api.answer)
    assert api.calls == 2


def test_old_answers_are_forgotten() -> None:
    answers, api = LastAnswers(), Api()
    for number in range(600):
        answers.of(f"call-{number}", body=RULE, answer=lambda: (200, "", b""))
    answers.of("call-0", body=RULE, answer=api.answer)
    assert api.calls == 1
