"""The status of an InferenceService from what is known of it; pure.

Words: pkg/apis/serving/v1beta1/inference_service_status.go.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minikf.embedded.controllers import conditions
from minikf.embedded.serving.holder import Ports
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp

READY = "MinimumReplicasAvailable"


@dataclass(frozen=True)
class Failure:
    """Why the wanted revision does not serve. `reason` is one of KServe's FailureReasons."""

    reason: str
    message: str
    location: str = ""
    exit_code: int = 0


@dataclass(frozen=True)
class Facts:
    """What is known. `state` is the wanted revision's: Pending, Loading, Loaded or FailedToLoad.

    `serving` is whether any revision answers requests, `revision` the wanted one, `serving_revision` the one that
    answers. `progress` says what is going on, `notices` what a user should know although it works.
    """

    state: str
    serving: bool
    ports: Ports | None = None
    revision: str = ""
    serving_revision: str = ""
    copies: int = 0
    failed_copies: int = 0
    progress: str = ""
    notices: tuple[str, ...] = ()
    failure: Failure | None = None
    is_invalid: bool = False
    is_stopped: bool = False


def make_status(service: Object, facts: Facts, now: datetime) -> Object:
    """The new status; fields that are not ours are kept."""
    status: Object = copy.deepcopy(service.get("status") or {})
    if facts.is_stopped:
        status = {}
    # While the revision before answers, the status is still about that one: who waits for a generation
    # (`kubectl wait`, KServeClient.wait_isvc_ready) waits for the model that it brings.
    if not (facts.serving and facts.state in ("Pending", "Loading") and "observedGeneration" in status):
        status["observedGeneration"] = service["metadata"].get("generation", 1)
    status["deploymentMode"] = "Standard"
    status["modelStatus"] = _model_status(facts, status.get("modelStatus") or {}, now)
    _addresses(status, service, facts)
    predictor = _predictor_ready(facts)
    ingress = _ingress_ready(facts)
    # As Knative's condition sets do it: the first one that is not true tells why the whole is not.
    cause: Object = next((one for one in (predictor, ingress) if one["status"] != "True"), {"status": "True"})
    ready: Object = {**cause, "type": "Ready"}
    stopped: Object = {"type": "Stopped", "status": "True" if facts.is_stopped else "False", "severity": "Info"}
    for condition in (ingress, predictor, ready, stopped):
        _put(status, condition, now)
    return status


def _put(status: Object, condition: Object, now: datetime) -> None:
    old = conditions.find(status, condition["type"])
    if old is not None:
        # `conditions.put` keeps keys that the new condition does not name.
        for key in ("reason", "message"):
            if key not in condition:
                old.pop(key, None)
    conditions.put(status, condition, now)


def _predictor_ready(facts: Facts) -> Object:
    kind = "PredictorReady"
    if facts.is_stopped:
        return {"type": kind, "status": "False", "reason": "Stopped"}
    if facts.serving:
        message = "; ".join(_sentences(facts))
        return {"type": kind, "status": "True", "reason": READY} | ({"message": message} if message else {})
    if facts.failure is not None:
        return {"type": kind, "status": "False", "reason": facts.failure.reason, "message": facts.failure.message}
    return {
        "type": kind,
        "status": "Unknown",
        "reason": facts.state,
        "message": facts.progress or "the model is loaded",
    }


def _sentences(facts: Facts) -> list[str]:
    """What is to be said although requests are answered."""
    found = list(facts.notices)
    if facts.failure is not None:
        found.append(f"the revision before serves on, since the new one failed: {facts.failure.message}")
    return found


def _ingress_ready(facts: Facts) -> Object:
    kind = "IngressReady"
    if facts.is_stopped:
        return {"type": kind, "status": "False", "reason": "Stopped"}
    if facts.ports is not None and facts.serving:
        return {"type": kind, "status": "True"}
    if facts.failure is not None:
        return {"type": kind, "status": "False", "reason": "Predictor ingress not created"}
    return {"type": kind, "status": "Unknown", "reason": "Predictor ingress not created"}


def _model_status(facts: Facts, old: Object, now: datetime) -> Object:
    status: Object = {
        "transitionStatus": _transition(facts),
        "states": {"activeModelState": "Loaded" if facts.serving else facts.state, "targetModelState": facts.state},
        "copies": {"failedCopies": facts.failed_copies, "totalCopies": facts.copies},
    }
    if facts.failure is not None:
        status["lastFailureInfo"] = _failure_info(facts, facts.failure, old.get("lastFailureInfo") or {}, now)
    return status


def _transition(facts: Facts) -> str:
    if facts.is_invalid:
        return "InvalidSpec"
    if facts.failure is not None or facts.state == "FailedToLoad":
        return "BlockedByFailedLoad"
    return "UpToDate" if facts.state == "Loaded" else "InProgress"


def _failure_info(facts: Facts, failure: Failure, old: Object, now: datetime) -> Object:
    info: dict[str, Any] = {"reason": failure.reason, "message": failure.message}
    if failure.location:
        info["location"] = failure.location
    if failure.exit_code:
        info["exitCode"] = failure.exit_code
    if facts.revision:
        info["modelRevisionName"] = facts.revision
    unchanged = {key: old.get(key) for key in info} == info
    return {**info, "time": old["time"] if unchanged and "time" in old else timestamp(now)}


def _addresses(status: Object, service: Object, facts: Facts) -> None:
    """KServe gives addresses once they answer, and keeps them while a later revision loads."""
    component: Object = (status.get("components") or {}).get("predictor") or {}
    name = f"{service['metadata']['name']}-predictor"
    if facts.revision:
        component["latestCreatedRevision"] = f"{name}-{facts.revision}"
    if facts.serving_revision and facts.serving:
        component["latestReadyRevision"] = f"{name}-{facts.serving_revision}"
    if facts.ports is None:
        for key in ("url", "address"):
            status.pop(key, None)
        for key in ("url", "restUrl", "grpcUrl", "address"):
            component.pop(key, None)
    elif facts.serving or "url" in status:
        url = f"http://127.0.0.1:{facts.ports.rest}"
        status["url"] = url
        status["address"] = {"url": url}
        component |= {"url": url, "restUrl": url, "grpcUrl": f"grpc://127.0.0.1:{facts.ports.grpc}"}
    if component:
        status["components"] = {**(status.get("components") or {}), "predictor": component}
