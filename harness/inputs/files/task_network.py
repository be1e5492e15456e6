"""Where tasks start: their subnets, security groups and public addresses, in either spelling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TaskNetwork:
    """An awsvpcConfiguration, as ECS spells its fields or with the capitals of EventBridge."""

    key: str
    """Where it is in its file."""
    content: Mapping[str, Any]
    has_capitals: bool = False

    @property
    def security_groups(self) -> tuple[str, ...]:
        """Ids of the groups that its tasks have."""
        return tuple(self.content.get(self.field("securityGroups")) or ())

    @property
    def subnets(self) -> tuple[str, ...]:
        """Ids of the subnets that its tasks are in."""
        return tuple(self.content.get(self.field("subnets")) or ())

    @property
    def has_public_address(self) -> bool:
        """Whether its tasks have one."""
        return self.content.get(self.field("assignPublicIp")) == "ENABLED"

    def field(self, name: str) -> str:
        """Return the name of a field as this file spells it."""
        return name[:1].upper() + name[1:] if self.has_capitals else name

    def key_of(self, name: str) -> str:
        """Return where a field is in the file."""
        return f"{self.key}.{self.field(name)}"
