"""Mistakes of PHP, its pool and its caches, and of nginx in front of it."""

from __future__ import annotations

from scenarios import test_php as php
from scenarios import test_scheduler as scheduler
from scenarios import test_sessions as sessions
from tests.mistakes.edits import (
    CLI_INI,
    CONSOLE,
    ENTRYPOINT,
    FPM_INI,
    FPM_POOL,
    NGINX,
    Edit,
    append,
    combine,
    replace,
    replace_pattern,
    set_variable,
)
from tests.mistakes.mistake import Mistake, Twin

WEEKLY = append(CONSOLE, "Schedule::command('queue:flush --hours=900')->weekly()->onOneServer();")


def name_ca_file(path: str) -> Edit:
    """Have PHP take its CAs from a file."""
    return combine(*(append(ini, f"curl.cainfo = {path}") for ini in (FPM_INI, CLI_INI)))


MISTAKES = (
    Mistake(
        "PHP takes its CAs from a file of the old host",
        name_ca_file("/home/u876/ssl/cacert.pem"),
        breaks=[php.test_ca_files_of_php_are_in_the_image],
        cause="curl.cainfo of PHP (FPM and CLI) names /home/u876/ssl/cacert.pem, which the image",
        also_green=[php.test_php_has_a_directory_for_uploads],
        twin=Twin(
            "PHP is told the image's CAs", name_ca_file("/etc/ssl/certs/ca-certificates.crt")
        ),
    ),
    Mistake(
        "PHP's settings take away the function that starts scheduled commands",
        combine(WEEKLY, append(CLI_INI, "disable_functions = exec,system,proc_open,popen")),
        breaks=[scheduler.test_every_scheduled_command_succeeds],
        cause="disable_functions takes proc_open away, by which schedule:run starts the scheduled",
        also_green=[scheduler.test_scheduled_commands_run_in_the_foreground],
        twin=Twin(
            "PHP's settings take away functions that nothing calls",
            combine(WEEKLY, append(CLI_INI, "disable_functions = exec,system,popen")),
        ),
    ),
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
        "PHP shows its errors to visitors",
        replace(FPM_INI, "display_errors = Off", "display_errors = On"),
        breaks=[php.test_debugging_is_off_in_every_task],
        cause="display_errors and expose_php must be off",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin(
            "PHP keeps the errors of its start to itself, by name",
            replace(FPM_INI, "display_errors = Off", "display_errors = 0"),
        ),
    ),
    Mistake(
        "OPcache has less memory than the app needs",
        combine(
            replace(FPM_INI, "opcache.memory_consumption = 128", "opcache.memory_consumption = 8"),
            replace(FPM_INI, "interned_strings_buffer = 16", "interned_strings_buffer = 2"),
        ),
        breaks=[php.test_opcache_is_on_and_checks_no_file],
        cause="OPcache is full",
        also_green=[php.test_php_fpm_sees_every_environment_variable],
        twin=Twin(
            "OPcache has more memory than the app needs",
            replace(
                FPM_INI, "opcache.memory_consumption = 128", "opcache.memory_consumption = 192"
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
        "the web task's TMPDIR is a directory of the old host",
        set_variable("TMPDIR", "/home/u876/tmp"),
        breaks=[php.test_php_has_a_directory_for_uploads],
        cause="PHP puts uploads into /home/u876/tmp, which is not in the web task",
        also_green=[php.test_opcache_is_on_and_checks_no_file],
        twin=Twin("the web task's TMPDIR is /tmp", set_variable("TMPDIR", "/tmp")),
    ),
)
