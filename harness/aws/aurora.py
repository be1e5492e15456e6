"""How many connections an Aurora MySQL instance takes.

Source:
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Performance.html
"""

from __future__ import annotations

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
