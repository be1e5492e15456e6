"""Which services a configuration needs, filled in: names, certificates, secrets, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core.errors import ConfigError
from harness.core.redact import Secret
from harness.inputs import (
    iam_roles,
    load_balancer,
    secret_values,
    task_definitions,
)
from harness.rehearsal import aws_resources
from harness.stack import certificates, engine
from harness.stack.certificates import Certificates
from harness.stack.components import control, edge, emulator, mysql, proxy
from harness.stack.network import members
from harness.stack.stack import Planned
from harness.target.clients.mysql import Account

if TYPE_CHECKING:
    from harness.core.runs import Run
    from harness.inputs.config import Config
    from harness.stack.network.addresses import Tier

_UNNAMED_ACCOUNT = "app"


SERVICES = ("emulator", "control", "mysql", "proxy", "edge")
"""The slowest to boot first."""


@dataclass(frozen=True)
class Materials:
    """What is made anew for each stack."""

    secrets: Mapping[str, Secret]
    """SecretString by name."""
    certificates: Certificates
    account: Account

    @classmethod
    def make(cls, config: Config) -> Materials:
        """Make secrets and certificates; the database's account is the one its secret names.

        A secret that lacks the user name or the password is a mistake that the tasks will meet, not
        a reason to have no database: the account then has a password that nobody knows.
        """
        secrets = secret_values.make(config.secrets)
        fields = secret_values.fields(secrets[config.database.secret])
        password = fields.get("password") or secret_values.GENERATE["password"]()
        return cls(
            secrets=secrets,
            certificates=certificates.create(
                {
                    "edge": (config.public_host,),
                    "proxy": (config.database.proxy_endpoint,),
                    "mysql": (config.database.cluster_endpoint,),
                }
            ),
            account=Account(
                schema=config.database.name,
                username=fields.get("username") or _UNNAMED_ACCOUNT,
                password=Secret(password),
            ),
        )


def planned_services(
    config: Config,
    *,
    run: Run,
    materials: Materials,
    images: Mapping[str, str],
    tiers: Mapping[str, Tier],
) -> tuple[Planned, ...]:
    """Return the services, in the order of ``SERVICES``.

    Raises:
        ConfigError: The task definitions or the security groups contradict each other.
    """
    ca_pem, certificates = materials.certificates.ca_pem, materials.certificates
    database = config.database

    def login(endpoint: str) -> dict[str, Any]:
        return {"endpoint": endpoint, "ca_pem": ca_pem, "account": materials.account}

    return (
        Planned(
            emulator.spec(),
            lambda ports: emulator.probe(ports, account_id=config.account_id, region=config.region),
        ),
        Planned(
            control.spec(
                settings={
                    **control_settings(config, run=run, ca_pem=ca_pem, images=images),
                    "rules": members.packet_rules(config, tiers=tiers),
                },
                socket_path=engine.socket_path(),
                volume=volume_name(run),
            ),
            control.probe,
        ),
        Planned(
            mysql.spec(
                certificate=certificates.server("mysql"), **login(database.cluster_endpoint)
            ),
            lambda ports: mysql.probe(ports, **login(database.cluster_endpoint)),
        ),
        Planned(
            proxy.spec(
                endpoint=database.proxy_endpoint,
                cluster_endpoint=database.cluster_endpoint,
                ca_pem=ca_pem,
                certificate=certificates.server("proxy"),
            ),
            lambda ports: proxy.probe(ports, **login(database.proxy_endpoint)),
        ),
        Planned(
            edge.spec(public_host=config.public_host, certificate=certificates.server("edge")),
            lambda ports: edge.probe(ports, public_host=config.public_host, ca_pem=ca_pem),
        ),
    )


def check(config: Config) -> None:
    """Read the app's files of ECS, the load balancer and IAM: what is wrong is said at once.

    Raises:
        ConfigError: Naming the file, the key and the remedy.
    """
    _references(config)
    load_balancer.load_balancer(config.load_balancer)
    load_balancer.target_group(config.target_group)
    iam_roles.read(config.app_context)


def volume_name(run: Run) -> str:
    """Name of the volume through which pause containers reach control."""
    return run.name("control")


def control_settings(
    config: Config, *, run: Run, ca_pem: str, images: Mapping[str, str]
) -> dict[str, Any]:
    """Return the content of control's settings file."""
    return {
        "run": run.id,
        "home": str(run.home),
        "owner": run.owner,
        "account_id": config.account_id,
        "region": config.region,
        "cluster": config.cluster,
        "aws_endpoint_url": f"http://emulator:{emulator.PORT}",
        "task_networks": {role: run.name(role) for role in members.TASK_NETWORKS},
        "edge_container": run.name("edge"),
        "pause_image": images["pause"],
        "images": dict.fromkeys(_references(config), images["app"]),
        "ticks": _ticks(config),
        "roles_known": bool(iam_roles.read(config.app_context)),
        "overlay": {
            "environment": dict(config.overlay.environment),
            "files": dict.fromkeys(config.overlay.files, ca_pem),
        },
    }


def _ticks(config: Config) -> dict[str, Any]:
    """Say which queue stands for the rule's ECS target, and what that target is on AWS."""
    if config.schedule is None:
        return {}
    (rule,) = config.schedule.rule.inputs_of("PutRule")
    (target,) = config.schedule.rule.inputs_of("PutTargets")[0]["Targets"]
    name = str(rule["Name"])
    return {"rule": name, "queue": aws_resources.ticks_queue(name), "target": target}


def _references(config: Config) -> set[str]:
    """Every image reference in the task definitions stands for the one app image.

    Raises:
        ConfigError: The task definitions name different images, or do not fit their services.
    """
    for files in config.services.values():
        task_definitions.load_service(
            files.service, definition=task_definitions.load(files.task_definition)
        )
    paths = [files.task_definition for files in config.services.values()]
    if config.schedule is not None:
        paths.append(config.schedule.task_definition)
    found = {
        container.image: path
        for path in paths
        for container in task_definitions.load(path).containers
    }
    if len(found) > 1:
        names = "; ".join(f"{path}: {image}" for image, path in sorted(found.items()))
        raise ConfigError(
            "the task definitions name different images",
            state=names,
            hint="all containers of the app run one image; give each the same tag or digest",
        )
    return set(found)
