"""A small userland out of the node's own system: what kube-proxy, the storage helper and plain test pods run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from children import run
from keep import Unavailable

_COMMANDS = (
    *(f"usr/sbin/{name}" for name in ("xtables-legacy-multi", "xtables-nft-multi", "nft", "conntrack")),
    *(f"bin/{name}" for name in ("ip", "kmod", "sh", "rm", "mkdir", "chmod", "cat", "ls", "sleep", "true", "false")),
)
_IPTABLES = tuple(f"usr/sbin/{v}tables{do}" for v in ("ip", "ip6") for do in ("", "-save", "-restore"))


def userland(root: Path) -> bytes:
    """A tar of commands, the libraries that they name, and the extensions of xtables, links resolved to files.

    The extensions are loaded at run time, with libm; kube-proxy's rules need those that are links too.
    """
    libraries = {library for command in _COMMANDS for library in _libraries(root, command)}
    extensions = [path.relative_to(root).as_posix() for path in root.glob("usr/lib/*-linux-gnu/xtables/*")]
    libm = [path.relative_to(root).as_posix() for path in root.glob("usr/lib/*-linux-gnu/libm.so.6")]
    if not extensions or not libm:
        raise Unavailable(f"the Debian system has no xtables extensions or no libm: {extensions[:1]} {libm}")
    names = sorted({*_COMMANDS, *_IPTABLES, *libraries, *extensions, *libm})
    # In the chroot, so that absolute links (/etc/alternatives) mean what they mean there.
    packed = subprocess.run(
        ["chroot", root, "tar", "--create", "--dereference", "--hard-dereference", "--no-recursion", *names],
        capture_output=True,
        check=False,
        env=os.environ | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    if packed.returncode:
        raise Unavailable(f"packing the userland: {packed.stderr.decode().strip()}")
    return packed.stdout


def _libraries(root: Path, command: str) -> list[str]:
    told = run("chroot", root, "/usr/bin/ldd", f"/{command}")
    return [word.lstrip("/") for word in told.split() if word.startswith("/")]
