"""Fixtures of the ticket shop: its people, their accounts, and the jobs that confirm orders."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from harness.diagnosis.expect import SESSION, expect
from harness.target.clients.browser import Account
from scenarios.tickets.pages import (
    CONFIRMATION_JOB,
    PRIVATE,
    Buyer,
    Organiser,
    password_command,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.target.clients.account_pages import AccountPages
    from harness.target.clients.browser import Browser
    from harness.target.clients.probe import ProbeClient
    from harness.target.pages import Pages
    from harness.target.resources.ecs_exec import ExecResult
    from harness.target.resources.mailbox import Mail


@pytest.fixture(autouse=True)
def shop(pages: Pages) -> None:
    """The shop itself: its scenarios leave out an app with other pages."""
    if pages.private != PRIVATE:
        pytest.skip("not covered: it is about pages and commands of the reference app")


@pytest.fixture
def organiser(
    new_visitor: Callable[[], Browser],
    new_account: Callable[[], Account],
    run_in_task: Callable[..., ExecResult],
    account_pages: AccountPages,
) -> Organiser:
    """An organiser, made by the app's own command and signed in."""
    email = new_account().email
    done = run_in_task(password_command(email))
    assert done.exit_code == 0, f"no organiser could be made: {done.stdout}{done.stderr}"
    account = Account("Rehearsal Organiser", email, done.stdout.strip().splitlines()[-1])
    person = Organiser(new_visitor(), account, account_pages)
    person.sign_in()
    return person


@pytest.fixture
def buyer(
    new_visitor: Callable[[], Browser],
    new_account: Callable[[], Account],
    account_pages: AccountPages,
) -> Buyer:
    """A registered buyer, signed in."""
    person = Buyer(new_visitor(), new_account())
    account_pages.sign_up(person.browser, person.account)
    expect(
        account_pages.is_signed_in(person.browser),
        "the page after registering shows the buyer as signed out",
        about=SESSION,
    )
    return person


@pytest.fixture
def confirmations(probe: ProbeClient) -> Callable[[], list[dict[str, Any]]]:
    """Return the runs of jobs that confirm an order since the scenario began."""
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def read() -> list[dict[str, Any]]:
        query = f"runs?name={quote(CONFIRMATION_JOB, safe='')}&since={quote(since, safe='')}"
        runs: list[dict[str, Any]] = probe.ask("GET", query)["runs"]
        return runs

    return read


@pytest.fixture
def wait_for_confirmation(
    wait_for_mail: Callable[..., list[Mail]], confirmations: Callable[[], list[dict[str, Any]]]
) -> Callable[..., list[Mail]]:
    """Wait until a buyer has so many mails, and return them all."""

    def wait(buyer: Buyer, *, count: int = 1, whole: bool = False) -> list[Mail]:
        return wait_for_mail(
            buyer.account.email,
            count=count,
            whole=whole,
            ends=lambda: [run["outcome"] for run in confirmations()],
        )

    return wait
