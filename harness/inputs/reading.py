"""The reading of cutover.toml and the files that it names: each once, all problems kept."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from harness.inputs import config
from harness.inputs.aws_cli.forms import security_groups, service, task_definition
from harness.inputs.config import Config, text_at
from harness.inputs.derivation import SOURCES, Derivation, derive, derive_groups, groups_of
from harness.inputs.document import Document, path_below, read_json, read_text
from harness.inputs.files import cache, variables
from harness.inputs.problem import InputError, Problem, closest
from harness.inputs.toml.settings import Setting, settings

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
_MISSPELT = 0.8
"""Likeness of a file's name that is meant."""


@dataclass
class Reading:
    """The files read so far, and their problems."""

    toml: Document
    problems: list[Problem] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    """The files that cutover.toml names, as inputs; by the values of ``files``."""
    files: dict[str, str] = field(default_factory=dict)
    """Key of cutover.toml -> path of the file that it names, with the key where two name one."""
    _unread: set[str] = field(default_factory=set)
    """Tables, or "" for all, with keys that the files which cannot be read may have."""
    _content: dict[Path, Document] = field(default_factory=dict)
    """The files as they are."""

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each file, by its path from cutover.toml's directory."""
        root = self.toml.path.parent
        return {
            path_below(document.path, root=root): document.digest
            for document in (self.toml, *self.documents.values())
        }

    def config(self, environ: Mapping[str, str]) -> Config | None:
        """Check cutover.toml itself, with the values that other files have.

        Returns:
            The configuration without what is wrong in it; None if something needed lacks.
        """
        toml_config, problems = config.check(self.toml, environ, self.derivation)
        self.problems += problems
        return toml_config

    def failure(self) -> InputError:
        """Return the error with every problem, once each."""
        problems = list(dict.fromkeys(self.problems))
        return InputError(
            [problem for problem in problems if not self._may_be_unread(problem)] or problems
        )

    def _may_be_unread(self, problem: Problem) -> bool:
        """Whether a key is missing that a file may have which cannot be read."""
        is_derived = problem.message.startswith("is missing") and problem.key in SOURCES
        return is_derived and problem.key.startswith(tuple(self._unread))

    @cached_property
    def derivation(self) -> Derivation:
        """Values of cutover.toml that the files have."""
        sources = self.sources
        files = {
            key: Document(self._path("environment_files", key) or self.toml.path, text, {})
            for key, text in self.environment_files.items()
        }
        derivation = derive(self.toml.data, sources, files=files)
        groups = self._source("network", "security_groups", form=security_groups)
        if groups is None:
            self._unread.add("network.")
        else:
            filled, tasks = derivation.fill(self.toml.data), groups_of(sources)
            entries = groups.data.get("SecurityGroups") or ()
            if not tasks or not tasks <= {entry.get("GroupId") for entry in entries}:
                self._unread.add("network.")  # the groups of the tasks are not known
            for value in derive_groups(filled, tasks=tasks, groups=groups):
                derivation.values[value.key] = value
        return derivation

    @property
    def filled(self) -> dict[str, Any]:
        """Data of cutover.toml, with the values that the files have."""
        return self.derivation.fill(self.toml.data)

    @cached_property
    def sources(self) -> list[Document]:
        """The task definitions and services, as far as they can be read."""
        return list(self._sources())

    def _sources(self) -> Iterator[Document]:
        for name in self.tables("services"):
            definition = self._source("services", name, "task_definition", form=task_definition)
            family = str(definition.data.get("family")) if definition else ""
            create = self._source(
                "services", name, "service", form=partial(service, name=name, family=family)
            )
            yield from (source for source in (definition, create) if source)
        scheduled = [
            self._source(*keys, "task_definition", form=task_definition) for keys in self.schedules
        ]
        cached = self._source("cache", "file", form=cache.form)
        yield from filter(None, [*scheduled, cached])

    def _source(self, *keys: str, form: Callable[[Document], Document]) -> Document | None:
        path = self._path(*keys)
        if path is None or not _is_there(path.is_file):
            return None
        try:
            return form(self._document(path))
        except InputError:
            self._unread.add("")
            return None  # its problems are kept when it is checked

    def _document(self, path: Path) -> Document:
        if path not in self._content:
            self._content[path] = read_json(path)
        return self._content[path]

    def as_it_is(self, path: Path) -> Document | None:
        """Return a file as it is; None where it cannot be read."""
        try:
            return self._document(path)
        except InputError:
            return None

    def printed(self, path: Path) -> tuple[Document, ...]:
        """Return the JSON objects of a file that was read, as they are."""
        return self._content[path].objects if path in self._content else ()

    def tables(self, name: str) -> list[str]:
        """Return the names of the tables in a table of cutover.toml."""
        table = self.toml.data.get(name)
        return list(table) if isinstance(table, dict) else []

    @property
    def schedules(self) -> list[tuple[str, ...]]:
        """The keys of the tables with a schedule each; Laravel's is the first."""
        return [("schedule",), *(("schedules", name) for name in self.tables("schedules"))]

    @property
    def notes(self) -> tuple[str, ...]:
        """Files that were not read as they are, and the difference."""
        root = f"{self.toml.path.parent}/"
        notes = (
            document.note.removeprefix(root)
            for document in self.documents.values()
            if document.note
        )
        return tuple(dict.fromkeys(notes))

    def file(
        self,
        *keys: str,
        read: Callable[[Document], T],
        form: Callable[[Document], Document],
    ) -> T | None:
        """Read the file that a key of cutover.toml names; None if it cannot be used.

        Args:
            keys: Path of the key.
            read: Checks the file as an input, and returns its content.
            form: Returns the file as an input, whichever form it has.
        """
        path = self._path(*keys)
        if path is None:
            return None
        if not _is_there(path.is_file):
            self._reject_path(keys, "file")
            return None
        key = ".".join(keys)
        self.files[key] = f"{path} ({key})" if str(path) in self.documents else str(path)
        return self.read(path, read, form=form, name=self.files[key])

    def family(self, name: str) -> str:
        """Return the family of a service's task definition, which may have problems of its own."""
        document = self.documents.get(self.files.get(f"services.{name}.task_definition", ""))
        return str(document.data.get("family") or "") if document else ""

    @cached_property
    def environment_files(self) -> dict[str, str]:
        """ARN of an object in S3 -> the text of the file that cutover.toml names for it."""
        texts, table = {}, "environment_files"
        for key in self.tables(table):
            path = self._path(table, key)
            if path is not None and not _is_there(path.is_file):
                self._reject_path((table, key), "file")
            elif path is not None:
                with self._keeping_problems():
                    content = Document(path=path, text=read_text(path), data={})
                    self.documents[str(path)] = content
                    texts[key] = content.text
                    self.problems += variables.of_file(content.text, file=str(path))
                    self.problems += variables.of_beginning(path.read_bytes(), file=str(path))
        return texts

    def directory(self, *keys: str, default: str) -> Path | None:
        """Return the directory that a key of cutover.toml names; None if there is none."""
        path = self._path(*keys, default=default)
        if path is not None and not _is_there(path.is_dir):
            self._reject_path(keys, "directory")
            return None
        return path

    def read(
        self,
        path: Path,
        read: Callable[[Document], T],
        *,
        form: Callable[[Document], Document],
        name: str = "",
    ) -> T | None:
        """Read and check a file; None if it has problems."""
        with self._keeping_problems():
            document = form(self._document(path))
            self.documents[name or str(path)] = document
            return read(document)
        return None

    def reject(self, document: Document, problems: Iterable[Problem]) -> None:
        """Keep problems of a file that was read."""
        with self._keeping_problems():
            document.reject(problems)

    def _path(self, *keys: str, default: str = "") -> Path | None:
        name = text_at(self.toml.data, *keys) or default
        return self.toml.path.parent / name if name else None

    def _reject_path(self, keys: tuple[str, ...], noun: str) -> None:
        name, path = text_at(self.toml.data, *keys), self._path(*keys)
        message = f'is "{name}", and there is no such {noun}'
        hint = f"correct the path, or add the {noun}"
        if path is not None and _is_there(path.is_symlink) and not _is_there(path.exists):
            message = f'is "{name}", a link that leads nowhere'
        elif path is not None and _is_there(path.exists):
            kind = "a directory" if path.is_dir() else "a file" if path.is_file() else "a device"
            message = f'is "{name}", {kind}, and a {noun} is expected'
            hint = f"write the path of the {noun}"
        elif path is not None and "\\" in name:
            with_slashes = name.replace("\\", "/")
            hint = f'write "{with_slashes}", or add the {noun}'
        elif path is not None and (beside := _beside(path)):
            hint = f'{hint}: did you mean "{posixpath.join(posixpath.dirname(name), beside)}"?'
        self.reject(self.toml, [Problem(".".join(keys), message, hint)])

    @contextmanager
    def _keeping_problems(self) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            self.problems += error.problems


def _is_there(exists: Callable[[], bool]) -> bool:
    """Ask for a file or a directory; a name that no file can have is not there."""
    try:
        return exists()
    except (OSError, ValueError):
        return False


def _beside(path: Path) -> str:
    """Return the nearest name in a path's directory; empty where none is near."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
        return closest(path.name, names, similarity=_MISSPELT)
    except (OSError, ValueError):
        return ""


def configuration(environ: Mapping[str, str], *, cwd: Path) -> Config:
    """Read cutover.toml and the values that other files have for it; these are not checked.

    Raises:
        InputError: Every problem of the variables and of cutover.toml.
    """
    toml_config, _ = _checked(environ, cwd=cwd)
    return toml_config


def settings_of(environ: Mapping[str, str], *, cwd: Path) -> list[Setting]:
    """Read cutover.toml and the files that have values for it, and show the settings.

    Raises:
        InputError: Every problem of the variables and of cutover.toml.
    """
    _, reading = _checked(environ, cwd=cwd)
    return list(settings(reading.toml, environ, reading.derivation))


def _checked(environ: Mapping[str, str], *, cwd: Path) -> tuple[Config, Reading]:
    reading = Reading(config.read(environ, cwd=cwd))
    toml_config = reading.config(environ)
    if toml_config is None or reading.problems:
        raise InputError(reading.problems)
    return toml_config, reading
