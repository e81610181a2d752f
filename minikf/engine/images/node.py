"""A cluster's node as the loading of images sees it: its containerd and what that has already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from minikf.engine.docker.images import ContainerFailed, ImageEngine
from minikf.engine.images.errors import ImageNotLoaded
from minikf.engine.images.model import Image, Platform

OVERLAYFS = "overlayfs"
DOCKER_ID = "minikf.dev/docker-id"
"""A label of images in a node. With containerd's image store Docker calls the manifest's digest, or an index's, the
image's id, and the kubelet the configuration's: without this nobody could tell that they are one."""
_GO = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
"""What `uname -m` says, in Go's words."""
_PART = "-- minikf --"

# k3s has its containerd's socket and configuration in places of its own. What the kubelet's images are unpacked with
# is the first snapshotter that a configuration names; containerd's own default is overlayfs.
_LOOK = f"""
for socket in /run/k3s/containerd/containerd.sock /run/containerd/containerd.sock; do [ -S $socket ] && break; done
config=/etc/containerd/config.toml
[ -f $config ] || config=/var/lib/rancher/k3s/agent/etc/containerd/config.toml
snapshotter=$(sed -n 's/^ *snapshotter *= *["'"'"']\\([a-z][a-z-]*\\)["'"'"'].*/\\1/p;' $config 2>/dev/null | head -n 1)
snapshotter=${{snapshotter:-{OVERLAYFS}}}
echo "$socket"; echo "$snapshotter"; uname -m
echo "{_PART}"; ctr --address $socket --namespace k8s.io images ls "$@" || exit 1
echo "{_PART}"; ctr --address $socket --namespace k8s.io snapshots --snapshotter "$snapshotter" ls
"""

_EXPLORE = """
cp --version 2>/dev/null | head -n 1
ctr --address "$1" plugins ls -d id==overlayfs id==native
"""


@dataclass
class Node:
    """One node. `images` are names with the digests of their manifests, as far as they were asked for, `snapshots` the
    names of unpacked layers; both are kept true while images are loaded."""

    container: str
    socket: str
    snapshotter: str
    platform: Platform
    images: dict[str, str] = field(default_factory=dict)
    snapshots: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    """Ids that the Docker engine gives to images, where they are not the kubelet's, with a name that the image has."""
    root: str = ""
    """containerd's own folder, on the disk that holds unpacked layers; "" until `explore`, or where it is not told."""
    copies: bool = False
    """Whether the node's own `cp` keeps all attributes of files (GNU's does, busybox's does not); by `explore`."""

    @property
    def ctr(self) -> list[str]:
        return ["ctr", "--address", self.socket, "--namespace", "k8s.io"]

    def has(self, image: Image) -> bool:
        """Whether the image itself is there and unpacked, under whatever name. The kubelet's containerd keeps each
        image under its id, too."""
        known = self.alias(image) in self.images
        return known and (not image.diff_ids or image.chain_ids[-1] in self.snapshots)

    def alias(self, image: Image) -> str:
        """A name under which the image itself is there, if it is at all."""
        return self.aliases.get(image.id, image.id)

    def nameless(self, image: Image) -> list[str]:
        """The image's names that mean nothing, or another image, in the node."""
        return [name for name in image.names if self.images.get(name) != self.images.get(self.alias(image), "")]


def look(engine: ImageEngine, container: str, images: Sequence[Image]) -> Node:
    """Asks a node for what decides whether these images must be sent.

    Only for them: with every image that it lists containerd looks into its blobs. Raises ImageNotLoaded where its
    containerd does not answer.
    """
    filters = [f"name=={name}" for image in images for name in (image.id, *image.names)]
    filters += [f'labels."{DOCKER_ID}"=={image.id}' for image in images]
    parts = _said(engine, container, _LOOK, *filters).split(f"{_PART}\n")
    socket, snapshotter, machine = parts[0].splitlines()
    listed = [line.split() for line in parts[1].splitlines()[1:]]
    labels = ((label.rpartition(f"{DOCKER_ID}=")[2], words[0]) for words in listed for label in words[-1].split(","))
    return Node(
        container,
        socket,
        snapshotter,
        Platform("linux", _GO.get(machine, machine)),
        {words[0]: words[2] for words in listed},
        {line.split()[0] for line in parts[2].splitlines()[1:] if line.split()[-1:] == ["Committed"]},
        {label: name for label, name in labels if label.startswith("sha256:")},
    )


def explore(engine: ImageEngine, node: Node) -> None:
    """Asks a node for what decides how images are sent. Raises ImageNotLoaded."""
    said = _said(engine, node.container, _EXPLORE, node.socket)
    root = re.search(r"^\s+root\s+(/\S+)/io\.containerd\.snapshotter\.v1\.(?:overlayfs|native)\s*$", said, re.MULTILINE)
    node.root = root[1] if root else ""
    node.copies = "GNU coreutils" in said.partition("\n")[0]


def _said(engine: ImageEngine, container: str, script: str, *arguments: str) -> str:
    try:
        ran = engine.run(container, ["sh", "-c", script, "minikf-look", *arguments])
    except ContainerFailed as error:
        raise _silent(container, str(error)) from error
    if ran.code:
        raise _silent(container, (ran.error or ran.out).strip()[-500:])
    return ran.out


def _silent(container: str, cause: str) -> ImageNotLoaded:
    return ImageNotLoaded(
        f"node '{container}' does not tell which images it has",
        cause=cause,
        advice=f"docker logs --tail 20 {container}",
    )
