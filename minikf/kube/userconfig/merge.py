"""A platform's cluster, user and context in the user's kubeconfig: put there and taken away, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.commands import command
from minikf.errors import Refused
from minikf.kube.contexts import Config, named, parse
from minikf.kube.kubeconfig import context_name
from minikf.kube.userconfig import files, replacing, text
from minikf.kube.userconfig.text import Change
from minikf.paths import PlatformPaths

KINDS = ("clusters", "users", "contexts")
# Every kind of entry may carry data of others (client-go: `extensions`); kubectl keeps what it does not know there.
_MARK = "minikf.dev"


@dataclass(frozen=True)
class Merged:
    """What was done to which file. `current` is its current context as it was and is, `gone_current` that it names
    what was taken away; `left` names contexts of the user's that lead to what was."""

    file: Path
    changed: bool
    backup: Path | None = None
    current: str = ""
    left: tuple[str, ...] = ()
    gone_current: bool = False


def merge(paths: PlatformPaths, into: str = "") -> Merged:
    """Puts the platform's entries into the user's file, in place of those that it put there before.

    The current context stays what it is; where there is none it stays unset. Raises Refused where the platform has no
    kubeconfig, an entry of its name is not ours, or the file cannot be read or changed.
    """
    own = _own(paths)
    if own is None:
        raise Refused(
            f"platform '{paths.name}' has no kubeconfig",
            cause=f"{paths.kubeconfig} does not exist",
            advice=command("up", paths.name),
        )
    return _change(_target(into), paths, own)


def unmerge(paths: PlatformPaths, out_of: str = "") -> Merged:
    """Takes away what `merge` put there, under whatever name it has by now. Raises Refused as `merge`."""
    return _change(_target(out_of), paths, None)


def where(paths: PlatformPaths) -> list[Path]:
    """The user's files that have something of the platform; files that cannot be read have nothing."""
    found = []
    for path in files.paths_of():
        try:
            content = files.read(path)
            if str(paths.kubeconfig) in content and any(_marked(parse(content, str(path)), paths)):
                found.append(path)
        except (Refused, FileNotFoundError):
            continue
    return found


def _target(named_file: str) -> Path:
    path = files.paths_of(named_file)[0]
    if files.is_ours(path):
        raise Refused(f"{path} is a platform's own file", cause="it is written anew whenever the platform starts")
    return path


def _change(path: Path, paths: PlatformPaths, own: Config | None) -> Merged:
    real = replacing.real(path)
    if own is None and not real.exists():
        return Merged(path, changed=False)
    with replacing.locked(real):
        before = files.read(real) if real.exists() else ""
        config = parse(before, str(path))
        current = str(config.get("current-context") or "")
        changes = list(_puts(config, paths, own, path)) if own is not None else list(_takes(config, paths))
        left = _dangling(config, changes) if own is None else ()
        if not changes:
            return Merged(path, False, None, current, left)
        after = text.edited(before, changes)
        meant = parse(after, str(path))
        _check(config, meant, changes, path)
        gone = bool(named(config, "contexts", current)) and not named(meant, "contexts", current)
        return Merged(path, True, replacing.replace(real, after), current, left, gone)


def _own(paths: PlatformPaths) -> Config | None:
    """The platform's own entries by their kind, each with the mark in it."""
    try:
        config = json.loads(paths.kubeconfig.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        advice = command("up", paths.name)
        raise Refused(f"{paths.kubeconfig} cannot be read", cause=str(error), advice=advice) from error
    mark = {"name": _MARK, "extension": {"kubeconfig": str(paths.kubeconfig)}}
    found: Config = {}
    for kind in KINDS:
        entry, inner = config[kind][0], kind.removesuffix("s")
        found[kind] = {"name": entry["name"], inner: {**entry[inner], "extensions": [mark]}}
    return found


def _puts(config: Config, paths: PlatformPaths, own: Config, path: Path) -> Iterator[Change]:
    name = context_name(paths.name)
    for kind in KINDS:
        entries = config.get(kind) or []
        at = next((number for number, entry in enumerate(entries) if entry["name"] == name), None)
        if at is None:
            yield Change(kind, None, own[kind])
            continue
        if not _is_marked(entries[at], kind, paths):
            raise Refused(
                f"{path} has a {kind.removesuffix('s')} '{name}' that is not of this platform",
                cause="MiniKF changes only what it has put there itself",
                advice=f"kubectl config delete-{kind.removesuffix('s')} {name}, or rename it",
            )
        entry = own[kind]
        if kind == "contexts" and "namespace" in entries[at]["context"]:  # the user may have chosen another
            entry = {**entry, "context": {**entry["context"], "namespace": entries[at]["context"]["namespace"]}}
        if entries[at] != entry:
            yield Change(kind, at, entry)


def _takes(config: Config, paths: PlatformPaths) -> Iterator[Change]:
    for kind, at in _marked(config, paths):
        yield Change(kind, at, None)


def _marked(config: Config, paths: PlatformPaths) -> Iterator[tuple[str, int]]:
    for kind in KINDS:
        for at, entry in enumerate(config.get(kind) or ()):
            if _is_marked(entry, kind, paths):
                yield kind, at


def _is_marked(entry: Config, kind: str, paths: PlatformPaths) -> bool:
    extensions: Any = (entry.get(kind.removesuffix("s")) or {}).get("extensions")
    return any(
        isinstance(one, dict)
        and one.get("name") == _MARK
        and (one.get("extension") or {}).get("kubeconfig") == str(paths.kubeconfig)
        for one in (extensions if isinstance(extensions, list) else ())
    )


def _dangling(config: Config, changes: list[Change]) -> tuple[str, ...]:
    """The contexts that stay and name a cluster or user that goes."""
    gone = {(change.kind, config[change.kind][change.at]["name"]) for change in changes if change.at is not None}
    return tuple(
        str(entry["name"])
        for entry in config.get("contexts") or ()
        if ("contexts", entry["name"]) not in gone
        and any((kind, (entry.get("context") or {}).get(kind[:-1])) in gone for kind in ("clusters", "users"))
    )


def _check(before: Config, after: Config, changes: list[Change], path: Path) -> None:
    """Raises Refused unless what was written says what was meant, and all else is as it was."""
    touched = {change.kind for change in changes}
    same = all(after.get(key) == value for key, value in before.items() if key not in touched)
    for kind in touched:
        gone = {change.at for change in changes if change.kind == kind}
        put = [change.entry for change in changes if change.kind == kind and change.entry is not None]
        kept = [entry for number, entry in enumerate(before.get(kind) or ()) if number not in gone]
        rest = [entry for entry in after.get(kind) or () if entry not in put]
        same = same and rest == kept and all(named(after, kind, entry["name"]) == entry for entry in put)
    if not same:
        raise Refused(
            f"{path} was not changed",
            cause="written anew it would not say the same",
            advice="minikf kubeconfig merge --into FILE",
        )
