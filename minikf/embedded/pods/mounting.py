"""Where a container's volumes appear: in a mount namespace, or by translated paths. See docs/design/0002. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.embedded.pods.expansion import expand
from minikf.embedded.pods.layout import ContainerFolder
from minikf.embedded.pods.references import ConfigError
from minikf.embedded.status import Object

NAMESPACE, TRANSLATE = "namespace", "translate"
# A mount that would hide the machine from the process.
WHOLE = ("/", "/proc", "/dev", "/sys")


@dataclass(frozen=True)
class Mount:
    """`source` is a file or folder of ours, `target` the absolute path where the container expects it."""

    volume: str
    source: Path
    target: str
    read_only: bool = False

    @property
    def variable(self) -> str:
        """The volume's name as the end of a variable's name."""
        return re.sub(r"[^A-Z0-9]", "_", self.volume.upper())

    def request(self) -> dict[str, Any]:
        """As the fork server wants it."""
        return {"source": str(self.source), "target": self.target, "readOnly": self.read_only}


def container_mounts(container: Object, volumes: Mapping[str, Path], env: Mapping[str, str]) -> list[Mount]:
    """The container's volumeMounts over the folders of its pod's volumes. Raises ConfigError."""
    return [_mount(one, volumes, env) for one in container.get("volumeMounts") or []]


def _mount(one: Object, volumes: Mapping[str, Path], env: Mapping[str, str]) -> Mount:
    name, target = one["name"], "/" + one["mountPath"].strip("/")
    if name not in volumes:
        raise ConfigError(f'volume "{name}" of mountPath {target} does not exist in the pod')
    if target in WHOLE:
        raise ConfigError(f'volume "{name}" cannot be mounted at {target} on the embedded engine')
    source = volumes[name]
    part = expand(one["subPathExpr"], env) if one.get("subPathExpr") else one.get("subPath") or ""
    if part:
        if part.startswith("/") or ".." in Path(part).parts:
            raise ConfigError(f'subPath "{part}" of volume "{name}" must be relative and stay inside the volume')
        source = source / part
    return Mount(name, source, target, bool(one.get("readOnly")))


def working_folder(
    container: Object, folder: ContainerFolder, mounts: Sequence[Mount], mode: str
) -> tuple[str, list[Mount]]:
    """Where the program starts, and the mount that this takes.

    A `workingDir` that is neither on the machine nor in a volume is the container's own folder, under that name
    where names can be given.
    """
    wanted = container.get("workingDir") or ""
    if not wanted:
        return str(folder.work), []
    if mode == TRANSLATE:
        translated = translate(wanted, mounts)
        return (translated if Path(translated).is_dir() else str(folder.work)), []
    if Path(wanted).is_dir() or any(_covers(mount.target, wanted) for mount in mounts):
        return wanted, []
    return wanted, [Mount("work", folder.work, wanted)]


def translate(text: str, mounts: Sequence[Mount]) -> str:
    """The real path for a text that begins with a mount path, alone or after `--option=`; else the text itself."""
    option, equals, value = text.partition("=")
    if equals and option.startswith("-"):
        return f"{option}={translate(value, mounts)}"
    for scheme in ("file://", ""):
        path = text.removeprefix(scheme)
        if scheme and path == text:
            continue
        for mount in sorted(mounts, key=lambda one: -len(one.target)):
            if _covers(mount.target, path):
                return f"{scheme}{mount.source}{path[len(mount.target) :]}"
    return text


def _covers(target: str, path: str) -> bool:
    return path == target or path.startswith(f"{target}/")
