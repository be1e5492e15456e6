"""Secrets that are wrong on purpose, and a rotation done in the right order.

The app's own current value is never replaced by a bad one: a bad version carries a stage label of
its own, and what is scheduled for deletion is a copy.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from harness.core.redact import Secret
from harness.inputs.secret_values import GENERATE
from harness.target.clients.mysql import Account, account_sql

if TYPE_CHECKING:
    from collections.abc import Callable

CURRENT = "AWSCURRENT"
_TWIN = "_clone"
STAGE_PREFIX = "REHEARSAL-"
"""The stage labels of bad versions begin so."""
_RECOVERY_DAYS = 7
_POLICY = "rehearsal"


class SecretFaults:
    """Bad versions and doomed copies of one secret."""

    def __init__(self, client: Any, *, name: str, iam: Any, reader: str) -> None:
        self._client = client
        self._name = name
        self._iam = iam
        self._reader = reader
        """Name of the execution role, which may read a copy while there is one."""
        self._granted = False
        self._versions: list[tuple[str, str]] = []
        self._copies: list[str] = []

    def version(self, text: str) -> str:
        """Add a version with this text; return the stage label under which alone it is found."""
        stage = f"{STAGE_PREFIX}{secrets.token_hex(4)}"
        answer = self._client.put_secret_value(
            SecretId=self._name, SecretString=text, VersionStages=[stage]
        )
        self._versions.append((stage, answer["VersionId"]))
        return stage

    def copy_scheduled_for_deletion(self) -> str:
        """Copy the secret, schedule the copy for deletion and return its ARN."""
        text = self._client.get_secret_value(SecretId=self._name)["SecretString"]
        copy = self._client.create_secret(
            Name=f"{self._name}-rehearsal-{secrets.token_hex(4)}", SecretString=text
        )
        arn = str(copy["ARN"])
        self._copies.append(arn)
        self._let_read(arn)
        self._client.delete_secret(SecretId=arn, RecoveryWindowInDays=_RECOVERY_DAYS)
        return arn

    def _let_read(self, arn: str) -> None:
        try:
            self._iam.put_role_policy(
                RoleName=self._reader, PolicyName=_POLICY, PolicyDocument=_may_read(arn)
            )
        except self._iam.exceptions.NoSuchEntityException:
            return  # an app without role files: no role is judged
        self._granted = True

    def remove(self) -> None:
        """Take the labels off the bad versions, which then end by themselves; delete the copies."""
        for stage, version in self._versions:
            self._client.update_secret_version_stage(
                SecretId=self._name, VersionStage=stage, RemoveFromVersionId=version
            )
        if self._granted:
            self._iam.delete_role_policy(RoleName=self._reader, PolicyName=_POLICY)
            self._granted = False
        for arn in self._copies:
            self._client.restore_secret(SecretId=arn)
            self._client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
        self._versions.clear()
        self._copies.clear()


def _may_read(arn: str) -> str:
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Rotation:
    """The rotation of a database secret by alternating users: both sign in until it is over.

    A finished rotation is not taken back, as none is in production: the next one goes back to the
    first user, with a new password.
    """

    def __init__(self, client: Any, *, name: str, schema: str, sql: Callable[[str], None]) -> None:
        self._client = client
        self._name = name
        self._schema = schema
        self._sql = sql
        self._before = ""
        self._after = ""

    def begin(self) -> tuple[str, str]:
        """Make the other user and the secret's new version; return both user names, old and new."""
        held = self._client.get_secret_value(SecretId=self._name)
        values = json.loads(held["SecretString"])
        old = values["username"]
        new = old.removesuffix(_TWIN) if old.endswith(_TWIN) else f"{old}{_TWIN}"
        account = Account(self._schema, new, Secret(GENERATE["password"]()))
        # The database knows the new user before any task is given it.
        self._sql(account_sql(account, again=True))
        self._before = held["VersionId"]
        text = json.dumps({**values, "username": new, "password": account.password.reveal()})
        self._after = self._client.put_secret_value(SecretId=self._name, SecretString=text)[
            "VersionId"
        ]
        return old, new

    def finish(self) -> None:
        """Keep the new version: every task has it."""
        self._before = ""

    def roll_back(self) -> bool:
        """Make the old version current again unless the rotation is finished; say if it was."""
        if not self._before or not self._after:
            return False
        self._client.update_secret_version_stage(
            SecretId=self._name,
            VersionStage=CURRENT,
            MoveToVersionId=self._before,
            RemoveFromVersionId=self._after,
        )
        return True
