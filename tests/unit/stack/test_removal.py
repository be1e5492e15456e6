"""Evidence and removal: a container without logs, or that stays, holds up nothing else."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import docker.errors

from harness.core import runs
from harness.core.labels import LABEL_HOME, LABEL_OWNER, LABEL_PLACE, LABEL_ROLE, LABEL_RUN
from harness.stack import logs, removal


@dataclass
class FakeContainer:
    labels: dict[str, str]
    said: bytes = b""
    dead: bool = False
    attrs: dict[str, Any] = field(
        default_factory=lambda: {
            "Config": {"Env": ["DB_HOST=proxy", "DB_PASSWORD=hunter2-hunter2"]}
        }
    )

    def logs(self, **_: Any) -> bytes:
        if self.dead:
            raise docker.errors.APIError("409 Conflict: can not get logs from a dead container")
        return self.said


def labels(role: str, **more: str) -> dict[str, str]:
    return {LABEL_ROLE: role, **more}


def test_a_dead_container_does_not_keep_the_others_logs_from_being_saved(tmp_path: Path) -> None:
    run = runs.new_run(tmp_path)
    containers: Any = [
        FakeContainer(labels("mysql"), dead=True),
        FakeContainer(labels("proxy"), b"up"),
    ]
    logs.save(run, containers)
    assert (run.directory / "services" / "proxy" / "stdout.log").read_text() == "up"


def test_inspect_data_holds_names_of_variables_and_no_values(tmp_path: Path) -> None:
    run = runs.new_run(tmp_path)
    containers: Any = [FakeContainer(labels("mysql"))]
    logs.save(run, containers)
    text = (run.directory / "services" / "mysql" / "inspect.json").read_text()
    assert "DB_PASSWORD" in text
    assert "hunter2" not in text


def test_what_control_injected_is_blanked_in_a_process_that_did_not_make_it(
    tmp_path: Path,
) -> None:
    run = runs.new_run(tmp_path)
    secret = {"cutover.ecs.secret-names": "DB_PASSWORD"}
    containers: Any = [FakeContainer(labels("task", **secret), b"password hunter2-hunter2")]
    logs.save(run, containers)
    assert "***" in (run.directory / "services" / "task" / "stdout.log").read_text()


REFUSAL = "error while removing network: network cutover-dead00-app id 1f has active endpoints"


@dataclass
class FakeNetwork:
    """A network with an endpoint that the engine never gives back."""

    home: Path
    name: str = "cutover-dead00-app"
    is_stuck: bool = True
    cut_off: list[str] = field(default_factory=list)
    removed: bool = False

    @property
    def attrs(self) -> dict[str, Any]:
        labels = {LABEL_RUN: "dead00", LABEL_HOME: str(self.home), LABEL_OWNER: "1:gone"}
        return {"Labels": labels, "Containers": {"ep-7a": {"Name": "cutover-dead00-task-pause"}}}

    def reload(self) -> None:
        pass

    def disconnect(self, name: str, *, force: bool) -> None:
        assert force
        self.cut_off.append(name)

    def remove(self) -> None:
        if self.is_stuck:
            raise docker.errors.APIError("403 Client Error", explanation=REFUSAL)
        self.removed = True


@dataclass
class Listing:
    items: list[Any] = field(default_factory=list)

    def list(self, **_: Any) -> list[Any]:
        return [container for container in self.items if not container.removed]


@dataclass
class FakeDocker:
    networks: Listing
    containers: Listing = field(default_factory=Listing)
    volumes: Listing = field(default_factory=Listing)


def test_what_the_engine_keeps_is_named_in_its_words_and_not_as_removed(tmp_path: Path) -> None:
    network = FakeNetwork(tmp_path)
    client: Any = FakeDocker(Listing([network]))
    began = time.monotonic()
    swept = removal.sweep(client)
    assert time.monotonic() - began < 1, "there was nothing to wait for"
    assert swept == removal.Swept(runs=(), remains=(removal.Remains(network.name, REFUSAL),))
    assert network.cut_off == ["cutover-dead00-task-pause"]

    network.is_stuck = False  # the engine was restarted
    assert removal.sweep(client) == removal.Swept(runs=("dead00",), remains=())


@dataclass
class FakeVolume:
    labels: dict[str, str]
    created: str
    removed: bool = False

    @property
    def attrs(self) -> dict[str, Any]:
        return {"Labels": self.labels, "CreatedAt": self.created}

    def remove(self) -> None:
        self.removed = True


def test_the_run_of_another_container_is_swept_when_it_is_old(tmp_path: Path) -> None:
    def volume(age: timedelta) -> FakeVolume:
        own = {LABEL_RUN: "other0", LABEL_HOME: str(tmp_path), LABEL_OWNER: "7:1"}
        own[LABEL_PLACE] = "0123abcd"
        return FakeVolume(own, (datetime.now(UTC) - age).isoformat())

    young, old = volume(timedelta(minutes=30)), volume(timedelta(days=1))
    client: Any = FakeDocker(Listing(), volumes=Listing([young]))
    assert removal.sweep(client).runs == ()
    client = FakeDocker(Listing(), volumes=Listing([young, old]))
    assert removal.sweep(client).runs == ("other0",)
