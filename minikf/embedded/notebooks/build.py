"""The pod, the Service and the Secret of a Notebook; pure.

Upstream makes a StatefulSet of one pod; this engine has none, so the controller keeps the pod itself, under the name
that a StatefulSet would give it.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

from minikf.embedded.controllers.base import owner_reference
from minikf.embedded.notebooks import spec
from minikf.embedded.notebooks.folder import NotebookFolder
from minikf.embedded.notebooks.spec import Flavour
from minikf.embedded.status import Object

SERVER = "minikf.embedded.notebooks.server"
REVISION_ANNOTATION = "minikf/revision"
# On the Service: which server answers there, by the words of spec.Flavour.
SERVER_ANNOTATION = "minikf/notebook-server"
TOKEN_KEY = "token"
_HOME_VOLUME = "minikf-home"
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
# The look waits in the queue of the server's socket until the server takes it. A second is what a socket needs to be
# there, so that no look fails; a machine that is very busy gets two minutes.
_STARTUP = {"initialDelaySeconds": 1, "periodSeconds": 1, "timeoutSeconds": 30, "failureThreshold": 120}
# Kubeflow's controller keeps these from the pod.
_NOT_FOR_PODS = ("kubectl", "notebook", "kubeflow-resource-stopped")


def is_server(command: list[str]) -> bool:
    """Whether a container's command is the one that we gave it."""
    return command[:3] == ["python", "-m", SERVER]


def revision(notebook: Object, port: int) -> str:
    """A hash over all that makes a new pod necessary."""
    facts: list[Any] = [spec.pod_spec(notebook), notebook["metadata"].get("labels") or {}, port]
    if spec.flavour(notebook) is Flavour.CODE_SERVER:  # an annotation may say so
        facts.append(Flavour.CODE_SERVER.value)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:10]


def build_pod(notebook: Object, port: int, folder: NotebookFolder, exists: Callable[[str], bool]) -> Object:
    """The pod; `exists` says whether a path is a folder on this machine."""
    meta = notebook["metadata"]
    pod = copy.deepcopy(spec.pod_spec(notebook))
    container = pod["containers"][0]
    container["env"] = [
        *(one for one in container.get("env") or [] if one["name"] != "NB_PREFIX"),
        {"name": "NB_PREFIX", "value": spec.prefix(notebook)},
    ]
    if spec.flavour(notebook) is not Flavour.COMMAND:
        _put_server(notebook, container, port, folder)
        _put_home(notebook, pod, container, folder, exists)
    container.setdefault("workingDir", spec.home(notebook))
    pod["restartPolicy"] = "Always"
    annotations = {
        key: value
        for key, value in (meta.get("annotations") or {}).items()
        if not any(part in key for part in _NOT_FOR_PODS)
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": spec.pod_name(notebook),
            "namespace": meta["namespace"],
            "labels": {"statefulset": meta["name"], "notebook-name": meta["name"], **(meta.get("labels") or {})},
            "annotations": annotations | {REVISION_ANNOTATION: revision(notebook, port)},
            "ownerReferences": [owner_reference(notebook)],
        },
        "spec": pod,
    }


def build_service(notebook: Object, port: int) -> Object:
    """As upstream's: port 80, so that `kubectl port-forward svc/NAME 8888:80` is the command of a cluster."""
    meta = notebook["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "annotations": {SERVER_ANNOTATION: spec.flavour(notebook).value},
            "ownerReferences": [owner_reference(notebook)],
        },
        "spec": {
            "selector": {"statefulset": meta["name"]},
            "ports": [{"name": f"http-{meta['name']}", "port": 80, "protocol": "TCP", "targetPort": port}],
        },
    }


def build_secret(notebook: Object, token: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": spec.secret_name(notebook),
            "namespace": notebook["metadata"]["namespace"],
            "labels": {"notebook-name": notebook["metadata"]["name"]},
            "ownerReferences": [owner_reference(notebook)],
        },
        "type": "Opaque",
        "data": {TOKEN_KEY: base64.b64encode(token.encode()).decode()},
    }


def token_of(secret: Object) -> str:
    """The token in a Secret, "" when it has none that can be read."""
    try:
        return base64.b64decode((secret.get("data") or {}).get(TOKEN_KEY, ""), validate=True).decode()
    except ValueError:
        return ""


def port_of(service: Object) -> int:
    """The port that a Service remembers, 0 when it is not as we made it."""
    for one in service["spec"].get("ports") or []:
        if one.get("port") == 80 and isinstance(one.get("targetPort"), int):
            return int(one["targetPort"])
    return 0


def _put_server(notebook: Object, container: Object, port: int, folder: NotebookFolder) -> None:
    declared = spec.declared_port(notebook)
    name = next((one["name"] for one in container.get("ports") or [] if one.get("name")), "notebook-port")
    container["command"] = ["python", "-m", SERVER, str(folder.path)]
    # The port is this machine's, and each notebook has one of its own.
    own = {"name": name, "containerPort": port, "protocol": "TCP"}
    container["ports"] = [own, *(container.get("ports") or [])[1:]]
    for probe in _PROBES:
        for action in ("httpGet", "tcpSocket"):
            target = (container.get(probe) or {}).get(action) or {}
            if target.get("port") == declared:
                target["port"] = port
    look = {"httpGet": {"path": f"{spec.prefix(notebook)}/api", "port": port}}
    if spec.flavour(notebook) is Flavour.CODE_SERVER:
        look = {"httpGet": {"path": f"{spec.prefix(notebook)}/healthz", "port": port}}
    container.setdefault("startupProbe", {**look, **_STARTUP})
    container.setdefault("readinessProbe", {**look, "timeoutSeconds": 30})


def _put_home(
    notebook: Object, pod: Object, container: Object, folder: NotebookFolder, exists: Callable[[str], bool]
) -> None:
    """HOME is the working folder, as in Kubeflow's images; one that no volume holds stays with the notebook."""
    home = spec.home(notebook)
    if not any(one["name"] == "HOME" for one in container["env"]):
        container["env"].append({"name": "HOME", "value": home})
    if spec.is_mounted(container, home) or exists(home):
        return
    volume = {"name": _HOME_VOLUME, "hostPath": {"path": str(folder.home), "type": "DirectoryOrCreate"}}
    pod["volumes"] = [*(pod.get("volumes") or []), volume]
    container["volumeMounts"] = [*(container.get("volumeMounts") or []), {"name": _HOME_VOLUME, "mountPath": home}]
