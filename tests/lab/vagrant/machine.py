"""A Debian that stands for the virtual machine: a container of the lab's Docker engine, with systemd or without.

What it cannot stand for is what Vagrant and the hypervisor do: the kernel, the shared folder, the forwarded ports.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import images.debian
from children import run
from keep import Say

CHECKOUT = Path(__file__).resolve().parents[3]
SCRIPT = "/minikf/scripts/vm/provision.sh"

# What a box has and a bootstrapped Debian has not: an init system, and sessions that systemd knows.
PACKAGES = ("systemd", "systemd-sysv", "dbus", "libpam-systemd", "sudo", "procps", "iproute2")

OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")
"""Where Debian keeps what the owner of a machine trusts beside the public authorities: here a proxy's, say."""

# As kind's nodes have it: systemd wants folders of its own, and Docker inside a disk that is no overlay.
_SYSTEMD = (
    *("--privileged", "--cgroupns", "private", "--env", "container=docker", "--stop-signal", "SIGRTMIN+3"),
    *("--tmpfs", "/run", "--tmpfs", "/tmp:exec", "--volume", "/var/lib/docker"),
)


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    out: str


@dataclass(frozen=True)
class Machine:
    """A running container with the user `vagrant` and the checkout, which it cannot write, in /minikf."""

    name: str
    address: str

    def sh(self, command: str, user: str = "root", seconds: float = 60, **variables: str) -> Ended:
        """A command as a login of that user has it; output and errors together."""
        given = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        words = ["docker", "exec", "--user", user, "--workdir", "/", *given, self.name, "sh", "-c", command]
        done = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, check=False
        )
        return Ended(done.returncode, done.stdout)

    def provision(self) -> Ended:
        """What Vagrant does at each start of the machine, with the certificates that this one trusts of its own."""
        given = {"MINIKF_VM_CA": "/root/ca.crt"} if self.sh("test -s /root/ca.crt").code == 0 else {}
        return self.sh(f"sh {SCRIPT}", seconds=1500, **given)

    def restart(self) -> None:
        """Off and on: every process is new, the disk is as it was."""
        run("docker", "restart", "--time", "30", self.name)
        self.wait_until_up()

    def wait_until_up(self) -> None:
        end = time.monotonic() + 60
        while self.sh("systemctl is-system-running").out.strip() not in ("running", "degraded"):
            assert time.monotonic() < end, self.sh("systemctl list-jobs").out
            time.sleep(0.5)


def image(say: Say) -> str:
    """The name of the image, made now where it is missing. Raises Unavailable."""
    archive = images.debian.ensure(say, PACKAGES)
    name = f"minikf-lab/debian:{archive.stem.rpartition('-')[2]}"
    if subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode:
        run("docker", "import", archive, name)
    return name


@contextmanager
def machine(image: str, *, systemd: bool) -> Iterator[Machine]:
    """A fresh one in a network of its own; both are removed afterwards."""
    name = f"minikf-lab-vm-{os.getpid()}-{'systemd' if systemd else 'bare'}"
    run("docker", "network", "create", name)
    try:
        how = (*_SYSTEMD, image, "/sbin/init") if systemd else (image, "sleep", "infinity")
        run("docker", "run", "--detach", "--name", name, "--network", name, "--init=" + str(not systemd).lower(),
            "--volume", f"{CHECKOUT}:/minikf:ro", *how)  # fmt: skip
        found = json.loads(run("docker", "inspect", name))[0]
        made = Machine(name, found["NetworkSettings"]["Networks"][name]["IPAddress"])
        if systemd:
            made.wait_until_up()
        assert made.sh("useradd --create-home --shell /bin/bash vagrant").code == 0
        trusted = "".join(one.read_text() for one in sorted(OWN_CERTIFICATES.glob("*.crt")))
        run("docker", "exec", "--interactive", name, "sh", "-c", "cat >/root/ca.crt", input=trusted)
        yield made
    finally:
        try:
            run("docker", "rm", "--force", "--volumes", name)
        finally:
            run("docker", "network", "rm", name)
