"""The removal of everything that a run made, and the sweep of dead runs."""

from __future__ import annotations

import contextlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import runs
from harness.core.components import COMPONENTS
from harness.core.labels import (
    LABEL_HOME,
    LABEL_OWNER,
    LABEL_PLACE,
    LABEL_ROLE,
    LABEL_RUN,
)
from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until
from harness.stack.engine import parse_time
from harness.stack.logs import containers_of, save
from harness.standins.contract import IDLE_WITHIN_S

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container
    from docker.models.networks import Network

REMOVAL_ORDER = ("control", "task", "pause", *(c for c in reversed(COMPONENTS) if c != "control"))
"""The reverse of the start; ``control`` goes first, or it would replace the tasks that go."""

_WORKERS = 8
_REMOVED_WITHIN_S = 20.0
"""A busy engine was seen to refuse a removal for 5 s, and to do it then."""
_SETTLED_WITHIN_S = 2.0


@dataclass(frozen=True)
class Remains:
    """A container, network or volume that the engine does not remove, with its words."""

    name: str
    answer: str


@dataclass(frozen=True)
class EngineRun:
    """A run that has something in the engine."""

    home: Path
    owner: str
    resources: int
    """Number of its containers, networks and volumes."""
    place: str = ""
    """The machine or container of its owner; empty where no label has it."""
    age_s: float = 0.0
    """Since the first of them was made."""

    def is_alive(self, run_id: str) -> bool:
        """Whether it is at work or was left up, as far as is known here."""
        return runs.is_alive(
            self.home, run_id, owner=self.owner, place=self.place, age_s=self.age_s
        )


@dataclass(frozen=True)
class Swept:
    """The result of a sweep."""

    runs: tuple[str, ...]
    """Ids of the runs of which something was removed."""
    remains: tuple[Remains, ...]


def end_control(client: docker.DockerClient, run_id: str) -> None:
    """End ``control``, which starts nothing from then on and has ended its begun work.

    Its log can still be read afterwards.
    """
    import docker.errors
    import requests

    for container in containers_of(client, run_id):
        if container.labels.get(LABEL_ROLE) == "control" and container.status == "running":
            # What does not end by itself is killed when it is removed.
            with contextlib.suppress(docker.errors.APIError, requests.RequestException):
                container.stop(timeout=ceil(IDLE_WITHIN_S) + 1)


def remove_run(client: docker.DockerClient, run_id: str) -> list[Remains]:
    """Remove every container, network and volume of one run, and nothing else.

    The engine may still finish the last request of a killed process, and a network is held until
    its last endpoint is gone: passes are made until nothing is left, or a time has passed. Where a
    run has no container from the beginning, there is nothing to wait for.

    Returns:
        What is still there.
    """
    end_control(client, run_id)
    allowed_s = _REMOVED_WITHIN_S if containers_of(client, run_id) else 0.0
    remains: list[Remains] = []

    def one_pass() -> Ready | NotYet:
        left = _remove_containers(client, run_id)
        # An endpoint is cut off when nothing connects or leaves by itself any more.
        remains[:] = [*left, *_remove_rest(client, run_id, cut_off=not left)]
        return NotYet(f"{len(remains)} are left") if remains else Ready()

    with contextlib.suppress(DeadlinePassed):
        wait_until(one_pass, deadline=Deadline(allowed_s), interval_s=0.3)
    return remains


def _remove_containers(client: docker.DockerClient, run_id: str) -> list[Remains]:
    """Remove the containers of a run, the tasks' first, and return those that stay."""
    _settle(client, run_id)
    by_role: dict[str, list[Container]] = {}
    for container in containers_of(client, run_id):
        by_role.setdefault(container.labels.get(LABEL_ROLE, ""), []).append(container)
    rest = [role for role in by_role if role not in REMOVAL_ORDER]
    waves = [["control"], ["task", *rest], list(REMOVAL_ORDER[2:])]
    answers: dict[str, str] = {}
    kill = partial(_remove, force=True, v=True)
    with ThreadPoolExecutor(_WORKERS) as pool:
        for roles in waves:
            wave = [container for role in roles for container in by_role.get(role, [])]
            answers |= {
                leftover.name: leftover.answer for leftover in pool.map(kill, wave) if leftover
            }
    left = [str(container.name) for container in containers_of(client, run_id)]
    return [Remains(name, answers.get(name, "its removal has not ended")) for name in left]


def _settle(client: docker.DockerClient, run_id: str) -> None:
    """Let the engine end the last requests of a process that was killed.

    A container removed while it is connected to a network leaves an endpoint that Docker 20.10
    never gives back. What control has created and not started stays so, once it has ended well.
    """

    def probe() -> Ready | NotYet:
        containers = containers_of(client, run_id)
        of_control = ("task", "pause", "rules") if any(map(_is_ended_control, containers)) else ()
        starting = [
            container
            for container in containers
            if container.status == "created" and container.labels.get(LABEL_ROLE) not in of_control
        ]
        return NotYet(f"{len(starting)} are starting") if starting else Ready()

    with contextlib.suppress(DeadlinePassed):
        wait_until(probe, deadline=Deadline(_SETTLED_WITHIN_S), interval_s=0.1)


def _is_ended_control(container: Container) -> bool:
    state = container.attrs["State"]
    return bool(
        container.labels.get(LABEL_ROLE) == "control"
        and container.status == "exited"
        and state["ExitCode"] == 0
    )


def _remove_rest(client: docker.DockerClient, run_id: str, *, cut_off: bool) -> list[Remains]:
    """Remove the networks and volumes of a run, and return those that stay."""
    filters = {"label": f"{LABEL_RUN}={run_id}"}
    networks = client.networks.list(filters=filters)
    with ThreadPoolExecutor(_WORKERS) as pool:
        if cut_off:
            list(pool.map(_cut_off, networks))
        answers = pool.map(_remove, [*networks, *client.volumes.list(filters=filters)])
        return [leftover for leftover in answers if leftover is not None]


def _cut_off(network: Network) -> None:
    """Cut an endpoint off that a killed container left behind; the engine knows it by its name."""
    import docker.errors

    with contextlib.suppress(docker.errors.APIError):
        network.reload()
        for endpoint in (network.attrs.get("Containers") or {}).values():
            network.disconnect(endpoint["Name"], force=True)


def _remove(resource: Any, **options: bool) -> Remains | None:
    """Remove something; return the engine's refusal, if it is one."""
    import docker.errors

    try:
        resource.remove(**options)
    except docker.errors.NotFound:
        return None
    except docker.errors.APIError as error:
        return Remains(str(resource.name), str(error.explanation or error))
    return None


def runs_in_engine(client: docker.DockerClient) -> dict[str, EngineRun]:
    """List the runs that have anything in the engine, by id."""
    filters: dict[str, str | list[str] | bool] = {"label": LABEL_RUN}
    resources = [
        *client.containers.list(all=True, ignore_removed=True, filters=filters),
        *client.networks.list(filters=filters),
        *client.volumes.list(filters=filters),
    ]
    pairs = [(_labels(resource), _age_s(resource)) for resource in resources]
    entries = [(labels, age_s) for labels, age_s in pairs if LABEL_HOME in labels]
    counts = Counter(labels[LABEL_RUN] for labels, _ in entries)
    places = {
        labels[LABEL_RUN]: labels[LABEL_PLACE] for labels, _ in entries if LABEL_PLACE in labels
    }
    return {
        labels[LABEL_RUN]: EngineRun(
            Path(labels[LABEL_HOME]),
            labels.get(LABEL_OWNER, ""),
            counts[labels[LABEL_RUN]],
            places.get(labels[LABEL_RUN], ""),
            max(age_s for other, age_s in entries if other[LABEL_RUN] == labels[LABEL_RUN]),
        )
        for labels, _ in entries
    }


def _age_s(resource: Any) -> float:
    """Return the age of a container, network or volume by the engine's clock and ours."""
    creation = parse_time(resource.attrs.get("Created") or resource.attrs.get("CreatedAt") or "")
    return (datetime.now(UTC) - creation).total_seconds() if creation else 0.0


def _labels(resource: Any) -> dict[str, str]:
    attrs = resource.attrs
    labels: dict[str, str] = attrs.get("Labels") or attrs.get("Config", {}).get("Labels") or {}
    return labels


def sweep(client: docker.DockerClient) -> Swept:
    """Remove the leftovers of dead runs (their process was killed), never those of a living run."""
    swept: list[str] = []
    remains: list[Remains] = []
    for run_id, engine_run in runs_in_engine(client).items():
        if engine_run.is_alive(run_id):
            continue
        end_control(client, run_id)
        run = runs.find_run(engine_run.home, run_id)
        if run is not None:
            save(run, containers_of(client, run_id))
            run.set_state(runs.STATE_STOPPED)
        left = remove_run(client, run_id)
        runs.clear_current(engine_run.home, run_id=run_id)
        remains += left
        if len(left) < engine_run.resources:
            swept.append(run_id)
    return Swept(tuple(swept), tuple(remains))
