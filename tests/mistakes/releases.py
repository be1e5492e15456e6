"""Mistakes of a release that fails, and of the answers meanwhile."""

from __future__ import annotations

from scenarios import test_releases as releases
from scenarios import test_secrets as secrets
from tests.mistakes.edits import WEB_SERVICE, replace
from tests.mistakes.mistake import Mistake, Twin

MISTAKES = (
    Mistake(
        "a release stops the old tasks before its own are healthy",
        replace(WEB_SERVICE, '"minimumHealthyPercent": 100', '"minimumHealthyPercent": 0'),
        breaks=[
            releases.test_release_fails_on_invalid_secret,
            releases.test_return_to_the_former_revision_fails_no_request,
        ],
        cause="minimumHealthyPercent of the service is too low",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
        twin=Twin(
            "a release starts one new task at a time",
            replace(WEB_SERVICE, '"maximumPercent": 200', '"maximumPercent": 150'),
        ),
    ),
    Mistake(
        "a release that cannot start is not rolled back",
        replace(WEB_SERVICE, '"rollback": true', '"rollback": false'),
        breaks=[releases.test_release_fails_on_invalid_secret],
        cause="deployment circuit breaker of the service, with its rollback, is off",
        also_green=[secrets.test_app_key_is_the_same_in_every_web_task],
    ),
)
