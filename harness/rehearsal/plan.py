"""Which components a configuration needs, filled in: names, certificates, secrets, settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.aws.task_definition import family_of
from harness.core.redact import Secret
from harness.images import task_images
from harness.inputs import secret_values
from harness.inputs.checks import cluster_parameters, references
from harness.inputs.files import listeners
from harness.inputs.files.container_images import IDLE
from harness.inputs.secret_values import MadeParameter
from harness.stack import certificates, engine
from harness.stack.certificates import Certificates
from harness.stack.component import PlannedComponent
from harness.stack.components import cache, control, edge, emulator, mysql, proxy
from harness.stack.network import members
from harness.standins import contract
from harness.target import naming
from harness.target.clients.mysql import Account

if TYPE_CHECKING:
    from harness.core.runs import Run
    from harness.inputs.config import Config
    from harness.inputs.files.schedule import Schedule
    from harness.inputs.production import Production
    from harness.inputs.toml.schema import Database
    from harness.stack.stack import Stack

_UNNAMED_ACCOUNT = "app"


@dataclass(frozen=True)
class StackSecrets:
    """The secrets and certificates that each stack makes anew."""

    secrets: Mapping[str, Secret]
    """SecretString by name."""
    parameters: tuple[MadeParameter, ...]
    certificates: Certificates
    account: Account
    other_accounts: tuple[Account, ...] = ()
    """Accounts with which other containers than the web task's sign in."""
    cache_token: Secret | None = None
    """The cache's AUTH token; None where there is no cache, or its clients do not sign in."""

    @classmethod
    def make(cls, production: Production) -> StackSecrets:
        """Make secrets and certificates; the database's account is the one that the app has.

        A secret that lacks the user name or the password is a mistake that the tasks will meet, not
        a reason to have no database: the account then has a password that nobody knows.
        """
        config = production.config
        secrets = secret_values.make(config.secrets)
        parameters = secret_values.make_parameters(config.parameters)

        value_from = production.laravel.secrets

        def injected(variable: str) -> str:
            plain = production.laravel.environment.get(variable)
            reference = value_from.get(variable, "")
            return plain or secret_values.injected(
                reference, secrets=secrets, parameters=parameters
            )

        if config.database.secret:
            fields = secret_values.fields(secrets[config.database.secret])
            username, password = fields.get("username"), fields.get("password")
        else:
            whole = partial(secret_values.of_whole, value_from.values(), secrets=secrets)
            username, password = secret_values.database_account(injected, whole)
        smtp_host = naming.smtp_host(production)
        hosts = (
            host for listener in listeners.of_production(production) for host in listener.hosts
        )
        return cls(
            secrets=secrets,
            parameters=parameters,
            certificates=certificates.create(
                {
                    "edge": tuple(dict.fromkeys([config.public_host, *hosts])),
                    **_names_of_proxy(config.database),
                    "mysql": (config.database.cluster_endpoint,),
                    **({"cache": (config.cache.endpoint,)} if config.cache else {}),
                    **({"smtp": (smtp_host,)} if smtp_host else {}),
                }
            ),
            account=Account(
                schema=config.database.name,
                username=username or _UNNAMED_ACCOUNT,
                password=Secret(password or secret_values.GENERATE["password"]()),
            ),
            other_accounts=tuple(
                account
                for account in _accounts(production, secrets)
                if account.username != username
            ),
            cache_token=_cache_token(production, secrets=secrets, parameters=parameters),
        )


def _accounts(production: Production, secrets: Mapping[str, Secret]) -> Iterator[Account]:
    """Yield the accounts that are whole secrets of a container: a worker may have its own."""
    names = {
        variable: list(references.secrets_with(production, variable))
        for variable in ("DB_USERNAME", "DB_PASSWORD")
    }
    for name in dict.fromkeys(names["DB_USERNAME"]):
        fields = secret_values.fields(secrets[name]) if name in secrets else {}
        username, password = fields.get("username"), fields.get("password")
        if username and password and name in names["DB_PASSWORD"]:
            yield Account(production.config.database.name, username, Secret(password))


def _cache_token(
    production: Production,
    *,
    secrets: Mapping[str, Secret],
    parameters: tuple[MadeParameter, ...],
) -> Secret | None:
    """Return the AUTH token, or one that nobody knows where no secret has it."""
    cache_config, cached = production.config.cache, production.cache
    if cache_config is None or cached is None or not cached.asks_for_token:
        return None
    token: str | None = None
    if cache_config.parameter:
        token = secret_values.injected(cache_config.parameter, secrets={}, parameters=parameters)
    elif cache_config.secret and cache_config.key:
        token = secret_values.fields(secrets[cache_config.secret]).get(cache_config.key)
    elif cache_config.secret:
        token = secrets[cache_config.secret].reveal()
    return Secret(token or secret_values.GENERATE["password"]())


def cache_settings(production: Production, *, token: Secret | None) -> cache.Settings | None:
    """Return the settings of the cache; None where production has none."""
    cache_config, cached = production.config.cache, production.cache
    if cache_config is None or cached is None:
        return None
    user = production.laravel.environment.get("REDIS_USERNAME", "") if cached.has_users else ""
    return cache.Settings(
        endpoint=cache_config.endpoint,
        port=cached.port,
        tls=cached.speaks_tls,
        cluster=cached.is_cluster,
        user=user or cache.DEFAULT_USER,
        token=token,
    )


def _planned_cache(
    production: Production, *, materials: StackSecrets
) -> tuple[PlannedComponent, ...]:
    """Return the cache, if production has one."""
    settings = cache_settings(production, token=materials.cache_token)
    if settings is None:
        return ()
    ca_pem = materials.certificates.ca_pem
    component = cache.component(
        settings,
        beside=members.database_network(production),
        ca_pem=ca_pem,
        certificate=materials.certificates.server("cache"),
    )
    return (PlannedComponent(component, partial(cache.probe, settings=settings, ca_pem=ca_pem)),)


def planned_components(
    production: Production, *, materials: StackSecrets, stack: Stack
) -> tuple[PlannedComponent, ...]:
    """Return the components of a stack that has its networks, in the order of their start."""
    config = production.config
    ca_pem, certificates = materials.certificates.ca_pem, materials.certificates
    options = cluster_parameters.options(production)
    login = _login(config.database.cluster_endpoint, materials=materials)
    return (
        PlannedComponent(
            emulator.component(_smtp(production, certificates=certificates)),
            partial(emulator.probe, account_id=config.account_id, region=config.region),
        ),
        PlannedComponent(
            control.component(
                settings=control_settings(
                    production,
                    run=stack.run,
                    ca_pem=ca_pem,
                    images=stack.images,
                    rules=members.packet_rules(
                        production, tiers=stack.tiers, is_local=stack.host.is_local
                    ),
                ),
                socket_path=engine.socket_path(stack.client),
                volume=volume_name(stack.run),
            ),
            control.probe,
        ),
        PlannedComponent(
            mysql.component(
                certificate=certificates.server("mysql"),
                others=materials.other_accounts,
                options=options,
                **login,
            ),
            partial(mysql.probe, query=options.get("init_connect", ""), **login),
        ),
        *_planned_proxy(config, materials=materials),
        *_planned_cache(production, materials=materials),
        _planned_edge(production, certificates=certificates),
    )


def _planned_proxy(config: Config, *, materials: StackSecrets) -> tuple[PlannedComponent, ...]:
    """Return the proxy, if production has one."""
    endpoint, certificates = config.database.proxy_endpoint, materials.certificates
    if not endpoint:
        return ()
    component = proxy.component(
        endpoint=endpoint,
        cluster_endpoint=config.database.cluster_endpoint,
        ca_pem=certificates.ca_pem,
        certificate=certificates.server("proxy"),
        shares_connections=config.overlay.connection_sharing,
    )
    probe = partial(proxy.probe, **_login(endpoint, materials=materials))
    return (PlannedComponent(component, probe),)


def _login(endpoint: str, *, materials: StackSecrets) -> dict[str, Any]:
    """Return the way by which the app's account signs in at an endpoint."""
    ca_pem = materials.certificates.ca_pem
    return {"endpoint": endpoint, "ca_pem": ca_pem, "account": materials.account}


def _smtp(production: Production, *, certificates: Certificates) -> emulator.Smtp | None:
    host = naming.smtp_host(production)
    if not host:
        return None
    return emulator.Smtp(host, production.config.account_id, certificates.server("smtp"))


def _planned_edge(production: Production, *, certificates: Certificates) -> PlannedComponent:
    return PlannedComponent(
        edge.component(
            certificate=certificates.server("edge"),
            ports={
                listener.port: listener.protocol for listener in listeners.of_production(production)
            },
        ),
        partial(
            edge.probe,
            public_host=production.config.public_host,
            ca_pem=certificates.ca_pem,
        ),
    )


def _names_of_proxy(database: Database) -> dict[str, tuple[str, ...]]:
    return {"proxy": (database.proxy_endpoint,)} if database.proxy_endpoint else {}


def volume_name(run: Run) -> str:
    """Name of the volume through which pause containers reach control."""
    return run.name("control")


def control_settings(
    production: Production,
    *,
    run: Run,
    ca_pem: str,
    images: Mapping[str, str],
    rules: contract.PacketRules,
) -> contract.ControlSettings:
    """Return the content of control's settings file."""
    config = production.config
    return contract.ControlSettings(
        run=run.id,
        home=str(run.home),
        owner=run.owner,
        account_id=config.account_id,
        region=config.region,
        cluster=config.cluster,
        aws_endpoint_url=f"http://emulator:{emulator.PORT}",
        task_networks={role: run.name(role) for role in members.task_networks(production)},
        edge_container=run.name("edge"),
        pause_image=images["pause"],
        images={production.app_image: images["app"], **_images_beside_app(production, images)},
        idle_images=tuple(
            image for image, source in production.images_beside_app.items() if source == IDLE
        ),
        ticks=tuple(map(_rule_target, production.schedules.values())),
        roles_known=bool(production.roles),
        overlay=contract.Overlay(
            environment=dict(config.overlay.environment),
            files=dict.fromkeys(config.overlay.files, ca_pem),
            cpu_architecture=config.overlay.cpu_architecture or "",
        ),
        rules=rules,
    )


def _images_beside_app(production: Production, images: Mapping[str, str]) -> dict[str, str]:
    """Return image -> id; a container without an image idles in the pause image."""
    return {
        image: images["pause" if source == IDLE else task_images.name_of(image)]
        for image, source in production.images_beside_app.items()
    }


def _rule_target(schedule: Schedule) -> contract.RuleTarget:
    """Return the queue that stands for the rule's ECS target, with the target itself.

    Production's revision has another number here, so the family's newest is named.
    """
    parameters = {**schedule.target["EcsParameters"]}
    parameters["TaskDefinitionArn"] = family_of(parameters["TaskDefinitionArn"])
    target = {**schedule.target, "EcsParameters": parameters}
    return contract.RuleTarget(schedule.name, schedule.group, schedule.queue, target)
