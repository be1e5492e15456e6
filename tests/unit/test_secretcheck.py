"""What task definitions ask of secrets, held against what harness.toml describes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness import config, secretcheck

ROOT = Path(__file__).resolve().parents[2]
LOADED = config.load({}, cwd=ROOT)


def with_secrets(**changed: config.SecretValue) -> config.Config:
    secrets = {**LOADED.secrets, **{f"tickets/{name}": value for name, value in changed.items()}}
    return replace(LOADED, secrets=secrets)


def test_the_reference_app_has_no_mismatch() -> None:
    assert secretcheck.mismatches(LOADED) == []


def test_a_missing_key_is_named_with_its_secret_and_file() -> None:
    (said, *_) = secretcheck.mismatches(with_secrets(db={"username": "tickets"}))
    assert said == (
        'secret key "password" is missing in tickets/db: app/ecs/web.json takes DB_PASSWORD from it'
    )


def test_plain_text_is_named() -> None:
    (said, *_) = secretcheck.mismatches(with_secrets(db="text"))
    assert "tickets/db, which is plain text and no JSON object" in said


def test_a_missing_secret_is_named() -> None:
    without = {name: value for name, value in LOADED.secrets.items() if name != "tickets/app"}
    (said, *_) = secretcheck.mismatches(replace(LOADED, secrets=without))
    assert said == (
        "app/ecs/web.json takes APP_KEY from the secret tickets/app, which does not exist"
    )
