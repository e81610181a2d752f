"""A pod's own `/etc/hosts`: the machine's, and the names that `spec.hostAliases` gives.

Kubelet's file (pkg/kubelet/kubelet_pods.go, v1.34) does not hold the machine's entries, but a cluster's pods
have a DNS to ask.
"""

from __future__ import annotations

from pathlib import Path

from minikf.embedded.pods.layout import ContainerFolder
from minikf.embedded.pods.mounting import NAMESPACE, Mount
from minikf.embedded.status import Object

PATH = "/etc/hosts"


def hosts_mount(pod: Object, folder: ContainerFolder, mode: str) -> list[Mount]:
    """The mount of the pod's hosts file, which is written; [] where it asks for none or mounts are not to be had.

    Raises OSError.
    """
    aliases = pod["spec"].get("hostAliases")
    if not aliases or mode != NAMESPACE:
        return []
    place = folder.path / "hosts"
    part = place.with_suffix(".part")
    part.write_text(hosts_text(aliases, _machine()), errors="surrogateescape")
    part.replace(place)
    return [Mount("hosts", place, PATH)]


def hosts_text(aliases: list[Object], machine: str) -> str:
    """The machine's lines first: whoever looks a name up takes the first one that has it."""
    lines = ["", "# Entries added by HostAliases."]
    lines += ["\t".join([one["ip"], *(one.get("hostnames") or [])]) for one in aliases]
    return machine.rstrip("\n") + "\n" + "\n".join(lines) + "\n"


def _machine() -> str:
    try:
        return Path(PATH).read_text(errors="surrogateescape")
    except FileNotFoundError:
        return ""
