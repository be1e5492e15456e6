"""The pools in PHP-FPM's files."""

from __future__ import annotations

from harness.images.inspect.fpm_config import Pool, pools

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
