"""The server of the APIs: a call that is sent again has the answer that was lost."""

from __future__ import annotations

import copy
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from harness.standins.control.api.server import Answer, Api, LastAnswers
from harness.standins.control.wire import newer_shapes

RULE = b"Action=CreateRule&Priority=10"


class Once:
    """An operation that is done once, and refused the second time."""

    def __init__(self, *, status: int = 200) -> None:
        self.status = status
        self.calls = 0

    def answer(self) -> Answer:
        self.calls += 1
        refused = self.calls > 1
        return (400, "text/xml", b"PriorityInUse") if refused else (self.status, "text/xml", b"ok")


def test_a_call_that_is_sent_again_is_done_once() -> None:
    answers, api = LastAnswers(), Once()
    first = answers.of("call-1", body=RULE, answer=api.answer)
    assert answers.of("call-1", body=RULE, answer=api.answer) == first
    assert api.calls == 1


def test_another_call_and_another_body_are_done() -> None:
    answers, api = LastAnswers(), Once()
    answers.of("call-1", body=RULE, answer=api.answer)
    assert answers.of("call-2", body=RULE, answer=api.answer)[2] == b"PriorityInUse"
    answers.of("call-1", body=b"Action=DescribeRules", answer=api.answer)
    answers.of("", body=RULE, answer=api.answer)
    answers.of("", body=RULE, answer=api.answer)
    assert api.calls == 5


def test_an_error_is_tried_again() -> None:
    answers, api = LastAnswers(), Once(status=500)
    answers.of("call-1", body=RULE, answer=api.answer)
    answers.of("call-1", body=RULE, answer=api.answer)
    assert api.calls == 2


def test_old_answers_are_forgotten() -> None:
    answers, api = LastAnswers(), Once()
    for number in range(600):
        answers.of(f"call-{number}", body=RULE, answer=lambda: (200, "", b""))
    answers.of("call-0", body=RULE, answer=api.answer)
    assert api.calls == 1


def test_an_answer_that_cannot_be_written_is_an_error() -> None:
    unknown = {"Rules": [{"Priority": "1", "Colour": "red"}]}
    api = Api(ecs={}, elbv2={"DescribeRules": lambda _: unknown})
    assert api.answer(target="", body=b"Action=DescribeRules")[0] == 500


def test_newer_parts_of_a_model_are_those_of_botocores() -> None:
    newest = Loader().load_service_model("elbv2", "service-2")
    old = copy.deepcopy(newest)
    for name in newer_shapes.SHAPES["elbv2"]:
        del old["shapes"][name]
    for name, members in newer_shapes.MEMBERS["elbv2"].items():
        for member in members:
            del old["shapes"][name]["members"][member]
    newer_shapes.add_to(old, service="elbv2")
    for name, shape in newer_shapes.SHAPES["elbv2"].items():
        found = newest["shapes"][name]
        assert found["type"] == shape["type"]
        assert [*found.get("members", ())] == [*shape.get("members", ())]
        assert found.get("required") == shape.get("required")
        assert found.get("enum") == shape.get("enum")
    model = ServiceModel(old, service_name="elbv2")
    given: Any = model.operation_model("CreateRule").input_shape
    rule = given.members["Transforms"]
    assert {*rule.member.members} == {"Type", "HostHeaderRewriteConfig", "UrlRewriteConfig"}
