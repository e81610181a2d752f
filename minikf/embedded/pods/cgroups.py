"""Memory and cpu limits held by the kernel, where this user may make control groups (v1 as root, v2 delegated).

Files: https://docs.kernel.org/admin-guide/cgroup-v2.html and .../cgroup-v1/memory.html.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

log = logging.getLogger("minikf.pods")

ROOT = Path("/sys/fs/cgroup")
_PERIOD_MICROSECONDS = 100_000  # the kernel's default, and kubelet's


@dataclass(frozen=True)
class Cgroup:
    """The groups of one run of a container: one folder with v2, one per controller with v1."""

    memory: Path | None
    cpu: Path | None

    @property
    def procs(self) -> list[str]:
        """Files that a process writes itself into to join."""
        return list(dict.fromkeys(str(folder / "cgroup.procs") for folder in (self.memory, self.cpu) if folder))

    def oom_kills(self) -> int:
        """How many processes the kernel killed because of the memory limit."""
        if self.memory is None:
            return 0
        for name in ("memory.events", "memory.oom_control"):
            with contextlib.suppress(OSError):
                words = (self.memory / name).read_text().split()
                return int(words[words.index("oom_kill") + 1]) if "oom_kill" in words else 0
        return 0

    def remove(self) -> None:
        """Only an empty group can go; one with a process that hangs stays behind."""
        for folder in (self.memory, self.cpu):
            if folder is not None:
                with contextlib.suppress(OSError):
                    folder.rmdir()


@dataclass(frozen=True)
class Cgroups:
    """Where our groups are; `unified` is cgroup v2."""

    memory: Path | None
    cpu: Path | None
    unified: bool

    def make(self, name: str, memory: int, cores: Decimal | None) -> Cgroup | None:
        """A group with the limits (bytes; None for no cpu limit), or None when the kernel does not hold any of them."""
        try:
            if self.unified:
                return self._make_unified(name, memory, cores)
            return Cgroup(self._memory_v1(name, memory), self._cpu_v1(name, cores))
        except OSError as error:
            log.warning("control group %s could not be made, limits are watched instead: %s", name, error)
            return None

    def remove(self) -> None:
        """When no pod is left, neither is a group; with one that hangs they stay."""
        Cgroup(self.memory, self.cpu).remove()

    def _make_unified(self, name: str, memory: int, cores: Decimal | None) -> Cgroup | None:
        if self.memory is None:
            return None
        folder = self.memory / name
        folder.mkdir(exist_ok=True)
        if memory:
            (folder / "memory.max").write_text(str(memory))
            with contextlib.suppress(OSError):  # no swap accounting in this kernel
                (folder / "memory.swap.max").write_text("0")
            (folder / "memory.oom.group").write_text("1")
        if cores is not None and self.cpu is not None:
            (folder / "cpu.max").write_text(f"{int(cores * _PERIOD_MICROSECONDS)} {_PERIOD_MICROSECONDS}")
        return Cgroup(folder, folder if self.cpu else None)

    def _memory_v1(self, name: str, memory: int) -> Path | None:
        if self.memory is None or not memory:
            return None
        folder = self.memory / name
        folder.mkdir(exist_ok=True)
        (folder / "memory.limit_in_bytes").write_text(str(memory))
        with contextlib.suppress(OSError):  # no swap accounting in this kernel
            (folder / "memory.memsw.limit_in_bytes").write_text(str(memory))
        return folder

    def _cpu_v1(self, name: str, cores: Decimal | None) -> Path | None:
        if self.cpu is None or cores is None:
            return None
        folder = self.cpu / name
        folder.mkdir(exist_ok=True)
        (folder / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
        (folder / "cpu.cfs_quota_us").write_text(str(int(cores * _PERIOD_MICROSECONDS)))
        return folder


def find_cgroups(name: str, root: Path = ROOT, own: str = "/proc/self/cgroup") -> Cgroups:
    """Makes `name` where this user may make groups; a Cgroups without folders when it may not anywhere."""
    try:
        lines = [line.split(":", 2) for line in Path(own).read_text().splitlines()]
    except OSError:
        return Cgroups(None, None, unified=False)
    unified = next((path for _number, controllers, path in lines if not controllers), None)
    if unified is not None and (root / "cgroup.controllers").exists():
        return _delegated(root / unified.lstrip("/"), name)
    places = {one: path for _number, controllers, path in lines for one in controllers.split(",") if one}
    memory, cpu = (
        _writable(root / one / places[one].lstrip("/"), name) if one in places else None for one in ("memory", "cpu")
    )
    return Cgroups(memory, cpu, unified=False)


def _delegated(own: Path, name: str) -> Cgroups:
    """A group of ours beside our own: processes and enabled controllers cannot be in the same group."""
    for place in (own, own.parent):
        enabled = _words(place / "cgroup.subtree_control")
        folder = _writable(place, name) if "memory" in enabled else None
        if folder is not None:
            wanted = [one for one in ("memory", "cpu") if one in enabled]
            with contextlib.suppress(OSError):
                (folder / "cgroup.subtree_control").write_text(" ".join(f"+{one}" for one in wanted))
            have = _words(folder / "cgroup.subtree_control")
            return Cgroups(folder if "memory" in have else None, folder if "cpu" in have else None, unified=True)
    return Cgroups(None, None, unified=True)


def _writable(place: Path, name: str) -> Path | None:
    folder = place / name
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder / "cgroup.procs", os.W_OK) else None


def _words(path: Path) -> Iterable[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
