"""The removal of everything that a run made, and the sweep of dead runs."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import runs
from harness.core.components import COMPONENTS
from harness.core.labels import (
    LABEL_HOME,
    LABEL_OWNER,
    LABEL_ROLE,
    LABEL_RUN,
)
from harness.core.wait import Deadline, DeadlinePassed, NotYet, Ready, wait_until

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container
from harness.stack.logs import containers_of, save

REMOVAL_ORDER = ("control", "task", "pause", *(c for c in reversed(COMPONENTS) if c != "control"))
"""The reverse of the start; ``control`` goes first, or it would replace the tasks that go."""


_WORKERS = 8


_REMOVED_WITHIN_S = 5.0


_SETTLED_WITHIN_S = 2.0


def remove_run(client: docker.DockerClient, run_id: str) -> None:
    """Remove every container, network and volume of one run, and nothing else.

    The engine may still finish the last request of ``control``, and a network is held until its
    last endpoint is gone: passes are made until nothing is left, or a time has passed.
    """

    def one_pass() -> Ready | NotYet:
        _remove_all(client, run_id)
        left = _left(client, run_id)
        return NotYet(f"{left} are left") if left else Ready()

    # What cannot be removed at all is found again by the next sweep.
    with contextlib.suppress(DeadlinePassed):
        wait_until(one_pass, deadline=Deadline(_REMOVED_WITHIN_S), interval_s=0.3)


def _left(client: docker.DockerClient, run_id: str) -> int:
    mine = {"label": f"{LABEL_RUN}={run_id}"}
    networks = client.networks.list(filters=mine)
    volumes = client.volumes.list(filters=mine)
    return len(containers_of(client, run_id)) + len(networks) + len(volumes)


def _remove_all(client: docker.DockerClient, run_id: str) -> None:
    for container in containers_of(client, run_id):
        if container.labels.get(LABEL_ROLE) == "control":
            _remove(container)
    _settle(client, run_id)
    by_role: dict[str, list[Container]] = {}
    for container in containers_of(client, run_id):
        by_role.setdefault(container.labels.get(LABEL_ROLE, ""), []).append(container)
    rest = [role for role in by_role if role not in REMOVAL_ORDER]
    waves = [["task", *rest], list(REMOVAL_ORDER[2:])]
    with ThreadPoolExecutor(_WORKERS) as pool:
        for roles in waves:
            wave = [container for role in roles for container in by_role.get(role, [])]
            list(pool.map(_remove, wave))
        mine = {"label": f"{LABEL_RUN}={run_id}"}
        list(pool.map(_remove_network, client.networks.list(filters=mine)))
        list(pool.map(_remove, client.volumes.list(filters=mine)))


def _settle(client: docker.DockerClient, run_id: str) -> None:
    """Let the engine end the last requests of control.

    A container removed while it is connected to a network leaves an endpoint that Docker 20.10
    never gives back.
    """

    def probe() -> Ready | NotYet:
        starting = [c for c in containers_of(client, run_id) if c.status == "created"]
        return NotYet(f"{len(starting)} are starting") if starting else Ready()

    with contextlib.suppress(DeadlinePassed):
        wait_until(probe, deadline=Deadline(_SETTLED_WITHIN_S), interval_s=0.1)


def _remove_network(network: Any) -> None:
    """Remove a network; an endpoint that a killed container left behind is cut off first."""
    import docker.errors

    with contextlib.suppress(docker.errors.NotFound):
        network.reload()
        for container_id in network.attrs.get("Containers") or {}:
            with contextlib.suppress(docker.errors.APIError):
                network.disconnect(container_id, force=True)
    _remove(network)


def _remove(resource: Any) -> None:
    import docker.errors

    # 404: it is gone already; 409: its removal is in progress. Both are success.
    with contextlib.suppress(docker.errors.APIError):
        if hasattr(resource, "image"):
            resource.remove(force=True, v=True)
        else:
            resource.remove()


def runs_in_engine(client: docker.DockerClient) -> dict[str, tuple[Path, str]]:
    """List the runs that have anything in the engine: id -> (home, owner)."""
    found: dict[str, tuple[Path, str]] = {}
    mine: dict[str, str | list[str] | bool] = {"label": LABEL_RUN}
    resources = [
        *client.containers.list(all=True, ignore_removed=True, filters=mine),
        *client.networks.list(filters=mine),
        *client.volumes.list(filters=mine),
    ]
    for resource in resources:
        labels = _labels(resource)
        if LABEL_HOME in labels:
            found[labels[LABEL_RUN]] = (Path(labels[LABEL_HOME]), labels.get(LABEL_OWNER, ""))
    return found


def _labels(resource: Any) -> dict[str, str]:
    attrs = resource.attrs
    labels: dict[str, str] = attrs.get("Labels") or attrs.get("Config", {}).get("Labels") or {}
    return labels


def sweep(client: docker.DockerClient) -> list[str]:
    """Remove the leftovers of dead runs (their process was killed), never those of a living run.

    Returns:
        The ids of the runs that were removed.
    """
    swept = []
    for run_id, (home, owner) in runs_in_engine(client).items():
        if runs.is_alive(home, run_id, owner=owner):
            continue
        run = runs.find_run(home, run_id)
        if run is not None:
            save(run, containers_of(client, run_id))
            run.set_state(runs.STATE_STOPPED)
        remove_run(client, run_id)
        runs.clear_current(home, run_id=run_id)
        swept.append(run_id)
    return swept
