"""Pulls an image, with its bytes as progress."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from minikf.engine.docker.client import Docker, answers
from minikf.engine.protocol import Steps
from minikf.errors import Refused
from minikf.spec import Event

# A line of progress a second is what a person can follow; Docker sends hundreds.
_TELL_SECONDS = 1.0


def pull(docker: Docker, reference: str) -> Steps[None]:
    """Pulls `reference` (with a tag or digest). Interrupted, it goes on where it stopped: Docker keeps whole layers.

    Raises Refused with the registry's own words and Unreachable.
    """
    try:
        with answers(docker.address):
            stream = docker.client.api.pull(reference, stream=True, decode=True)
    except Refused as refusal:
        raise _refused(reference, refusal.cause) from refusal
    done: dict[str, int] = {}
    total: dict[str, int] = {}
    told = 0.0
    for line in _lines(docker, stream):
        if line.get("error"):
            raise _refused(reference, str(line["error"]))
        detail, layer = line.get("progressDetail") or {}, str(line.get("id", ""))
        if line.get("status") == "Downloading" and detail.get("total"):
            total[layer], done[layer] = int(detail["total"]), int(detail.get("current", 0))
        elif line.get("status") in ("Download complete", "Pull complete") and layer in total:
            done[layer] = total[layer]
        if total and time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            yield Event("image", "progress", reference, bytes_done=sum(done.values()), bytes_total=sum(total.values()))
    yield Event("image", "done", f"pulled {reference}", bytes_done=sum(done.values()), bytes_total=sum(total.values()))


def _refused(reference: str, cause: str) -> Refused:
    return Refused(
        f"the image {reference} cannot be pulled",
        cause=cause,
        advice=f"docker pull {reference} once its registry can be reached, or docker load it from a file",
    )


def _lines(docker: Docker, stream: Any) -> Iterator[dict[str, Any]]:
    """The stream's lines. Docker refuses an unknown image before the stream, and a broken registry within it."""
    with answers(docker.address):
        for line in stream:
            if isinstance(line, dict):
                yield line
