"""What of KServe the embedded engine does not do: refused when an InferenceService would mean something else without
it, told as a warning when it runs well enough without."""

from __future__ import annotations

from minikf.embedded.controllers.serving.spec import implementations
from minikf.embedded.status import Object

_CLUSTER = "`minikf up --engine k3d` gives a cluster whose KServe does it"


def refusals(service: Object) -> list[str]:
    """Why the service cannot be served here at all."""
    spec = service.get("spec") or {}
    predictor = spec.get("predictor") or {}
    found = [
        f"spec.{name} is not supported by the embedded engine; {_CLUSTER}"
        for name in ("transformer", "explainer")
        if spec.get(name) is not None
    ]
    found += [
        f"spec.predictor.{name} is not supported by the embedded engine; {_CLUSTER}"
        for name in ("workerSpec", "storageUris")
        if predictor.get(name) is not None
    ]
    least, most = predictor.get("minReplicas"), predictor.get("maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and most and least > most:
        found.append("MinReplicas cannot be greater than MaxReplicas.")
    for field in ("minReplicas", "maxReplicas"):
        if isinstance(predictor.get(field), int) and predictor[field] < 0:
            found.append(f"spec.predictor.{field} cannot be less than 0")
    return found


def can_log(logger: Object) -> bool:
    """Whether the model server can do what spec.predictor.logger asks for: an address over HTTP, or none."""
    url = logger.get("url") or ""
    return not logger.get("storage") and (not url or url.startswith(("http://", "https://")))


def notices(service: Object) -> list[str]:
    """What is done differently here, a sentence each."""
    predictor = (service.get("spec") or {}).get("predictor") or {}
    found = []
    if predictor.get("canaryTrafficPercent") is not None:
        found.append(
            f"canaryTrafficPercent has no effect: a new revision takes all requests once it is ready; {_CLUSTER}"
        )
    if (predictor.get("minReplicas") or 0) > 1:
        found.append(f"minReplicas {predictor['minReplicas']} has no effect: one replica runs; {_CLUSTER}")
    if predictor.get("minReplicas") == 0:
        found.append(f"minReplicas 0 counts as 1: the embedded engine does not scale to zero; {_CLUSTER}")
    for field in ("autoScaling", "scaleTarget", "scaleMetric", "containerConcurrency", "timeout", "batcher"):
        if predictor.get(field) is not None:
            found.append(f"{field} has no effect on the embedded engine; {_CLUSTER}")
    logger = predictor.get("logger")
    if logger is not None and not can_log(logger):
        found.append(
            "logger has no effect: requests are sent to an http:// or https:// url, or kept by the platform where it "
            f"has neither url nor storage; {_CLUSTER}"
        )
    elif logger is not None and implementations(predictor) == ["containers"]:
        found.append(f"logger has no effect on a container of your own on the embedded engine; {_CLUSTER}")
    return found
