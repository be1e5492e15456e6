"""The keys of cutover.toml that name pages of the app."""

from __future__ import annotations

from typing import Annotated

from harness.inputs.toml.value_types import Path, Table, Text, like


class SignIn(Table):
    """The form with which an account signs in."""

    path: Annotated[Path, like("/login")] = "/login"
    """The page with the form."""
    user: Text = "email"
    """Name of the field for the account's e-mail address."""
    password: Annotated[Text, like("password")] = "password"  # noqa: S105 - the name of a field
    """Name of the field for the password."""
    shows: Annotated[Text | None, like("Sign out")] = None
    """A text that the public page has for a signed-in visitor only. Without it, a visitor that can
    open the private page is signed in."""


class SignUp(Table):
    """The form with which a visitor makes an account, and is signed in."""

    path: Annotated[Path, like("/register")] = "/register"
    """The page with the form."""
    fields: Annotated[dict[str, Text], like({"company": "Example"})] = {}
    """Values besides ``name`` and the fields of ``sign_in``: the account, its password and the
    password's ``_confirmation``."""


class KnownAccount(Table):
    """An account that a command of ``first_run`` makes, where no visitor signs up."""

    user: Annotated[Text, like("editor")]
    """The text for the field ``sign_in.user``."""
    password: Annotated[Text | None, like("made-up")] = None
    """Its password; or the secret that has it."""
    secret: Annotated[Text | None, like("shop/app")] = None
    """The secret with its password."""
    key: Annotated[Text | None, like("editor_password")] = None
    """The key of that secret."""


class Pages(Table):
    """Pages of the app, by default those of a stock Laravel."""

    public: Path = "/"
    """A page that every visitor may open, and that starts a session."""
    private: Path = "/dashboard"
    """A page that redirects to the sign-in form."""
    sign_in: SignIn = SignIn()
    sign_up: SignUp = SignUp()
    account: KnownAccount | None = None
    sign_out: Path = "/logout"
    """Signs out when a form is posted to it."""
