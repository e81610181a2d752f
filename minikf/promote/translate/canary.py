"""Canary rollouts, which KServe carries out with Knative only."""

from __future__ import annotations

from minikf.promote.fields import get, mapping
from minikf.promote.model import Object
from minikf.promote.references import dotted
from minikf.promote.translate.model import Said, World, error, warning
from minikf.promote.translate.workloads import COMPONENTS

_MODE = "serving.kserve.io/deploymentMode"
# Two names of one mode. KServe documentation 0.16, "Canary Rollout Strategy": serverless deployment mode only.
_WITHOUT = ("Standard", "RawDeployment")


def canary(obj: Object, world: World) -> Said:
    """Traffic that would go to the new version all at once, without a word."""
    if obj["kind"] != "InferenceService":
        return
    mode = mapping(obj, ("metadata", "annotations")).get(_MODE) or world.profile.kserve_mode
    for part in COMPONENTS:
        path = ("spec", part, "canaryTrafficPercent")
        percent = get(obj, path)
        if percent is None:
            continue
        if mode in _WITHOUT:
            yield error(
                dotted(path),
                f"KServe on {world.spec.name} does not split traffic: {percent} % would be all of it",
                f"its deployment mode is {mode}, which ignores canaryTrafficPercent",
                "take canaryTrafficPercent out, or ask for KServe with Knative there",
            )
        elif not mode:
            yield warning(
                dotted(path),
                f"nobody knows whether KServe on {world.spec.name} splits traffic",
                "its deployment mode could not be found out",
                "kubectl get configmap inferenceservice-config --namespace kubeflow --output yaml",
            )
