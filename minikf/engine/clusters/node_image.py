"""The image that nodes are made of: the user's, else the one that belongs to the tool's version, by digest."""

from __future__ import annotations

import urllib.error
import urllib.request

from minikf.tools import images

KUBERNETES = "1.34"
"""The version that both engines make, so that they agree: it still starts on machines with cgroup v1, and all that
MiniKF does to a cluster is tested on it."""

_DOCKER_HUB = "registry-1.docker.io"
"""Where images without a registry in their name come from (distribution/reference, and Docker's own default)."""


def choose(tool: str, asked: str) -> str:
    """`asked` where the user asked for one, else one of KUBERNETES. Raises Refused where none is known for the tool."""
    if asked:
        return asked
    return images.kind_image(KUBERNETES) if tool == "kind" else images.k3s_image(KUBERNETES)


def registry_of(image: str) -> str:
    """The host of the registry that an image name stands for."""
    first, slash, _ = image.partition("/")
    named = bool(slash) and ("." in first or ":" in first or first == "localhost")
    return first if named and first != "docker.io" else _DOCKER_HUB


def registry_answers(image: str, seconds: float) -> bool:
    """Whether the image's registry says anything within `seconds`; that it wants a login is an answer too."""
    return host_answers(registry_of(image), seconds)


def host_answers(host: str, seconds: float) -> bool:
    """As `registry_answers`, of a registry by its host."""
    try:
        with urllib.request.urlopen(f"https://{host}/v2/", timeout=seconds):
            return True
    except urllib.error.HTTPError as error:
        return error.code in (401, 403, 404, 429)
    except (OSError, ValueError):
        return False
