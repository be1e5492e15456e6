"""The edge's view of listeners and targets: files in its container that it reads for each request.

Only a change of attributes makes nginx reload, since a reload cuts connections that clients keep.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable
from typing import Protocol

from harness.aws.elb_attributes import BALANCER
from harness.standins.control.agent import edge_rules
from harness.standins.control.state import model
from harness.standins.control.state.state import State

log = logging.getLogger(__name__)

DIRECTORY = "/etc/nginx/harness"
TARGETS, LISTENERS, ATTRIBUTES = "targets.json", "listeners.json", "attributes.conf"
_RETRY_S = 0.5


class Files(Protocol):
    """The edge container, as far as this module needs it."""

    def read(self, name: str) -> str:
        """Return a file of DIRECTORY, empty when there is none."""

    def replace(self, name: str, *, text: str) -> None:
        """Replace a file of DIRECTORY at once; no reader sees half of it."""

    def reload(self) -> None:
        """Have nginx read its configuration again."""


class EdgeError(Exception):
    """The edge container is not there, or not yet."""


def serving(group: model.TargetGroup) -> list[model.Target]:
    """Return the targets that get traffic: the healthy ones, or all when every one is unhealthy."""
    healthy = [item for item in group.targets.values() if item.state == "healthy"]
    if healthy:
        return healthy
    registered = [item for item in group.targets.values() if item.state != "draining"]
    if registered and all(item.state == "unhealthy" for item in registered):
        return registered
    return []


def replacing(name: str, *, text: str) -> list[str]:
    """Return the command that replaces a file of DIRECTORY inside the container.

    Docker's own copy removes the old file first, and requests would meet none or half of the new.
    """
    script = 'printf %s "$2" > "$1.new" && mv "$1.new" "$1"'
    return ["sh", "-c", script, "replace", f"{DIRECTORY}/{name}", text]


def render_targets(groups: Iterable[model.TargetGroup], *, served: Iterable[str]) -> str:
    """Render the targets of each group.

    With targets registered but none yet healthy, ALB answers 503 as it does with none at all.

    Args:
        groups: All groups.
        served: ARNs of those that a service registers its tasks in; the others are somebody else's.
    """
    arns = set(served)
    targets = {
        group.name: {"targets": [item.key for item in serving(group)], "served": group.arn in arns}
        for group in groups
    }
    return json.dumps(targets, sort_keys=True) + "\n"


def attributes_conf(balancer: model.LoadBalancer | None) -> str:
    """Render attributes.conf from the load balancer's attributes that have an effect here.

    The modes of X-Forwarded-For are ALB's:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
    """
    attributes = {**BALANCER, **(balancer.attributes if balancer else {})}
    idle_s = attributes["idle_timeout.timeout_seconds"]
    mode = attributes["routing.http.xff_header_processing.mode"]
    with_port = attributes["routing.http.xff_client_port.enabled"] == "true"
    forwarded = {"preserve": "$http_x_forwarded_for", "remove": '""'}.get(
        mode, "$forwarded_with_port" if with_port else "$proxy_add_x_forwarded_for"
    )
    return (
        f"proxy_read_timeout {idle_s}s;\nproxy_send_timeout {idle_s}s;\n"
        f"proxy_set_header X-Forwarded-For {forwarded};\n"
    )


class Edge:
    """Writes the edge's files; changes during one write become the next one."""

    def __init__(self, state: State, *, files: Files) -> None:
        self._state = state
        self._files = files
        self._written: dict[str, str | None] | None = None
        self._stop = threading.Event()

    def wanted(self) -> dict[str, str]:
        """Return the files as they should be now."""
        with self._state.lock():
            balancer = next(iter(self._state.load_balancers.values()), None)
            served = [
                entry["targetGroupArn"]
                for service in self._state.services.values()
                for entry in service.raw.get("loadBalancers") or ()
            ]
            return {
                TARGETS: render_targets(self._state.target_groups.values(), served=served),
                LISTENERS: edge_rules.render(self._state.listeners.values()),
                ATTRIBUTES: attributes_conf(balancer),
            }

    def run(self) -> None:
        """Keep the edge up to date until the process ends."""
        version, complained = -1, False
        while not self._stop.is_set():
            version = self._state.wait(version=version, timeout_s=5.0)
            try:
                self.bring_up_to_date()
                complained = False
            except EdgeError as error:
                if not complained:
                    log.warning("edge: %s; trying again", error)
                    complained = True
                self._stop.wait(_RETRY_S)
                version = -1

    def bring_up_to_date(self) -> bool:
        """Write the files that differ from the edge's; return whether any did."""
        texts = self.wanted()
        if self._written is None:
            self._written = {name: self._files.read(name) for name in texts}
        changed = {name: text for name, text in texts.items() if self._written[name] != text}
        for name, text in changed.items():
            # Whether a call that fails has done its work is unknown, so it is made again.
            self._written[name] = None
            self._files.replace(name, text=text)
            if name == ATTRIBUTES:
                self._files.reload()
            self._written[name] = text
        if changed:
            with self._state.condition:
                self._state.condition.notify_all()
        return bool(changed)

    def current(self) -> bool:
        """Return whether the edge has the current files."""
        return self._written is None or self._written == self.wanted()
