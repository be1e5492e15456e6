"""Clients of the AWS APIs, made from a target's addresses, and the secrets read with them.

Each client imports its library when made. No client uses or sets boto3's default session.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from harness.aws.value_from import (
    ParameterReference,
    SecretReference,
    parse_parameter,
    parse_value_from,
)
from harness.core import redact
from harness.core.errors import TargetError
from harness.inputs import operation_shapes, secret_values
from harness.target.access import REHEARSE, Access
from harness.target.changes.changes import Changes
from harness.target.changes.permissions import lock_name
from harness.target.clients import account, emulator
from harness.target.clients.guard import CALLS_FILE, Guard
from harness.target.target import Target

AWS_TIMEOUT_S = 20
_guards: dict[tuple[str, ...], Guard] = {}
"""Run directory, level, readable secret and parameter -> the guard of this process's clients."""


NOT_SECRET = frozenset({"engine", "host", "port", "dbname", "dbClusterIdentifier"})
"""Keys of a database secret with ordinary names for values: blanking them would garble reports."""


def aws(access: Access, service: str, *, region: str = "") -> Any:
    """Return a boto3 client of a service, in the app's region unless another is named.

    With local addresses the emulator or control answers, under production's account; the AWS
    variables and files of this machine do not count. Without, it is an account, with its guard.
    """
    import boto3

    if service in ("ecs", "elbv2") and access.control:
        endpoint = access.control
    elif access.emulator:
        endpoint = emulator.endpoint(access.emulator, service)
    else:
        return account_client(access, service, region=region)
    isolated: Any = boto3.session.Session(botocore_session=_isolated_core())
    return isolated.client(
        service,
        endpoint_url=endpoint,
        # A twelve-digit access key id selects that account's namespace in the emulator.
        aws_access_key_id=access.account_id,
        aws_secret_access_key=emulator.SECRET_KEY,
        region_name=region or access.region,
        config=_botocore_config(),
    )


def account_client(access: Access, service: str, *, region: str = "") -> Any:
    """Return a client of an AWS account with the caller's credentials, guarded at its level."""
    from botocore.config import Config

    config = Config(
        connect_timeout=5,
        read_timeout=AWS_TIMEOUT_S,
        retries={"mode": "adaptive", "total_max_attempts": 8},
        user_agent_extra="cutover-harness",
    )
    session = account.session(access.profile, region or access.region)
    try:
        client = session.client(service, config=config)
    except ValueError as error:
        raise TargetError(
            f"The address of {service} cannot be used: {error}.",
            hint="Correct AWS_ENDPOINT_URL (http://HOST:PORT) or endpoint_url of the profile.",
        ) from error
    return _guard(access).attach(client)


def _guard(access: Access) -> Guard:
    """Return the one guard of this process for a run, so that all clients share its pace."""
    readable = (access.secrets.get("probe", ""), access.probe_parameter)
    key = (access.run_dir, access.level, *readable)
    return _guards.get(key) or _guards.setdefault(key, _new_guard(access))


def _new_guard(access: Access) -> Guard:
    calls = Path(access.run_dir) / CALLS_FILE if access.run_dir else None
    if access.level != REHEARSE:
        probe = access.secrets.get("probe", "")
        return Guard(
            readable_secrets=(probe,) if probe else (),
            readable_parameters=_spellings(access.probe_parameter),
            calls=calls,
        )
    injected = [text for text in access.injected.values() if _is_parameter(text)]
    return Guard(
        readable_secrets=access.secret_names,
        readable_parameters=(lock_name(access), *_spellings(access.probe_parameter, *injected)),
        changes=Changes(access, client=lambda service: account_client(access, service)),
        calls=calls,
    )


def _is_parameter(value_from: str) -> bool:
    return not isinstance(parse_value_from(value_from), SecretReference)


def _spellings(*parameters: str) -> tuple[str, ...]:
    return tuple(name for text in parameters if text for name in parse_parameter(text).names)


def _botocore_config() -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=3, read_timeout=AWS_TIMEOUT_S, retries={"total_max_attempts": 2}, proxies={}
    )


def _isolated_core() -> Any:
    """Make a botocore session that reads no AWS_* variable and no file of the user's."""
    from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, ConstantProvider
    from botocore.session import Session

    session = Session()
    store = session.get_component("config_store")
    variables = {**BOTOCORE_DEFAUT_SESSION_VARIABLES, **Session.SESSION_VARIABLES}
    for name, (_, variable, default, _) in variables.items():
        if variable is not None:
            store.set_config_provider(name, ConstantProvider(default))
    for name in ("config_file", "credentials_file"):
        store.set_config_provider(name, ConstantProvider(os.devnull))
    # A session of its own would read every model again.
    session.register_component("data_loader", operation_shapes.models())
    return session


def secret(access: Access, name: str) -> dict[str, str]:
    """Return the keys of a secret, blanked from now on; a plain text stands under the key ''."""
    import json

    text = aws(access, "secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        values = {"": text}
    for key, value in values.items():
        if key not in NOT_SECRET:
            redact.remember_variable(key or name, str(value))
    return values


def parameter(access: Access, reference: ParameterReference) -> str:
    """Return a parameter's value.

    Raises:
        TargetError: There is none.
    """
    client = aws(access, "ssm", region=reference.region)
    answer = client.get_parameters(Names=list(reference.names), WithDecryption=True)
    for entry in answer["Parameters"]:
        return str(entry["Value"])
    raise TargetError(f"There is no parameter {reference.text}.")


def injected(access: Access, value_from: str, *, variable: str = "") -> str:
    """Return the text that ECS gives to a task for a valueFrom.

    It is blanked from then on, unless it is the value of a user name's variable.

    Raises:
        ValueFromError: ECS would not understand it.
        TargetError: There is no such parameter.
    """
    import json

    reference = parse_value_from(value_from)
    if not isinstance(reference, SecretReference):
        value = parameter(access, reference)
        redact.remember_variable(variable, value)
        return value
    chosen = {"VersionStage": reference.version_stage, "VersionId": reference.version_id}
    text = aws(access, "secretsmanager").get_secret_value(
        SecretId=reference.name, **{key: value for key, value in chosen.items() if value}
    )["SecretString"]
    value = str(json.loads(text)[reference.json_key]) if reference.json_key else str(text)
    redact.remember_variable(variable, value)
    return value


def database_account(access: Access) -> tuple[str, str]:
    """Return the user name and the password of the app's own account.

    Raises:
        TargetError: The web task has no such secret, or there is no such value.
    """
    if "db" in access.secrets:
        keys = secret(access, access.secrets["db"])
        return keys["username"], keys["password"]

    def variable(name: str) -> str:
        value_from = access.injected.get(name)
        return injected(access, value_from, variable=name) if value_from else ""

    def whole() -> dict[str, str]:
        values: dict[str, str] = {}
        for reference in map(parse_value_from, access.injected.values()):
            if isinstance(reference, SecretReference) and not reference.json_key:
                values |= secret(access, reference.name)
        return values

    user, password = secret_values.database_account(variable, whole)
    if not password:
        raise TargetError("The web task has no secret DB_PASSWORD.")
    redact.remember_variable("DB_PASSWORD", password)
    return access.database_user or user, password


def probe_key(target: Target) -> str:
    """Return the key that signs requests to the probe.

    Raises:
        TargetError: None was configured, and the target's secrets cannot be read.
    """
    if target.probe_key is not None:
        return target.probe_key.reveal()
    if target.access.probe_parameter:
        return injected(target.access, target.access.probe_parameter)
    name = target.access.secrets.get("probe")
    if name is None:
        raise TargetError(
            f"The target {target.name} has no key for the probe.", hint="Set CUTOVER_PROBE_KEY."
        )
    key = target.access.probe_key_name
    values = secret(target.access, name)
    if key not in values:
        raise TargetError(
            f'The secret {name} has no key "{key}", which signs requests to the probe.',
            hint="Add it to the secret, or correct probe.key in cutover.toml.",
        )
    return values[key]
