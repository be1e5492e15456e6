"""What a task's log tells of the app's own log channels."""

from __future__ import annotations

import pytest

from harness.diagnosis.expect import ExpectationError
from scenarios.test_logs import expect_own_log

EMERGENCY = (
    "[2026-11-28 16:00:00] laravel.EMERGENCY: Unable to create configured logger. Using emergency"
    ' logger. {"exception":"[object] (InvalidArgumentException(code: 0): Level \\"warn\\" is not'
    " defined at /srv/app/vendor/monolog/monolog/src/Monolog/Logger.php:468)"
)


def test_the_emergency_log_is_no_log_of_the_app() -> None:
    expect_own_log("web", '{"message":"an error","level":400}\n')
    with pytest.raises(ExpectationError) as caught:
        expect_own_log("web", EMERGENCY)
    assert 'Level \\"warn' in caught.value.cause or "emergency log alone" in caught.value.cause
