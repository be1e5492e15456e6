"""Pages of the app that scenarios open: a stock Laravel's, or those that cutover.toml names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.inputs.toml import pages

KEY = "app.pages"
NOT_FOUND = 404


@dataclass(frozen=True)
class Pages:
    """Paths and fields, and the keys of ``app.pages`` that the configuration sets."""

    public: str = "/"
    private: str = "/dashboard"
    sign_in: str = "/login"
    user_field: str = "email"
    password_field: str = "password"  # noqa: S105 - the name of a field
    shown_when_signed_in: str = ""
    """A text of the public page; empty where the private page tells."""
    sign_up: str = "/register"
    sign_up_fields: Mapping[str, str] = field(default_factory=dict)
    sign_out: str = "/logout"
    account_user: str = ""
    """The user of an account that is there already; empty where visitors make theirs."""
    account_password: str = ""
    account_secret: tuple[str, str] = ("", "")
    """The secret with its password, and the key."""
    configured: tuple[str, ...] = ()

    def are_below(self, path: str) -> bool:
        """Whether the public page, and each that is configured, is a path or below it."""
        paths = {getattr(self, key) for key in ("public", *self.configured) if hasattr(self, key)}
        folder = f"{path.rstrip('/')}/"
        return all(f"{page}/".startswith(folder) for page in paths)

    @property
    def folders(self) -> tuple[str, ...]:
        """Paths below which the app may be: the root's, empty, and those of the public page."""
        steps = [step for step in self.public.split("/") if step]
        return tuple(
            "".join(f"/{step}" for step in steps[:number]) for number in range(len(steps) + 1)
        )

    def gap(self, key: str, *, status: int = NOT_FOUND) -> str:
        """Return the reason not to cover a page that the app lacks; empty if it was configured.

        Args:
            key: ``public``, ``private``, ``sign_in``, ``sign_up`` or ``sign_out``.
            status: The answer of its address.
        """
        if key in self.configured:
            return ""
        table = f"{key}.path" if key in ("sign_in", "sign_up") else key
        name = key.replace("_", "-")
        state = "is none" if status == NOT_FOUND else f"answers {status}"
        page = f"no {name} page is configured and {getattr(self, key)} {state}"
        other = f" or {KEY}.account" if key == "sign_up" else ""
        return f"{page}; set {KEY}.{table}{other}"


STOCK = Pages()
"""The pages of a stock Laravel."""


def pages_from(table: pages.Pages) -> Pages:
    """Return the pages that the configuration names, with the keys that it sets."""
    return Pages(
        public=table.public,
        private=table.private,
        sign_in=table.sign_in.path,
        user_field=table.sign_in.user,
        password_field=table.sign_in.password,
        shown_when_signed_in=table.sign_in.shows or "",
        sign_up=table.sign_up.path,
        sign_up_fields=table.sign_up.fields,
        sign_out=table.sign_out,
        **_account_from(table.account),
        configured=tuple(sorted(table.model_fields_set)),
    )


def _account_from(account: pages.KnownAccount | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {
        "account_user": account.user,
        "account_password": account.password or "",
        "account_secret": (account.secret or "", account.key or ""),
    }
