"""The other apps of ``tests/apps``: their files are read as the AWS CLI prints them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.files.container_images import IDLE
from harness.inputs.problem import InputError
from tests.project import copy_of
from tests.rehearsal import test_minimal, test_valkey
from tests.rehearsal.red import Red

OF_INPUTS = [
    (app, mistake)
    for app, module in (("minimal", test_minimal), ("valkey", test_valkey))
    for mistake in module.MISTAKES
    if mistake.code == 2
]


def test_minimal_has_two_containers_parameters_and_no_proxy(tmp_path: Path) -> None:
    app = production.load({}, cwd=copy_of("minimal", tmp_path).root)
    registry = "210987654321.dkr.ecr.eu-central-1.amazonaws.com"
    assert app.app_image == f"{registry}/board-php:3.2"
    assert app.php_containers == {"board-web": "php"}
    assert app.services["web"].reached["containerName"] == "nginx"
    sources = app.images_beside_app
    assert sources["public.ecr.aws/datadog/agent:7"] == IDLE
    assert set(sources) == {f"{registry}/board-nginx:3.2", "public.ecr.aws/datadog/agent:7"}
    assert app.config.database.proxy_endpoint is None
    assert not app.resources
    assert app.schedule is None
    assert app.session_cookie == "board_visit"


@pytest.mark.parametrize(
    ("app", "mistake"), OF_INPUTS, ids=[mistake.name for _, mistake in OF_INPUTS]
)
def test_mistakes_of_their_files_are_named(app: str, mistake: Red, tmp_path: Path) -> None:
    project = copy_of(app, tmp_path)
    mistake.apply(project)
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=project.root)
    assert mistake.words in " ".join(str(caught.value).split())
