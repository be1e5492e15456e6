"""Every variant, in bundles that are rehearsed together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.variants import (
    counts,
    defaults,
    definitions,
    images,
    laravel,
    mail,
    names,
    places,
    policies,
    resources,
    starts,
    storage,
    web,
)
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
        *definitions.ONE_DEFINITION,
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
        *web.APIS,
    ],
    "files as the AWS CLI prints them": [
        *definitions.PRINTED,
        images.SUPERVISED,
        *policies.FOLDERS,
        *laravel.ROUTES,
    ],
    "another image": [
        *images.OVER_TCP,
        *images.HEALTH_CHECKS,
        *definitions.FIELDS,
        *policies.POLICIES,
        *storage.QUEUE_POLICIES,
        *storage.RULES,
    ],
    "Apache": [
        images.WITH_APACHE,
        *definitions.COMMANDS,
        *storage.BUCKETS,
        *mail.BY_SMTP,
        *laravel.STORES,
        *laravel.LOGS,
        *laravel.ADDRESSES,
    ],
    "other starts": [*laravel.STATEMENTS, *laravel.QUEUES, *starts.STARTS, *mail.BY_SMTP_OVER_TLS],
    "another nginx": [
        *images.SERVERS,
        *images.REDIRECTS,
        *images.PHP_CHECKS,
        *policies.GROUPS,
        *storage.PARAMETERS,
        *storage.FIFO_QUEUES,
        *storage.ACCOUNTS,
        *laravel.DISKS,
        *laravel.SCHEDULED,
    ],
}
