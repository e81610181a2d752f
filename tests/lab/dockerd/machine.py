"""What this machine grants, and the Debian packages that the lab needs on it."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from children import run
from keep import Say, Unavailable

RUNC = Path(__file__).with_name("runc-without-sys-resource")
_INOTIFY = {"max_user_watches": 1255360, "max_user_instances": 8192}  # the kubelets of two clusters need more than 128
_SYS_RESOURCE = 24  # the number of CAP_SYS_RESOURCE in linux/capability.h
_PACKAGES = {"dockerd": "docker.io", "docker": "docker.io", "debootstrap": "debootstrap"}  # command -> Debian package


def restricted() -> bool:
    """Whether this machine withholds CAP_SYS_RESOURCE: then `docker run --privileged` needs the wrapper round runc."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapBnd:"):
            return not int(line.split()[1], 16) >> _SYS_RESOURCE & 1
    raise Unavailable("/proc/self/status names no CapBnd; the lab's clusters need Linux")


def raise_limits() -> None:
    """Lets more files be watched, where the kernel's limits are lower and may be raised: every kubelet watches many."""
    for name, wanted in _INOTIFY.items():
        file = Path("/proc/sys/fs/inotify") / name
        with contextlib.suppress(OSError):
            if int(file.read_text()) < wanted:
                file.write_text(str(wanted))


def demand_root(what: str) -> None:
    """Raises Unavailable for everybody else."""
    if os.geteuid() != 0:
        raise Unavailable(f"{what} needs root; run this as root, or `python tests/lab build` once as root")


def install(commands: tuple[str, ...], say: Say) -> None:
    """Installs the Debian packages of those commands that are missing here. Raises Unavailable."""
    missing = sorted({_PACKAGES[command] for command in commands if shutil.which(command) is None})
    if not missing:
        return
    demand_root(f"installing {', '.join(missing)}")
    if shutil.which("apt-get") is None:
        raise Unavailable(
            f"{', '.join(missing)} cannot be installed: this is no Debian (no apt-get); install them yourself"
        )
    say(f"installing {', '.join(missing)} by apt-get")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-qq", env=env)
    # A package's own start-up script would start a service where there is an init system; the lab starts its engine.
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing, env=env)
