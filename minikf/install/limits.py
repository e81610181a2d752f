"""What is asked of the kernel that the nodes of a cluster in Docker share with their machine: one table for all."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

# kubeflow/manifests, README.md of the branch release-26.03 (commit d68ebc7), "Prerequisites". kind's own page on known
# issues ("Pod errors due to too many open files") asks for 512 and 524288, for a cluster without Kubeflow.
INOTIFY = {"max_user_instances": 2280, "max_user_watches": 1255360}

# istio.io, "Platform Requirements", for iptables: those without a remark, since the distribution intercepts by REDIRECT
# and IPv4, and has nftables switched off (common/istio/istio-install/base/install.yaml: nativeNftables is false).
MESH_MODULES = (
    "br_netfilter",
    "iptable_mangle",
    "iptable_nat",
    "xt_REDIRECT",
    "xt_conntrack",
    "xt_owner",
    "xt_tcpudp",
    "xt_multiport",
)
MESH = "istio"
"""The component whose sidecars want these modules."""


@dataclass(frozen=True)
class Limit:
    """A limit of inotify(7), as it is and as Kubeflow asks for it."""

    name: str
    there: int
    wanted: int

    @property
    def low(self) -> bool:
        return self.there < self.wanted

    @property
    def change(self) -> str:
        return f"sudo sysctl fs.inotify.{self.name}={self.wanted}"


def inotify(root: Path = Path("/")) -> tuple[Limit, ...]:
    """The limits of the kernel whose files are below `root`; empty where it has none (no Linux)."""
    folder = root / "proc/sys/fs/inotify"
    files = ((name, folder / name, wanted) for name, wanted in INOTIFY.items())
    return tuple(Limit(name, int(file.read_text()), wanted) for name, file, wanted in files if file.exists())


def absent_modules(wanted: Collection[str], release: str = "", root: Path = Path("/")) -> tuple[str, ...]:
    """Those of the modules that are neither loaded, nor built in, nor there to be loaded.

    `release` is the kernel's, by default of the running one. Empty, too, where the kernel does not tell what it has:
    without the lists in /lib/modules nothing is known, and nothing is claimed.
    """
    lists = root / "lib/modules" / (release or os.uname().release)
    if not (lists / "modules.dep").is_file():
        return ()
    known = {_name(line) for file in ("modules.dep", "modules.builtin") for line in _lines(lists / file)}
    known |= {line.split()[0] for line in _lines(root / "proc/modules") if line.split()}
    return tuple(name for name in wanted if name not in known)


def told(components: Collection[str], root: Path = Path("/")) -> tuple[tuple[str, str], ...]:
    """What may hurt these components, with the command that mends it.

    It refuses nothing: few pods live with low limits, and a kernel may have a module under another name.
    """
    found = [
        (f"inotify {one.name} is {one.there}, and Kubeflow asks for {one.wanted}", one.change)
        for one in inotify(root)
        if one.low
    ]
    absent = absent_modules(MESH_MODULES, root=root) if MESH in components else ()
    if absent:
        words = f"the kernel has no {', '.join(absent)}, which Istio's sidecars need"
        found.append((words, f"sudo modprobe -a {' '.join(absent)}"))
    return tuple(found)


def _lines(file: Path) -> Iterator[str]:
    """None where it is not there: a kernel with nothing built in has no list of that."""
    if file.is_file():
        yield from file.read_text().splitlines()


def _name(line: str) -> str:
    """kernel/net/netfilter/xt_REDIRECT.ko.xz: ... -> xt_REDIRECT"""
    return line.partition(":")[0].rpartition("/")[2].partition(".ko")[0]
