"""Every variant, in bundles that are rehearsed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.variants import counts, names, places
from tests.variants.variant import Variant

BUNDLES: Mapping[str, Sequence[Variant]] = {
    "another place": places.PLACES,
    "GovCloud": places.GOVERNMENT,
    "other names": names.NAMES,
    "three web tasks, one worker": counts.MANY_WEB_TASKS,
    "one web task, four workers": counts.ONE_WEB_TASK,
    "four web tasks, three workers": counts.FOUR_WEB_TASKS,
}
