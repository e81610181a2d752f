"""Models that are files of this machine already."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from minikf.embedded.storage.errors import FetchFailed
from minikf.embedded.storage.uri import ModelUri


def file_source(uri: ModelUri) -> Path:
    """The file or folder of a file uri. Raises FetchFailed when there is none."""
    # Programs that put "file://" before a path leave its spaces and percent signs as they are.
    for path in (unquote(uri.path), uri.path):
        found = _existing(Path(path), uri.path)
        if found is not None:
            return found
    raise FetchFailed(
        f"there is no model at {unquote(uri.path)}",
        cause="no file or folder of this machine has that path",
        advice=f"ls -d '{unquote(uri.path)}'",
    )


def volume_source(uri: ModelUri, volumes: Path, namespace: str) -> Path:
    """The file or folder of a pvc uri in the claim's folder. Raises FetchFailed, also for whatever leads out of it."""
    root = volumes / namespace / uri.claim
    if not root.is_dir():
        raise FetchFailed(
            f"there is no PersistentVolumeClaim '{uri.claim}' in namespace '{namespace}'",
            cause="a pvc:// address means a claim in the namespace of the InferenceService",
            advice=f"kubectl get pvc -n {namespace}",
        )
    path = root / uri.path
    if ".." in Path(uri.path).parts:
        raise _leads_out(uri, "..")
    if _existing(path, uri.path) is None:
        there = ", ".join(sorted(each.name for each in root.iterdir())[:10]) or "nothing"
        raise FetchFailed(f"there is no '{uri.path}' in PersistentVolumeClaim '{uri.claim}'", cause=f"it holds {there}")
    home = root.resolve()
    for each in _all(path):
        if each.is_symlink() and not each.resolve().is_relative_to(home):
            raise _leads_out(uri, str(each.relative_to(root)))
    if not path.resolve().is_relative_to(home):
        raise _leads_out(uri, uri.path)
    return path


def _existing(path: Path, shown: str) -> Path | None:
    try:
        return path if path.exists() else None
    except (OSError, ValueError) as error:  # not allowed, a name that is too long, a NUL
        raise FetchFailed(f"the path {shown!r} cannot be read", cause=str(error)) from error


def _all(path: Path) -> list[Path]:
    """The path and everything below it, without following links to folders."""
    found = [path]
    for folder, folders, files in os.walk(path):
        found += [Path(folder) / name for name in (*folders, *files)]
    return found


def _leads_out(uri: ModelUri, what: str) -> FetchFailed:
    return FetchFailed(
        f"'{what}' leads out of PersistentVolumeClaim '{uri.claim}'",
        cause="only what lies in the claim may be served from it",
        advice="copy the file itself into the claim",
    )
