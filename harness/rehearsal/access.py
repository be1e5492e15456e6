"""Where a local stack is reached: production's names, and its components' addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.aws import eventbridge
from harness.inputs.container_images import IDLE
from harness.stack.components import control, edge, emulator, mysql, proxy
from harness.stack.network import members
from harness.target.access import Access
from harness.target.pages import pages_from

if TYPE_CHECKING:
    from harness.core.runs import Run
    from harness.inputs.production import Production, Schedule
    from harness.stack.component import Addresses


def access_to(production: Production, *, run: Run, vendor: str) -> Access:
    """Describe a stack of which nothing runs yet: its addresses are empty."""
    config, reached = production.config, production.services[production.web].reached
    return Access(
        public_url=config.public_url,
        run=run.id,
        run_dir=str(run.directory),
        ca_file=str(run.directory / "ca.pem"),
        account_id=config.account_id,
        region=config.region,
        cluster=config.cluster,
        proxy_endpoint=config.database.proxy_endpoint,
        cluster_endpoint=config.database.cluster_endpoint,
        database=config.database.name,
        services={name: service.name for name, service in production.services.items()},
        web=production.web,
        worker=production.worker,
        php_containers=production.php_containers,
        web_container=str(reached["containerName"]),
        web_port=int(reached["containerPort"]),
        target_group=str(production.target_group["TargetGroup"]["Name"]),
        load_balancer=str(production.load_balancer["LoadBalancer"]["Name"]),
        session_cookie=production.session_cookie,
        secrets={
            "db": config.database.secret,
            **({"probe": config.probe.secret} if config.probe else {}),
        },
        secret_names=tuple(config.secrets),
        probe_key_name=config.probe.key if config.probe else "",
        resources=production.resource_names,
        schedule=_schedule(production.schedule),
        pages=pages_from(config.pages),
        writable_paths=config.writable_paths,
        ways=members.ways(production),
        vendor=vendor,
        overlay={
            "environment": dict(config.overlay.environment),
            "files": dict(config.overlay.files),
            "idle": {
                f"{given.family}/{one.name}": one.image
                for given in production.definitions
                for one in given.containers
                if production.images_beside_app.get(one.image) == IDLE
            },
        },
    )


def _schedule(schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return {}
    return {"run_task": eventbridge.run_task_input(schedule.target), "queue": schedule.queue}


def with_addresses(access: Access, addresses: Mapping[str, Addresses]) -> Access:
    """Fill in where the components that run so far are reached."""

    def address(component: str, port: int) -> str:
        return addresses[component][port] if component in addresses else ""

    def url(component: str, port: int) -> str:
        found = address(component, port)
        return f"http://{found}" if found else ""

    return replace(
        access,
        https=address("edge", edge.HTTPS_PORT),
        http=address("edge", edge.HTTP_PORT),
        emulator=url("emulator", emulator.PORT),
        control=url("control", control.PORT),
        proxy=address("proxy", proxy.PORT),
        mysql=address("mysql", mysql.PORT),
    )
