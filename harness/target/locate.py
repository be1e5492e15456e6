"""Finds the target of a name: the local stack, a public URL, an AWS account."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.core.errors import NoStack, TargetError, UnsafeTarget
from harness.core.redact import without_password
from harness.target.access import REHEARSE, Access, access_from, split_address
from harness.target.pages import STOCK, Pages
from harness.target.target import (
    AS_LOCAL,
    AS_ON_AWS,
    AWS,
    CAPABILITIES_OF,
    CODE,
    EXEC,
    HTTP_PLAIN,
    LOCAL,
    MAIL,
    MAIL_BODY,
    METRICS,
    NOT_WHEN_OBSERVED,
    PROBE,
    URL,
    Differences,
    Target,
    unconfigured,
)

if TYPE_CHECKING:
    from pathlib import Path

    from harness.core.redact import Secret

CURRENT_FILE = "current.json"
ACCOUNT_FILE = "account.json"
_CONNECT_TIMEOUT_S = 1.0
_NO_KEY = "no probe key is known; set CUTOVER_PROBE_KEY"
_NO_TEXT = "events of SES have no text of a mail, and no receipt rule; set aws.mail_receipt_rule"


def local(home: Path) -> Target:
    """Return the stack on this machine, as ``cutover up`` described it under ``home``.

    Raises:
        NoStack: None was started, or the one that was is gone.
        TargetError: Its description cannot be read.
    """
    path = home / CURRENT_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NoStack(
            "No stack is up.", where=str(path), hint="Start one with cutover up."
        ) from None
    except ValueError as error:
        raise TargetError(
            "The description of the running stack is not JSON.",
            last_answer=str(error),
            where=str(path),
            hint="Run cutover down, then cutover up.",
        ) from None
    access = access_from(data, where=str(path))
    if not _answers(access.https):
        raise NoStack(
            f"The stack of run {access.run} is gone: nothing answers at {access.https}.",
            where=str(path),
            hint="Start a new one with cutover up.",
        )
    return _configured(LOCAL, access, AS_LOCAL)


def url(
    public_url: str,
    *,
    probe_key: Secret | None,
    session_cookie: str = "",
    pages: Pages = STOCK,
    connect_to: str = "",
    ca_file: str = "",
) -> Target:
    """Return the production site, of which only the URL and the probe's key are known.

    Without a key there is no probe, and scenarios that need it are skipped and say so.

    Args:
        public_url: The site's address.
        probe_key: The probe's key.
        session_cookie: The name of the session's cookie.
        pages: The pages that scenarios may ask for.
        connect_to: ``host:port`` to connect to instead of the site's own.
        ca_file: Certificates of authorities to trust, instead of the machine's.

    Raises:
        TargetError: The address is no https URL.
    """
    if not _is_site(public_url):
        raise TargetError(
            "The target url needs an https:// address, and got"
            f" {without_password(public_url) or 'none'!r}.",
            hint="Write --url https://HOST, or app.url in cutover.toml.",
        )
    without = {} if probe_key else dict.fromkeys((PROBE, CODE), _NO_KEY)
    site = public_url.rstrip("/")
    access = Access(
        public_url=site,
        session_cookie=session_cookie,
        pages=pages,
        https=connect_to,
        ca_file=ca_file,
    )
    able = CAPABILITIES_OF[URL] - without.keys()
    return Target(URL, access, able, AS_ON_AWS, probe_key, unconfigured=without)


def _is_site(address: str) -> bool:
    """Whether an address is https's, of a site and no page, with a port that can be."""
    try:
        parts = urlsplit(address)
        is_page = parts.query or parts.fragment or parts.username is not None
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0 and not is_page
    except ValueError:
        return False


def aws(run_directory: Path, *, probe_key: Secret | None = None) -> Target:
    """Return the account that ``cutover verify --target aws`` described in its run directory.

    While it is only observed, what would change it is no capability.

    Raises:
        TargetError: Nothing was described there.
        UnsafeTarget: The addresses are those of a local stack.
    """
    access = account_access(run_directory)
    if access.emulator or access.control:
        raise UnsafeTarget("The target aws was given the addresses of a local stack.")
    differences = AS_ON_AWS
    if access.mail_receipt:
        differences = replace(differences, visitor_address=access.mail_receipt.address)
    if access.has_local_endpoints:  # behind them is a local stack, whose proxy is MySQL Router
        differences = replace(differences, plaintext_at_proxy=AS_LOCAL.plaintext_at_proxy)
    target = _configured(AWS, access, differences)
    without = dict(target.unconfigured)
    if access.level != REHEARSE:
        without.update(NOT_WHEN_OBSERVED)
    elif access.without_exec:
        services = ", ".join(access.without_exec)
        without[EXEC] = f"ECS Exec is off; set enableExecuteCommand of {services}"
    if reason := _without_mail_events(access):
        without[MAIL] = reason
    if MAIL in without or not access.mail_receipt:
        without[MAIL_BODY] = without.get(MAIL) or _NO_TEXT
    if reason := _without_metrics(access):
        without[METRICS] = reason
    if access.https and not access.http:
        without[HTTP_PLAIN] = "--connect-to names a port, and plain HTTP has another"
    return replace(
        target,
        capabilities=CAPABILITIES_OF[AWS] - without.keys(),
        unconfigured=without,
        probe_key=probe_key,
    )


def _without_mail_events(access: Access) -> str:
    if "identity" not in access.resources:
        return "no mail identity is configured; set resources.identity"
    if "mail_events" not in access.resources:
        return "SES's events of sent mails are read from no queue; set aws.mail_events_queue"
    return ""


def _without_metrics(access: Access) -> str:
    if access.has_local_endpoints:
        return "an emulator has no metrics of RDS Proxy"
    if not access.proxy_name:
        return "database.proxy_endpoint is no default endpoint of RDS Proxy, which has its name"
    return ""


def account_access(run_directory: Path) -> Access:
    """Return the names and addresses of the account of a run.

    Raises:
        TargetError: None was described there.
    """
    path = run_directory / ACCOUNT_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise TargetError(
            "No account was read for this replay.",
            last_answer=str(error),
            where=str(path),
            hint="Use `cutover verify --target aws`, which reads it first.",
        ) from None
    return access_from(data, where=str(path))


def _configured(name: str, access: Access, differences: Differences) -> Target:
    """Return a target with the capabilities that follow from the app's configuration."""
    without = unconfigured(access)
    able = CAPABILITIES_OF[name] - without.keys()
    return Target(name, access, able, differences, unconfigured=without)


def _answers(address: str) -> bool:
    try:
        with socket.create_connection(split_address(address), _CONNECT_TIMEOUT_S):
            return True
    except OSError:
        return False
