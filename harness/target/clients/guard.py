"""Refuses, in the client, every call to an account that is more than reading.

It listens to botocore's events, so that no scenario, fixture or library can leave it out; a
presigned URL passes it, too. Read operations are known by their names, as AWS's own policies
``ecs:Describe*`` and ``ecs:List*`` know them.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from harness.core.errors import UnsafeTarget

if TYPE_CHECKING:
    from collections.abc import Callable

_READS = ("BatchGet", "Describe", "FilterLogEvents", "Get", "Head", "List", "Simulate")
_REVEAL_SECRETS = frozenset(
    {
        *("BatchGetSecretValue", "GetSecretValue", "GetPasswordData", "GetAuthorizationToken"),
        *("GetFederationToken", "GetSessionToken", "GetRoleCredentials"),
        *("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"),
    }
)
"""Read operations with a secret or credentials in their answers."""
_BURST = 15
CALLS_PER_S = 3.0
"""The most calls a second of one process; ECS and ELB throttle a whole account and Region."""


class Guard:
    """The limits of the harness's calls to an account.

    Args:
        readable_secret: Name of the one secret that may be read: the probe's.
        readable_parameters: Spellings of the one parameter that may be read: the probe's.
        clock: Seconds, for tests.
        sleep: Waits for some seconds, for tests.
    """

    def __init__(
        self,
        *,
        readable_secret: str = "",
        readable_parameters: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._readable_secret = readable_secret
        self._readable_parameters = frozenset(readable_parameters)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._allowance = float(_BURST)
        self._counted_at = clock()

    def attach(self, client: Any) -> Any:
        """Listen to every call of a boto3 client, and return the client."""
        client.meta.events.register_first("before-parameter-build", self._refuse_changes)
        client.meta.events.register_first("before-call", self._keep_pace)
        return client

    def _refuse_changes(self, *, params: dict[str, Any], model: Any, **_: Any) -> None:
        operation = str(model.name)
        call = f"{model.service_model.service_name}:{operation}"
        if not operation.startswith(_READS):
            raise UnsafeTarget(
                f"{call} was refused: it could change the account, which is only observed.",
                hint="Mark the scenario with mutates, so that it is not run here.",
            )
        if operation in _REVEAL_SECRETS and not self._is_probe_key(operation, params):
            raise UnsafeTarget(
                f"{call} was refused: its answer has a secret in it, and only the probe's is read.",
                hint='Mark the scenario with requires("secrets"), so that it is not run here.',
            )

    def _is_probe_key(self, operation: str, params: dict[str, Any]) -> bool:
        """Whether the call asks for the probe's key and for nothing else."""
        if operation == "GetParameters":
            names = frozenset(params.get("Names", ()))
            return bool(names) and names <= self._readable_parameters
        secret = str(params.get("SecretId", ""))
        name = self._readable_secret
        return bool(name) and (secret == name or f":secret:{name}-" in secret)

    def _keep_pace(self, **_: Any) -> None:
        """Wait until one more call is within the rate."""
        with self._lock:
            now = self._clock()
            gained = (now - self._counted_at) * CALLS_PER_S
            self._allowance = min(float(_BURST), self._allowance + gained) - 1
            self._counted_at = now
            wait_s = max(0.0, -self._allowance / CALLS_PER_S)
        if wait_s:
            self._sleep(wait_s)
