"""Where targets are kept: what the user answered under the configuration folder, what was found under the state folder.

Both are readable by their owner only.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from minikf.errors import MinikfError, Refused, UsageError
from minikf.files import readable_failures, write_private
from minikf.paths import PlatformPaths, config_home, state_home
from minikf.promote.targets import saved, yamlfile
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import TargetSpec


@dataclass(frozen=True)
class Shelved:
    """A target as it lies there; `trouble` where its file cannot be read, and then there is no `spec`."""

    name: str
    spec: TargetSpec | None
    trouble: MinikfError | None = None


def check_name(name: str) -> str:
    """`name`, which is one by the rule of platforms' names. Raises UsageError."""
    try:
        return PlatformPaths.of(name).name
    except UsageError as error:
        raise UsageError(
            f"'{name}' cannot name a target", cause=error.cause, advice="minikf target add my-target --context CONTEXT"
        ) from error


def file_of(name: str) -> Path:
    """The target's own file. Raises UsageError for a name that is none."""
    return config_home() / "targets" / f"{check_name(name)}.yaml"


def folder_of(name: str) -> Path:
    """What is known about the target, and the files of the way in. Raises UsageError for a name that is none."""
    return state_home() / "targets" / check_name(name)


def profile_file(name: str) -> Path:
    return folder_of(name) / "profile.json"


def add(spec: TargetSpec, *, replace: bool = False) -> Path:
    """Writes the target's file. One that says the same may be there already; another one only with `replace`.

    Raises UsageError for what cannot be meant, and Refused where there is another or the file cannot be written.
    """
    path = file_of(spec.name)
    yamlfile.check(spec, "")
    check_free(spec, replace=replace)
    write_private(path, yamlfile.text(spec))
    return path


def check_free(spec: TargetSpec, *, replace: bool = False) -> None:
    """Raises Refused where there is another target of that name, unless it is to be replaced."""
    path = file_of(spec.name)
    if path.exists() and not replace and not _same(path, spec):
        raise Refused(
            f"there is a target '{spec.name}' already",
            cause=f"{path} says something else",
            advice=f"edit {path}, or add it again with --replace",
        )


def is_there(name: str) -> bool:
    """Whether anything is kept of a target of that name, damaged or not."""
    return file_of(name).exists() or folder_of(name).exists()


def check_there(name: str) -> None:
    """Raises Refused where nothing is kept of a target of that name."""
    if not is_there(name):
        get(name)  # which says what there is


def get(name: str) -> TargetSpec:
    """The target of that name. Raises UsageError for a name that is none, and Refused where there is no such target or
    its file is damaged."""
    path = file_of(name)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        there = ", ".join(names()) or "none"
        raise Refused(
            f"there is no target '{name}'",
            cause=f"targets: {there}",
            advice=f"minikf target add {name} --context CONTEXT",
        ) from error
    except OSError as error:
        raise Refused(f"{path} cannot be read", cause=str(error.strerror), advice=f"ls -l '{path}'") from error
    spec = yamlfile.read(data, str(path))
    if spec.name != name:
        raise Refused(
            f"{path} holds another target",
            cause=f"metadata.name is '{spec.name}'",
            advice=f"write metadata.name: {name}, or rename the file to {spec.name}.yaml",
        )
    return spec


def names() -> tuple[str, ...]:
    """The targets by name, in order; files of other names are none."""
    try:
        found = sorted(path.stem for path in (config_home() / "targets").iterdir() if path.suffix == ".yaml")
    except OSError:
        return ()
    return tuple(name for name in found if _is_name(name))


def everything() -> tuple[Shelved, ...]:
    """All targets; a damaged one stands there with its trouble and hides no other."""
    return tuple(_shelved(name) for name in names())


def remove(name: str) -> None:
    """Removes the target's file and what is known about it; the cluster is not asked. Raises Refused where there is
    nothing of that name."""
    path, folder = file_of(name), folder_of(name)
    check_there(name)
    with readable_failures(path):
        path.unlink(missing_ok=True)
        if folder.exists():
            shutil.rmtree(folder)


def write_profile(profile: TargetProfile) -> Path:
    """Keeps what was found, in place of what was known before. Raises Refused where it cannot be written."""
    path = profile_file(profile.target)
    write_private(path, saved.text(profile))
    return path


def profile(name: str) -> TargetProfile | None:
    """What the last probe found, None before the first one. Raises Refused, with the advice to probe again, for a file
    that is damaged or of a newer release."""
    path = profile_file(name)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused(f"{path} cannot be read", cause=str(error.strerror), advice=f"ls -l '{path}'") from error
    return saved.read(data, str(path), name)


def _shelved(name: str) -> Shelved:
    try:
        return Shelved(name, get(name))
    except MinikfError as error:
        return Shelved(name, None, error)


def _same(path: Path, spec: TargetSpec) -> bool:
    try:
        return yamlfile.read(path.read_bytes(), str(path)) == spec
    except (MinikfError, OSError):
        return False


def _is_name(name: str) -> bool:
    try:
        return bool(check_name(name))
    except UsageError:
        return False
