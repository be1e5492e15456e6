"""The cache beside the tasks that use it: whether there is one, and whether its names fit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.inputs.files.cache import NAMES
from harness.inputs.problem import Problem

if TYPE_CHECKING:
    from harness.aws.task_definition import TaskDefinition
    from harness.inputs.files.cache import Cache
    from harness.inputs.production import Production

DRIVER = "redis"
_DRIVERS = ("SESSION_DRIVER", "CACHE_STORE", "QUEUE_CONNECTION")
_MAINTENANCE = {"APP_MAINTENANCE_DRIVER": "cache", "APP_MAINTENANCE_STORE": DRIVER}
_STORES = ("SESSION_DRIVER", "CACHE_STORE", "CACHE_DRIVER")
_ABSENT = ("memcached", "dynamodb")
"""Stores that neither the configuration nor a rehearsal has."""
_HOSTS = frozenset({"REDIS_HOST", "REDIS_URL"})
_GROUP, _PASSWORD = "CreateReplicationGroup", "REDIS_PASSWORD"
_HOST_OF = re.compile(r"REDIS(?:_\w+)?_HOST|REDIS_URL")
_WITH_PORT = re.compile(r"[^:\[\]]+:\d+")
_OF_ELASTICACHE = ".cache.amazonaws.com"
_LOOPBACK = re.compile(r"(?:^|[/@])(?:localhost|127(?:\.\d+){3}|\[?::1\]?)(?=[:/]|$)")
_ELSEWHERE = "where production has it, give {name} another value in overlay.environment"


def uses_cache(definition: TaskDefinition) -> bool:
    """Whether a variable of a task names a cache's host."""
    return any(
        _HOSTS & {*container.environment, *container.secrets} for container in definition.containers
    )


def problems(production: Production) -> Iterator[Problem]:
    """Report drivers that have no cache, and an endpoint that is another cache's."""
    cache, settings = production.cache, production.config.cache
    yield from _drivers_without_store(production)
    if cache is None or settings is None:
        return
    noun = NAMES[cache.operation][1]
    if cache.name.lower() not in settings.endpoint.lower():
        yield Problem(
            "cache.endpoint",
            f'is "{settings.endpoint}", which is no endpoint of the {noun} {cache.name}',
            "correct REDIS_HOST in the task definitions, or the cache's file",
            file=str(production.config.file),
        )
        return
    yield from _unresolved_hosts(production)
    yield from _other_hosts(production, settings.endpoint)
    yield from _unwanted_passwords(production, cache)


def _other_hosts(production: Production, endpoint: str) -> Iterator[Problem]:
    """A task with a host of its own: a rehearsal has one cache, with one name."""
    replaced = production.config.overlay.environment
    for definition in production.definitions:
        for place, name, value in definition.variables:
            host = _host(value) if _HOST_OF.fullmatch(name) and name not in replaced else ""
            if host.endswith(_OF_ELASTICACHE) and host != endpoint.lower():
                yield Problem(
                    place,
                    f'is "{host}" ({name}), and the cache of the configuration is at {endpoint}:'
                    " the name leads nowhere in a rehearsal",
                    f"write {endpoint}, or, where production has two, set overlay.environment:"
                    f' {name} = "{endpoint}"',
                    file=definition.source,
                )


def _unresolved_hosts(production: Production) -> Iterator[Problem]:
    """A host with a port, or with two schemes: phpredis looks for a host of the whole text.

    Laravel's PhpRedisConnector puts the scheme before the host, unless it stands there already.
    """
    for definition in production.definitions:
        values = {name: value for _, name, value in definition.variables}
        scheme = values.get("REDIS_SCHEME", "")
        for place, name, value in definition.variables:
            own, _, host = value.rpartition("://")
            if name != "REDIS_HOST" or values.get("REDIS_CLIENT", "phpredis") != "phpredis":
                continue
            if _WITH_PORT.fullmatch(host):
                message, hint = "has a port", "leave the port to REDIS_PORT"
            elif own and scheme not in ("", own):
                message = f'has the scheme {own}, and REDIS_SCHEME "{scheme}" is put before it'
                hint = f"write {host}, and the scheme into REDIS_SCHEME alone"
            else:
                continue
            yield Problem(
                place,
                f'is "{value}" (REDIS_HOST), which {message}: phpredis finds no such host',
                hint,
                file=definition.source,
            )


def _unwanted_passwords(production: Production, cache: Cache) -> Iterator[Problem]:
    """A task that signs in to a cache that asks nobody, which refuses it.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html
    """
    if cache.operation != _GROUP or cache.asks_for_token:
        return
    for definition in production.definitions:
        passwords = (
            container.secrets.get(_PASSWORD) or container.environment.get(_PASSWORD, "null")
            for container in definition.containers
        )
        if {*passwords} - {"", "null"}:
            yield Problem(
                f"{cache.operation}.AuthToken",
                f"is missing, and the tasks have {_PASSWORD}: a cache refuses a password that it"
                " does not ask for",
                'add "AuthToken", with any text, where production\'s has one (its output says'
                f' "AuthTokenEnabled": true); or take {_PASSWORD} away',
                file=production.files["cache.file"],
            )
            return


def _host(value: str) -> str:
    try:
        return urlsplit(value if "://" in value else f"tls://{value}").hostname or ""
    except ValueError:
        return ""


def _drivers_without_store(production: Production) -> Iterator[Problem]:
    """Report drivers with a store that the files and the overlay lack."""
    config = production.config
    for definition in production.definitions:
        pairs = {(name, value) for _, name, value in definition.variables}
        maintenance = _MAINTENANCE if _MAINTENANCE.items() <= pairs else {}
        for place, name, value in definition.variables:
            if name in config.overlay.environment:
                continue
            if name in _STORES and value in _ABSENT:
                yield Problem(
                    place,
                    f'is "{value}" ({name}), and neither the configuration nor a rehearsal has it',
                    f'write "database", or "{DRIVER}" with [cache]; {_ELSEWHERE.format(name=name)}',
                    file=definition.source,
                )
            elif name in (*_DRIVERS, *maintenance) and value == DRIVER and config.cache is None:
                beside = _loopback(definition)
                lacking = (
                    f"{beside} is the task itself: each task has a store of its own"
                    if beside
                    else "no cache is configured"
                )
                yield Problem(
                    place,
                    f'is "{DRIVER}" ({name}), and {lacking}',
                    "add [cache] with the file of the cache that the tasks use"
                    + (f"; {_ELSEWHERE.format(name=name)}" if beside else ""),
                    file=definition.source,
                )


def _loopback(definition: TaskDefinition) -> str:
    """Return the variable and the address of a store beside the app in its task; or nothing."""
    return next(
        (
            f'{name} "{value}"'
            for _, name, value in definition.variables
            if name in _HOSTS and _LOOPBACK.search(value)
        ),
        "",
    )
