"""The server of the APIs: an answer that cannot be written is an error at once."""

from __future__ import annotations

import copy
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

from harness.standins.control.api.server import Api
from harness.standins.control.wire import newer_shapes


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
        botocore_shape = newest["shapes"][name]
        assert botocore_shape["type"] == shape["type"]
        assert [*botocore_shape.get("members", ())] == [*shape.get("members", ())]
        assert botocore_shape.get("required") == shape.get("required")
        assert botocore_shape.get("enum") == shape.get("enum")
    model = ServiceModel(old, service_name="elbv2")
    input_shape: Any = model.operation_model("CreateRule").input_shape
    rule = input_shape.members["Transforms"]
    assert {*rule.member.members} == {"Type", "HostHeaderRewriteConfig", "UrlRewriteConfig"}
