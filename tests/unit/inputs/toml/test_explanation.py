"""Keys of cutover.toml explained from their schema, and the schema for editors."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from harness.inputs.problem import InputError
from harness.inputs.toml import explanation, keys

KEYS = [".".join(path) for path in explanation.every_key()]


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_meaning(key: str) -> None:
    description = explanation.explain(key)
    assert description.meaning.rstrip(".")
    assert description.type


@pytest.mark.parametrize("key", KEYS)
def test_an_example_is_toml_that_sets_the_key(key: str) -> None:
    description = explanation.explain(key)
    table = description.type == "a table" or "<name>" in key.rpartition(".")[2]
    assert description.example or table or "table" in description.type
    data = tomllib.loads(description.example)
    for name in key.split(".") if description.example else ():
        data = data[0][name] if isinstance(data, list) else data["NAME" if "<" in name else name]


def test_an_explanation_has_meaning_type_default_and_example() -> None:
    assert str(explanation.explain("database.name")) == (
        "database.name\n"
        "  The schema.\n"
        "\n"
        "  type     text\n"
        "  default  taken from DB_DATABASE of a task definition\n"
        "\n"
        "  example\n"
        "    [database]\n"
        '    name = "shop"'
    )


def test_a_table_has_the_names_of_its_keys() -> None:
    assert "  keys     path, user, password, shows" in str(explanation.explain("app.pages.sign_in"))
    assert explanation.explain("images.app").keys[:2] == ("context", "dockerfile")
    assert explanation.explain("secrets").keys == ("<name>",)
    assert explanation.explain("app.url").keys == ()


@pytest.mark.parametrize(
    ("key", "default"),
    [
        ("network.vpc_cidr", "none, it is required"),
        ("app.vendor", '"auto"'),
        ("limits.up_s", "180"),
        ("app", ""),
        ("resources.bucket", ""),
    ],
)
def test_a_default_is_a_value_or_says_that_there_is_none(key: str, default: str) -> None:
    assert explanation.explain(key).default == default


def test_free_names_may_be_the_apps_own() -> None:
    assert (
        explanation.explain('secrets."shop/db".password').type
        == "text or a whole number or a table"
    )
    assert explanation.explain("services.api.service").meaning == "File with the service."


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (
            "services.web.servce",
            "services.web.servce is no key\\n"
            "  where: services.web.servce\\n"
            '  what to do: did you mean "service"?',
        ),
        (
            "app url",
            "app url is no key of TOML\\n"
            "  where: app url\\n"
            '  what to do: write it as in TOML: app.url, or secrets."shop/db".password',
        ),
    ],
)
def test_a_key_that_is_none_is_named_with_the_nearest(key: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        explanation.explain(key)
    assert str(caught.value) == text.replace("\\n", "\n")


def test_what_other_files_have_is_not_required_for_an_editor() -> None:
    published = json.loads(explanation.schema_text())
    assert published["required"] == ["network", "ecs", "services"]
    definitions = published["$defs"]
    assert definitions["Ecs"]["required"] == ["load_balancer", "target_group"]
    assert definitions["Aws"]["required"] == []
    assert keys.schema()["$defs"]["Aws"]["required"] == ["account_id", "region"]


def test_the_projects_own_file_names_the_published_schema() -> None:
    root = Path(__file__).resolve().parents[4]
    first = (root / "cutover.toml").read_text().partition("\n")[0]
    assert (root / first.removeprefix("#:schema ")).read_text() == explanation.schema_text()
