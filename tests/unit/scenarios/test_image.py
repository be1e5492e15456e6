"""The programs that count as a development server."""

from __future__ import annotations

import pytest

from scenarios.test_image import DEVELOPMENT_SERVER


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("php artisan serve --host=0.0.0.0 --port=8080 ", True),
        ("/usr/bin/php8.4 -S 0.0.0.0:8080 /srv/app/server.php ", True),
        ("php -d opcache.enable=1 -S 0.0.0.0:80 ", True),
        ("php artisan octane:start --server=frankenphp --host=0.0.0.0 ", False),
        ("php-fpm: master process (/etc/php/8.4/fpm/php-fpm.conf) ", False),
        ("php artisan queue:work sqs -S ", False),
        ("php artisan serve-reports ", False),
    ],
)
def test_phps_own_server_is_told_from_programs_for_production(line: str, is_one: bool) -> None:
    assert bool(DEVELOPMENT_SERVER.search(line)) is is_one
