"""The settings: each value with the place that it comes from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.inputs.problem import InputError
from harness.inputs.reading import settings_of

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    text = (ROOT / "cutover.toml").read_text()
    (tmp_path / "cutover.toml").write_text(text.replace('name = "tickets"\n', "", 1))
    shutil.copytree(ROOT / "app" / "ecs", tmp_path / "app" / "ecs")
    return tmp_path


def line_of(project: Path, start: str) -> str:
    lines = (project / "cutover.toml").read_text().split("\n")
    number = next(number for number, line in enumerate(lines, 1) if line.startswith(start))
    return f"cutover.toml:{number}"


def test_each_value_has_its_place(project: Path) -> None:
    settings = {
        setting.key: setting for setting in settings_of({"CUTOVER_VENDOR": "debian"}, cwd=project)
    }
    places = {
        "app.url": ("https://tickets.876events.example", line_of(project, "url")),
        "app.vendor": ("debian", "CUTOVER_VENDOR"),
        "database.name": ("tickets", "DB_DATABASE in web.json:73"),
        "limits.up_s": (180, "default"),
        "first_run[1].command": (
            ("php", "artisan", "migrate", "--force"),
            line_of(project, 'command = ["php", "artisan", "migrate"'),
        ),
        'overlay.files."/etc/ssl/certs/ca-certificates.crt"': ("ca", line_of(project, '"/etc/ssl')),
    }
    for key, (value, source) in places.items():
        assert (settings[key].value, settings[key].source) == (value, source), key


def test_the_text_of_a_secret_is_blanked(project: Path) -> None:
    path = project / "cutover.toml"
    path.write_text(
        path.read_text().replace("[secrets.", '[secrets]\nplain = "s3cret"\n[secrets.', 1)
    )
    values = {setting.key: setting.value for setting in settings_of({}, cwd=project)}
    assert values["secrets.plain"] == "***"
    assert values['secrets."tickets/db".username'] == "***"
    assert values['secrets."tickets/db".password.generate'] == "password"


def test_a_configuration_with_problems_has_no_settings(project: Path) -> None:
    path = project / "cutover.toml"
    path.write_text(path.read_text().replace("vpc_cidr", "vpc_cdir"))
    with pytest.raises(InputError, match="vpc_cdir is unknown"):
        settings_of({}, cwd=project)
