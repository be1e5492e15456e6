"""The lock of an account: one rehearsal at a time, from whichever machine.

It is an SSM parameter, which only one caller can make (docs/decisions.md). The run that holds it
writes it anew each minute. One that has not been written for ten minutes was left by a kill: its
run's changes must be undone before another begins, so it is never taken over.
"""

from __future__ import annotations

import getpass
import json
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from harness.core import codec
from harness.core.errors import UnsafeTarget
from harness.target.access import Access
from harness.target.changes.permissions import lock_name
from harness.target.clients.account import aws_errors, call_errors

BEAT_S = 60.0
STALE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Holder:
    """The run that holds the lock."""

    run: str
    user: str
    host: str
    since: str


class AccountLock:
    """The lock of one cluster's rehearsals.

    Args:
        access: The account's names.
        ssm: A client of SSM.
    """

    def __init__(self, access: Access, *, ssm: Any) -> None:
        self._access = access
        self._ssm = ssm
        self._name = lock_name(access)
        self._over = threading.Event()
        self._beats: threading.Thread | None = None
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._holder = Holder(access.run, getpass.getuser(), platform.node(), now)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Take the lock, and write it each minute inside the block; `release` is separate.

        Raises:
            UnsafeTarget: Another run holds it, or left it.
            TargetError: It cannot be made.
        """
        self._take()
        self._beats = threading.Thread(target=self._beat, daemon=True)
        self._beats.start()
        try:
            yield
        finally:
            self._end_beats()

    def release(self) -> None:
        """Remove the lock, if the run holds it; no beat under way makes it again."""
        self._end_beats()
        with aws_errors(self._access.profile, asking="ssm:DeleteParameter"):
            holder, _ = self._read()
            if holder is not None and holder.run == self._access.run:
                self._ssm.delete_parameter(Name=self._name)

    def _end_beats(self) -> None:
        self._over.set()
        if self._beats is not None:
            self._beats.join()

    def _take(self) -> None:
        with aws_errors(self._access.profile, asking="ssm:PutParameter"):
            try:
                self._write(overwrite=False)
            except self._ssm.exceptions.ParameterAlreadyExists:
                holder, age = self._read()
            else:
                return
        if holder is None:
            raise UnsafeTarget(
                "Another rehearsal of this account ended this very moment.",
                hint="Run this command again.",
            )
        if age > STALE_AFTER:
            raise UnsafeTarget(
                f"Run {holder.run} ended without undoing its changes of this account.",
                state=f"begun by {holder.user} on {holder.host} at {holder.since}; last sign of it"
                f" {age.total_seconds() / 60:.0f} minutes ago",
                where=f"SSM parameter {self._name}",
                hint=f"Run `cutover cleanup --run {holder.run}` on {holder.host}. If its run"
                " directory is lost, put back by hand what differs (docs/aws.md), then delete the"
                " parameter.",
            )
        raise UnsafeTarget(
            f"Run {holder.run} is rehearsing on this account.",
            state=f"begun by {holder.user} on {holder.host} at {holder.since}",
            where=f"SSM parameter {self._name}",
            hint="Wait until it has ended, or use --level observe.",
        )

    def _write(self, *, overwrite: bool) -> None:
        value = json.dumps(codec.encode(self._holder))
        self._ssm.put_parameter(Name=self._name, Value=value, Type="String", Overwrite=overwrite)

    def _read(self) -> tuple[Holder | None, timedelta]:
        """Return the holder, and the lock's age by the clock of AWS."""
        answer = self._ssm.get_parameters(Names=[self._name])
        if not answer["Parameters"]:
            return None, timedelta(0)
        (parameter,) = answer["Parameters"]
        stamp = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(stamp) if stamp else datetime.now(UTC)
        holder = codec.decode(Holder, json.loads(parameter["Value"]))
        return holder, now - parameter["LastModifiedDate"]

    def _beat(self) -> None:
        while not self._over.wait(BEAT_S):
            # A beat that is lost is made up for by the next; the run itself goes on.
            with suppress(*call_errors()):
                self._write(overwrite=True)
