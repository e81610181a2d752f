"""The folder of a promotion on disk: ours to replace as a whole, never by halves, never over somebody else's files."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from minikf.errors import Refused
from minikf.promote import answers
from minikf.promote.model import Object, Ref
from minikf.promote.render import ANSWERS, LOCK, LOCK_KIND, OVERLAY_KUSTOMIZATION, digest

_SEVERAL = 6


@dataclass(frozen=True)
class Folder:
    """What is there now: nothing (`files` is None), or a promotion with the digests of the files it wrote."""

    path: Path
    files: dict[str, str] | None
    answers: dict[str, str]
    edited_overlay: str = ""


def read(out: Path, roots: tuple[Ref, ...], *, mend: bool = True) -> Folder:
    """What stands at `out`. Raises Refused where it is not a promotion of `roots` or some of them, or one whose files
    were edited.

    With `mend` a folder that a crash has left half replaced is what it was again.
    """
    with _failures(out):
        path = out.resolve()
        if mend:
            _recover(path)
        _check_place(path)
        if not path.exists() or not any(path.iterdir()):
            return Folder(path, None, {})
        if not (path / LOCK).is_file():
            raise Refused(
                f"{out} is not empty and holds no promotion",
                cause=f"there is no {LOCK} in it, so its files are not replaced",
                advice="name a new folder: --out promote",
            )
        files = _locked_files(path, roots)
        edited = sorted(name for name in files if _differs(path / name, files[name]))
        if set(edited) - {OVERLAY_KUSTOMIZATION}:
            raise _edited(out, [name for name in edited if name != OVERLAY_KUSTOMIZATION])
        overlay = (path / OVERLAY_KUSTOMIZATION).read_text() if edited else ""
        given = (path / ANSWERS).read_text() if (path / ANSWERS).is_file() else ""
        return Folder(path, files, answers.parse(given), overlay)


def write(folder: Folder, files: dict[str, str]) -> bool:
    """Puts `files` at the folder's place in one step; files that are not ours stay. False where nothing changes.

    Raises Refused where a file of somebody else's is in the way, or the disk says no; the folder is as it was then.
    """
    wanted = dict(files)
    if folder.edited_overlay:
        wanted[OVERLAY_KUSTOMIZATION] = folder.edited_overlay
    ours = set(folder.files or ()) | {ANSWERS, LOCK}
    with _failures(folder.path):
        in_the_way = [name for name in wanted if name not in ours and (folder.path / name).exists()]
        if in_the_way:
            raise Refused(
                f"{folder.path / in_the_way[0]} is in the way",
                cause="it was not written by minikf promote",
                advice=f"move it away, or name a new folder: --out {folder.path.name}-2",
            )
        if folder.files is not None and not (ours - {ANSWERS, LOCK}) - set(wanted) and _is_there(folder.path, wanted):
            return False
        _swap(folder.path, wanted, ours)
        return True


def _swap(path: Path, files: dict[str, str], ours: set[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.minikf-new-"))
    try:
        new = staged / path.name
        if path.is_dir():
            _copy_others(path, new, ours)
        for name, text in files.items():
            _write(new / name, text)
        previous = _previous(path)
        if path.is_dir() and any(path.iterdir()):
            path.rename(previous)
        new.rename(path)
        shutil.rmtree(previous, ignore_errors=True)
    except BaseException:
        _recover(path)
        raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _copy_others(path: Path, new: Path, ours: set[str]) -> None:
    """Everything in the old folder that is not ours."""

    def left_out(folder: str, names: list[str]) -> list[str]:
        inside = Path(folder).relative_to(path)
        return [name for name in names if (inside / name).as_posix() in ours]

    shutil.copytree(path, new, symlinks=True, ignore=left_out)


def _previous(path: Path) -> Path:
    """Where the old folder waits while the new one takes its place: a fixed name, so that a crash can be mended."""
    return path.with_name(f".{path.name}.minikf-previous")


def _recover(path: Path) -> None:
    """After a crash between the two renames the old folder comes back; after them it goes."""
    previous = _previous(path)
    if previous.is_dir():
        if path.exists():
            shutil.rmtree(previous)
        else:
            previous.rename(path)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _is_there(path: Path, files: dict[str, str]) -> bool:
    return all((path / name).is_file() and (path / name).read_text() == text for name, text in files.items())


def _differs(path: Path, recorded: str) -> bool:
    """A file that was removed is no edit: it is written again."""
    return path.exists() and (not path.is_file() or digest(path.read_text()) != recorded)


def _locked_files(path: Path, roots: tuple[Ref, ...]) -> dict[str, str]:
    lock = _read_lock(path / LOCK)
    held = [f"{each.get('kind')} {each.get('name')}" for each in lock.get("roots") or [lock.get("root") or {}]]
    wanted = [f"{root.kind} {root.name}" for root in roots]
    if not set(held) <= set(wanted):
        raise Refused(
            f"{path} holds the promotion of {', '.join(held)}",
            cause=f"{', '.join(wanted)} would take its place",
            advice=f"name another folder: --out promote-{roots[0].name}",
        )
    return {str(name): str(recorded) for name, recorded in (lock.get("files") or {}).items()}


def _read_lock(path: Path) -> Object:
    try:
        found = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(found, dict) or {key: found.get(key) for key in LOCK_KIND} != LOCK_KIND:
        raise _damaged(path, "it is no PromotionBundle")
    return found


def _damaged(path: Path, cause: str) -> Refused:
    return Refused(f"{path} cannot be read", cause=cause, advice="name a new folder: --out promote-2")


def _edited(out: Path, names: list[str]) -> Refused:
    more = f" and {len(names) - _SEVERAL} more" if len(names) > _SEVERAL else ""
    return Refused(
        f"files in {out} were changed since minikf promote wrote them",
        cause=", ".join(names[:_SEVERAL]) + more,
        advice=f"move your changes into {OVERLAY_KUSTOMIZATION} and delete those files, or name a new folder",
    )


def _check_place(path: Path) -> None:
    """A folder that is replaced as a whole must be nobody's working directory and no git repository."""
    if path.exists() and not path.is_dir():
        raise Refused(f"{path} is no folder", cause="a file is in the way", advice="name a new folder: --out promote")
    if Path.cwd().is_relative_to(path) or (path / ".git").exists() or path == Path(path.anchor):
        raise Refused(
            f"{path} is not written to as a whole",
            cause="it is the working directory, a git repository or the root of the disk",
            advice="name a folder inside it: --out promote",
        )


@contextlib.contextmanager
def _failures(out: Path) -> Iterator[None]:
    """The disk's refusals as ours."""
    try:
        yield
    except (OSError, UnicodeDecodeError, shutil.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Refused(
            f"{getattr(error, 'filename', None) or out} cannot be read or written",
            cause=why,
            advice="name a folder of yours on a disk with space: --out DIR",
        ) from error
