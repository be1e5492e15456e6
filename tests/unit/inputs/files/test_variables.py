"""Lines of an environment file, and values of variables, that ECS takes in another way."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.files import variables
from harness.inputs.problem import InputError

ARN = "arn:aws:s3:::shop-config/web.env"
KEY = f"base64:{base64.b64encode(bytes(32)).decode()}"


def test_a_byte_order_mark_is_no_part_of_a_name() -> None:
    (problem,) = variables.of_beginning("\ufeffA=1".encode(), file="web.env")
    assert (problem.file, problem.line) == ("web.env", 1)
    assert [*variables.of_beginning(b"A=1", file="web.env")] == []


def found(text: str) -> list[str]:
    return [f"{problem.line} {problem}" for problem in variables.of_file(text, file="web.env")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FOO = bar", "1 FOO has a space beside its name, which ECS takes for a part of the name"),
        ("A=1\n B=2", "2 B has a space beside its name, which ECS takes for a part of the name"),
        ("export FOO=bar", '1 export FOO begins with "export ": ECS reads no shell\'s lines'),
        (
            "# fine\n\nnonsense",
            "3 has a line that is no variable, and ECS takes VARIABLE=VALUE alone",
        ),
        (
            "LOG_LEVEL=debug # verbose",
            "1 LOG_LEVEL has a comment after its value, which ECS takes for a part of the value",
        ),
        (
            'DB_HOST="db"',
            "1 DB_HOST has quotes around its value, which ECS takes for a part of the value",
        ),
        (
            "MAIL_FROM_NAME=${APP_NAME}",
            "1 MAIL_FROM_NAME has ${APP_NAME}, which ECS hands to the app as it is",
        ),
        (
            "DB_HOST=db ",
            '1 DB_HOST is "db ", and Laravel takes the space at an end for a part of it',
        ),
        (
            "APP_KEY=base64:abc ",
            "1 APP_KEY has a space at an end, and Laravel takes the space at an end for a part of"
            " it",
        ),
        ("AWS_ENDPOINT=minio", '1 AWS_ENDPOINT is "minio", which is no address'),
        ("A=1\nA=2", "2 A is set twice, with two values"),
        (
            "APP_PREVIOUS_KEYS=base64:c2hvcnQ=",
            "1 APP_PREVIOUS_KEYS has a key, the 1., of another length than a cipher takes: Laravel"
            " refuses to work with any",
        ),
        (
            f"APP_PREVIOUS_KEYS={KEY}, {KEY}",
            "1 APP_PREVIOUS_KEYS has a key, the 2., of another length than a cipher takes: Laravel"
            " refuses to work with any",
        ),
        (
            "SESSION_COOKIE=shop.session",
            '1 SESSION_COOKIE is "shop.session", and PHP reads a cookie of this name as'
            ' "shop_session": no visitor\'s session comes back',
        ),
    ],
)
def test_a_line_that_is_not_read_as_it_is_meant(text: str, said: str) -> None:
    assert found(text) == [said]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# a comment = none\n\nFOO=bar\r\nBAR=a b # c\n",
        "EMPTY=\nA=1\nA=1\n",
        'APP_NAME="Shop"\nTITLE= Shop\n',
        "AWS_ENDPOINT=https://s3.eu-west-1.amazonaws.com\nAWS_ENDPOINT_URL=\n",
        "APP_KEY=base64:a+b/c=\n",
        f"APP_PREVIOUS_KEYS={KEY},{'k' * 32}\n",
        "SESSION_COOKIE=__Host-shop_session\n",
        "APP_PREVIOUS_KEYS=\n",
    ],
)
def test_a_file_that_ecs_reads_as_it_is_meant(text: str) -> None:
    assert found(text) == []


def test_a_fault_of_an_environment_file_names_its_line(project: Path) -> None:
    (project / "web.env").write_text("# production\nFOO = bar\n")
    definition = project / "app/ecs/web.json"
    named = [{"type": "s3", "value": ARN}]
    raw = json.loads(definition.read_text())
    raw["containerDefinitions"][0]["environmentFiles"] = named
    definition.write_text(json.dumps(raw))
    toml = project / "cutover.toml"
    toml.write_text(f'{toml.read_text()}\n[environment_files]\n"{ARN}" = "web.env"\n')
    with pytest.raises(InputError) as refused:
        production.load({}, cwd=project)
    (problem,) = refused.value.problems
    assert problem.where == f"{project / 'web.env'}:2: FOO"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SESSION_LIFETIME", "2h", 'is "2h", of which PHP reads the digits at the beginning'),
        ("SESSION_LIFETIME", "120", ""),
        ("DB_PORT", "3306", ""),
        ("DB_PORT", "", ""),
        ("DB_QUEUE_RETRY_AFTER", "90s", "of which PHP reads the digits"),
        ("BCRYPT_ROUNDS", "18", "at 18 a sign-in takes a processor for many seconds"),
        ("BCRYPT_ROUNDS", "14", ""),
        ("APP_DEBUG", "off", 'is "off", a text, which PHP takes for true'),
        ("APP_DEBUG", "No", "which PHP takes for true"),
        ("APP_DEBUG", "False", ""),
        ("SESSION_SECURE_COOKIE", "yes", ""),
        ("SESSION_ENCRYPT", "0", ""),
        ("SESSION_DOMAIN", "https://shop.example", "which is no domain: browsers refuse"),
        ("SESSION_DOMAIN", ".shop.example", ""),
        ("SESSION_DOMAIN", "null", ""),
        ("APP_TIMEZONE", "Europe/Stockolm", "which is no time zone: PHP refuses it"),
        ("APP_TIMEZONE", "Stockholm", "which is no time zone"),
        ("APP_TIMEZONE", "+02:00", "which is no time zone"),
        ("APP_TIMEZONE", "europe/stockholm", ""),
        ("APP_TIMEZONE", "US/Eastern", ""),
        ("APP_TIMEZONE", "CET", ""),
        ("APP_SCHEDULE_TIMEZONE", "America/Argentina/Buenos_Aires", ""),
        ("AWS_BUCKET", "s3://uploads", "which is no name of a bucket"),
        ("AWS_BUCKET", "shop.uploads", ""),
        ("AWS_BUCKET", "arn:aws:s3:us-east-1:876000000876:accesspoint/uploads", ""),
        ("AWS_DEFAULT_REGION", "us-east-1a", "which is no Region"),
        ("AWS_REGION", "us-gov-west-1", ""),
    ],
)
def test_values_that_are_read_as_others(name: str, value: str, said: str) -> None:
    faults = [message for message, _ in variables.of_value(name, value)]
    assert len(faults) == bool(said)
    assert said in "".join(faults)
