"""Clients of the emulator: the control image has the model of each service."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[5]


def test_the_control_image_keeps_the_models_that_it_uses() -> None:
    clients = ROOT / "harness/standins/control/agent/emulator_clients.py"
    used = set(re.findall(r'_client\("(\w+)"', clients.read_text()))
    dockerfile = (ROOT / "compose/control/Dockerfile").read_text()
    assert set(re.findall(r"! -name (\w+)", dockerfile)) == {*used, "ecs", "elbv2"}
