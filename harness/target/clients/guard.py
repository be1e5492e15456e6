"""Refuses, in the client, every call to an account that its level does not permit.

At the level observe that is everything but reading; at the level rehearse the changes that are
permitted are written down first. It listens to botocore's events, so that no scenario, fixture or
library can leave it out; a presigned URL passes it, too. Read operations are known by their names,
as AWS's own policies ``ecs:Describe*`` and ``ecs:List*`` know them.
"""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any

from harness.core.errors import UnsafeTarget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.target.changes.changes import Changes

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
CALLS_FILE = "calls.txt"
"""In the run directory: the operations that were called, each once a process."""
CALLS_PER_S = 3.0
"""The most calls a second of one process; ECS and ELB throttle a whole account and Region."""


def action_of(model: Any) -> str:
    """Return a botocore operation as IAM names most of them: ``ecs:UpdateService``."""
    return f"{model.service_model.signing_name}:{model.name}"


class Guard:
    """The limits of the harness's calls to an account.

    Args:
        readable_secrets: Names of the secrets that may be read; of an observer, the probe's only.
        readable_parameters: Spellings of the parameters that may be read.
        changes: The changes that are permitted; none for an account that is only observed.
        calls: File for the operations that are called; none writes nothing.
        clock: Seconds, for tests.
        sleep: Waits for some seconds, for tests.
    """

    def __init__(
        self,
        *,
        readable_secrets: tuple[str, ...] = (),
        readable_parameters: tuple[str, ...] = (),
        changes: Changes | None = None,
        calls: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._readable_secrets = frozenset(readable_secrets)
        self._readable_parameters = frozenset(readable_parameters)
        self._changes = changes
        self._calls = calls
        self._called: set[str] = set()
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._allowance = float(_BURST)
        self._counted_at = clock()

    def attach(self, client: Any) -> Any:
        """Listen to every call of a boto3 client, and return the client."""
        client.meta.events.register_first("before-parameter-build", self._refuse_changes)
        client.meta.events.register_first("before-call", self._keep_pace)
        client.meta.events.register("before-parameter-build", self._note)
        return client

    def _refuse_changes(self, *, params: dict[str, Any], model: Any, **_: Any) -> None:
        operation = str(model.name)
        action = action_of(model)
        if operation in _REVEAL_SECRETS and not self._is_readable(operation, params):
            limit = "the probe's is" if self._changes is None else "those of cutover.toml are"
            raise UnsafeTarget(
                f"{action} was refused: its answer has a secret in it, and only {limit} read.",
                hint='Mark the scenario with requires("secrets"), so that it is not run here.',
            )
        if operation.startswith(_READS):
            return
        if self._changes is not None:
            self._changes.permit(action, params)
            return
        raise UnsafeTarget(
            f"{action} was refused: it could change the account, which is only observed.",
            hint="Mark the scenario with mutates, so that it is not run here.",
        )

    def _is_readable(self, operation: str, params: dict[str, Any]) -> bool:
        """Whether the call asks for secrets or parameters that may be read, and for no other."""
        if operation == "GetParameters":
            names = frozenset(params.get("Names", ()))
            return bool(names) and names <= self._readable_parameters
        if operation != "GetSecretValue":
            return False
        # An ARN ends with six random characters after the name.
        name = re.sub(r"^arn:.*:secret:(.*)-\w{6}$", r"\1", str(params.get("SecretId", "")))
        return name in self._readable_secrets

    def _note(self, *, model: Any, **_: Any) -> None:
        """Note the first call of each operation, to be compared with the IAM policy."""
        if self._calls is None or (action := action_of(model)) in self._called:
            return
        self._called.add(action)
        with self._calls.open("a", encoding="utf-8") as file:
            file.write(f"{action}\n")

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
