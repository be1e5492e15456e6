"""Attributes of target groups and load balancers: which there are, their defaults and ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.standins.control.wire.protocol import ApiError

GROUP: Mapping[str, str] = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
"""Of a target group behind an application load balancer; the delay has an effect here."""

BALANCER: Mapping[str, str] = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "health_check_logs.s3.bucket": "",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.prefix": "",
    "idle_timeout.timeout_seconds": "60",
    "ipv6.deny_all_igw_traffic": "false",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
"""Of an application load balancer; the idle time-out and X-Forwarded-For have an effect here."""

_RANGES = {
    "client_keep_alive.seconds": (60, 604800),
    "deregistration_delay.timeout_seconds": (0, 3600),
    "idle_timeout.timeout_seconds": (1, 4000),
    "slow_start.duration_seconds": (0, 900),
}
_VALUES = {
    "routing.http.xff_client_port.enabled": ("true", "false"),
    "routing.http.xff_header_processing.mode": ("append", "preserve", "remove"),
}


def change(
    attributes: dict[str, str], *, request: Sequence[Mapping[str, str]], known: Mapping[str, str]
) -> None:
    """Set the requested attributes; an unknown key or a value out of range changes none of them."""
    for item in request:
        key, value = item.get("Key", ""), item.get("Value", "")
        if key not in known:
            raise ApiError("ValidationError", message=f"Attribute key '{key}' is not recognized")
        least, most = _RANGES.get(key, (0, 0))
        if key in _RANGES and not (value.isdecimal() and least <= int(value) <= most):
            message = f"'{key}' must be between {least} and {most}, not '{value}'"
            raise ApiError("ValidationError", message=message)
        if value not in _VALUES.get(key, (value,)):
            message = f"'{key}' must be one of {', '.join(_VALUES[key])}, not '{value}'"
            raise ApiError("ValidationError", message=message)
    attributes.update({item["Key"]: item.get("Value", "") for item in request})


def to_api(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    """Return attributes in the form of the API."""
    return [{"Key": key, "Value": value} for key, value in attributes.items()]
