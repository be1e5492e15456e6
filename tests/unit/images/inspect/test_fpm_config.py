"""The pools in PHP-FPM's files."""

from __future__ import annotations

from harness.images.inspect.fpm_config import Pool, error_log, php_settings, pools

OFFICIAL = """
[global]
error_log = /proc/self/fd/2
[www]
user = www-data
;request_terminate_timeout = 0
pm = dynamic
pm.max_children = 5 ; a comment
[global]
daemonize = no
[www]
listen = 9000
pm.max_children = 12
request_terminate_timeout = 2m
php_admin_value[memory_limit] = "64M"
"""


def test_a_later_file_wins_and_global_is_no_pool() -> None:
    assert pools(OFFICIAL) == [Pool("www", 12, 120)]


def test_the_log_is_that_of_the_master() -> None:
    assert error_log(OFFICIAL) == "/proc/self/fd/2"
    assert error_log("[www]\nerror_log = /a.log\n") == ""
    (pool,) = pools("[www]\ncatch_workers_output = yes\n")
    assert pool.passes_on


def test_nothing_ends_a_request_by_default() -> None:
    assert pools("[a]\npm.max_children=2\n[b]\npm.max_children = 3\n") == [
        Pool("a", 2, 0),
        Pool("b", 3, 0),
    ]


def test_a_value_that_is_no_number_counts_for_nothing() -> None:
    assert pools("[a]\npm.max_children = ${CHILDREN}\nrequest_terminate_timeout = ${T}\n") == [
        Pool("a", 0, 0)
    ]
    assert pools("") == []


def test_a_pools_limit_of_uploads_goes_before_phps_own() -> None:
    printed = "post_max_size => 8M => 14M\nupload_max_filesize => 2M => 12M\n"
    pool = "[www]\nphp_admin_value[post_max_size] = 64M\n; php_value[upload_max_filesize] = 1M\n"
    settings = php_settings(pool, printed)
    assert settings == {"post_max_size": "64M", "upload_max_filesize": "12M"}
    assert php_settings("", "") == {}
    assert php_settings("", "max_execution_time => 30 => 50\n") == {"max_execution_time": "50"}
