"""A promotion that ends by SIGKILL at a step: `python -m tests.embedded.promote.killed STEP FILE`.

Steps count what is about to be, is just being, or has been written: each line of the journal, each file of the run, the
inventory. FILE has the way in, what is intended and whether the verification fails, pickled.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

from minikf.errors import MinikfError
from minikf.install.inventory import Inventory
from minikf.install.lines import Lines
from minikf.promote.apply import Step, promote
from minikf.promote.apply.returning import Returning
from minikf.promote.apply.runs import RunFiles
from minikf.spec import Event
from tests.embedded.homes import finish

_count = 0


def steps(folder: Path, *, fails: bool) -> tuple[list[Step], list[Step]]:
    """A copy that leaves a line each time it is done, and a verification."""

    def copy() -> Generator[Event, None, dict[str, Any]]:
        yield Event("copy", "progress")
        with (folder / "copied").open("a") as file:
            file.write("once\n")
        return {"bytes": 5}

    def verify() -> Generator[Event, None, dict[str, Any]]:
        yield Event("verify", "progress")
        if fails:
            raise MinikfError("it does not behave")
        return {"compared": 3}

    return [Step("model", copy)], [Step("predictions", verify)]


def _step() -> None:
    global _count  # noqa: PLW0603 - one process, one promotion
    if _count == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    _count += 1


def _cut(owner: type, name: str) -> None:
    """The process may end before and after this method."""
    whole: Callable[..., Any] = getattr(owner, name)

    def cut(*words: Any) -> Any:
        _step()
        found = whole(*words)
        _step()
        return found

    setattr(owner, name, cut)


def _torn(self: Lines, lines: Iterable[str], *, soon: bool = False) -> None:
    """The process may end in the middle of a line, too."""
    lines = list(lines)
    if _count == int(sys.argv[1]):
        os.write(self._handle, lines[-1][: len(lines[-1]) // 2].encode())
    _step()
    _add(self, lines, soon=soon)
    _step()


_add = Lines.add


def main() -> None:
    access, intended, fails = pickle.loads(Path(sys.argv[2]).read_bytes())
    _cut(Inventory, "write")
    _cut(RunFiles, "write")
    if fails:  # each call of the way back
        _cut(Returning, "_one")
        _cut(Returning, "_overwrite")
    Lines.add = _torn  # type: ignore[method-assign]
    before, after = steps(Path(sys.argv[2]).parent, fails=fails)
    try:
        finish(promote(access, intended, before=before, after=after, patience=30))
    except MinikfError as error:
        print(error.message)
    print(_count)


if __name__ == "__main__":
    main()
