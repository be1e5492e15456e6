"""The pytest plugin: its options, and how it notices that scenarios are replayed.

It is loaded in every pytest run of an environment that has the harness installed. Until a scenario
is collected, or an xdist worker reports one, it changes nothing there; then it registers the
fixtures (`fixtures`), the hooks of a scenario (`hooks`) and of the report (`collector`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.replay import acceptance, markers
from harness.target.target import LOCAL, NAMES

if TYPE_CHECKING:
    from harness.target.target import Target

_NAME = "cutover-scenarios"


class Hooks:
    """Hooks that a project, or a test of this plugin, may implement."""

    @pytest.hookspec(firstresult=True)
    def pytest_cutover_target(self, config: pytest.Config, name: str) -> Target | None:
        """Return the target of this name instead of the one that cutover.toml describes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a replay."""
    group = parser.getgroup("cutover", "replaying the cutover's scenarios")
    group.addoption(
        "--cutover-target",
        choices=NAMES,
        default=LOCAL,
        help="where the scenarios run: the local stack, production's URL, or AWS (default: local)",
    )
    group.addoption(
        "--cutover-url",
        metavar="URL",
        default="",
        help="the address of the target url (default: app.url of cutover.toml)",
    )
    group.addoption(
        "--cutover-report-dir",
        metavar="DIR",
        default="",
        help="where report.html, report.json and junit.xml go (default: the run's directory)",
    )
    group.addoption(
        "--cutover-second-pass",
        metavar="DIR",
        default="",
        help="the report of the first pass, whose red scenarios run again",
    )
    group.addoption(
        "--cutover-shard",
        metavar="JSON",
        default="",
        help="the share of the stories that are replayed, and all stories with their shards",
    )
    group.addoption(
        "--cutover-catalog",
        metavar="FILE",
        default="",
        help="write the collected scenarios with their labels to this file, as JSON",
    )
    parser.addini(
        markers.FOLDERS,
        "folders with scenarios only: a test in them without a truth label is an error",
        type="paths",
        default=[],
    )
    parser.addini(
        acceptance.OPTION, "known red scenarios, each as JSON", type="linelist", default=[]
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add this plugin's own hooks."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_configure(config: pytest.Config) -> None:
    """Describe the markers; wait for the first scenario."""
    for description in markers.DESCRIPTIONS:
        config.addinivalue_line("markers", description)
    config.pluginmanager.register(_FirstScenario(config), "cutover-first-scenario")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say at once that nothing is up when xdist's controller, which collects nothing, starts."""
    config = session.config
    chosen = [Path(arg.partition("::")[0]).absolute() for arg in config.args]
    spread = config.getoption("dist", "no") != "no"
    if spread and any(markers.in_scenario_folder(path, config) for path in chosen):
        _register(config)
        from harness.replay.replay_state import need_target

        need_target(config)


class _FirstScenario:
    """Registers the rest of the plugin when the first scenario appears."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path) -> None:
        """Notice a module in a folder of scenarios."""
        if markers.in_scenario_folder(module_path, self._config):
            _register(self._config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector, obj: object) -> None:
        """Notice a scenario by its label, anywhere else."""
        if markers.has_truth_label(collector, obj):
            _register(self._config)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notice a scenario that a worker of xdist reports."""
        if "cutover" in vars(report):
            _register(self._config)


def _register(config: pytest.Config) -> None:
    if config.pluginmanager.has_plugin(_NAME):
        return
    # What these import is none of another project's business.
    from harness.replay import collector, fixtures, fixtures_background, fixtures_pages, hooks
    from harness.replay.replay_state import REPLAY, Replay

    config.stash[REPLAY] = Replay(config.getoption("--cutover-target"))
    config.pluginmanager.register(hooks, _NAME)
    config.pluginmanager.register(fixtures, "cutover-fixtures")
    config.pluginmanager.register(fixtures_background, "cutover-fixtures-background")
    config.pluginmanager.register(fixtures_pages, "cutover-fixtures-pages")
    config.pluginmanager.register(collector.Collector(config), "cutover-collector")
