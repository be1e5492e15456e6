"""Images: built in parallel from Dockerfiles, tagged by their content, never built twice."""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from harness.core import bundle
from harness.core.components import OPTIONAL
from harness.core.errors import HarnessError, ImageBuildFailed
from harness.core.progress import Progress, silent
from harness.images import build, buildkit, debian_bases, host_settings
from harness.images.context import BASES, NAMES, STACK_IMAGES, Context, Sources, context
from harness.images.task_images import TaskImages
from harness.images.vendor import place_of_app, vendor_of
from harness.inputs.config import IMAGE_NAMES

if TYPE_CHECKING:
    import docker

    from harness.core.runs import Run
    from harness.inputs.production import Production

WORKERS = 2
OVERRIDE_ANSWER_S = 60
"""A registry that was named is worth waiting for."""


@dataclass(frozen=True)
class ImageSet(Mapping[str, str]):
    """Name to image id, with the references and the vendor behind them."""

    ids: Mapping[str, str]
    references: Mapping[str, str]
    """Name to the tag that was built, or the reference in ``cutover.toml``."""
    vendor: str
    """Where the app's PHP packages are from, as `vendor_of` returns it."""

    def __getitem__(self, name: str) -> str:
        """Return the id of an image."""
        return self.ids[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self.ids)

    def __len__(self) -> int:
        """Count the images."""
        return len(self.ids)


@dataclass(frozen=True)
class Plan:
    """The sources of a build, and the directory for its logs."""

    sources: Sources
    log_directory: Path
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Name to a reference that is used as it is; pulled when it is not there."""
    progress: Progress = silent
    task_images: TaskImages = field(default_factory=TaskImages)
    left_out: frozenset[str] = frozenset()
    """Components that production has nothing for."""

    @property
    def names(self) -> tuple[str, ...]:
        """The images of a stack, without their parents."""
        names = (name for name in STACK_IMAGES if name not in self.left_out)
        return (*names, *self.task_images.references)


def plan_for(
    production: Production, *, log_directory: Path | None = None, progress: Progress = silent
) -> Plan:
    """Return the sources of the images that a rehearsal needs."""
    config = production.config
    beside = TaskImages.of(production.images_beside_app, root=config.root)
    stack_images = {name: image for name, image in config.images.items() if name in IMAGE_NAMES}
    has = {"proxy": config.database.proxy_endpoint, "cache": production.cache}
    return Plan(
        sources=Sources(
            root=bundle.ROOT,
            app_context=config.app_context,
            vendor=vendor_of(config),
            places={**beside.places, **place_of_app(config)},
        ),
        log_directory=log_directory or config.home,
        overrides={
            **{name: image for name, image in stack_images.items() if isinstance(image, str)},
            **beside.overrides,
        },
        progress=progress,
        task_images=beside,
        left_out=frozenset(name for name in OPTIONAL if not has[name]),
    )


def build_for(
    client: docker.DockerClient,
    production: Production,
    *,
    run: Run,
    progress: Progress = silent,
) -> ImageSet:
    """Build every image of a stack, and record them in the run directory.

    Raises:
        ImageBuildFailed: An image could not be built or pulled.
    """
    plan = plan_for(production, log_directory=run.directory / "images", progress=progress)
    built = build_images(client, plan)
    run.write_json(
        "images.json",
        {name: {"id": built[name], "reference": built.references[name]} for name in built},
    )
    return built


def build_images(
    client: docker.DockerClient, plan: Plan, *, only: Iterable[str] | None = None
) -> ImageSet:
    """Build the named images (by default the plan's) and their parents, where they are missing.

    Raises:
        ImageBuildFailed: An image could not be built or pulled.
    """
    names = tuple(only or plan.names)
    unknown = sorted(set(names) - set(NAMES) - set(plan.task_images.references))
    if unknown:
        raise ImageBuildFailed(
            f"no image is called {', '.join(unknown)}", hint=f"there are {NAMES}"
        )
    builder = _Builder(client=client, plan=plan)
    # Nothing to do is the usual case: it needs no lock, no threads, and no look at this machine.
    for name in names:
        builder.find(name)
    missing = [name for name in builder.needed if name not in builder.ids]
    if missing:
        with _one_build_at_a_time():
            builder.build_all()
    for name in builder.needed:
        if name not in missing:
            plan.progress("image", name, "cached")
    return ImageSet(
        ids={name: builder.ids[name] for name in names},
        references={name: builder.references[name] for name in names},
        vendor=plan.sources.vendor,
    )


@dataclass(frozen=True)
class Inventory:
    """The images of a plan and their parents, as far as the engine has them."""

    references: Mapping[str, str]
    ids: Mapping[str, str]
    missing: tuple[str, ...]
    """The names of those that a rehearsal would build or pull."""


def look_up(client: docker.DockerClient, plan: Plan) -> Inventory:
    """Look for the images of a plan and their parents; nothing is built."""
    builder = _Builder(client=client, plan=plan)
    for name in plan.names:
        builder.find(name)
    missing = tuple(name for name in builder.needed if name not in builder.ids)
    return Inventory(builder.references, builder.ids, missing)


@dataclass
class _Builder:
    """Resolves and builds images; one per call of ``build``."""

    client: docker.DockerClient
    plan: Plan
    ids: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)
    """Parents before children."""
    stopped: threading.Event = field(default_factory=threading.Event)

    @cached_property
    def host(self) -> host_settings.BuildHost:
        """This machine's settings; asked for only when something is built."""
        return host_settings.detect()

    def find(self, name: str) -> None:
        """Note an image, its parents, and its id if the engine has it."""
        if name in self.needed:
            return
        parents: Iterable[str] = ()
        if name not in BASES and name not in self.plan.overrides:
            self.contexts[name] = context(name, sources=self.plan.sources)
            parents = self.contexts[name].parents.values()
            for parent in parents:
                self.find(parent)
        self.needed.append(name)
        if all(parent in self.ids for parent in parents):
            self._look_up(name)

    def _look_up(self, name: str) -> None:
        self.references[name] = reference = self._reference(name)
        image_id = self._inspect(reference)
        if image_id is not None:
            self.ids[name] = image_id

    def _reference(self, name: str) -> str:
        if name in self.plan.overrides:
            return self.plan.overrides[name]
        if name in BASES:
            return f"{debian_bases.REPOSITORY}:{BASES[name]}"
        return f"cutover/{name}:{self.contexts[name].content_hash(self.ids)}"

    def _inspect(self, reference: str) -> str | None:
        import docker.errors

        try:
            return self.client.images.get(reference).id
        except docker.errors.ImageNotFound:
            return None

    def build_all(self) -> None:
        """Build the missing images, each as soon as its parents are there.

        The threads are not joined: on Ctrl-C the process ends, its connections close, and the
        engine stops the builds. The first failure is raised when the builds under way have ended.
        """
        _ = self.host  # once, before the threads ask for it
        waiting = [name for name in self.needed if name not in self.ids]
        for name in waiting:
            self.plan.progress("image", name, "queued")
        done: SimpleQueue[tuple[str, HarnessError | None]] = SimpleQueue()
        running = 0
        failure: HarnessError | None = None
        try:
            while running or (waiting and failure is None):
                for name in [n for n in waiting if self._can_start(n)][: WORKERS - running]:
                    if failure is not None:
                        break
                    waiting.remove(name)
                    running += 1
                    threading.Thread(target=self._work, args=(name, done), daemon=True).start()
                _, error = done.get()
                running -= 1
                failure = failure or error
        except BaseException:
            self.stopped.set()
            raise
        if failure is not None:
            raise failure

    def _can_start(self, name: str) -> bool:
        parents = self.contexts[name].parents.values() if name in self.contexts else ()
        return all(parent in self.ids for parent in parents)

    def _work(self, name: str, done: SimpleQueue[tuple[str, HarnessError | None]]) -> None:
        began = time.monotonic()
        progress = self.plan.progress
        failure: HarnessError | None = None
        try:
            self._look_up(name)
            if name in self.ids:
                progress("image", name, "cached")
            else:
                progress("image", name, "building")
                self._make(name)
                progress("image", name, "done", time.monotonic() - began)
        except Exception as error:  # noqa: BLE001 - a thread must report whatever ended it
            failure = error if isinstance(error, HarnessError) else _unexpected(name, error)
            with suppress(OSError):  # nobody reads the progress any more
                progress("image", name, "failed", time.monotonic() - began)
        finally:
            done.put((name, failure))

    def _make(self, name: str) -> None:
        reference = self.references[name]
        self.plan.log_directory.mkdir(parents=True, exist_ok=True)
        path = self.plan.log_directory / f"{name}.log"
        with path.open("w", encoding="utf-8") as log:
            if name in self.plan.overrides:
                refused = debian_bases.pull(
                    self.client, reference, tag=reference, log=log, answer_s=OVERRIDE_ANSWER_S
                )
                if refused and name in self.plan.task_images.references:
                    raise self.plan.task_images.not_to_be_had(name, refused=refused)
                if refused:
                    raise ImageBuildFailed(
                        f"image {name}: {reference} could not be pulled",
                        last_answer=refused,
                        where=f"cutover.toml: [images] {name}",
                        hint="correct the reference, log in to its registry, or"
                        f" `docker pull {reference}`",
                    )
            elif name in BASES:
                debian_bases.make(self.client, BASES[name], host=self.host, log=log)
            else:
                build_context = self.contexts[name]
                parents = {arg: self.references[of] for arg, of in build_context.parents.items()}
                order = build.Order(build_context, tag=reference, parents=parents, host=self.host)
                feature = build_context.buildkit_feature
                if feature:
                    buildkit.run(self.client, order, log=log, feature=feature, stopped=self.stopped)
                else:
                    build.run(self.client, order, log=log, stopped=self.stopped)
        image_id = self._inspect(reference)
        if image_id is None:
            raise ImageBuildFailed(
                f"image {name}: {reference} is not there although it was made",
                hint="another process removed it meanwhile; run the command again",
            )
        self.ids[name] = image_id


def _unexpected(name: str, error: Exception) -> ImageBuildFailed:
    failure = ImageBuildFailed(
        f"image {name} could not be built",
        last_answer=f"{type(error).__name__}: {error}",
        hint="check the Docker engine with `cutover doctor`",
    )
    failure.__cause__ = error
    return failure


@contextmanager
def _one_build_at_a_time() -> Iterator[None]:
    """Keep other harness processes of this machine from building the same images meanwhile."""
    path = Path(tempfile.gettempdir()) / "cutover-images.lock"
    # Read only, and made by one of them: the file may be another user's of this machine.
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY)
        os.fchmod(descriptor, 0o644)
        os.close(descriptor)
    with path.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
