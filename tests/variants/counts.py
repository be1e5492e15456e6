"""Other numbers of tasks."""

from __future__ import annotations

from tests.mistakes.edits import WEB_SERVICE, WORKER_SERVICE
from tests.variants.edits import update
from tests.variants.variant import Variant


def tasks(service: str, count: int) -> Variant:
    kind = "web" if service == WEB_SERVICE else "worker"
    return Variant(f"{count} {kind} task{'s' * (count != 1)}", update(service, desiredCount=count))


MANY_WEB_TASKS = [tasks(WEB_SERVICE, 3), tasks(WORKER_SERVICE, 1)]
ONE_WEB_TASK = [tasks(WEB_SERVICE, 1), tasks(WORKER_SERVICE, 4)]
FOUR_WEB_TASKS = [tasks(WEB_SERVICE, 4), tasks(WORKER_SERVICE, 3)]
