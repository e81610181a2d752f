"""From a container's spec to what has to be executed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.embedded.forkserver.commandline import MODULE, blocked_by, parse
from minikf.embedded.forkserver.shims.place import ENV_LINK
from minikf.embedded.forkserver.shims.python import REPLACED
from minikf.embedded.pods import environment, mounting
from minikf.embedded.pods.expansion import expand
from minikf.embedded.pods.hosts import hosts_mount
from minikf.embedded.pods.layout import Attempt, ContainerFolder
from minikf.embedded.pods.mounting import TRANSLATE, Mount
from minikf.embedded.pods.references import References
from minikf.embedded.pods.settings import PodSettings
from minikf.embedded.status import Object
from minikf.paths import PlatformPaths


@dataclass(frozen=True)
class Place:
    """Where pods run: the platform's folders, settings, shims, and how mounts are made."""

    paths: PlatformPaths
    settings: PodSettings
    shims: str
    mode: str


@dataclass(frozen=True)
class Plan:
    """What to execute. `python` are the words after `python` when a warm server can run it, else None."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    mounts: tuple[Mount, ...]
    python: list[str] | None

    def request(self, attempt: Attempt, stage: Path, cgroups: list[str], affinity: list[int]) -> dict[str, Any]:
        """The fork server's request without what differs between launcher and warm server."""
        env = self.env | ({"MINIKF_CGROUPS": ":".join(cgroups)} if cgroups else {})
        return {
            "env": env,
            "cwd": self.cwd,
            "cgroups": cgroups,
            "affinity": affinity,
            "mounts": [mount.request() for mount in self.mounts],
            "stage": str(stage),
            "record": str(attempt.base),
        }


def make_plan(
    pod: Object, container: Object, folder: ContainerFolder, volumes: Mapping[str, Path], refs: References, place: Place
) -> Plan:
    """Resolves everything that the container refers to. Raises ConfigError, and OSError when folders cannot be made."""
    declared = environment.declared(pod, container, refs)
    mounts = mounting.container_mounts(container, volumes, declared)
    for mount in mounts:
        if not mount.source.exists():
            mount.source.mkdir(parents=True)  # a subPath that is not there yet
    base = environment.platform(pod, container, folder, place.paths, place.settings, place.shims, mounts)
    argv = [expand(text, declared) for text in [*container["command"], *(container.get("args") or [])]]
    cwd, more = mounting.working_folder(container, folder, mounts, place.mode)
    more = [*more, *hosts_mount(pod, folder, place.mode)]
    if place.mode == TRANSLATE:
        argv = [mounting.translate(text, mounts) for text in argv]
        declared = {name: mounting.translate(text, mounts) for name, text in declared.items()}
        mounts = []
    env = base | declared
    return Plan(argv, env, cwd, (*mounts, *more), _python(argv, env, folder, place))


def environment_of(folder: ContainerFolder) -> Path | None:
    """The environment that `pip install` chose for the container; None for the platform's."""
    link = folder.path / ENV_LINK
    return link.readlink() if link.is_symlink() else None


def _python(argv: list[str], env: Mapping[str, str], folder: ContainerFolder, place: Place) -> list[str] | None:
    """The words after `python`, when that would be our shim handing them to the warm server."""
    is_shim = argv[0] in ("python", "python3") and env["PATH"].startswith(f"{place.shims}:")
    if not is_shim or environment_of(folder) is not None or blocked_by(env):
        return None
    command = parse(argv[1:])
    if command is None or (command.kind == MODULE and command.target in REPLACED):
        return None
    return argv[1:]
