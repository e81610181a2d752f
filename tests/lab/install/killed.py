"""An installation that ends by SIGKILL at a step: `python -m install.killed STEP FILE`, in the lab's folder.

Steps count what is about to be, or has just been, written down: the plan in the cluster, the beginning of the journal,
each object, the inventory, the end of the journal. FILE has the way in and the parts, pickled.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minikf.install.inventory import Inventory
from minikf.install.journal import Journal
from minikf.install.run import install
from minikf.paths import PlatformPaths

from .doing import done

_count = 0


def _step() -> None:
    global _count  # noqa: PLW0603 - one process, one installation
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


def _torn(self: Journal, lines: Any) -> None:
    """The process may end in the middle of a write, too."""
    lines = list(lines)
    if _count == int(sys.argv[1]):
        _write(self, [*lines[:-1], lines[-1][: len(lines[-1]) // 2]])
    _step()
    _write(self, lines)


_write = Journal._write


def main() -> None:
    access, parts = pickle.loads(Path(sys.argv[2]).read_bytes())
    for owner, name in ((Inventory, "write"), (Journal, "begin"), (Journal, "add"), (Journal, "end")):
        _cut(owner, name)
    Journal._write = _torn  # type: ignore[method-assign]
    done(install(access, PlatformPaths.of("lab"), parts, patience=30))
    print(_count)


if __name__ == "__main__":
    main()
