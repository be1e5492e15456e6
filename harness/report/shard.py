"""Shards: a share of the stories for each of several machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """One share of a rehearsal that is divided by story."""

    number: int
    """From 1 on."""
    total: int
    stories: Mapping[str, int]
    """Each story of the whole rehearsal -> the number of its shard; all shards have the same."""

    @property
    def name(self) -> str:
        """Its name, such as ``1/3``."""
        return f"{self.number}/{self.total}"

    def stories_of(self, number: int) -> tuple[str, ...]:
        """Return the stories of a shard of the same rehearsal."""
        return tuple(story for story, its in self.stories.items() if its == number)


@dataclass(frozen=True)
class Part:
    """One shard's report in a merged one."""

    name: str
    page: str
    """The address of its page, from the merged one."""
    seconds: float


def divide(weights: Mapping[str, float], *, total: int) -> dict[str, int]:
    """Return the shard of each story: the heaviest story first, to the lightest shard.

    The same weights give the same shards on every machine.
    """
    loads = dict.fromkeys(range(1, total + 1), 0.0)
    shards = {}
    for story, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
        number = min(loads, key=lambda shard: (loads[shard], shard))
        loads[number] += weight
        shards[story] = number
    return dict(sorted(shards.items()))


def weights(counts: Mapping[str, int], *, seconds: Mapping[str, float]) -> dict[str, float]:
    """Return the weight of each story: its duration, or else that of as many average scenarios.

    Args:
        counts: The number of scenarios of each story.
        seconds: The duration of each story in an earlier rehearsal; empty: by count.
    """
    timed = sum(counts[story] for story in counts if story in seconds)
    average = sum(seconds[story] for story in counts if story in seconds) / timed if timed else 1.0
    return {story: seconds.get(story, average * count) for story, count in counts.items()}
