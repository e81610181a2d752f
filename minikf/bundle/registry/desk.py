"""Questions to registries, a few at a time, on threads that nobody has to wait for."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from minikf.bundle.registry.client import Registry
from minikf.bundle.registry.reference import Reference
from minikf.errors import MinikfError, NoProgress, Unreachable

T = TypeVar("T")
Work = Callable[[Registry, Reference], T]
Named = tuple[str, Reference]


class Desk(Generic[T]):
    """Hands out the work for images of several registries, and takes in what came of it.

    A registry is spoken to once before its images are asked for. When it does not answer, then or later, all of its
    images that are left have that for an answer.
    """

    def __init__(self, work: Work[T], until: float) -> None:
        self._work = work
        self._until = until
        self._todo: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[str, T | MinikfError | BaseException]] = queue.SimpleQueue()
        self._silent: dict[str, MinikfError] = {}
        self._threads = 0
        self._closed = False

    def take(self, registry: str, images: Sequence[Named]) -> None:
        """Images of one registry, to be asked for."""
        self._todo.put(lambda: self._first(Registry(registry, self._until), images))

    def start(self, threads: int) -> None:
        # Threads of an executor would be waited for when the program ends, and nothing bounds a question to a server
        # of names, nor the headers of an answer.
        for _ in range(threads):
            threading.Thread(target=self._run, name="registry", daemon=True).start()
        self._threads = threads

    def next(self) -> tuple[str, T | MinikfError] | None:
        """An image and what came of it; None when time is over. Raises what no work should have raised."""
        try:
            image, result = self._done.get(timeout=max(0.0, self._until - time.monotonic()))
        except queue.Empty:
            return None
        if isinstance(result, BaseException) and not isinstance(result, MinikfError):
            raise result
        return image, result

    def close(self) -> None:
        """What has not begun is not begun any more."""
        self._closed = True
        for _ in range(self._threads):
            self._todo.put(None)

    def _run(self) -> None:
        while (task := self._todo.get()) is not None:
            if not self._closed:
                task()

    def _first(self, registry: Registry, images: Sequence[Named]) -> None:
        try:
            registry.open()
        except BaseException as error:  # whatever it is, the one who waits has to hear of it
            for image, _ in images:
                self._done.put((image, error))
            return
        for image, reference in images:
            self._todo.put(lambda image=image, reference=reference: self._one(registry, image, reference))  # type: ignore[misc]

    def _one(self, registry: Registry, image: str, reference: Reference) -> None:
        silent = self._silent.get(registry.name)
        if silent is not None:
            self._done.put((image, silent))
            return
        try:
            self._done.put((image, self._work(registry, reference)))
        except (Unreachable, NoProgress) as error:
            self._silent[registry.name] = error
            self._done.put((image, error))
        except BaseException as error:
            self._done.put((image, error))
