"""Parameters of a stack: types, keys and regions; values that ECS will inject."""

from __future__ import annotations

from typing import Any

from harness.core.redact import Secret
from harness.inputs import secret_values
from harness.inputs.toml.schema import Parameter

KEY = "arn:aws:kms:eu-west-1:876000000876:key/0b1c"
ARN = "arn:aws:ssm:eu-west-1:876000000876:parameter"
DB = "arn:aws:secretsmanager:us-east-1:876000000876:secret:shop/db-Ab3dE5"


def test_a_text_is_a_string_and_a_table_a_secure_one() -> None:
    plain, app_key, keyed = secret_values.make_parameters(
        {
            "/shop/user": "shopper",
            "/shop/app-key": Parameter(generate="laravel-key"),
            f"{ARN}/shop/token": Parameter(value="t0ken-of-the-shop", key=KEY),
        }
    )
    assert plain.put == {"Name": "/shop/user", "Value": "shopper", "Type": "String"}
    assert plain.region == ""
    assert app_key.put["Type"] == "SecureString"
    assert app_key.put["Value"].startswith("base64:")
    assert app_key.put["Value"] not in repr(app_key)
    assert keyed.region == "eu-west-1"
    assert keyed.put == {
        "Name": "/shop/token",
        "Value": "t0ken-of-the-shop",
        "Type": "SecureString",
        "KeyId": KEY,
    }


def test_values_are_those_that_ecs_injects() -> None:
    parameters = secret_values.make_parameters({"/shop/password": "pass-word", "plain": "p"})
    secrets = {"shop/db": Secret('{"username": "shop-user"}')}

    def injected(value_from: str) -> str:
        return secret_values.injected(value_from, secrets=secrets, parameters=parameters)

    assert injected("/shop/password") == "pass-word"
    assert injected(f"{ARN}/shop/password") == "pass-word"
    assert injected(f"{ARN}/plain") == "p"
    assert injected(f"{DB}:username::") == "shop-user"
    assert injected(DB) == '{"username": "shop-user"}'
    gone = (f"{DB}:password::", DB.replace("shop/db", "gone"), "/gone", "no/name", "")
    assert [injected(text) for text in gone] == [""] * len(gone)


def test_a_secret_may_be_one_text_that_is_made_up() -> None:
    shape: Any = {"shop/key": {"generate": "laravel-key"}, "shop/db": {"username": "shop"}}
    secrets = secret_values.make(shape)
    assert secrets["shop/key"].reveal().startswith("base64:")
    assert secret_values.fields(secrets["shop/db"]) == {"username": "shop"}
