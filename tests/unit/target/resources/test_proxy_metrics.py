"""RDS Proxy's metrics, and the scenarios that judge them; answers are of botocore's shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from harness.core.expectation import ExpectationError
from harness.target.access import Access
from harness.target.resources.proxy_metrics import (
    PINNED,
    QUERIES,
    QUERIES_WITHOUT_TLS,
    REQUESTS,
    REQUESTS_WITH_TLS,
    ProxyMetrics,
)
from scenarios.test_database import test_proxy_counts_no_query_and_no_connection_without_tls as tls
from scenarios.test_pinning import test_proxy_counts_minutes_without_a_pinned_connection as pinning

ACCESS = Access(
    "https://x.example", proxy_endpoint="shop.proxy-c9akciq32rxd.eu-west-1.rds.amazonaws.com"
)
OF_TLS = (QUERIES, QUERIES_WITHOUT_TLS, REQUESTS, REQUESTS_WITH_TLS)


class Metrics:
    """CloudWatch with answers of one page for each set of values."""

    def __init__(self) -> None:
        session: Any = boto3.session.Session(
            aws_access_key_id="AKIA", aws_secret_access_key="x", region_name="eu-west-1"
        )
        self.client = session.client("cloudwatch")
        self.stub = Stubber(self.client)
        self.reader = ProxyMetrics(ACCESS, cloudwatch=self.client)

    def answer(self, *pages: tuple[list[float], ...], names: tuple[str, ...]) -> None:
        for number, page in enumerate(pages):
            results = [
                {"Id": f"m{index}", "Values": values, "StatusCode": "Complete"}
                for index, values in enumerate(page)
            ]
            token = {"NextToken": f"t{number}"} if number + 1 < len(pages) else {}
            before = {"NextToken": f"t{number - 1}"} if number else {}
            queries = [query(f"m{index}", name) for index, name in enumerate(names)]
            call = {"MetricDataQueries": queries, "StartTime": ANY, "EndTime": ANY, **before}
            self.stub.add_response("get_metric_data", {"MetricDataResults": results, **token}, call)


def query(number: str, name: str) -> dict[str, Any]:
    dimensions = [{"Name": "ProxyName", "Value": "shop"}]
    metric = {"Namespace": "AWS/RDS", "MetricName": name, "Dimensions": dimensions}
    return {"Id": number, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    fake = Metrics()
    with fake.stub:
        yield fake
    fake.stub.assert_no_pending_responses()


def observe(*_: Any, **__: Any) -> None:
    pass


def test_all_pages_are_read(metrics: Metrics) -> None:
    metrics.answer(([3.0], [0.0]), ([4.0], []), names=(QUERIES, QUERIES_WITHOUT_TLS))
    minutes = metrics.reader.minutes(QUERIES, QUERIES_WITHOUT_TLS)
    assert minutes == {QUERIES: [3.0, 4.0], QUERIES_WITHOUT_TLS: [0.0]}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (([9.0], [2.0], [1.0], [1.0]), "RDS Proxy has counted 2 queries without TLS"),
        (([9.0], [], [5.0], [4.0]), "of 5 connections that RDS Proxy asked of the database, 4"),
        (([9.0], [], [5.0], []), "of 5 connections that RDS Proxy asked of the database, 0"),
    ],
)
def test_traffic_without_tls_is_red(
    metrics: Metrics, values: tuple[list[float], ...], words: str
) -> None:
    metrics.answer(values, names=OF_TLS)
    with pytest.raises(ExpectationError, match=words):
        tls(metrics.reader, observe)


def test_traffic_with_tls_is_green_and_none_is_not_covered(metrics: Metrics) -> None:
    metrics.answer(([9.0, 7.0], [0.0, 0.0], [5.0, 1.0], [5.0, 1.0]), names=OF_TLS)
    tls(metrics.reader, observe)
    metrics.answer(([4.0], [], [], []), names=OF_TLS)
    tls(metrics.reader, observe)
    metrics.answer(([], [], [], []), names=OF_TLS)
    with pytest.raises(pytest.skip.Exception, match="no query for a quarter of an hour"):
        tls(metrics.reader, observe)


def test_a_connection_that_stays_pinned_is_red(metrics: Metrics) -> None:
    metrics.answer(([2.0, 1.0, 3.0, 2.0, 2.0],), names=(PINNED,))
    with pytest.raises(ExpectationError, match="in each of 5 minutes, 1 connections were pinned"):
        pinning(metrics.reader, observe)


def test_connections_that_are_pinned_for_a_moment_are_green(metrics: Metrics) -> None:
    metrics.answer(([2.0, 0.0, 3.0, 2.0, 2.0],), names=(PINNED,))
    pinning(metrics.reader, observe)
    metrics.answer(([2.0],), names=(PINNED,))
    with pytest.raises(pytest.skip.Exception, match="not covered"):
        pinning(metrics.reader, observe)
