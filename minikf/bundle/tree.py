"""Lays out locked files so that kustomize finds all of them without the network."""

from __future__ import annotations

import json
import posixpath
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from minikf.bundle.closure import resolved
from minikf.bundle.lock.model import LockedFile
from minikf.bundle.origin import Origin, of_address
from minikf.bundle.references import NAMES, references

_REMOTE = (b"//", b"git@", b"github.com")  # a kustomization without any of them names nothing remote
_LIST = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- {}\n"


def plant(
    contents: Iterable[tuple[str, bytes]], files: Mapping[str, LockedFile], roots: Iterable[str], folder: Path
) -> None:
    """Writes the files (address and bytes) below `folder`.

    A root that is a file becomes a folder of its name, with the file and a kustomization that lists it. A remote entry
    that is a folder becomes the path to it; one that is a file is copied beside the kustomization, since kustomize
    reads no file that is not below it. Raises NotLockable where a remote entry is not among `files`, and OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)  # a component of our own objects alone has no files
    single = {root for root in roots if root in files}
    copies: dict[Path, str] = {}
    written: dict[str, Path] = {}
    for name, data in contents:
        place = folder / name
        if name in single:
            place.mkdir(parents=True)
            (place / NAMES[0]).write_text(_LIST.format(json.dumps(place.name)))
            place /= place.name
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.name in NAMES:
            offline, wanted = _local(data, of_address(name), files)
            place.write_bytes(offline)
            copies |= {place.parent / copy: remote for copy, remote in wanted.items()}
        else:
            place.write_bytes(data)
        written[name] = place
    for copy, remote in copies.items():
        shutil.copyfile(written[remote], copy)


def _local(data: bytes, file: Origin, files: Mapping[str, LockedFile]) -> tuple[bytes, dict[str, str]]:
    """A kustomization without remote entries, and addresses of remote files by the names of their copies beside it."""
    if not any(mark in data for mark in _REMOTE):
        return data, {}
    text = data.decode("utf-8-sig")
    wanted: dict[str, str] = {}
    found = [one for one in references(data, file.address) if one.is_remote]
    for reference in sorted(found, key=lambda one: one.mark.span, reverse=True):
        there = resolved(reference, file.folder)
        if there.address in files:
            path = f"remote-{files[there.address].sha256[:16]}.yaml"
            wanted[path] = there.address
        elif any(posixpath.join(there.address, name) in files for name in NAMES):
            path = posixpath.relpath(there.address, file.folder.address)
        else:
            raise reference.mark.refused(
                f"'{reference.text}' is not locked",
                cause="the lock has neither such a file nor a kustomization in such a folder",
                advice="minikf bundle verify",
            )
        start, end = reference.mark.span
        line_end = "\n" if text[start:end].endswith("\n") else ""  # a block scalar's last one is its own
        text = text[:start] + json.dumps(path) + line_end + text[end:]
    return (text.encode() if found else data), wanted
