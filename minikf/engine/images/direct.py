"""The shortest way: layers copied from Docker's own folders into the node's, on the engine's machine.

With the driver overlay2 Docker keeps each layer as the folder that overlayfs mounts, and containerd's snapshots are
the same. So a helper of the node's image, with the node's volumes and Docker's folders, copies them with all that
files have: nothing is packed, sent, hashed or written twice.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Generator, Sequence

from minikf.engine.docker.images import ContainerFailed, ImageEngine, Store
from minikf.engine.images.errors import NotThisWay
from minikf.engine.images.model import Image, digest
from minikf.engine.images.oci import Layer
from minikf.engine.images.stage import Stage

HELPER = "minikf.dev/image-load"
_LAYERS, _ABOUT = "/minikf/layers", "/minikf/about"

# Docker names what it knows of a layer by the chain id (moby, layer/filestore.go): `cache-id` is its folder, and
# tar-split.json.gz all of its tar file but the files' contents, so its exact size.
_COPY = f"""
stage=$1 id=$2; shift 2
[ -r {_ABOUT}/imagedb/content/sha256/$id ] && [ -d {_LAYERS} ] || {{ echo elsewhere; exit; }}
echo "config $(base64 -w 0 {_ABOUT}/imagedb/content/sha256/$id)"
for layer; do
  chain=${{layer#*:}}
  [ -r {_ABOUT}/layerdb/sha256/$chain/tar-split.json.gz ] || {{ echo elsewhere; exit; }}
  echo "split $(base64 -w 0 {_ABOUT}/layerdb/sha256/$chain/tar-split.json.gz)"
done
for layer; do
  number=${{layer%%:*}} about={_ABOUT}/layerdb/sha256/${{layer#*:}}
  [ "$number" = - ] && continue
  cp -dR --preserve=mode,ownership,timestamps,links,xattr "{_LAYERS}/$(cat "$about/cache-id")/diff" "$stage/$number" ||
    exit
  echo "copied $number"
done
echo done
"""


def copy(
    engine: ImageEngine, store: Store, stage: Stage, image: Image, numbers: Sequence[int], label: str
) -> Generator[tuple[int, int], None, tuple[bytes, list[Layer]]]:
    """Copies the layers with these numbers, yields (bytes so far, bytes in all), and returns the image's configuration
    and layers. Raises ContainerFailed, and NotThisWay where Docker's folders are not as they should be."""
    named = [f"{number if number in numbers else '-'}:{_hex(chain)}" for number, chain in enumerate(image.chain_ids)]
    command = ["sh", "-c", _COPY, "minikf-load", stage.path, _hex(image.id), *named]
    config, sizes, done, ended = b"", [], 0, False
    lines = engine.beside(stage.node.container, command, {store.layers: _LAYERS, store.about: _ABOUT}, {HELPER: label})
    for line in lines:
        word, _, told = line.partition(" ")
        if word == "elsewhere":
            raise NotThisWay("Docker's folders hold no such image")
        if word == "config":
            config = base64.b64decode(told)
        elif word == "split":
            sizes.append(tar_size(base64.b64decode(told)))
        elif word == "copied":
            done += sizes[int(told)]
            yield done, sum(sizes[number] for number in numbers)
        ended = word == "done"
    if not ended:
        raise ContainerFailed("the copying of layers was ended from outside")
    if digest(config) != image.id:
        raise NotThisWay("Docker's folders hold another configuration of the image")
    return config, [Layer(diff_id, size) for diff_id, size in zip(image.diff_ids, sizes, strict=True)]


def tar_size(split: bytes) -> int:
    """Bytes of a layer's tar file: the pieces of type 2 are kept, of those of type 1, files, only the size is
    (github.com/vbatts/tar-split, tar/storage/entry.go)."""
    size = 0
    for line in gzip.decompress(split).splitlines():
        entry = json.loads(line)
        size += len(base64.b64decode(entry["payload"])) if entry["type"] == 2 else entry.get("size", 0)
    return size


def _hex(name: str) -> str:
    return name.removeprefix("sha256:")
