"""The pages that are not where a stock Laravel has them: below a path, of an API, or by routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from harness.inputs.derivation import public_path
from harness.inputs.document import toml_text
from harness.inputs.proposal.folder import Folder

_ROUTE = re.compile(
    r"Route::\w+\(\s*(?:\[[^\]]*\]\s*,\s*)?['\"](?P<path>[^'\"{]+)['\"](?:(?!Route::).)*?"
    r"->name\(\s*['\"](?P<name>login|register|logout)['\"]",
    flags=re.DOTALL,
)
_HOME = re.compile(
    r"redirectUsersTo\(\s*['\"](?P<to>[^'\"]+)|const\s+HOME\s*=\s*['\"](?P<home>[^'\"]+)"
)
"""The page after signing in, in Laravel 11 and before."""
_STOCK = {"login": "/login", "register": "/register", "logout": "/logout", "home": "/dashboard"}


def lines(folder: Folder) -> Iterator[str]:
    """Return the lines of [app.pages]; none where the app has a stock Laravel's."""
    content: list[str] = []
    if path := public_path(folder.variables.get("APP_URL", "")):
        content = [
            f"[app.pages]  # APP_URL has the path {path}",
            f"public = {toml_text(path)}",
            f"# private = {toml_text(f'{path}/dashboard')}",
            f"# sign_in = {{ path = {toml_text(f'{path}/login')} }}",
            f"# sign_up = {{ path = {toml_text(f'{path}/register')} }}",
            f"# sign_out = {toml_text(f'{path}/logout')}",
        ]
    elif folder.is_api:
        checked = folder.health_check_path
        content = [
            "[app.pages]  # no routes/web.php: a route that answers 200 without a token",
            f"{'' if checked else '# '}public = {toml_text(checked or '/api/health')}",
        ]
    elif pages := [*_of_routes(folder)]:
        content = [
            "[app.pages]  # by the routes of these names, and the page after signing in",
            *pages,
        ]
    yield from (*content, "") if content else ()


def _of_routes(folder: Folder) -> Iterator[str]:
    """Return the keys of pages that the app's routes have elsewhere."""
    paths: dict[str, str] = {}
    mark = ""
    for path in sorted((folder.app / "routes").glob("*.php")):
        with suppress(OSError):
            text = path.read_text("utf-8", "replace")
            matches = [*_ROUTE.finditer(text)]
            # The prefix of a group is not looked for: somebody has to write it before these.
            mark = "# " if matches and "prefix(" in text else mark
            paths = {route["name"]: f"/{route['path'].lstrip('/')}" for route in matches} | paths
    for path in chain(*map(folder.app.glob, ("bootstrap/app.php", "app/Providers/*.php"))):
        with suppress(OSError):
            if home := _HOME.search(path.read_text("utf-8", "replace")):
                paths.setdefault("home", f"/{(home['to'] or home['home']).lstrip('/')}")
    keys = {
        "home": "private = {}",
        "login": "sign_in = {{ path = {} }}",
        "register": "sign_up = {{ path = {} }}",
        "logout": "sign_out = {}",
    }
    for name, form in keys.items():
        if paths.get(name, _STOCK[name]) != _STOCK[name]:
            yield mark + form.format(toml_text(paths[name]))
