"""Run steps in parallel, each as soon as those that it needs are done; one failure ends all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from harness.core.progress import Progress

interrupted = threading.Event()
"""Set by the signal handler too: Python drops a KeyboardInterrupt that is raised in a callback."""


class Cancelled(Exception):
    """Another step failed, or the user interrupted; this one gave up."""


@dataclass(frozen=True)
class Step:
    """A step that was added; another one may need it."""

    name: str
    future: Future[object]


class Steps:
    """Steps that run in parallel until one of them fails.

    Use as a context manager: leaving it cancels what is still under way and waits for it, so that
    nothing makes containers after the caller has begun to remove them.
    """

    def __init__(self, *, progress: Progress, workers: int = 24) -> None:
        self._progress = progress
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="step")
        self._futures: list[Future[object]] = []
        self._cancelled = threading.Event()

    def __enter__(self) -> Steps:
        return self

    def __exit__(self, *_: object) -> None:
        self._cancelled.set()
        again: KeyboardInterrupt | None = None
        while True:
            try:
                self._pool.shutdown(wait=True, cancel_futures=True)
            except KeyboardInterrupt as error:
                # Even an impatient user's stack must be left idle, or its removal leaves something.
                again = error
            else:
                break
        if again is not None:
            raise again

    def check(self) -> None:
        """Raise if waiting on is pointless; long steps call it between polls.

        Raises:
            Cancelled: Another step failed, or the user interrupted.
        """
        if self._cancelled.is_set() or interrupted.is_set():
            raise Cancelled

    def add(
        self,
        name: str,
        work: Callable[[], object],
        *,
        needs: Iterable[Step] = (),
        group: str = "step",
        states: tuple[str, str] = ("working", "done"),
    ) -> Step:
        """Start a step once those that it needs are done."""
        waits_for = [step.future for step in needs]

        def run() -> object:
            for future in waits_for:
                future.result()
            self.check()
            began = time.monotonic()
            self._progress(group, name, states[0])
            try:
                result = work()
            except BaseException as error:
                if not isinstance(error, Cancelled):
                    self._progress(group, name, "failed", time.monotonic() - began)
                self._cancelled.set()
                raise
            self._progress(group, name, states[1], time.monotonic() - began)
            return result

        step = Step(name, self._pool.submit(run))
        self._futures.append(step.future)
        return step

    def finish(self) -> None:
        """Wait for all steps; raise the error that came first."""
        done, _ = wait(self._futures, return_when=FIRST_EXCEPTION)
        if interrupted.is_set():
            raise KeyboardInterrupt
        errors = [future.exception() for future in done]
        causes = [e for e in errors if e is not None and not isinstance(e, Cancelled)]
        if causes or any(errors):
            self._cancelled.set()
            raise causes[0] if causes else Cancelled
