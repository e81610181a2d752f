"""Builds an image in the local Docker engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from minikf.engine.docker.client import Docker, answers
from minikf.engine.images.recipe import DOCKERFILE, Recipe
from minikf.engine.protocol import Steps
from minikf.errors import Refused
from minikf.spec import Event

_OURS = f"{DOCKERFILE}.minikf"
_STEP = re.compile(r"Step \d+/\d+ : ")
_ID_DIGITS = 12
CALL_SECONDS = 60 * 60
"""A step may be silent for long: pip says nothing while it unpacks."""


def build(docker: Docker, recipe: Recipe) -> Steps[str]:
    """Builds it and returns its name. Raises Refused with the last words of the step that failed, and Unreachable."""
    from docker.utils.build import tar

    made = (_OURS, recipe.text) if recipe.text else (DOCKERFILE, None)
    yield Event("build", "started", str(recipe.folder))
    words: list[str] = []
    image = ""
    archive: Any = tar(recipe.folder, exclude=list(recipe.left_out), dockerfile=made)  # a temporary file
    with archive as context:
        for line in _lines(docker, context, made[0]):
            image = str((line.get("aux") or {}).get("ID") or image)
            said = str(line.get("stream") or line.get("status") or "").strip()
            if said:
                words = [*words[-20:], said]
            if _STEP.match(said):
                yield Event("build", "progress", said)
            if line.get("error"):
                raise _refused(recipe, str(line["error"]), words)
    if not image:
        raise _refused(recipe, "the engine named no image", words)
    name = recipe.tag or f"minikf/{recipe.name}:{image.removeprefix('sha256:')[:_ID_DIGITS]}"
    with answers(docker.address):
        docker.client.api.tag(image, name)
    yield Event("build", "done", name)
    return name


def _refused(recipe: Recipe, error: str, words: list[str]) -> Refused:
    said = " | ".join(one for one in words[-4:] if not _STEP.match(one))
    return Refused(
        f"no image could be built of {recipe.folder}",
        cause=f"{error}: {said}"[:800] if said else error,
        advice=f"docker build {recipe.folder}" if not recipe.text else f"see {recipe.folder}/requirements.txt",
    )


def _lines(docker: Docker, context: Any, dockerfile: str) -> Iterator[dict[str, Any]]:
    with answers(docker.address):
        stream = docker.client.api.build(
            fileobj=context,
            custom_context=True,
            dockerfile=dockerfile,
            rm=True,
            forcerm=True,
            decode=True,
            use_config_proxy=True,
        )
        for line in stream:
            if isinstance(line, dict):
                yield line
