"""The files of promotions: a folder a run, readable by their owner only. No secret is ever in them."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from minikf.errors import Refused
from minikf.files import make_folder, write_private
from minikf.install.lines import Lines
from minikf.paths import state_home
from minikf.promote.apply.intended import Intended
from minikf.promote.apply.journal import Journal, State, read
from minikf.promote.model import Object


@dataclass(frozen=True)
class RunFiles:
    """The files of one run."""

    folder: Path

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def journal(self) -> Path:
        return self.folder / "journal.jsonl"

    @property
    def receipt(self) -> Path:
        """The statement, once the run is done."""
        return self.folder / "receipt.json"

    @property
    def state(self) -> State:
        """What its journal says; a run that was killed before it had one has changed nothing and is none."""
        return read(self.journal)

    def intended(self) -> Intended:
        return Intended.read((self.folder / "intended.json").read_text())

    def before(self) -> list[tuple[list[str], Object | None]]:
        """What `Before` wrote: the id and apiVersion of each object, and the object."""
        found: list[tuple[list[str], Object | None]] = json.loads((self.folder / "before.json").read_text())
        return found

    def write(self, name: str, text: str) -> None:
        """Whole and on the disk, its name in the folder too, before this returns."""
        write_private(self.folder / name, text)
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True)
class Promotions:
    """All runs of the promotion `name`."""

    name: str

    @property
    def folder(self) -> Path:
        return state_home() / "promotions" / self.name

    def run(self, id: str) -> RunFiles:
        return RunFiles(self.folder / "runs" / id)

    def runs(self, target: str = "") -> tuple[RunFiles, ...]:
        """Those that began to change their target, the oldest first; of one target where it is named."""
        found = sorted((self.folder / "runs").glob("*/journal.jsonl"), key=lambda path: path.parent.name)
        made = [RunFiles(path.parent) for path in found]
        return tuple(one for one in made if one.state.begun and target in ("", one.state.target))

    def unfinished(self, target: str = "") -> RunFiles | None:
        """The run that was cut off, where there is one."""
        return next((one for one in reversed(self.runs(target)) if not one.state.over), None)

    def last(self, target: str) -> RunFiles | None:
        """The run whose objects the target has."""
        return next((one for one in reversed(self.runs(target)) if one.state.stands), None)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """One run of a promotion at a time on this machine. Raises Refused where another one works."""
        make_folder(self.folder)
        lock = Lines(self.folder / "lock", f"another run of promotion '{self.name}' works now")
        try:
            yield
        finally:
            lock.close()

    def open(self, run: RunFiles) -> Journal:
        return Journal(run.journal)

    def find(self, id: str) -> RunFiles:
        """Raises Refused where there is no such run."""
        run = self.run(id)
        if not run.state.begun:
            known = ", ".join(one.id for one in self.runs()[-5:]) or "it has none"
            raise Refused(
                f"promotion '{self.name}' has no run '{id}'", cause=f"its runs: {known}", advice="minikf promote list"
            )
        return run


def all_promotions() -> tuple[Promotions, ...]:
    """Every promotion that was ever begun on this machine."""
    return tuple(Promotions(path.name) for path in sorted((state_home() / "promotions").glob("*")) if path.is_dir())
