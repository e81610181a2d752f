"""How KServe deploys a service that does not say it itself: `defaultDeploymentMode` of its configuration.

Names as kubeflow/manifests 26.03 installs them (applications/kserve/kserve/kserve_kubeflow.yaml): the ConfigMap
inferenceservice-config with the key deploy, the Deployment kserve-controller-manager beside it, the webhook
inferenceservice.serving.kserve.io; values are Serverless, RawDeployment and, newer, Knative and Standard.
"""

from __future__ import annotations

import json
from typing import Any

from minikf.errors import MinikfError
from minikf.promote.targets.probe.asking import Ask, texts

GROUP = "serving.kserve.io"
_CONFIG, _CONTROLLER = "inferenceservice-config", "kserve-controller-manager"
_HOOK = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/inferenceservice.serving.kserve.io"
# Where KServe is when its webhook may not be read: kubeflow/manifests' own overlay, and upstream's.
_USUAL = ("kubeflow", "kserve")
_ANNOTATION = "serving.kserve.io/deploymentMode"


def look(ask: Ask) -> dict[str, Any]:
    """`kserve_mode`, by the configuration, else by the services that are there and say no mode themselves."""
    if ask.served(GROUP, "InferenceService") is None:
        ask.lack("kserve_mode", f"the target serves no InferenceService ({GROUP})")
        return {}
    troubles = []
    for namespace in _places(ask):
        try:
            mode = _configured(ask, namespace)
        except (MinikfError, ValueError) as error:
            troubles.append(str(error))
            continue
        if mode:
            with ask.may_lack("kserve_mode"):
                _check_controller(ask, namespace)
            return {"kserve_mode": mode}
    mode = _observed(ask)
    if mode:
        return {"kserve_mode": mode}
    ask.lack(
        "kserve_mode", "; ".join(dict.fromkeys(troubles)) or f"there is no ConfigMap {_CONFIG} in {' or '.join(_USUAL)}"
    )
    return {}


def _places(ask: Ask) -> tuple[str, ...]:
    """Where KServe's webhook says that it is, else where it usually is."""
    try:
        found = ask.found(_HOOK) or {}
    except MinikfError:  # cluster-wide, so many may not read it
        return _USUAL
    services = [(one.get("clientConfig") or {}).get("service") or {} for one in found.get("webhooks") or ()]
    return tuple(dict.fromkeys(str(one["namespace"]) for one in services if one.get("namespace"))) or _USUAL


def _configured(ask: Ask, namespace: str) -> str:
    """The mode in the ConfigMap, "" where there is none. Raises MinikfError, and ValueError where it says nothing."""
    found = ask.found(f"/api/v1/namespaces/{namespace}/configmaps/{_CONFIG}")
    if found is None:
        return ""
    try:
        mode = json.loads(texts(found.get("data"))["deploy"])["defaultDeploymentMode"]
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"ConfigMap {namespace}/{_CONFIG} has no deploy.defaultDeploymentMode") from error
    return str(mode)


def _check_controller(ask: Ask, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{_CONTROLLER}"
    if ask.found(path) is None:
        ask.lack("kserve_mode", f"there is no Deployment {namespace}/{_CONTROLLER}: nothing acts on InferenceServices")


def _observed(ask: Ask) -> str:
    """What the services in the target's namespaces were deployed as, where they agree and none has chosen."""
    modes = set()
    for namespace in ask.namespaces:
        for obj in Ask(ask.client, ask.namespaces, ask.kinds).listed(
            "kserve_mode", GROUP, "InferenceService", namespace
        ):
            if _ANNOTATION not in texts(obj["metadata"].get("annotations")):
                modes.add(str((obj.get("status") or {}).get("deploymentMode") or ""))
    return modes.pop() if len(modes) == 1 else ""
