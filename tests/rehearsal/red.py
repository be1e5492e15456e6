"""Mistakes of the apps in ``tests/apps``: edits of their files, and the words of the cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.project import Project

Check = Callable[[Project], None]


@dataclass(frozen=True)
class Red:
    """Some edits of the app's files, and the words that must be said of them."""

    name: str
    edits: tuple[tuple[str, str, str], ...]
    """File, the text in it, and its replacement."""
    words: str
    code: int = 3
    scenarios: str = ""

    def apply(self, project: Project) -> None:
        """Edit the files."""
        for file, old, new in self.edits:
            project.replace(file, old, new)

    def rehearse(self, project: Project, nothing_left: Check) -> None:
        """Rehearse the edited app, and require the exit code and the words."""
        self.apply(project)
        chosen = ["-k", self.scenarios] if self.scenarios else []
        code, output = project.run("rehearse", *chosen)
        assert code == self.code, output
        assert self.words in " ".join(output.split()), output
        assert "Traceback" not in output
        if code != 2:
            nothing_left(project)
