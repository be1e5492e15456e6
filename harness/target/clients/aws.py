"""Clients made from a target's addresses: AWS APIs, the public host, MySQL.

Production's names stay in every URL, Host header, SNI and certificate check; only the socket goes
to the port that the stack publishes on this machine. Each client imports its library when made.
"""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.core import redact
from harness.core.errors import ProvisionError, TargetError
from harness.target.target import Access, Target, split_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pymysql
    import requests

LOCAL_SECRET_KEY = "test"  # noqa: S105
"""The emulator validates signatures made with this secret key, and with no other."""
AWS_TIMEOUT_S = 20
HTTP_TIMEOUT_S = 70.0
MYSQL_TIMEOUT_S = 10
NOT_SECRET = frozenset({"engine", "host", "port", "dbname", "dbClusterIdentifier"})
"""Keys of a database secret whose values are ordinary names; blanking them would garble reports."""


# --- AWS --------------------------------------------------------------------------------------


def aws(access: Access, service: str) -> Any:
    """Return a boto3 client of a service.

    With local addresses the emulator or control answers, under production's account, whatever the
    AWS variables and files of this machine say. Without, it is AWS with the caller's credentials.
    """
    if service in ("ecs", "elbv2") and access.control:
        return _session().client(service, endpoint_url=access.control, **_identity(access))
    if access.emulator:
        return _emulated(access, service)
    import boto3

    session: Any = boto3.session.Session(region_name=access.region)
    return session.client(service)


def _emulated(access: Access, service: str) -> Any:
    import boto3
    from localstack_client.session import Session  # type: ignore[import-untyped]

    # localstack-client makes its clients from boto3's default session, which reads the AWS
    # variables and files unless it is set, and it knows only the port 4566.
    boto3.setup_default_session(botocore_session=_session_core())
    session = Session(
        aws_access_key_id=access.account_id,
        aws_secret_access_key=LOCAL_SECRET_KEY,
        aws_session_token=None,
        region_name=access.region,
    )
    endpoints = vars(session)["_service_endpoint_mapping"]
    endpoints.update(dict.fromkeys(endpoints, access.emulator))
    return session.client(service, config=_botocore_config())


def _identity(access: Access) -> dict[str, Any]:
    # A twelve-digit access key id selects that account's namespace in the emulator.
    return {
        "aws_access_key_id": access.account_id,
        "aws_secret_access_key": LOCAL_SECRET_KEY,
        "region_name": access.region,
        "config": _botocore_config(),
    }


def _botocore_config() -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=3, read_timeout=AWS_TIMEOUT_S, retries={"total_max_attempts": 2}, proxies={}
    )


def _session() -> Any:
    import boto3

    return boto3.session.Session(botocore_session=_session_core())


def _session_core() -> Any:
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
    return session


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn an AWS API's refusal into an error of ours.

    Raises:
        ProvisionError: The API answered with an error, or not at all.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise ProvisionError(
            f"could not create {doing}",
            last_answer=str(error),
            hint="if a file of the app asks for something wrong, correct it there: production's"
            " API would refuse it too",
        ) from error


def secret(access: Access, name: str) -> dict[str, str]:
    """Return the keys of a JSON secret; its values are blanked in whatever is written later."""
    import json

    text = aws(access, "secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    values: dict[str, str] = json.loads(text)
    for key, value in values.items():
        if key not in NOT_SECRET:
            redact.remember_variable(key, str(value))
    return values


def probe_key(target: Target) -> str:
    """Return the key that signs requests to the probe.

    Raises:
        TargetError: None was configured, and the target's secrets cannot be read.
    """
    if target.probe_key is not None:
        return target.probe_key.reveal()
    name = target.access.secrets.get("app")
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


# --- HTTP -------------------------------------------------------------------------------------


def web(access: Access) -> requests.Session:
    """Return a session to the public host, with a cookie jar of its own and no redirects hidden."""
    import requests

    session = requests.Session()
    if access.https or access.http:
        # REQUESTS_CA_BUNDLE and the proxy variables would beat the settings below.
        session.trust_env = False
    if access.ca_file:
        session.verify = access.ca_file
    for scheme, address in (("https", access.https), ("http", access.http)):
        if address:
            session.mount(f"{scheme}://", _adapter(scheme, *split_address(address)))
    session.headers["User-Agent"] = "cutover-harness"
    return session


def outside(access: Access) -> requests.Session:
    """Return a session of somebody who was sent a link to an object: no cookie, no credentials.

    Locally the emulator's own name leads to the port that it publishes on this machine.
    """
    import requests

    session = requests.Session()
    if access.emulator:
        session.trust_env = False
        session.mount("http://", _adapter("http", *split_address(access.emulator)))
    session.headers["User-Agent"] = "cutover-harness"
    return session


def _adapter(scheme: str, host: str, port: int) -> Any:
    """Make an adapter that dials one address, whatever name the URL carries."""
    from requests.adapters import HTTPAdapter
    from urllib3 import connection, connectionpool
    from urllib3.exceptions import NewConnectionError
    from urllib3.util.connection import create_connection

    base: Any = connection.HTTPSConnection if scheme == "https" else connection.HTTPConnection
    pool: Any = (
        connectionpool.HTTPSConnectionPool
        if scheme == "https"
        else connectionpool.HTTPConnectionPool
    )

    def dial(self: Any) -> socket.socket:
        try:
            return create_connection((host, port), self.timeout, socket_options=self.socket_options)
        except OSError as error:
            raise NewConnectionError(
                self, f"the stack's {scheme} port {host}:{port} does not answer: {error}"
            ) from error

    published = type("Published", (base,), {"_new_conn": dial})

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {
                **self.poolmanager.pool_classes_by_scheme,
                scheme: type("PublishedPool", (pool,), {"ConnectionCls": published}),
            }

    return Adapter()


# --- MySQL ------------------------------------------------------------------------------------


def mysql(
    access: Access, *, hop: str, user: str, password: str, tls: bool = True
) -> pymysql.connections.Connection[Any]:
    """Connect to the ``proxy`` or to the ``server`` as an operator, verifying production's name.

    With ``tls`` off no TLS is asked for, which both must refuse.
    """
    import pymysql

    name, address = {
        "proxy": (access.proxy_endpoint, access.proxy),
        "server": (access.cluster_endpoint, access.mysql),
    }[hop]
    settings: Mapping[str, Any] = (
        {"ssl": ssl.create_default_context(cafile=access.ca_file or None)}
        if tls
        else {"ssl_disabled": True}
    )
    connection = pymysql.connect(
        host=name,
        user=user,
        password=password,
        database=access.database,
        connect_timeout=MYSQL_TIMEOUT_S,
        read_timeout=MYSQL_TIMEOUT_S,
        defer_connect=True,
        **settings,
    )
    connection.connect(socket.create_connection(split_address(address), MYSQL_TIMEOUT_S))
    return connection
