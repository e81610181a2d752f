"""What this machine has for clusters in Docker: asked in about a second, or three where a registry is slow."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from minikf.engine import docker
from minikf.engine.clusters import binary, node_image
from minikf.engine.docker.client import connect
from minikf.errors import MinikfError
from minikf.plan import CLUSTERS
from minikf.spec import EngineFacts, Facts

REGISTRY_SECONDS = 3.0
"""How long a registry may take to answer before it counts as out of reach."""


def gather(asked_image: str = "") -> Facts:
    """Facts for the automatic choice of an engine. Never raises for what is missing: that is a fact."""
    answer = docker.ask()
    if not answer.version:
        return Facts(docker_cause=answer.cause)
    with ThreadPoolExecutor(len(CLUSTERS)) as pool:
        found = dict(zip(CLUSTERS, pool.map(lambda name: _engine(name, asked_image), CLUSTERS), strict=True))
    return Facts(docker=answer.version, engines=found)


def _engine(name: str, asked_image: str) -> EngineFacts:
    try:
        found = binary.find(name)
        image = node_image.choose(name, asked_image)
        with connect() as engine:
            local = engine.image(image) is not None
    except MinikfError as error:
        return EngineFacts(why_not=error.cause or error.message, advice=error.advice)
    answers = local or node_image.registry_answers(image, REGISTRY_SECONDS)
    return EngineFacts(found.path, found.version, image, local, answers)
