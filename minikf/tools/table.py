"""What is released of each tool, from releases.json, which scripts/make_tool_table.py makes and names sources for."""

from __future__ import annotations

import functools
import json
import platform
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from minikf.files import sha256_of, write_private
from minikf.paths import cache_home

NAMES = ("helm", "k3d", "kind", "kubectl")

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Release:
    """The pinned release of a tool for one kind of machine.

    `sha256` is "" where no source was found; `checksums` is the address of the list that the release itself has. A
    `member` is the tool's path in what is released, where that is an archive (a gzipped tar) and has the hash.
    """

    name: str
    version: str
    url: str
    sha256: str
    checksums: str
    sources: tuple[str, ...] = ()
    member: str = ""

    @property
    def path(self) -> Path:
        """Where a download lies, shared by all platforms."""
        return cache_home() / "tools" / f"{self.name}-{self.version}" / self.name

    @property
    def download(self) -> Path:
        """Where what is released lies: the tool itself, or the archive that has it."""
        return self.path.with_name(f"{self.name}.tar.gz") if self.member else self.path

    def is_here(self) -> bool:
        """Whether it has been downloaded and still is what was published, by the table or what the user agreed to."""
        sha256 = self.sha256 or self.agreed_sha256()
        if self.member:
            noted = self._unpacked.read_text() if self._unpacked.exists() else ""
            archive, _, member = noted.strip().partition(" ")
            sha256 = member if archive == sha256 else ""
        return bool(sha256) and self.path.exists() and sha256_of(self.path) == sha256

    def agreed_sha256(self) -> str:
        """For a row without a hash: the one by the release's own list that the user agreed to earlier, else ""."""
        return self._noted.read_text().strip() if self._noted.exists() else ""

    def note(self, sha256: str) -> None:
        """Remembers what the user agreed to."""
        write_private(self._noted, f"{sha256}\n")

    def note_unpacked(self, archive: str, sha256: str) -> None:
        """Remembers what the archive of that hash held."""
        write_private(self._unpacked, f"{archive} {sha256}\n")

    @property
    def _unpacked(self) -> Path:
        return self.path.with_name(f"{self.name}.unpacked")

    @property
    def _noted(self) -> Path:
        return self.path.with_name(f"{self.name}.sha256")


def this_machine() -> str:
    """The machine as releases name it, e.g. `linux/amd64`; words of the operating system where they name none."""
    system, machine = platform.system(), platform.machine()
    return f"{_SYSTEMS.get(system, system.lower())}/{_MACHINES.get(machine.lower(), machine.lower())}"


def release(name: str, machine: str = "") -> Release | None:
    """The pinned release of a tool for `machine`, by default this one; None where there is none for it."""
    tool = _tables()[name]
    file = tool["files"].get(machine or this_machine())
    if file is None:
        return None
    return Release(
        name,
        tool["version"],
        file["url"],
        file["sha256"],
        file["checksums"],
        tuple(file["sources"]),
        file.get("member", ""),
    )


def pinned(name: str) -> str:
    """The version that is downloaded, e.g. `0.33.0`."""
    return str(_tables()[name]["version"])


def oldest(name: str) -> str:
    """The oldest version that is taken from PATH."""
    return str(_tables()[name]["oldest"])


def number(version: str) -> tuple[int, ...]:
    """`1.34.4` as what can be compared."""
    return tuple(int(part) for part in version.split("."))


@functools.cache
def _tables() -> dict[str, Any]:
    tables: dict[str, Any] = json.loads(resources.files("minikf.tools").joinpath("releases.json").read_text())
    return tables
