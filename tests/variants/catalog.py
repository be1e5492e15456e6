"""Every variant, in bundles that are rehearsed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.variants import counts, defaults, definitions, laravel, names, places, resources, web
from tests.variants.variant import Variant

BUNDLES: Mapping[str, Sequence[Variant]] = {
    "another place": [*places.PLACES, *laravel.PLACES, *resources.LONG_POLLS],
    "GovCloud": [*places.GOVERNMENT, *definitions.SIZES, *web.COOKIES],
    "other names": names.NAMES,
    "three web tasks, one worker": [
        *counts.MANY_WEB_TASKS,
        *definitions.SERVICES,
        *resources.SHORT_POLLS,
    ],
    "one web task, four workers": [
        *counts.ONE_WEB_TASK,
        *defaults.DEFAULTS,
        *laravel.DEFAULTS,
        *resources.IDENTITIES,
    ],
    "four web tasks, three workers": [
        *counts.FOUR_WEB_TASKS,
        *web.BALANCERS,
        *web.SERVERS,
        *laravel.SCHEDULES,
    ],
    "other resources": [
        *resources.BUCKETS,
        *resources.RULES,
        *resources.ROLES,
        *resources.NETWORKS,
    ],
}
