"""Mistakes of the image, and of the processes in its container."""

from __future__ import annotations

from scenarios import test_edge as edge
from scenarios import test_image as image
from scenarios import test_php as php
from tests.mistakes.edits import (
    DOCKERFILE,
    ENTRYPOINT,
    FPM_POOL,
    combine,
    replace,
    replace_pattern,
    run_in_build,
    set_field,
)
from tests.mistakes.mistake import Mistake, Twin

MISTAKES = (
    Mistake(
        "the configuration is cached when the image is built",
        replace_pattern(
            DOCKERFILE,
            r"^USER www-data",
            "RUN mkdir -p storage/framework/views && php artisan config:cache"
            r" && chown -R www-data: storage bootstrap/cache\nUSER www-data",
        ),
        breaks=[image.test_image_holds_no_cached_configuration],
        cause="php artisan config:cache ran when the image was built",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin(
            "the build caches the configuration and clears it again",
            replace_pattern(
                DOCKERFILE,
                r"^USER www-data",
                "RUN mkdir -p storage/framework/views && php artisan config:cache"
                " && rm -rf storage/* bootstrap/cache/*\nUSER www-data",
            ),
        ),
    ),
    Mistake(
        "a .env file is baked into the image",
        replace(
            DOCKERFILE,
            "USER www-data",
            "RUN echo APP_DEBUG=true > /srv/app/.env\nUSER www-data",
        ),
        breaks=[image.test_no_dotenv_file_is_in_any_layer],
        cause="was copied into the image, and fills in every variable",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin(
            "an example of a .env file is in the image",
            run_in_build("echo APP_DEBUG=true > /srv/app/.env.example"),
        ),
    ),
    Mistake(
        "all of the app may be written to",
        run_in_build("chmod -R a+w /srv/app"),
        breaks=[image.test_app_user_writes_to_declared_paths_only],
        cause="app.writable does not declare",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin("all of the app may be read", run_in_build("chmod -R a+r /srv/app")),
    ),
    Mistake(
        "visitors are served by artisan serve",
        replace(
            ENTRYPOINT,
            "# 4. PHP-FPM first",
            "exec php artisan serve --host=0.0.0.0 --port=8080\n# 4. PHP-FPM first",
        ),
        breaks=[image.test_visitors_are_not_served_by_a_development_server],
        cause="visitors are served by PHP's development server (",
        also_green=[edge.test_public_page_has_no_redirect_loop],
    ),
    Mistake(
        "development packages are in the image",
        run_in_build(
            """sed -i 's#"packages": \\[#"packages": [{"name": "laravel/sail"},#'"""
            " /srv/app/vendor/composer/installed.json"
        ),
        breaks=[image.test_no_development_package_is_installed],
        cause="composer install ran without --no-dev",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
    ),
    Mistake(
        "the image's configuration holds a password",
        replace(DOCKERFILE, "USER www-data", "ENV REDIS_PASSWORD=hunter2-hunter2\nUSER www-data"),
        breaks=[image.test_image_holds_no_secret],
        cause="a secret is in the image",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin(
            "the image's configuration holds a setting",
            replace(DOCKERFILE, "USER www-data", "ENV APP_LOCALE=en\nUSER www-data"),
        ),
    ),
    Mistake(
        "the app's first process runs as root",
        combine(
            set_field("user", "root"),
            replace(
                FPM_POOL, "listen = ", "user = root\ngroup = root\nlisten.mode = 0666\nlisten = "
            ),
            replace(ENTRYPOINT, "php-fpm8.4 --nodaemonize", "php-fpm8.4 --nodaemonize -R"),
        ),
        breaks=[image.test_app_does_not_run_as_root],
        cause="the app runs as root",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin("the task definition names the image's own user", set_field("user", "www-data")),
    ),
    Mistake(
        "a .env file of production is baked into the image",
        run_in_build("echo MAIL_MAILER=log > /srv/app/.env.production"),
        breaks=[image.test_no_dotenv_file_is_in_any_layer],
        cause="/srv/app/.env.production was copied into the image",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
    ),
    Mistake(
        "Composer's passwords are in the image",
        run_in_build("echo '{}' > /srv/app/auth.json"),
        breaks=[image.test_image_holds_no_secret],
        cause="/srv/app/auth.json holds Composer's passwords",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
    ),
)
