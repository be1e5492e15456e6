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
    (app, one)
    for app, module in (("minimal", test_minimal), ("valkey", test_valkey))
    for one in module.MISTAKES
    if one.code == 2
]


def test_minimal_has_two_containers_parameters_and_no_proxy(tmp_path: Path) -> None:
    found = production.load({}, cwd=copy_of("minimal", tmp_path).root)
    registry = "210987654321.dkr.ecr.eu-central-1.amazonaws.com"
    assert found.app_image == f"{registry}/board-php:3.2"
    assert found.php_containers == {"board-web": "php"}
    assert found.services["web"].reached["containerName"] == "nginx"
    sources = found.images_beside_app
    assert sources["public.ecr.aws/datadog/agent:7"] == IDLE
    assert set(sources) == {f"{registry}/board-nginx:3.2", "public.ecr.aws/datadog/agent:7"}
    assert found.config.database.proxy_endpoint is None
    assert not found.resources
    assert found.schedule is None
    assert found.session_cookie == "board_visit"


@pytest.mark.parametrize(("app", "mistake"), OF_INPUTS, ids=[one.name for _, one in OF_INPUTS])
def test_mistakes_of_their_files_are_named(app: str, mistake: Red, tmp_path: Path) -> None:
    made = copy_of(app, tmp_path)
    mistake.apply(made)
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=made.root)
    assert mistake.words in " ".join(str(caught.value).split())
