"""Parameters of Systems Manager: names and ARNs, regions, and ECS's words for missing ones."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from harness.aws.value_from import ParameterReference, parse_value_from
from harness.standins.control.agent.parameters import PREFIX, SSM, Parameters, SecretError

ACCOUNT = "876000000876"
ARN = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter"


class FakeSsm:
    def __init__(self, values: dict[str, str], *, error: Exception | None = None) -> None:
        self.values, self.error = values, error
        self.asked: list[list[str]] = []
        self.places: list[tuple[str, str]] = []

    def at(self, account: str, region: str) -> FakeSsm:
        self.places.append((account, region))
        return self

    def get_parameters(self, **asked: Any) -> dict[str, Any]:
        assert asked["WithDecryption"]
        self.asked.append(asked["Names"])
        if self.error:
            raise self.error
        known = [name for name in asked["Names"] if name in self.values]
        return {"Parameters": [{"Name": name, "Value": self.values[name]} for name in known]}

    def describe_parameters(self, **_asked: Any) -> dict[str, Any]:
        return {"Parameters": [{"KeyId": "alias/aws/ssm"}]}


def reference(text: str) -> ParameterReference:
    parameter = parse_value_from(text)
    assert isinstance(parameter, ParameterReference)
    return parameter


def resolve(fake: FakeSsm, **texts: str) -> dict[str, str]:
    parameters = Parameters(fake.at, account=ACCOUNT, region="us-east-1")
    return parameters.resolve({name: reference(text) for name, text in texts.items()})


def test_names_are_the_tasks_own_and_arns_name_their_region() -> None:
    fake = FakeSsm({"/shop/key": "k", "plain": "p"})
    values = resolve(fake, A="/shop/key", B="/shop/key", C=f"{ARN}/plain", D=f"{ARN}/shop/key")
    assert values == {"A": "k", "B": "k", "C": "p", "D": "k"}
    assert fake.places == [(ACCOUNT, "us-east-1"), (ACCOUNT, "eu-west-1")]
    assert fake.asked == [["/shop/key"], ["plain", "/plain", "/shop/key"]]


def test_no_more_are_asked_for_than_the_api_takes() -> None:
    values = {f"/p/{number}": "x" for number in range(12)}
    fake = FakeSsm(values)
    resolve(fake, **{f"V{number}": name for number, name in enumerate(values)})
    assert [len(names) for names in fake.asked] == [5, 5, 2]


def refused(fake: FakeSsm, **texts: str) -> str:
    with pytest.raises(SecretError) as caught:
        resolve(fake, **texts)
    return str(caught.value).removeprefix(PREFIX + SSM)


def test_all_that_are_missing_are_named_as_they_are_written() -> None:
    fake = FakeSsm({"/shop/key": "k"})
    assert refused(fake, A="/shop/key", B="/shop/gone", C=f"{ARN}/gone") == (
        "invalid ssm parameters: /shop/gone"
    )
    assert refused(FakeSsm({}), A=f"{ARN}/gone") == f"invalid ssm parameters: {ARN}/gone"


def test_a_refusal_is_passed_on_in_its_own_words() -> None:
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "x")
    assert refused(FakeSsm({}, error=error), A="/x") == "AccessDeniedException: no"
    silent = EndpointConnectionError(endpoint_url="http://emulator")
    assert "request context canceled" in refused(FakeSsm({}, error=silent), A="/x")


def test_awss_own_key_needs_no_right() -> None:
    parameters = Parameters(FakeSsm({}).at, account=ACCOUNT, region="us-east-1")
    assert parameters.key_of(reference("/shop/key")) == ""
