"""The system's Chromium, driven by Playwright, and the made-up reports as pages in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import sync_playwright

from harness.core.redact import remember
from harness.report.writer import write_report
from tests.report import made_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

    Open = Callable[..., "Opened"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW_TO_GET_IT = (
    "The report's page is judged in Chromium, and none is on the PATH. On Debian"
    " `apt-get install chromium` gets it (as root the test does so itself), on Alpine"
    " `apk add chromium`; elsewhere Chrome or Chromium from your package manager."
)
PHONE = (390, 844)
DESK = (1280, 900)
REPORTS = {"green": made_up.green, "red": made_up.failed, "url": made_up.from_outside}


@dataclass
class Opened:
    """A page, and everything that went wrong or went out while it was shown."""

    page: Page
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        self.problems.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; a bare Debian gets one, as CI does."""
    path = _find()
    if not path and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
            done = subprocess.run(
                ["apt-get", "-q", *command],
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                pytest.fail(f"{HOW_TO_GET_IT}\napt-get said:\n{done.stderr[-2000:]}", pytrace=False)
        path = _find()
    if not path:
        pytest.fail(HOW_TO_GET_IT, pytrace=False)
    return path


def _find() -> str:
    return next(filter(None, map(shutil.which, NAMES)), "")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    # Chromium's own sandbox does not work for root, nor do 64 MB of /dev/shm in a container.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=[*flags, "--disable-dev-shm-usage"]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every made-up report, written as a replay writes it: name -> its page."""
    remember(made_up.SECRET)
    root = tmp_path_factory.mktemp("reports")
    return {name: write_report(make(), directory=root / name) for name, make in REPORTS.items()}


@pytest.fixture(scope="session")
def window(browser: Browser) -> Opened:
    """One window for all tests: a new one for each would double their time."""
    return Opened(browser.new_page())


@pytest.fixture
def open_page(window: Opened, written: dict[str, Path]) -> Open:
    """Open one of the reports, on a screen of some size."""

    def opened(name: str, *, size: tuple[int, int] = DESK, dark: bool = False) -> Opened:
        scheme: Literal["dark", "light"] = "dark" if dark else "light"
        window.page.set_viewport_size({"width": size[0], "height": size[1]})
        window.page.emulate_media(media="screen", color_scheme=scheme)
        window.problems.clear()
        window.requests.clear()
        window.page.goto(written[name].as_uri())
        return window

    return opened
