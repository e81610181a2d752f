"""Fetches of models in the background, one for each service, and the folders of fetched models."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from minikf.embedded.controllers.base import Key
from minikf.embedded.controllers.serving.spec import Predictor
from minikf.embedded.status import Object
from minikf.embedded.storage import Fetched, Fetcher, FetchFailed, parse_uri

# Seconds to the next attempt, after the first, second, ... failure. A file that is missing may be on its way; a
# network that is down has been asked several times already.
_PAUSES = (1.0, 2.0, 5.0, 10.0)
_PASSING_PAUSES = (2.0, 4.0, 8.0, 16.0, 30.0)


@dataclass
class Work:
    """A fetch under way or just ended."""

    revision: str
    task: asyncio.Task[Fetched]
    done: int = 0
    total: int = 0

    @property
    def progress(self) -> str:
        if not self.done:
            return "the model is fetched"
        of = f" of {self.total:,}" if self.total else ""
        return f"the model is downloaded: {self.done:,}{of} bytes"


class Models:
    """`folder` is where the folders of single files are: `<folder>/<uid of the service>/<revision>/`."""

    def __init__(self, fetcher: Fetcher, folder: Path) -> None:
        self._fetcher = fetcher
        self._folder = folder
        self._work: dict[Key, Work] = {}
        self._failures: dict[Key, tuple[str, int]] = {}

    def work(self, key: Key, predictor: Predictor, revision: str) -> Work:
        """The fetch for a revision, begun if need be; one for an earlier revision is given up."""
        work = self._work.get(key)
        if work is not None and work.revision == revision:
            return work
        self.forget(key)
        work = Work(revision, asyncio.create_task(self._fetch(key, predictor)))
        self._work[key] = work
        return work

    def again(self, key: Key, revision: str, error: FetchFailed) -> float:
        """Drops a failed fetch; seconds until it should be begun anew."""
        self._work.pop(key, None)
        known, count = self._failures.get(key, (revision, 0))
        count = count + 1 if known == revision else 1
        self._failures[key] = (revision, count)
        pauses = _PASSING_PAUSES if error.passing else _PAUSES
        return pauses[min(count, len(pauses)) - 1]

    def forget(self, key: Key) -> None:
        """Ends the service's fetch."""
        work = self._work.pop(key, None)
        if work is not None:
            work.task.cancel()

    def place(self, service: Object, revision: str, fetched: Fetched) -> Path:
        """The folder to serve from. Blocks for a moment."""
        return self._fetcher.checkout(fetched, self._folder / service["metadata"]["uid"] / revision)

    def keep_only(self, uid: str, revisions: set[str]) -> None:
        """Removes the folders of a service's other revisions."""
        with contextlib.suppress(FileNotFoundError):
            for folder in (self._folder / uid).iterdir():
                if folder.name not in revisions:
                    shutil.rmtree(folder, ignore_errors=True)

    def remove(self, uid: str) -> None:
        shutil.rmtree(self._folder / uid, ignore_errors=True)

    def sweep(self, uids: set[str]) -> None:
        """Removes the folders of services that were deleted while nobody looked."""
        with contextlib.suppress(FileNotFoundError):
            for folder in self._folder.iterdir():
                if folder.name not in uids:
                    shutil.rmtree(folder, ignore_errors=True)

    async def stop(self) -> None:
        tasks = [work.task for work in self._work.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._work.clear()

    async def _fetch(self, key: Key, predictor: Predictor) -> Fetched:
        uri = parse_uri(predictor.storage_uri, predictor.sha256)

        def told(done: int, total: int) -> None:
            work = self._work.get(key)
            if work is not None:
                work.done, work.total = done, total

        return await self._fetcher.fetch(uri, key.namespace, told)
