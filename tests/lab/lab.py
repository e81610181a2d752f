"""The lab as a whole: a Docker engine, the commands, and the images, all there after `ensure`."""

from __future__ import annotations

import platform
import time
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

import binaries.build
import images.build
import images.debian
from binaries.recipe import CLUSTERS
from children import together
from dockerd import engine
from dockerd.machine import raise_limits
from keep import Say, Unavailable


@dataclass(frozen=True)
class Lab:
    """What clusters are made of: a folder for PATH with kind, k3d, kubectl and the like, and the names of the images.

    `userland_image` is in every node: a shell and a few commands, for pods that need nothing else.
    """

    bin: Path
    node_image: str
    k3s_image: str
    tools_image: str
    userland_image: str = images.node.USERLAND


def ensure(say: Say) -> Lab:
    """Builds and starts what is missing; Debian is made while Go builds. Raises Unavailable."""
    if platform.system() != "Linux":
        raise Unavailable("the lab's clusters need Linux: a node image is made of Debian packages by root")
    started = time.monotonic()
    engine.ensure(say)
    raise_limits()
    if images.build.all_there():
        folder = binaries.build.ensure(say, CLUSTERS)
    else:
        with together(2) as pool:
            built = pool.submit(binaries.build.ensure, say, CLUSTERS)
            debian = pool.submit(images.debian.ensure, say)
            for one in as_completed((built, debian)):
                one.result()  # raises as soon as one has failed
            folder = built.result()
            images.build.make(folder, debian.result(), say)
    seconds = time.monotonic() - started
    if seconds > 10:
        say(f"the lab is ready after {seconds:.0f} s")
    made = images.build.names()
    engine.check_privileged(made.node)
    return Lab(folder, made.node, made.k3s, made.tools)
