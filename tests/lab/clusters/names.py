"""Names of clusters that tell whose they are, so that those of test runs that are dead can be found and removed.

A name is `lab-SCOPE-PID-START-NUMBER`: the process that asked for it, when that started, and a hash of the machine's
boot and process namespace, within which a process id means something.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from children import run
from dockerd.engine import docker, started
from keep import Say

from .cluster import LABELS

_PATTERN = re.compile(r"lab-(?P<scope>[0-9a-f]{6})-(?P<pid>[0-9]+)-(?P<start>[0-9a-f]+)-[0-9]+")
_count = itertools.count()


@dataclass(frozen=True)
class Found:
    """A cluster in the Docker engine, by its containers."""

    name: str
    engine: str


def new_name() -> str:
    """One that nothing else has: k3d takes 32 characters at most."""
    pid = os.getpid()
    return f"lab-{_scope()}-{pid}-{int(started(pid) or 0):x}-{next(_count)}"


def clusters() -> list[Found]:
    """All clusters of the lab in the engine, anybody's."""
    found = set()
    for line in docker("ps", "--all", "--format", "{{json .Labels}}").splitlines():
        labels = dict(one.partition("=")[::2] for one in json.loads(line).split(","))
        found |= {Found(labels[label], engine) for engine, label in LABELS.items() if label in labels}
    return sorted((one for one in found if _PATTERN.fullmatch(one.name)), key=lambda one: one.name)


def is_dead(name: str) -> bool:
    """Whether the process that made it is gone. One of another machine or namespace is not for us to tell."""
    parts = _PATTERN.fullmatch(name)
    if not parts or parts["scope"] != _scope():
        return False
    return started(int(parts["pid"])) != str(int(parts["start"], 16))


def dead() -> list[Found]:
    """The clusters of test runs that are dead: killed, and their keepers with them."""
    return [one for one in clusters() if is_dead(one.name)]


def remove(unwanted: list[Found], binaries: Path, say: Say) -> None:
    """Deletes clusters by the engines that made them, and says which."""
    for one in unwanted:
        say(f"removing {one.engine} cluster {one.name}: its test run is dead")
        words = ["kind", "delete", "cluster", "--name"] if one.engine == "kind" else ["k3d", "cluster", "delete"]
        run(binaries / words[0], *words[1:], one.name, env=os.environ | {"KUBECONFIG": os.devnull})


def _scope() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text()
    namespace = Path("/proc/self/ns/pid").readlink()
    return hashlib.sha256(f"{boot}{namespace}".encode()).hexdigest()[:6]
