"""The normal form of observations: names of a target, ids and times become placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.target.access import Access

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b[0-9a-f]{16,64}\b"), "<id>"),
    (re.compile(r"\bip-\d+-\d+-\d+-\d+\S*"), "<address>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"(?<=:secret:)(\S+?)-[A-Za-z0-9]{6}(?![\w-])"), r"\1-<suffix>"),
)


@dataclass(frozen=True)
class NormalForm:
    """Placeholders for the names of a target."""

    names: Mapping[str, str]
    """Name -> placeholder."""

    def of_text(self, text: str) -> str:
        """Replace names, the longest first, then ids, times and addresses."""
        for name in sorted(self.names, key=len, reverse=True):
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", self.names[name], text)
        for pattern, placeholder in _PATTERNS:
            text = pattern.sub(placeholder, text)
        return text

    def of_value(self, value: Any) -> Any:
        """Replace in a text, and in each text of a list or an object."""
        if isinstance(value, str):
            return self.of_text(value)
        if isinstance(value, list):
            return [self.of_value(entry) for entry in value]
        if isinstance(value, Mapping):
            return {key: self.of_value(entry) for key, entry in value.items()}
        return value


def normal_form(access: Access) -> NormalForm:
    """Return the normal form for the names of a target."""
    return NormalForm({name: f"<{placeholder}>" for placeholder, name in _names(access) if name})


def _names(access: Access) -> Iterator[tuple[str, str]]:
    yield from (("account", access.account_id), ("region", access.region))
    yield from (("cluster", access.cluster), ("database", access.database))
    yield from (("proxy", access.proxy_endpoint), ("server", access.cluster_endpoint))
    yield from (("target group", access.target_group), ("balancer", access.load_balancer))
    yield from (("cookie", access.session_cookie), ("url", access.public_url.rstrip("/")))
    yield ("host", access.public_url.rstrip("/").partition("://")[2])
    yield from access.resources.items()
    for name, service in access.services.items():
        yield f"service {name}", service
