"""The order in which a stack comes up; nothing is started here, each step only notes its turn."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.core import runs
from harness.core.components import COMPONENTS
from harness.core.errors import HarnessError
from harness.core.steps import Step, Steps
from harness.inputs import production, secret_values
from harness.rehearsal import plan
from harness.rehearsal.bringup import Bringup
from harness.stack.network import members
from tests.project import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROOT = Path(__file__).resolve().parents[3]
RESOURCES = {
    "secrets",
    "parameters",
    "environment files",
    "roles",
    "cluster",
    "load balancer",
    "bucket",
    "queues",
    "identity",
}


class NotedSteps(Steps):
    """Real steps, in their real order, with replaced work."""

    def __init__(self, *, fails: str = "") -> None:
        super().__init__(progress=lambda *_: None)
        self.fails = fails
        self.order: list[str] = []
        self.needs: dict[str, set[str]] = {}
        self._order_lock = threading.Lock()

    def add(
        self,
        name: str,
        work: Callable[[], object],
        *,
        needs: Iterable[Step] = (),
        group: str = "step",
        states: tuple[str, str] = ("working", "done"),
    ) -> Step:
        needed = list(needs)
        self.needs[name] = {step.name for step in needed}
        return super().add(name, partial(self._note, name), needs=needed)

    def _note(self, name: str) -> None:
        if name == self.fails:
            raise HarnessError(f"{name} failed")
        with self._order_lock:
            self.order.append(name)

    def before(self, name: str) -> set[str]:
        """Return every step that must be done before this one."""
        needed = self.needs[name]
        return needed.union(*map(self.before, needed))


@pytest.fixture(scope="module")
def bringup(tmp_path_factory: pytest.TempPathFactory) -> Bringup:
    unused: Any = None
    return Bringup(
        production=production.load({}, cwd=ROOT),
        run=runs.new_run(tmp_path_factory.mktemp("home")),
        client=unused,
        progress=lambda *_: None,
        images=unused,
    )


def come_up(bringup: Bringup, steps: NotedSteps) -> NotedSteps:
    with steps:
        bringup.add_steps(steps)
        steps.finish()
    return steps


def test_every_step_comes_after_those_that_it_needs(bringup: Bringup) -> None:
    steps = come_up(bringup, NotedSteps())
    assert steps.order[0] == "networks"
    assert {*COMPONENTS} - {"cache"} < set(steps.order)
    assert "cache" not in steps.order
    for name, needed in steps.needs.items():
        assert all(steps.order.index(step) < steps.order.index(name) for step in needed)


def test_the_web_tasks_start_before_the_database_answers(bringup: Bringup) -> None:
    before = come_up(bringup, NotedSteps()).before("service web")
    assert before == {"networks", "emulator", "control", "edge", *RESOURCES}


def test_the_tables_are_there_before_the_other_services_and_the_schedule(bringup: Bringup) -> None:
    steps = come_up(bringup, NotedSteps())
    assert {"web task healthy", "mysql", "proxy"} < steps.before("first run")
    for name in ("service worker", "schedule tickets-schedule"):
        assert "first run" in steps.before(name)
    assert steps.before("services up") >= {"service web", "service worker"}


def test_without_a_proxy_the_database_is_enough(bringup: Bringup) -> None:
    config = bringup.production.config
    database = config.database.model_copy(update={"proxy_endpoint": None})
    bringup.production = replace(bringup.production, config=replace(config, database=database))
    steps = come_up(bringup, NotedSteps())
    assert "proxy" not in steps.order
    assert "mysql" in steps.before("first run")


def test_the_first_run_waits_for_the_cache_that_production_has(tmp_path: Path) -> None:
    files = production.load({}, cwd=copy_of("valkey", tmp_path).root)
    unused: Any = None
    app_bringup = Bringup(files, runs.new_run(tmp_path / "home"), unused, lambda *_: None, unused)
    assert "cache" in come_up(app_bringup, NotedSteps()).before("first run")
    materials, settings = (
        app_bringup.materials,
        plan.cache_settings(files, token=app_bringup.materials.cache_token),
    )
    assert materials.cache_token is not None
    assert settings is not None
    assert (settings.endpoint, settings.port, settings.tls, settings.cluster) == (
        *("master.atelier.k3y9ab.euw3.cache.amazonaws.com", 6379),
        *(True, False),
    )
    token = secret_values.fields(materials.secrets["atelier/cache"])["token"]
    assert materials.cache_token.reveal() == token
    assert "tasks -> cache port 6379" in map(str, members.openings(files))
    assert members.task_networks(files) == ("app", "data", "aws")


@pytest.mark.parametrize(
    ("fails", "never"),
    [
        ("networks", {*COMPONENTS}),
        ("emulator", {"secrets", "service web"}),
        ("mysql", {"first run", "service worker", "schedule tickets-schedule"}),
        ("first run", {"service worker", "schedule tickets-schedule", "services up"}),
    ],
)
def test_one_failing_step_ends_all(bringup: Bringup, fails: str, never: set[str]) -> None:
    steps = NotedSteps(fails=fails)
    with pytest.raises(HarnessError, match=f"^{fails} failed"):
        come_up(bringup, steps)
    assert never.isdisjoint(steps.order)
