"""The other apps of ``tests/apps``: their files are read as the AWS CLI prints them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.inputs import production
from harness.inputs.container_images import IDLE
from harness.inputs.problem import InputError
from tests.project import copy_of
from tests.rehearsal.test_minimal import MISTAKES, Red

OF_INPUTS = [one for one in MISTAKES if one.code == 2]


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


@pytest.mark.parametrize("mistake", OF_INPUTS, ids=[one.name for one in OF_INPUTS])
def test_mistakes_of_minimals_files_are_named(mistake: Red, tmp_path: Path) -> None:
    made = copy_of("minimal", tmp_path)
    made.replace(mistake.file, mistake.old, mistake.new)
    with pytest.raises(InputError) as caught:
        production.load({}, cwd=made.root)
    assert mistake.words in " ".join(str(caught.value).split())
