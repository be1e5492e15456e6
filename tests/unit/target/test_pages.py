"""Pages of the app: a stock Laravel's, or the configuration's, and the keys for another."""

from __future__ import annotations

import pytest

from harness.inputs.problem import Problem
from harness.inputs.toml import pages, validation
from harness.target.pages import Pages, pages_from


def test_without_a_word_the_pages_are_a_stock_laravels() -> None:
    assert pages_from(pages.Pages()) == Pages()


def test_a_page_that_is_configured_is_no_gap() -> None:
    table = pages.Pages.model_validate({"private": "/orders", "sign_in": {"user": "name"}})
    app_pages = pages_from(table)
    assert (app_pages.private, app_pages.sign_in, app_pages.user_field) == (
        "/orders",
        "/login",
        "name",
    )
    assert app_pages.configured == ("private", "sign_in")
    assert app_pages.gap("private") == app_pages.gap("sign_in") == ""


def test_a_known_account_has_its_password_or_the_secret_that_has_it() -> None:
    section = {"account": {"user": "editor", "secret": "shop/app", "key": "editor_password"}}
    app_pages = pages_from(pages.Pages.model_validate(section))
    assert (app_pages.account_user, app_pages.account_secret) == (
        "editor",
        ("shop/app", "editor_password"),
    )
    assert app_pages.are_below("/"), "its name is no page's path"
    section = {"account": {"user": "editor", "password": "made-up"}}
    app_pages = pages_from(pages.Pages.model_validate(section))
    assert (app_pages.account_password, app_pages.account_secret) == ("made-up", ("", ""))


@pytest.mark.parametrize(
    ("key", "gap"),
    [
        (
            "sign_up",
            "no sign-up page is configured and /register is none; set app.pages.sign_up.path or"
            " app.pages.account",
        ),
        ("public", "no public page is configured and / is none; set app.pages.public"),
        ("sign_in", "no sign-in page is configured and /login is none; set app.pages.sign_in.path"),
    ],
)
def test_a_gap_names_the_key_to_set(key: str, gap: str) -> None:
    assert Pages().gap(key) == gap


def test_a_path_begins_with_a_slash() -> None:
    app = {"url": "https://a.example", "context": ".", "pages": {"private": "orders"}}
    problems = {problem.key: problem for problem in validation.problems({"app": app})}
    message = 'is "orders", and must begin with /'
    assert problems["app.pages.private"] == Problem("app.pages.private", message, 'write "/orders"')


def test_a_page_that_answers_otherwise_is_named_with_its_status() -> None:
    assert Pages().gap("private", status=401) == (
        "no private page is configured and /dashboard answers 401; set app.pages.private"
    )


@pytest.mark.parametrize(
    ("given", "path", "is_below"),
    [
        ({}, "/", True),
        ({}, "/admin", False),
        ({"public": "/portal"}, "/portal", True),
        ({"public": "/portal"}, "/portal/", True),
        ({"public": "/portal"}, "/port", False),
        ({"public": "/portal/home", "private": "/portal/orders"}, "/portal", True),
        ({"public": "/portal", "private": "/orders"}, "/portal", False),
        ({"public": "/portal", "sign_in": {"path": "/portal/login"}}, "/portal", True),
    ],
)
def test_a_cookie_of_a_path_is_for_an_app_below_it(
    given: dict[str, object], path: str, is_below: bool
) -> None:
    assert pages_from(pages.Pages.model_validate(given)).are_below(path) == is_below


@pytest.mark.parametrize(
    ("public", "folders"), [("/", ("",)), ("/a/b", ("", "/a", "/a/b")), ("/a/", ("", "/a"))]
)
def test_an_app_may_be_below_its_public_page(public: str, folders: tuple[str, ...]) -> None:
    assert Pages(public=public).folders == folders
