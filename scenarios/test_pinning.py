"""The statements of the app at the server: none of them pins a connection at RDS Proxy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnosis.expect import expect
from harness.report import emulated, not_covered, proved
from harness.target.resources.proxy_metrics import PINNED
from scenarios.statements import opening, pinning_causes

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.pages import Pages
    from harness.target.resources.proxy_metrics import ProxyMetrics
    from scenarios.statements import Statement

SHOWN = 6
FEW_MINUTES = 5
"""One request may pin its connection while a minute is measured."""


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
    for path in dict.fromkeys(("/", pages.public)):
        retry_while_unavailable(partial(visitor.get, path))
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
    record_property("statements of the app", sum(statement.count for statement in sent_statements))
    record_property("statements when a connection opens", opening(sent_statements)[:SHOWN])
    record_property(
        "longest statement, bytes", max(statement.length for statement in sent_statements)
    )
    for cause in pinning_causes(sent_statements):
        expect(not cause, cause, cause=cause, certain=True)


@pytest.mark.truth(
    local=not_covered("MySQL Router has no metrics"),
    aws=proved,
    url=not_covered("CloudWatch is the account's"),
)
@pytest.mark.requires("metrics", "proxy")
@pytest.mark.read_only(runs_last=True)
def test_proxy_counts_minutes_without_a_pinned_connection(
    proxy_metrics: ProxyMetrics, observe: Callable[..., None]
) -> None:
    pinned = proxy_metrics.minutes(PINNED)[PINNED]
    if len(pinned) < FEW_MINUTES:
        pytest.skip("not covered: RDS Proxy has no metric of pinned connections for long enough")
    observe("pinned", range=[min(pinned), max(pinned)])
    expect(
        min(pinned) == 0,
        f"in each of {len(pinned)} minutes, {min(pinned):.0f} connections were pinned at the least",
        cause="a client keeps its connection pinned, as a worker does for hours: the proxy's log"
        " group /aws/rds/proxy/ has the reason of each",
    )
