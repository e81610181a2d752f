"""A folder in a node in which an image comes together before containerd hears of it.

It lies beside containerd's own folders, on the same disk. Layers arrive in it as folders 0, 1, ..., each as overlayfs
wants it. Only when all are there does one script in the node make snapshots of them, by renaming, and then name the
image. What breaks off before leaves a folder that nothing looks at, and what breaks off on our side within the script
does not break off at all: the script runs on in the node.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from minikf.engine.docker.images import ContainerFailed, ImageEngine
from minikf.engine.images.errors import ImageNotLoaded
from minikf.engine.images.model import Image
from minikf.engine.images.node import DOCKER_ID, Node
from minikf.engine.images.oci import files

_ABANDONED_MINUTES = 30
"""A folder in which nothing arrived for so long belongs to a load that was killed."""

# What ctr makes by hand is a root for containerd's garbage collection, until that label is taken away.
_HEAD = """
socket=$1 root=$2 name=$3; shift 3
ctr() { command ctr --address "$socket" --namespace k8s.io "$@"; }
snapshots() { ctr snapshots --snapshotter overlayfs "$@"; }
temporary() { echo "minikf.invalid/load:$1"; }
"""

# Loads that were killed, and those whose node was stopped within the script below, are cleared away here.
_BEGIN = (
    _HEAD
    + """
cd "$root" || exit 1
for old in $(find . -maxdepth 1 -name 'minikf-load-*' -mmin "+$1"); do
  old=${old#./}
  if [ -f "$old/layers" ]; then
    while read -r number chain parent; do
      snapshots rm "$old-$number"
      snapshots label "$chain" containerd.io/gc.root=
    done < "$old/layers"
    ctr images rm "$(temporary "$old")"
  fi >/dev/null 2>&1
  rm -rf "$old"
done
mkdir -m 700 "$name"
"""
)

_END = (
    _HEAD
    + """
snapshotter=$1 id=$2 known=$3 label=$4; shift 4
cd "$root/$name" || exit 1
made=
undo() {
  echo "$*" >&2
  ctr images rm "$(temporary "$name")" >/dev/null 2>&1
  [ "$known" ] || { sleep 0.5; ctr images rm --sync "$id" >/dev/null 2>&1; } # the kubelet's side gave it that name
  snapshots rm "$name-$number" >/dev/null 2>&1
  for chain in $made; do snapshots rm "$chain" >/dev/null 2>&1 || snapshots label "$chain" containerd.io/gc.root=; done
  cd / && rm -rf "${root:?}/$name"
  exit 1
}
while read -r number chain parent; do
  mounts=$(snapshots prepare --target / "$name-$number" "$parent" 2>&1) || undo "$mounts"
  case $mounts in
  *upperdir=*) folder=${mounts#*upperdir=} folder=${folder%%,*} ;;
  *) folder=${mounts#*-t bind } folder=${folder%% *} ;;
  esac
  rmdir "$folder" && mv "$number" "$folder" || undo "layer $number could not be put into $folder"
  said=$(snapshots commit "$chain" "$name-$number" 2>&1) || {
    snapshots info "$chain" >/dev/null 2>&1 || undo "$said" # else somebody was quicker
    snapshots rm "$name-$number"
  }
  made="$chain $made"
done < layers
said=$(ctr images import --all-platforms --snapshotter "$snapshotter" image.tar 2>&1) || undo "$said"
for chain in $made; do snapshots label "$chain" containerd.io/gc.root= >/dev/null; done
made= # from here on the image keeps its snapshots, and without it they go
tries=200
until ctr images ls > images && grep -q "^$id " images; do
  tries=$((tries - 1)); [ $tries -gt 0 ] || undo "the kubelet's side of containerd did not take notice of the image"
  sleep 0.05
done
[ -z "$label" ] || ctr images label "$(temporary "$name")" "$label" >/dev/null || undo "the label $label was refused"
for tag in "$@"; do said=$(ctr images tag --force "$(temporary "$name")" "$tag" 2>&1) || undo "$said"; done
ctr images rm "$(temporary "$name")" >/dev/null
grep "^$id " images
cd / && rm -rf "${root:?}/$name"
"""
)


@dataclass(frozen=True)
class Stage:
    """A folder in a node that is a load's own."""

    engine: ImageEngine
    node: Node
    name: str

    @property
    def path(self) -> str:
        return f"{self.node.root}/{self.name}"

    @property
    def image_name(self) -> str:
        """What the image is called until it is whole."""
        return f"minikf.invalid/load:{self.name}"

    def layer(self, number: int) -> str:
        return f"{self.path}/{number}"

    def finish(self, image: Image, docker_id: str, numbers: Sequence[int], image_tar: Iterable[bytes]) -> None:
        """Makes snapshots of the layers with these numbers, lowest first, and then the image, whose id is that of its
        configuration and to Docker `docker_id`.

        `image_tar` is a tar stream that holds `image.tar`, an OCI layout whose image is called `image_name`.

        Raises ContainerFailed; then all is as it was before.
        """
        chains = ("", *image.chain_ids)
        lines = "".join(f"{number} {chains[number + 1]} {chains[number]}\n" for number in numbers)
        self.engine.put(self.node.container, self.path, chain([files({"layers": lines.encode()})], image_tar))
        known = "known" if image.id in self.node.images else ""
        label = f"{DOCKER_ID}={docker_id}" if docker_id != image.id else ""
        listed = self._run(_END, self.node.snapshotter, image.id, known, label, *image.names)
        self.node.snapshots.update(image.chain_ids)
        self.node.images.update(dict.fromkeys((image.id, *image.names), listed.split()[2]))
        self.node.aliases[docker_id] = image.id

    def ask(self, *command: str) -> str:
        """What a command in the node prints; "" where the node runs no more."""
        try:
            return self.engine.run(self.node.container, command).out
        except ContainerFailed:
            return ""

    def _run(self, script: str, *arguments: str) -> str:
        command = ["sh", "-c", script, "minikf-load", self.node.socket, self.node.root, self.name, *arguments]
        ran = self.engine.run(self.node.container, command)
        if ran.code:
            raise ContainerFailed((ran.error or ran.out).strip()[-1000:] or f"it ended with {ran.code}")
        return ran.out


@contextlib.contextmanager
def stage(engine: ImageEngine, node: Node, reference: str) -> Iterator[Stage]:
    """A folder in a node, gone after `finish` or a failure. Raises ImageNotLoaded."""
    one = Stage(engine, node, f"minikf-load-{secrets.token_hex(8)}")
    with _told(one, reference):
        one._run(_BEGIN, str(_ABANDONED_MINUTES))
    try:
        with _told(one, reference):
            yield one
    except BaseException:
        one.ask("rm", "-rf", one.path)
        raise


@contextlib.contextmanager
def _told(stage: Stage, reference: str) -> Iterator[None]:
    """Turns what a container or the engine says into an error that names image and node, and the room on its disk."""
    try:
        yield
    except ContainerFailed as error:
        container, root = stage.node.container, stage.node.root
        free = stage.ask("df", "-k", root).splitlines()[-1:]
        raise ImageNotLoaded(
            f"{reference} did not reach node '{container}'; what had arrived was removed",
            cause=f"{error}{f' (its disk, in KiB: {free[0]})' if free else ''}",
            advice=f"docker exec {container} df -h {root}; free some space if it is full, and load the image again",
        ) from error
