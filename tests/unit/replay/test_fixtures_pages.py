"""Pages of a stock Laravel that an app lacks, and those that a fault hides."""

from __future__ import annotations

import pytest
import requests

from harness.replay.fixtures_pages import is_absent

OF_NGINX = "<html><body><center><h1>404 Not Found</h1></center><hr><center>nginx</center></body>"
OF_APP = '{"message": "The route / could not be found."}'


def answer(status: int, text: str = "") -> requests.Response:
    response = requests.Response()
    response.status_code, response._content = status, text.encode()
    return response


@pytest.mark.parametrize(
    ("key", "status", "text", "is_so"),
    [
        pytest.param("public", 404, OF_APP, True, id="an API without a front page"),
        pytest.param("public", 404, OF_NGINX, False, id="a root that nginx does not find"),
        pytest.param("public", 404, "File not found.\n", False, id="a script that FPM lacks"),
        pytest.param("public", 500, "", False, id="a front page that fails"),
        pytest.param("public", 302, "", False, id="a front page for accounts"),
        pytest.param("sign_in", 404, OF_NGINX, True, id="no sign-in page behind error pages"),
        pytest.param("private", 200, "", True, id="a page that is not private"),
        pytest.param("private", 302, "", False, id="a page that asks for an account"),
    ],
)
def test_an_absent_page_is_the_apps_own_answer(
    key: str, status: int, text: str, is_so: bool
) -> None:
    assert is_absent(key, answer(status, text)) is is_so
