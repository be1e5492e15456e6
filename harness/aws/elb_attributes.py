"""Attributes of target groups and load balancers: their defaults, and the values that ELB takes.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
and API_LoadBalancerAttribute.html, of an application load balancer.
"""

from __future__ import annotations

from collections.abc import Mapping

DEREGISTRATION_DELAY = "deregistration_delay.timeout_seconds"
GROUP: Mapping[str, str] = {
    DEREGISTRATION_DELAY: "300",
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
"""Of a target group behind an application load balancer."""

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
"""Of an application load balancer."""
_BOOLEAN = ("true", "false")
VALUES: Mapping[str, tuple[int, int] | tuple[str, ...]] = {
    **{f"{log}_logs.s3.enabled": _BOOLEAN for log in ("access", "connection", "health_check")},
    "client_keep_alive.seconds": (60, 604800),
    "deletion_protection.enabled": _BOOLEAN,
    DEREGISTRATION_DELAY: (0, 3600),
    "idle_timeout.timeout_seconds": (1, 4000),
    "load_balancing.algorithm.type": (
        *("round_robin", "least_outstanding_requests", "weighted_random"),
    ),
    "routing.http.desync_mitigation_mode": ("monitor", "defensive", "strictest"),
    "routing.http.drop_invalid_header_fields.enabled": _BOOLEAN,
    "routing.http.preserve_host_header.enabled": _BOOLEAN,
    "routing.http.xff_client_port.enabled": _BOOLEAN,
    "routing.http.xff_header_processing.mode": ("append", "preserve", "remove"),
    "routing.http2.enabled": _BOOLEAN,
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": _BOOLEAN,
    "slow_start.duration_seconds": (0, 900),
    "stickiness.app_cookie.duration_seconds": (1, 604800),
    "stickiness.enabled": _BOOLEAN,
    "stickiness.lb_cookie.duration_seconds": (1, 604800),
    "waf.fail_open.enabled": _BOOLEAN,
    "zonal_shift.config.enabled": _BOOLEAN,
    "stickiness.type": ("lb_cookie", "app_cookie"),
}
"""Attribute -> the least and the most, or all values; of the others any text is taken."""
