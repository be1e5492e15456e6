"""Control reads the harness's settings; the harness reads control's events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import runs
from harness.inputs import production
from harness.rehearsal.plan import control_settings
from harness.stack.components import control
from harness.stack.network import members
from harness.stack.network.addresses import Tier
from harness.standins import contract
from harness.standins.control.state import settings

if TYPE_CHECKING:
    pass

ROOT = Path(__file__).resolve().parents[3]


def tiers() -> dict[str, Tier]:
    from tests.unit.inputs.files.test_security_groups import TIERS

    return TIERS


def test_control_reads_the_settings_that_the_harness_writes(tmp_path: Path) -> None:
    loaded = production.load({}, cwd=ROOT)
    written = control_settings(
        loaded,
        run=runs.new_run(tmp_path),
        ca_pem="PEM",
        images={"app": "sha256:app", "pause": "sha256:pause"},
        rules=members.packet_rules(loaded, tiers=tiers()),
    )
    spec = control.component(settings=written, socket_path="/var/run/docker.sock", volume="v")
    path = tmp_path / "control.json"
    path.write_bytes(spec.files[contract.SETTINGS_PATH].content)
    assert settings.load(path) == written
    assert [tick.rule for tick in written.ticks] == ["tickets-schedule"]
    assert written.rules.tasks.groups


def test_events_come_back_from_the_log_and_other_lines_are_left_out() -> None:
    tick = contract.TickEvent(
        at=1.5, rule="r", id="i", due="2026-11-23T04:28:00Z", outcome="started", tasks=("arn",)
    )
    target = contract.TargetEvent(at=2.0, address="10.0.0.5", port=8080, state="healthy")
    log = [
        "2026-11-23 04:43:31,000 INFO control is ready",
        contract.to_line(tick),
        "{no JSON",
        json.dumps({"event": "of a later version"}),
        contract.to_line(target),
    ]
    assert list(contract.events_in(log)) == [tick, target]
    assert contract.time_of(tick).timestamp() == 1.5
