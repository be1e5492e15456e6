"""The statements of the app at the server: none of them pins a connection at RDS Proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered
from scenarios.statements import opening, pinning_causes

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.pages import Pages
    from scenarios.statements import Statement

SHOWN = 6


@pytest.fixture
def sent_statements(
    statement_log: Callable[[], list[Statement]],
    visitor: Browser,
    probe: ProbeClient,
    pages: Pages,
    retry_while_unavailable: Callable[[Callable[[], Any]], Any],
) -> list[Statement]:
    """All statements that the app's tasks sent since the first scenario."""
    retry_while_unavailable(probe.database)
    retry_while_unavailable(lambda: visitor.get(pages.public))
    return statement_log()


@pytest.mark.truth(
    local=emulated("the statements are MySQL's; which of them pin is RDS Proxy's documentation"),
    aws=not_covered("the general log of the cluster is not read"),
    url=not_covered("the database's log cannot be read from outside"),
)
@pytest.mark.requires("http", "probe", "containers", "sql", "proxy")
@pytest.mark.read_only(runs_last=True)
def test_no_statement_of_the_app_pins_its_connection(
    sent_statements: list[Statement], record_property: Callable[[str, object], None]
) -> None:
    if not sent_statements:
        pytest.skip("not covered: the server has logged no statement")
    record_property("statements of the app", sum(one.count for one in sent_statements))
    record_property("statements when a connection opens", opening(sent_statements)[:SHOWN])
    record_property("longest statement, bytes", max(one.length for one in sent_statements))
    for cause in pinning_causes(sent_statements):
        expect(not cause, cause, cause=cause, certain=True)
