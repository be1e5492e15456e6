"""What only SES's events show about an order's mail."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.expectation import ExpectationError
from harness.target.access import Access
from harness.target.resources.mailbox import Mail
from scenarios.tickets import test_orders as orders

ACCESS = Access("https://x.example", resources={"identity": "876events.example"})
BUYER: Any = SimpleNamespace(
    account=SimpleNamespace(email="buyer@x.example"), order=lambda *_, **__: "AB12"
)


def mail(**fields: Any) -> Mail:
    subject = f"Your tickets · {orders.TITLE} · Order AB12"
    return Mail("tickets@876events.example", ("buyer@x.example",), subject, {}, **fields)


def test_a_mail_that_bounced_is_named() -> None:
    check = orders.test_order_confirmation_reaches_the_buyer_from_the_identity
    check(BUYER, lambda _: [mail()], ACCESS)
    with pytest.raises(ExpectationError, match="SES could not deliver the mail: Bounce"):
        check(BUYER, lambda _: [mail(failures=("Bounce",))], ACCESS)


def test_a_role_that_is_not_the_workers_is_named() -> None:
    worker: Any = SimpleNamespace(
        name="shop-worker",
        definition=lambda: {"taskRoleArn": "arn:aws:iam::876000000876:role/app/worker"},
        task=lambda _: {"group": "service:shop-worker"},
    )
    runs = [{"task": "1", "connection": "sqs"}]
    check = orders.test_worker_sends_the_order_mail
    for role in ("", "worker"):
        check(BUYER, lambda _, role=role: [mail(role=role)], lambda: runs, worker)
    with pytest.raises(ExpectationError, match="the role web sent the mail") as caught:
        check(BUYER, lambda _: [mail(role="web")], lambda: runs, worker)
    assert caught.value.cause == "a task with the role web sends mail, and not the worker's"
