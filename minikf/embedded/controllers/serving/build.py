"""The pod and the Service of an InferenceService; pure."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import secrets
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikf.embedded.controllers.base import owner_reference
from minikf.embedded.controllers.serving.limits import can_log
from minikf.embedded.controllers.serving.runtimes import MODULE, Runtime
from minikf.embedded.controllers.serving.spec import CONTAINER, InvalidSpec, Predictor
from minikf.embedded.serving.holder import Ports
from minikf.embedded.status import Object

# Labels of pods in Standard mode: pkg/constants and reconcilers/deployment.
SERVICE_LABEL = "serving.kserve.io/inferenceservice"
REVISION_ANNOTATION = "minikf/revision"
# What the pod serves: the storageUri, and the digest of the content that was fetched.
URI_ANNOTATION, DIGEST_ANNOTATION = "minikf/model-uri", "minikf/model-digest"
NO_IMAGE = "localhost/minikf-process"

MODEL_MOUNT = "/mnt/models"
FRONT = "minikf.embedded.serving.front"
_VOLUME = "kserve-provision-location"
# DEFAULT_HTTP_PORT and DEFAULT_GRPC_PORT in kserve/constants.
_CLUSTER_REST, _CLUSTER_GRPC = 8080, 8081
_PLACEHOLDER = re.compile(r"\{\{\s*\.(\w+)(?:\.([\w./-]+))?\s*\}\}")
_ALPHABET = string.digits + string.ascii_lowercase


@dataclass(frozen=True)
class Wanted:
    """What is to be served, and on which ports. `revision` is a hash over all that makes a new pod necessary."""

    predictor: Predictor
    runtime: Runtime | None
    ports: Ports
    revision: str

    @classmethod
    def of(cls, service: Object, predictor: Predictor, runtime: Runtime | None, ports: Ports) -> Wanted:
        facts = [
            service["metadata"]["name"],
            [ports.rest, ports.grpc],
            [predictor.storage_uri, predictor.sha256, predictor.model_format, predictor.format_version],
            [predictor.container, list(predictor.others), predictor.pod, predictor.labels, predictor.annotations],
            runtime.spec if runtime else None,
        ]
        if predictor.logger is not None:  # absent, the revision is what it was before loggers were heeded
            facts.append(predictor.logger)
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        return cls(predictor, runtime, ports, digest.hexdigest()[:10])


def predictor_name(service: Object) -> str:
    """The name of the Service, and how its pods' names begin."""
    return f"{service['metadata']['name']}-predictor"


def build_pod(service: Object, wanted: Wanted, control: Path, model: Path | None, digest: str = "") -> Object:
    """The pod of a revision; `control` is the socket that its server asks, `model` the model's folder and `digest` its
    content's.

    Raises InvalidSpec.
    """
    meta, predictor = service["metadata"], wanted.predictor
    template: Object = wanted.runtime.spec if wanted.runtime else {}
    container = _container(service, predictor, template)
    spec = _pod_spec(template, predictor)
    spec["containers"] = [container, *copy.deepcopy(list(predictor.others))]
    hosts = ",".join(host_names(service))
    ours = [f"--control={control}", f"--allowed_hosts={hosts}"]
    container["ports"], declared = _port_list(wanted.ports), container.get("ports") or []
    if _is_model_server(container):
        _direct_server(container, [*ours, *_keeping(service, predictor)], model)
        _direct_probes(container, meta["name"], wanted.ports)
    else:
        _put_front(container, [*ours, f"--name={meta['name']}"], declared)
        if model is not None:
            _mount(spec, container, model)
    labels = {**(template.get("labels") or {}), **predictor.labels, **_labels(service)}
    annotations = {**(template.get("annotations") or {}), **predictor.annotations, REVISION_ANNOTATION: wanted.revision}
    if model is not None:
        # What lineage asks: the registry's newest version may be another one by then.
        annotations |= {URI_ANNOTATION: predictor.storage_uri, DIGEST_ANNOTATION: digest}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{predictor_name(service)[:240]}-{wanted.revision}-{_suffix()}",
            "namespace": meta["namespace"],
            "labels": {**(meta.get("labels") or {}), **labels},
            "annotations": annotations,
            "ownerReferences": [owner_reference(service)],
        },
        "spec": spec,
    }


def build_service(service: Object, ports: Ports) -> Object:
    """The Service that remembers the ports; port 80 as in KServe, so that `kubectl port-forward svc/...` works."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": predictor_name(service),
            "namespace": service["metadata"]["namespace"],
            "labels": _labels(service),
            "ownerReferences": [owner_reference(service)],
        },
        "spec": {
            # No clusterIP: there is no virtual address here. "None" would say that the service's ports are the pod's,
            # and `kubectl port-forward` would not translate them.
            "selector": {"app": _app(service)},
            "ports": [
                {"name": "http", "port": 80, "protocol": "TCP", "targetPort": ports.rest},
                {"name": "grpc", "port": 81, "protocol": "TCP", "targetPort": ports.grpc},
            ],
        },
    }


def ports_of(kube_service: Object) -> Ports | None:
    """The ports that a Service remembers, or None when it is not as we made it."""
    found = {one.get("name"): one.get("targetPort") for one in kube_service["spec"].get("ports") or []}
    rest, grpc = found.get("http"), found.get("grpc")
    return Ports(rest, grpc) if isinstance(rest, int) and isinstance(grpc, int) else None


def host_names(service: Object) -> list[str]:
    """Names under which clients of a cluster know the service, which are accepted as Host here."""
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    names = []
    for base in (name, f"{name}-predictor"):
        names += [base, f"{base}.{namespace}", f"{base}.{namespace}.svc", f"{base}.{namespace}.svc.cluster.local"]
    # The ingress's default domainTemplate and ingressDomain in the ConfigMap inferenceservice-config.
    return [*names, f"{name}-{namespace}.example.com", f"{name}-predictor-{namespace}.example.com"]


def _container(service: Object, predictor: Predictor, template: Object) -> Object:
    own = copy.deepcopy(predictor.container)
    base = _runtime_container(template) if template else {}
    merged = {**base, **own, "name": CONTAINER}
    # KServe puts the user's arguments behind the runtime's (MergeRuntimeContainers).
    merged["args"] = [*(base.get("args") or []), *(own.get("args") or [])]
    merged["env"] = _by_name(base.get("env") or [], own.get("env") or [])
    if base.get("resources") or own.get("resources"):
        merged["resources"] = _merge(base.get("resources") or {}, own.get("resources") or {})
    if not merged.get("command"):
        raise InvalidSpec(
            f"the runtime's container '{CONTAINER}' has no command: the embedded engine runs no images, so it cannot "
            "use the image's entrypoint; add command to the runtime, or use `minikf up --engine k3d`"
        )
    merged["env"] = _by_name(merged["env"], [{"name": "INFERENCE_SERVICE_NAME", "value": service["metadata"]["name"]}])
    # A pod must name an image. None is run here, and this name belongs to no registry.
    merged["image"] = NO_IMAGE
    return dict(_fill(merged, service["metadata"])) if template else merged


def _runtime_container(template: Object) -> Object:
    containers = template.get("containers") or []
    found = next((one for one in containers if one.get("name") == CONTAINER), None)
    if found is None:
        raise InvalidSpec(f"the runtime has no container '{CONTAINER}'")
    return copy.deepcopy(dict(found))


def _direct_server(container: Object, ours: list[str], model: Path | None) -> None:
    """Our own server is told by arguments where things are. It needs no mount, which would cost time."""
    arguments = container["args"]
    if model is not None:
        arguments = [one.replace(MODEL_MOUNT, str(model)) for one in arguments]
    container["args"] = [*arguments, *ours]


def _keeping(service: Object, predictor: Predictor) -> list[str]:
    """Arguments that make the server keep requests and answers, as spec.predictor.logger says."""
    logger = predictor.logger
    if logger is None or not can_log(logger):
        return []
    meta = service["metadata"]
    told = {**(meta.get("annotations") or {}), **predictor.annotations}
    annotations = {name: told[name] for name in logger.get("metadataAnnotations") or [] if name in told}
    return [
        f"--log_mode={logger.get('mode') or 'all'}",
        f"--log_url={logger.get('url') or ''}",
        f"--inference_service={meta['name']}",
        f"--namespace={meta['namespace']}",
        f"--metadata_headers={','.join(logger.get('metadataHeaders') or [])}",
        f"--metadata_annotations={json.dumps(annotations)}",
    ]


def _direct_probes(container: Object, name: str, ports: Ports) -> None:
    """Probes ask the ports that the server has here instead of those it would have on a cluster.

    Without a readiness probe it gets one. Its patience spans a cold start: the request waits in the queue of the
    listening socket until the server takes it, so the pod is ready when its model is.
    """
    path = f"/v2/models/{name}/ready"
    container.setdefault(
        "readinessProbe", {"httpGet": {"path": path, "port": ports.rest}, "timeoutSeconds": 30, "periodSeconds": 10}
    )
    moved = {_CLUSTER_REST: ports.rest, _CLUSTER_GRPC: ports.grpc}
    for kind in ("readinessProbe", "livenessProbe", "startupProbe"):
        for action in ("httpGet", "tcpSocket", "grpc"):
            target = (container.get(kind) or {}).get(action) or {}
            if target.get("port") in moved:
                target["port"] = moved[target["port"]]


def _put_front(container: Object, ours: list[str], declared: list[Object]) -> None:
    """Any other program gets our front before it, which has the service's ports."""
    path = ((container.get("readinessProbe") or {}).get("httpGet") or {}).get("path", "")
    front = ["python", "-m", FRONT, *ours]
    front += [f"--declared_port={one['containerPort']}" for one in declared[:1]]
    front += [f"--ready_path={path}"] if path else []
    container["command"] = [*front, "--", *container["command"]]
    # The probes name the program's own port, which the front watches itself.
    for name in ("readinessProbe", "livenessProbe", "startupProbe"):
        container.pop(name, None)


def _mount(spec: Object, container: Object, model: Path) -> None:
    volume = {"name": _VOLUME, "hostPath": {"path": str(model), "type": "Directory"}}
    spec["volumes"] = [*(spec.get("volumes") or []), volume]
    mount = {"name": _VOLUME, "mountPath": MODEL_MOUNT, "readOnly": True}
    container["volumeMounts"] = [*(container.get("volumeMounts") or []), mount]


def _is_model_server(container: Object) -> bool:
    return list(container["command"])[1:3] == ["-m", MODULE]


def _port_list(ports: Ports) -> list[Object]:
    return [
        {"name": "http1", "containerPort": ports.rest, "protocol": "TCP"},
        {"name": "h2c", "containerPort": ports.grpc, "protocol": "TCP"},
    ]


def _pod_spec(template: Object, predictor: Predictor) -> Object:
    fields = ("nodeSelector", "affinity", "tolerations", "volumes", "imagePullSecrets", "hostIPC")
    spec = {key: copy.deepcopy(template[key]) for key in fields if template.get(key) is not None}
    spec |= copy.deepcopy(predictor.pod)
    spec["restartPolicy"] = "Always"
    return spec


def _labels(service: Object) -> dict[str, str]:
    return {"app": _app(service), "component": "predictor", SERVICE_LABEL: service["metadata"]["name"]}


def _app(service: Object) -> str:
    """A label's value has at most 63 characters; KServe cuts longer names and adds a hash, too."""
    name = f"isvc.{predictor_name(service)}"
    return name if len(name) <= 63 else f"{name[:54]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _by_name(base: list[Object], over: list[Object]) -> list[Object]:
    merged = {one["name"]: one for one in base}
    merged |= {one["name"]: one for one in over}
    return list(merged.values())


def _merge(base: Object, over: Object) -> Object:
    return {key: {**(base.get(key) or {}), **(over.get(key) or {})} for key in base.keys() | over.keys()}


def _fill(value: Any, meta: Object) -> Any:
    """Replaces the placeholders that a runtime may have for the InferenceService's metadata."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: _placeholder(match, meta), value)
    if isinstance(value, list):
        return [_fill(one, meta) for one in value]
    if isinstance(value, dict):
        return {key: _fill(one, meta) for key, one in value.items()}
    return value


def _placeholder(match: re.Match[str], meta: Object) -> str:
    field, key = match[1], match[2]
    if key is None and field in ("Name", "Namespace"):
        return str(meta[field.lower()])
    if key is not None and field in ("Labels", "Annotations"):
        values = meta.get(field.lower()) or {}
        if key in values:
            return str(values[key])
    raise InvalidSpec(f"the runtime has the placeholder {match[0]}, which the InferenceService gives no value")


def _suffix() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))
