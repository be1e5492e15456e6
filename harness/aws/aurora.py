"""The endpoints of Aurora, RDS and its proxy, and how many connections an Aurora instance takes.

Sources:
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Overview.Endpoints.html and
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Performance.html
"""

from __future__ import annotations

import re

READER = re.compile(r"\.cluster-ro-(?=[a-z0-9]+\.)")
"""The mark of an Aurora cluster's reader endpoint in its name."""
_ENDPOINT = re.compile(r"(?<![\w.-])[\w-]+\.[\w.-]+\.rds\.amazonaws\.com(?:\.cn)?(?![\w.-])")

_OF_KIND = re.compile(
    r"\.(?P<kind>cluster(?:-ro|-custom)?|proxy)-[a-z0-9]+\.(?P<region>[a-z0-9-]+)\.rds\.amazonaws\."
)

_BURSTABLE = {"small": 45, "medium": 90, "large": 135}
_MEMORY = {
    "large": 1000,
    "xlarge": 2000,
    "2xlarge": 3000,
    "4xlarge": 4000,
    "8xlarge": 5000,
    "12xlarge": 6000,
    "16xlarge": 6000,
    "24xlarge": 7000,
    "32xlarge": 7000,
}
_LARGE_MEMORY = {
    "large": 2000,
    "xlarge": 3000,
    "2xlarge": 4000,
    "4xlarge": 5000,
    "8xlarge": 6000,
    "12xlarge": 7000,
    "16xlarge": 7000,
}


def max_connections(instance_class: str) -> int | None:
    """Return max_connections of a class by default; None where the documentation has no value."""
    prefix, _, rest = instance_class.partition(".")
    family, _, size = rest.partition(".")
    sizes = {"t": _BURSTABLE, "r": _MEMORY, "x": _LARGE_MEMORY}.get(family[:1], {})
    return sizes.get(size) if prefix == "db" else None


def kind_and_region(endpoint: str) -> tuple[str, str] | None:
    """Return the kind of an endpoint, ``cluster`` or ``proxy``, and its region; None of another."""
    match = _OF_KIND.search(endpoint)
    return (match["kind"].partition("-")[0], match["region"]) if match else None


def endpoint_elsewhere(text: str, *, proxy: str, cluster: str) -> tuple[str, str]:
    """Return an endpoint in a text that is neither of the two, and the one to take instead.

    Such as a reader, a replica or a read-only endpoint of the proxy; both empty without one.
    """
    endpoint = next(
        (candidate for candidate in _ENDPOINT.findall(text) if candidate not in (proxy, cluster)),
        "",
    )
    if READER.search(endpoint):
        return endpoint, READER.sub(".cluster-", endpoint)
    return endpoint, endpoint and (proxy if ".proxy-" in endpoint else cluster)
