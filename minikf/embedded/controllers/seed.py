"""What every platform is born with: namespaces, the public ConfigMap of Trainer, training runtimes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from minikf.embedded.kinds import CLUSTER_TRAINING_RUNTIME, CONFIG_MAP, NAMESPACE, Kind
from minikf.embedded.options import Options
from minikf.embedded.runtimes import seeded_runtimes
from minikf.embedded.status import ApiError, Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Objects

log = logging.getLogger("minikf.seed")

# Kubernetes' own three that clients expect, and Kubeflow's two.
NAMESPACES = ("default", "kube-system", "kube-public", "kubeflow", "kubeflow-system")
# The release of Kubeflow Trainer whose objects are served: schemas and behaviour are of this one.
TRAINER_VERSION = "v2.1.0"
_MANAGER = "minikf-seed"


async def seed(objects: Objects) -> None:
    """Creates what is missing and renews what is still as MiniKF made it; what a user changed stays."""
    await seed_namespaces(objects)
    public = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kubeflow-trainer-public"},
        "data": {"kubeflow_trainer_version": TRAINER_VERSION},
    }
    await asyncio.gather(
        _apply(objects, CONFIG_MAP, "kubeflow-system", public),
        *(_apply(objects, CLUSTER_TRAINING_RUNTIME, "", runtime) for runtime in seeded_runtimes()),
    )


async def seed_namespaces(objects: Objects) -> None:
    """Creates the namespaces that are missing."""
    missing = [name for name in NAMESPACES if objects.find(NAMESPACE, "", name) is None]
    await asyncio.gather(
        *(objects.create(NAMESPACE, "", {"metadata": {"name": name}}, opts=_options()) for name in missing)
    )


async def _apply(objects: Objects, kind: Kind, namespace: str, obj: Object) -> None:
    try:
        await objects.apply(kind, namespace, obj["metadata"]["name"], obj, opts=_options())
    except ApiError as error:
        if error.reason != "Conflict":
            raise
        log.info("%s is left as it is: %s", obj["metadata"]["name"], error.message)


def _options() -> Options:
    return Options(manager=_MANAGER)
