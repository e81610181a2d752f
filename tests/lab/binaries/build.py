"""The commands of the recipe, built when they are missing or damaged, and the folder that holds them all.

Each module's commands are kept in `binaries/MODULE-HASH/` of the lab's cache, a checksum beside each, one file at a
time and only after it told the right version; so an interrupted run goes on where it stopped. What a caller gets is a
folder of links to them, `bin/HASH/`: it can go on PATH.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from children import together
from keep import Say, Unavailable, alone, base, put, scratch, sound

from .gobuild import check_version, go_build
from .recipe import API, Binary, Module, wanted

# Two builds at once: while one downloads or links on a single core, the other compiles.
_AT_ONCE = 2


def ensure(say: Say, names: tuple[str, ...] = API) -> Path:
    """The folder that holds these commands, built now if they are missing. Raises Unavailable."""
    modules = wanted(names)
    if given := os.environ.get("MINIKF_LAB_BIN"):
        return _given(Path(given).expanduser().resolve(), modules)
    with together(_AT_ONCE) as pool:
        built = [pool.submit(_module, module, binaries, say) for module, binaries in modules.items()]
        folders = [one.result() for one in built]
    return _links({binary.name: folders[i] for i, chosen in enumerate(modules.values()) for binary in chosen})


def _given(folder: Path, modules: dict[Module, tuple[Binary, ...]]) -> Path:
    for binary in (one for binaries in modules.values() for one in binaries):
        if not os.access(folder / binary.name, os.X_OK):
            raise Unavailable(f"MINIKF_LAB_BIN={folder} holds no {binary.name}; put it there, or unset MINIKF_LAB_BIN")
        check_version(binary, folder / binary.name)
    return folder


def _module(module: Module, binaries: tuple[Binary, ...], say: Say) -> Path:
    folder = base() / "binaries" / f"{module.name}-{module.hash}"
    if not _missing(binaries, folder, lambda _: None):
        return folder
    with alone(folder, say):
        missing = _missing(binaries, folder, say)  # another builder may have been here
        if missing:
            with scratch(folder) as part:
                go_build(_go(), module, missing, part, say)
                for binary in missing:
                    check_version(binary, part / binary.name)
                    put(part / binary.name, folder / binary.name)
    return folder


def _missing(binaries: tuple[Binary, ...], folder: Path, say: Say) -> tuple[Binary, ...]:
    return tuple(binary for binary in binaries if not sound(folder / binary.name, say))


def _go() -> str:
    go = shutil.which("go")
    if go is None:
        raise Unavailable(
            "Go is not installed here (`go` is not on PATH), and no binaries were built before; install Go 1.26"
        )
    return go


def _links(places: dict[str, Path]) -> Path:
    """A folder of links, made anew each time: it costs nothing, and none can be stale."""
    digest = hashlib.sha256("\n".join(f"{place / name}" for name, place in sorted(places.items())).encode())
    folder = base() / "bin" / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for name, place in places.items():
        part = folder / f".{name}.{os.getpid()}"
        part.unlink(missing_ok=True)
        part.symlink_to(place / name)
        part.replace(folder / name)
    return folder
