"""RDS Proxy's metrics in CloudWatch: the connections of all clients, for some minutes past.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-proxy.monitoring.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.target.access import Access

QUERIES = "QueryRequests"
QUERIES_WITHOUT_TLS = "QueryRequestsNoTLS"
REQUESTS = "DatabaseConnectionRequests"
REQUESTS_WITH_TLS = "DatabaseConnectionRequestsWithTLS"
PINNED = "DatabaseConnectionsCurrentlySessionPinned"
WINDOW = timedelta(minutes=15)
_INCOMPLETE = timedelta(minutes=2)
"""The newest minutes, of which not every metric has come."""
_PERIOD_S = 60


class ProxyMetrics:
    """The metrics of the app's proxy, over all of its endpoints and instances."""

    def __init__(self, access: Access, *, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        self._proxy = access.proxy_name

    def minutes(self, *names: str) -> dict[str, list[float]]:
        """Return each metric's sum for each of the last minutes that have one."""
        dimensions = [{"Name": "ProxyName", "Value": self._proxy}]
        queries = [
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/RDS",
                        "MetricName": name,
                        "Dimensions": dimensions,
                    },
                    "Period": _PERIOD_S,
                    "Stat": "Sum",
                },
            }
            for number, name in enumerate(names)
        ]
        end = datetime.now(UTC) - _INCOMPLETE
        pages = self._cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=end - WINDOW, EndTime=end
        )
        sums: dict[str, list[float]] = {name: [] for name in names}
        for page in pages:
            for result in page["MetricDataResults"]:
                sums[names[int(result["Id"][1:])]] += result["Values"]
        return sums
