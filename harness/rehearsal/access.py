"""Where a local stack is reached: production's names, and its components' addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.aws import efs
from harness.inputs.files.container_images import IDLE
from harness.stack.components import control, edge, emulator, mysql, proxy
from harness.stack.network import members
from harness.target.access import Access
from harness.target.naming import names_in

if TYPE_CHECKING:
    from harness.core.runs import Run
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.production import Production
    from harness.stack.component import Addresses


def access_to(production: Production, *, run: Run, vendor: str) -> Access:
    """Describe a stack of which nothing runs yet: its addresses are empty."""
    overlay, access = production.config.overlay, names_in(production)
    return replace(
        access,
        run=run.id,
        run_dir=str(run.directory),
        ca_file=str(run.directory / "ca.pem"),
        openings=members.openings(production),
        security_tracker=production.config.security_tracker,
        schedule=_emulated(access.schedule, production.schedule),
        further_schedules={
            schedule.full_name: _newest(access.further_schedules[schedule.full_name], schedule)
            for schedule in production.schedules.values()
            if schedule.full_name in access.further_schedules
        },
        vendor=vendor,
        overlay={
            "environment": dict(overlay.environment),
            "files": dict(overlay.files),
            "cpu_architecture": overlay.cpu_architecture or "",
            "connection_sharing": overlay.connection_sharing,
            "idle": {
                f"{definition.family}/{container.name}": container.image
                for definition in production.definitions
                for container in definition.containers
                if production.images_beside_app.get(container.image) == IDLE
            },
            "volumes": {
                f"{definition.family}/{container.name}:{path}": str(volume)
                for definition in production.definitions
                for container in definition.containers
                for path, volume in efs.mounts_in(
                    definition.raw, container.raw.get("mountPoints") or ()
                ).items()
            },
        },
    )


def _emulated(schedule: Mapping[str, Any], files: Schedule | None) -> Mapping[str, Any]:
    """Add the queue through which the emulator's ticks come to control."""
    if files is None:
        return schedule
    run_task = _newest(schedule["run_task"], files)
    return {**schedule, "run_task": run_task, "queue": files.queue}


def _newest(run_task: Mapping[str, Any], files: Schedule) -> dict[str, Any]:
    """Name the family's newest: production's revision has another number here."""
    return {**run_task, "taskDefinition": files.definition.family}


def with_addresses(access: Access, addresses: Mapping[str, Addresses]) -> Access:
    """Fill in where the components that run so far are reached."""

    def address(component: str, port: int) -> str:
        return addresses[component][port] if component in addresses else ""

    def url(component: str, port: int) -> str:
        endpoint = address(component, port)
        return f"http://{endpoint}" if endpoint else ""

    return replace(
        access,
        https=address("edge", edge.HTTPS_PORT),
        http=address("edge", edge.HTTP_PORT),
        emulator=url("emulator", emulator.PORT),
        control=url("control", control.PORT),
        proxy=address("proxy", proxy.PORT),
        mysql=address("mysql", mysql.PORT),
        cache=address("cache", access.cache_port),
    )
