"""Several tasks are one app: locks, counters, limits, files and maintenance reach all of them.

The code is read where it lies in the image, so that it counts whether a scenario runs it or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.diagnosis.facts import VisitorRequest
from harness.diagnosis.visitor_causes import hidden_scheme
from harness.report import proved
from scenarios.reports import OLDER_PROBE
from scenarios.shared_files import is_shared
from scenarios.shared_state import lock_cause, maintenance_cause

if TYPE_CHECKING:
    from harness.target.access import Access
    from harness.target.clients.probe import ProbeClient

as_code = pytest.mark.truth(local=proved, aws=proved, url=proved)
needs_code = pytest.mark.requires("http", "code")


@as_code
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_maintenance_mode_reaches_every_task(configuration: dict[str, Any]) -> None:
    cause = maintenance_cause(configuration["maintenance"], configuration["resources"])
    expect(not cause, "maintenance mode is one task's own", cause=cause, certain=True)


@as_code
@needs_code
@pytest.mark.read_only
def test_locks_and_counters_are_shared_by_all_tasks(
    app_code: dict[str, Any], configuration: dict[str, Any]
) -> None:
    for lock in app_code["locks"]:
        cause = lock_cause(lock, configuration["resources"])
        expect(not cause, f"{lock['use']} is one task's own", cause=cause, certain=True)


@as_code
@needs_code
@pytest.mark.read_only
def test_no_file_of_the_app_stays_in_one_task(app_code: dict[str, Any], access: Access) -> None:
    own = [file for file in app_code["files"] if not is_shared(file["path"], access.shared_paths)]
    for written in own:
        place = f"{written['file']} line {written['line']}"
        expect(
            False,
            f"{place} writes {written['path']}",
            cause=f"{place} leaves a file in {written['path']}, which is in the task's own file"
            " system: no other task sees it, and it ends with the task: use a disk on S3, the"
            " database or the cache",
            certain=True,
        )


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_rate_limits_count_visitors_and_not_the_balancer(probe: ProbeClient) -> None:
    hidden = hidden_scheme(VisitorRequest.of(probe.whoami()))
    for limiter in probe.limiters():
        expect(
            not limiter["counts_the_peer"],
            f"two visitors have one key in the rate limit {limiter['name']}",
            cause=hidden
            or f"the rate limit {limiter['name']} counts by the address that the connection"
            " comes from (REMOTE_ADDR), which is the load balancer's: one visitor uses up the"
            " limit of all: use $request->ip()",
            certain=True,
        )


@pytest.mark.truth(local=proved, aws=proved, url=proved)
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_rate_limits_do_not_count_what_clients_write(probe: ProbeClient) -> None:
    for limiter in probe.limiters():
        expect(
            not limiter.get("counts_the_header"),
            f"another X-Forwarded-For is another key in the rate limit {limiter['name']}",
            cause=f"the rate limit {limiter['name']} counts by X-Forwarded-For as it comes, and the"
            " load balancer only adds to what a client has written there: whoever writes another"
            " address each time is never limited: use $request->ip()",
            certain=True,
        )


@as_code
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_code_keeps_nothing_in_sessions_of_php(
    app_code: dict[str, Any], probe: ProbeClient, access: Access
) -> None:
    php = probe.facts()["php"]
    in_files = php.get("session.save_handler") == "files"
    are_shared = is_shared(php.get("session.save_path") or "", access.shared_paths)
    for use in app_code.get("native_sessions", ()):
        place = f"{use['file']} line {use['line']}"
        expect(
            not in_files or are_shared,
            f"{place} starts a session of PHP's own",
            cause=f"{place} calls session_start(): PHP keeps its own sessions in files of the task,"
            " and the visitor's next request may come to another one: use Laravel's session()",
            certain=True,
        )


@as_code
@pytest.mark.requires("http", "probe")
@pytest.mark.read_only
def test_code_asks_the_request_for_the_visitors_address(
    app_code: dict[str, Any], probe: ProbeClient
) -> None:
    request = probe.whoami()
    if "peer" not in request:
        pytest.skip(OLDER_PROBE)
    # nginx may have put the visitor's address there: set_real_ip_from.
    is_visitors = request["peer"] in [
        address.strip() for address in (request["forwarded_for"] or "").split(",")
    ]
    for use in app_code.get("peers", ()):
        place = f"{use['file']} line {use['line']}"
        expect(
            is_visitors,
            f"{place} reads REMOTE_ADDR, which is {request['peer']}",
            cause=f"{place} reads REMOTE_ADDR, which is the load balancer's address for every"
            " visitor: use $request->ip()",
            certain=True,
        )
