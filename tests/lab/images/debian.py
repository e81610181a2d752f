"""The Debian system that the node image is made of, by debootstrap: every package is checked against Debian's keys."""

from __future__ import annotations

import hashlib
import subprocess
import time
from pathlib import Path

from children import child, run
from dockerd.machine import demand_root, install
from keep import Say, Unavailable, alone, base, put, scratch, sound

# systemd and containerd 1.6 of this release fit machines with cgroup v1 as well as those with v2.
SUITE = "bookworm"
# What kind's own node image installs for services, Kubernetes and itself (images/base/Dockerfile of its module), less
# what serves network file systems and rootless engines; and containerd with its network plugins, as Debian's packages.
PACKAGES = (
    *(
        "systemd",
        "conntrack",
        "iptables",
        "nftables",
        "iproute2",
        "ethtool",
        "util-linux",
        "mount",
        "kmod",
        "e2fsprogs",
    ),
    *("libseccomp2", "pigz", "bash", "ca-certificates", "curl", "jq", "procps"),
    *("containerd", "containernetworking-plugins"),
)
_MIRROR = "http://deb.debian.org/debian"
_BALLAST = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")


def ensure(say: Say, packages: tuple[str, ...] = PACKAGES) -> Path:
    """A tar archive of a system with these packages, made now if it is missing or damaged. Raises Unavailable."""
    name = hashlib.sha256(f"{SUITE} {packages} {_BALLAST}".encode()).hexdigest()[:16]
    folder = base() / "debian"
    archive = folder / f"{SUITE}-{name}.tar"
    if sound(archive, lambda _: None):
        return archive
    with alone(folder, say):
        if not sound(archive, say):
            demand_root("debootstrap")
            install(("debootstrap",), say)
            with scratch(folder) as part:
                _bootstrap(part / "root", packages, folder / "packages", part / "log", say)
                _pack(part / "root", part / "tar")
                put(part / "tar", archive)
    return archive


def _bootstrap(root: Path, packages: tuple[str, ...], downloads: Path, log: Path, say: Say) -> None:
    """Downloads are kept, so an interrupted run loses none. Mounts and processes end with it: they are all its own."""
    started = time.monotonic()
    downloads.mkdir(exist_ok=True)
    mirror = _mirror()
    say(f"debian: debootstrap of {SUITE} from {mirror} (about a minute)")
    command = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "debootstrap"]
    command += ["--force-check-gpg", "--variant=minbase", f"--include={','.join(packages)}", f"--cache-dir={downloads}"]
    with log.open("w") as out, child([*command, SUITE, str(root), mirror], stdout=out, stderr=out) as process:
        code = process.wait()
    if code:
        tail = "\n  ".join(log.read_text(errors="replace").splitlines()[-12:])
        raise Unavailable(f"debootstrap exited {code}; is {mirror} reachable? The end of what it said:\n  {tail}")
    say(f"debian: done in {time.monotonic() - started:.0f} s")


def _mirror() -> str:
    """Where this machine itself gets this release from, which may be nearer than Debian's own address."""
    try:
        asked = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE)", f"Codename: {SUITE}", "Component: main"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return _MIRROR
    return next(iter(asked.stdout.split()), _MIRROR)


def _pack(root: Path, archive: Path) -> None:
    leave_out = [f"--exclude=./{folder}/*" for folder in _BALLAST]
    run("tar", "--create", "--numeric-owner", *leave_out, "--directory", root, "--file", archive, ".")
