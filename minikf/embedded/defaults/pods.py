"""Defaults of pods and pod templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from minikf.embedded.defaults.podstatus import complete_status
from minikf.embedded.status import Object

_GRACE_SECONDS = 30
_FILE_MODE = 0o644
_TOKEN_SECONDS = 3600
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
# An image name without its registry's port: path components in lower case, then perhaps a tag and a digest.
_IMAGE = re.compile(
    r"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@[A-Za-z][\w.+-]*:[0-9a-fA-F]{32,})?"
)


def default_pod(pod: Object) -> None:
    """Everything that a Pod gets and a template does not, then what both get."""
    spec = pod.setdefault("spec", {})
    for container in _containers(spec, ephemeral=False):
        resources = container.get("resources") or {}
        if resources.get("limits"):
            resources["requests"] = resources["limits"] | (resources.get("requests") or {})
    _set(spec, "enableServiceLinks", True)
    default_pod_spec(spec)
    if spec.get("hostNetwork"):
        for container in _containers(spec, ephemeral=False):
            for port in container.get("ports") or ():
                _set_if_zero(port, "hostPort", port.get("containerPort"))
    complete_status(pod.get("status") or {})


def default_pod_spec(spec: Object) -> None:
    """What a pod's spec gets wherever it stands."""
    spec.setdefault("containers", None)
    _set_if_zero(spec, "dnsPolicy", "ClusterFirst")
    _set_if_zero(spec, "restartPolicy", "Always")
    _set(spec, "securityContext", {})
    _set(spec, "terminationGracePeriodSeconds", _GRACE_SECONDS)
    _set_if_zero(spec, "schedulerName", "default-scheduler")
    # The older name of the same field, still served.
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for container in _containers(spec, ephemeral=True):
        _default_container(container)
    _drop_restart_policies(spec)
    for volume in spec.get("volumes") or ():
        _default_volume(volume)


def _set(target: Object, field: str, value: Any) -> None:
    if target.get(field) is None:
        target[field] = value


def _set_if_zero(target: Object, field: str, value: Any) -> None:
    if not target.get(field):
        target[field] = value


def _containers(spec: Object, *, ephemeral: bool) -> Iterator[Object]:
    for field in ("initContainers", "containers", *(("ephemeralContainers",) if ephemeral else ())):
        yield from spec.get(field) or ()


def _default_container(container: Object) -> None:
    _set_if_zero(container, "imagePullPolicy", pull_policy(container.get("image") or ""))
    _set_if_zero(container, "terminationMessagePath", "/dev/termination-log")
    _set_if_zero(container, "terminationMessagePolicy", "File")
    _set(container, "resources", {})
    for port in container.get("ports") or ():
        _set_if_zero(port, "protocol", "TCP")
    for variable in container.get("env") or ():
        if variable.get("value") == "":
            del variable["value"]  # the same as none, and not stored
        _default_source(variable.get("valueFrom") or {})
    for name in _PROBES:
        if container.get(name) is not None:
            _default_probe(container[name])
    for hook in (container.get("lifecycle") or {}).values():
        _default_http_get(hook)


def _drop_restart_policies(spec: Object) -> None:
    """A kube-apiserver drops these fields of a feature that is off by default in 1.34 (ContainerRestartRules)."""
    for container in _containers(spec, ephemeral=True):
        container.pop("restartPolicyRules", None)
    for container in spec.get("containers") or ():
        container.pop("restartPolicy", None)
    for container in spec.get("initContainers") or ():
        if container.get("restartPolicy") != "Always":
            container.pop("restartPolicy", None)


def pull_policy(image: str) -> str:
    """Always for the tag `latest`, said or not; else IfNotPresent."""
    found = _IMAGE.fullmatch(image)
    if found is None or (found["tag"] is None and found["digest"]):
        return "IfNotPresent"
    return "Always" if found["tag"] in (None, "latest") else "IfNotPresent"


def _default_source(source: Object) -> None:
    if source.get("fieldRef") is not None:
        _set_if_zero(source["fieldRef"], "apiVersion", "v1")
    if source.get("resourceFieldRef") is not None:
        _set_if_zero(source["resourceFieldRef"], "divisor", "0")


def _default_probe(probe: Object) -> None:
    for field, value in _PROBE.items():
        _set_if_zero(probe, field, value)
    _default_http_get(probe)
    if probe.get("grpc") is not None:
        _set(probe["grpc"], "service", "")


def _default_http_get(handler: Object) -> None:
    action = handler.get("httpGet")
    if action is not None:
        _set_if_zero(action, "path", "/")
        _set_if_zero(action, "scheme", "HTTP")


def _default_volume(volume: Object) -> None:
    sources = [field for field in volume if field != "name"]
    if not sources:
        volume["emptyDir"] = {}
    for field in ("secret", "configMap", "downwardAPI", "projected"):
        if volume.get(field) is not None:
            _set(volume[field], "defaultMode", _FILE_MODE)
    if volume.get("hostPath") is not None:
        _set(volume["hostPath"], "type", "")
    if volume.get("image") is not None:
        _set_if_zero(volume["image"], "pullPolicy", pull_policy(volume["image"].get("reference") or ""))
    _default_items((volume.get("downwardAPI") or {}).get("items") or ())
    for source in (volume.get("projected") or {}).get("sources") or ():
        _default_items((source.get("downwardAPI") or {}).get("items") or ())
        if source.get("serviceAccountToken") is not None:
            _set(source["serviceAccountToken"], "expirationSeconds", _TOKEN_SECONDS)
    template = (volume.get("ephemeral") or {}).get("volumeClaimTemplate")
    if template is not None:
        _set(template.setdefault("spec", {}), "volumeMode", "Filesystem")


def _default_items(items: Iterable[Object]) -> None:
    for item in items:
        _default_source(item)
