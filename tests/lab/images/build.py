"""The images of the lab in the Docker engine, made when they are missing there."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from binaries.recipe import K3D, KUBERNETES, MODULES
from children import run
from dockerd.engine import docker
from dockerd.machine import RUNC, demand_root, restricted
from keep import Say, Unavailable, alone, base, scratch

from . import node

HERE = Path(__file__).parent
STAGES = HERE / "stages"
LABEL = "minikf-lab.recipe"  # on each of our images: the hash of what it was made by
# By this name k3d 5.8.3 asks for the image of its tools container, unless K3D_IMAGE_TOOLS names another
# (pkg/types/images.go of its module).
TOOLS = f"ghcr.io/k3d-io/k3d-tools:{K3D}"
_IN_THE_NODE = ("kubernetes", "etcd", "coredns", "local-path-provisioner", "cri-tools", "pause", "kind")
_MADE_BY = ("node.py", "debian.py", "kindfiles.py", "oci.py", "userland.py", "load.sh")


@dataclass(frozen=True)
class Images:
    """Names in the Docker engine: the node image for kind, the one for k3d in place of rancher/k3s, and k3d's tools."""

    node: str
    k3s: str
    tools: str


def names() -> Images:
    """The images of this recipe, here or not."""
    recipe = _hash()
    version = f"v{KUBERNETES}-{recipe}"
    return Images(f"minikf-lab/node:{version}", f"minikf-lab/k3s:{version}", f"minikf-lab/k3d-tools:v{K3D}-{recipe}")


def all_there() -> bool:
    """Whether the engine has every image of this recipe. Raises Unavailable when it does not answer."""
    return None not in (_recipe(image) for image in (*vars(names()).values(), TOOLS))


def make(binaries: Path, debian: Path, say: Say) -> None:
    """The images that the engine lacks, of these commands and this archive of a Debian system. Raises Unavailable."""
    root_recipe, recipe, images = _root_hash(), _hash(), names()
    demand_root("building the node image")
    folder = base() / "images"
    with alone(folder, say):
        root = f"minikf-lab/root:{root_recipe}"
        if _recipe(root) is None:
            with scratch(folder) as part:
                started = time.monotonic()
                node.make(part / "root", debian, binaries, restricted(), say)
                say("node: handing it to the Docker engine")
                _import(part / "root", root, root_recipe)
                say(f"{root}: made in {time.monotonic() - started:.0f} s")
        for target, image in vars(images).items():
            if _recipe(image) is None:
                _finish(target, image, root, recipe, say)
        # So that k3d works by hand too. An image of that name that is not ours is k3d's own, and better.
        if _recipe(TOOLS) != "":
            docker("tag", images.tools, TOOLS)


def _root_hash() -> str:
    """What decides over a node's root file system."""
    parts = [f"restricted: {restricted()}".encode(), RUNC.read_bytes()]
    parts += [module.hash.encode() for module in MODULES if module.name in _IN_THE_NODE]
    return _digest(parts + [(HERE / name).read_bytes() for name in _MADE_BY])


def _hash() -> str:
    """And over the images made on it."""
    files = sorted(STAGES.iterdir())
    return _digest([_root_hash().encode(), *(file.name.encode() + file.read_bytes() for file in files)])


def _digest(parts: list[bytes]) -> str:
    digests = b"".join(hashlib.sha256(part).digest() for part in parts)
    return hashlib.sha256(digests).hexdigest()[:12]


def _recipe(image: str) -> str | None:
    """The hash that an image in the engine was made by: "" for an image that is not the lab's, None for no image."""
    asked = subprocess.run(
        ["docker", "image", "inspect", "--format", "{{json .Config.Labels}}", image],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode == 0:
        return str((json.loads(asked.stdout) or {}).get(LABEL, ""))
    if "No such image" in asked.stderr:
        return None
    raise Unavailable(f"the Docker engine does not tell about {image}: {asked.stderr.strip()}")


def _import(root: Path, image: str, recipe: str) -> None:
    """The tar goes from one program to the other; the image has its name only when it is complete."""
    with subprocess.Popen(
        ["tar", "--create", "--numeric-owner", "--directory", root, "."], stdout=subprocess.PIPE
    ) as tar:
        docker("import", "--change", f"LABEL {LABEL}={recipe}", "-", image, stdin=tar.stdout)
    if tar.returncode:
        raise Unavailable(f"packing {root} failed: tar exited {tar.returncode}")


def _finish(target: str, image: str, root: str, recipe: str, say: Say) -> None:
    """One stage of the Dockerfile: settings and a few files over the root file system, whose layer all share."""
    words = ("--target", target, "--build-arg", f"BASE={root}", "--label", f"{LABEL}={recipe}", "--tag", image)
    run("docker", "build", "--quiet", "--force-rm", "--network", "none", *words, STAGES)
    say(f"{image}: made")


def prune(say: Say) -> list[str]:
    """Removes the lab's images of other recipes, but none that a container uses. Returns which went."""
    current, gone = (_hash(), _root_hash(), None), []
    there = docker("images", "--filter", f"label={LABEL}", "--format", "{{.Repository}}:{{.Tag}}").split()
    for image in there:
        if _recipe(image) not in current:
            removed = subprocess.run(["docker", "rmi", image], capture_output=True, text=True, check=False)
            say(f"{image}: {'removed' if removed.returncode == 0 else removed.stderr.strip()}")
            gone += [image] if removed.returncode == 0 else []
    return gone
