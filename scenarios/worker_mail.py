"""The way of a worker's mail: its mailer, and whether SES's SMTP endpoint is reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BY_SMTP = "SES by SMTP"
_DIAL = (
    "if (! $port = getenv('MAIL_PORT')) { exit; }"
    " $way = @fsockopen(getenv('MAIL_HOST'), (int) $port, $number, $text, 5);"
    " echo $port, ' ', $way ? '' : ($text ?: 'refused');"
)
"""PHP that prints MAIL_PORT, and why MAIL_HOST is not reached there; nothing without a port."""


@dataclass(frozen=True)
class WorkerMail:
    """The mail of a running worker."""

    smtp_host: str
    """SES's SMTP endpoint; empty where the app does not use it."""
    run: Callable[[list[str]], str]
    """Runs a command in the worker, and returns its output."""

    def mailer(self) -> str:
        """Return the worker's mailer."""
        name = self.run(["sh", "-c", "echo $MAIL_MAILER"]).strip()
        return mailer_name(name, smtp_host=self.smtp_host)

    def obstacle(self) -> str:
        """Dial the endpoint; return the cause if it is not reached, or nothing."""
        if not self.smtp_host:
            return ""
        port, _, error = self.run(["php", "-r", _DIAL]).strip().partition(" ")
        if not error:
            return ""
        return (
            f"the worker does not reach {self.smtp_host} on port {port}: SES takes mail of tasks"
            " on 587, 2587, 465 and 2465, and the tasks' egress and the endpoints' group"
            " (network.endpoints_group) must admit it"
        )


def mailer_name(mailer: str, *, smtp_host: str) -> str:
    """Return the name of a mailer; SMTP to SES's own endpoint sends through SES."""
    return BY_SMTP if mailer == "smtp" and smtp_host else mailer
