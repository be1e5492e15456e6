"""Mistakes of the image, and of what runs in its container."""

from __future__ import annotations

from scenarios import test_image as image
from scenarios import test_php as php
from scenarios import test_sessions as sessions
from tests.mistakes.edits import (
    DOCKERFILE,
    ENTRYPOINT,
    FPM_INI,
    FPM_POOL,
    NGINX,
    combine,
    replace,
    replace_pattern,
    run_in_build,
    set_field,
    set_variable,
)
from tests.mistakes.mistake import Mistake, Twin

MISTAKES = (
    Mistake(
        "PHP-FPM hides the environment from the app",
        replace(FPM_POOL, "clear_env = no", "clear_env = yes"),
        breaks=[php.test_php_fpm_sees_every_environment_variable],
        cause="clear_env is not set to no",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "PHP-FPM's pool sets a variable of its own",
            replace(FPM_POOL, "clear_env = no", "clear_env = no\nenv[APP_LOCALE] = en"),
        ),
    ),
    Mistake(
        "the entrypoint warms no cache",
        replace_pattern(ENTRYPOINT, r"^.*php artisan optimize.*\n", ""),
        breaks=[php.test_caches_are_warm_and_hold_the_tasks_own_values],
        cause="does not run php artisan optimize",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin(
            "the entrypoint warms each cache by its own command",
            replace(
                ENTRYPOINT,
                "php artisan optimize --quiet",
                'for cache in config event route view; do php artisan "$cache:cache" --quiet; done',
            ),
        ),
    ),
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
        "debugging is on in production",
        set_variable("APP_DEBUG", "true"),
        breaks=[
            php.test_error_page_reveals_nothing,
            php.test_debugging_is_off_in_every_task,
        ],
        cause="APP_DEBUG is true in the task",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin("APP_DEBUG is not set", set_variable("APP_DEBUG", None)),
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
        "PHP looks at the date of every file again",
        replace(FPM_INI, "opcache.validate_timestamps = 0", "opcache.validate_timestamps = 1"),
        breaks=[php.test_opcache_is_on_and_checks_no_file],
        cause="OPcache is not set for production",
        also_green=[php.test_php_fpm_sees_every_environment_variable],
        twin=Twin(
            "OPcache's period of looking at dates is set, and it looks at none",
            replace(
                FPM_INI,
                "opcache.validate_timestamps = 0",
                "opcache.validate_timestamps = 0\nopcache.revalidate_freq = 0",
            ),
        ),
    ),
    Mistake(
        "nginx's root is the app's own directory",
        combine(
            replace(NGINX, "root /srv/app/public;", "root /srv/app;"),
            replace(NGINX, "$document_root/index.php", "/srv/app/public/index.php"),
        ),
        breaks=[php.test_files_outside_the_public_directory_are_not_served],
        cause="nginx's root must be the app's public directory",
        also_green=[sessions.test_session_values_are_read_by_another_task],
        twin=Twin(
            "nginx's root is the public directory, with a slash at its end",
            replace(NGINX, "root /srv/app/public;", "root /srv/app/public/;"),
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
)
