"""The changes of one run: each call is checked against its permission, then written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.core.errors import UnsafeTarget
from harness.target.access import Access
from harness.target.changes.ledger import Ledger
from harness.target.changes.permissions import PERMISSIONS
from harness.target.changes.settings import Account


class Changes:
    """The changes of a run that rehearses on an account.

    Args:
        access: The account's names, and the run directory.
        client: Makes a boto3 client of a service, by its name.
    """

    def __init__(self, access: Access, *, client: Callable[[str], Any]) -> None:
        self._account = Account(access, client)
        self.ledger = Ledger(Path(access.run_dir))

    def permit(self, action: str, call: dict[str, Any]) -> None:
        """Write a call down that is about to be made; it returns when the entry is on the disk.

        Raises:
            UnsafeTarget: No rehearsal may make this call, or not with these values.
            TargetError: The changes of the run are undone already.
        """
        permission = PERMISSIONS.get(action)
        objection = "it is no change that a rehearsal makes"
        if permission is not None:
            extra = sorted(call.keys() - permission.fields)
            objection = (
                f"it would set {extra[0]}" if extra else permission.objection(self._account, call)
            )
        if permission is None or objection:
            raise UnsafeTarget(
                f"{action} was refused: {objection}.",
                hint="A scenario changes only what cutover.toml names; harness/target/changes has"
                " the list.",
            )
        entry = permission.entry(self._account, call)
        if entry is not None:
            self.ledger.append(replace(entry, operation=action))
