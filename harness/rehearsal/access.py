"""From a configuration and the published ports to where everything is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.aws import eventbridge
from harness.inputs import (
    load_balancer,
    problem,
    task_definitions,
)
from harness.rehearsal import aws_resources
from harness.stack.components import control, edge, emulator, mysql, proxy
from harness.stack.network import members
from harness.stack.stack import Ports
from harness.target.access import Access

if TYPE_CHECKING:
    from harness.core.runs import Run
    from harness.inputs.config import Config
from harness.rehearsal.plan import _ticks


def _schedule(ticks: Mapping[str, Any]) -> dict[str, Any]:
    if not ticks:
        return {}
    return {"run_task": eventbridge.run_task_input(ticks["target"]), "queue": ticks["queue"]}


def access_to(config: Config, *, run: Run, ports: Mapping[str, Ports], vendor: str) -> Access:
    """Say where everything that runs so far can be reached; what does not run yet is empty."""

    def address(service: str, port: int) -> str:
        return f"127.0.0.1:{ports[service][port]}" if service in ports else ""

    def url(service: str, port: int) -> str:
        found = address(service, port)
        return f"http://{found}" if found else ""

    ticks = _ticks(config)
    web = task_definitions.load(config.services["web"].task_definition).containers[0]
    return Access(
        public_url=config.public_url,
        run=run.id,
        run_dir=str(run.directory),
        https=address("edge", edge.HTTPS_PORT),
        http=address("edge", edge.HTTP_PORT),
        emulator=url("emulator", emulator.PORT),
        control=url("control", control.PORT),
        proxy=address("proxy", proxy.PORT),
        mysql=address("mysql", mysql.PORT),
        ca_file=str(run.directory / "ca.pem"),
        account_id=config.account_id,
        region=config.region,
        cluster=config.cluster,
        proxy_endpoint=config.database.proxy_endpoint,
        cluster_endpoint=config.database.cluster_endpoint,
        database=config.database.name,
        services={
            name: str(problem.load_json(files.service)["serviceName"])
            for name, files in config.services.items()
        },
        target_group=str(load_balancer.target_group(config.target_group)["TargetGroup"]["Name"]),
        load_balancer=str(
            load_balancer.load_balancer(config.load_balancer)["LoadBalancer"]["Name"]
        ),
        session_cookie=web.environment.get("SESSION_COOKIE", ""),
        secrets={"app": config.probe_secret, "db": config.database.secret},
        probe_key_name=config.probe_key,
        resources=aws_resources.names(config),
        schedule=_schedule(ticks),
        writable_paths=config.writable_paths,
        ways=members.ways(config),
        vendor=vendor,
        overlay={
            "environment": dict(config.overlay.environment),
            "files": dict(config.overlay.files),
        },
    )
