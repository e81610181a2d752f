"""Notebooks as objects: what `minikf notebook create` creates, and what their objects say; pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from minikf.errors import Refused, UsageError
from minikf.verbs.named import named_values

Object = dict[str, Any]

# The web app's defaults: kubeflow/manifests 26.03, jupyter-web-app, spawner_ui_config.yaml.
IMAGE = "ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.10.0"
CODE_SERVER_IMAGE = "ghcr.io/kubeflow/kubeflow/notebook-servers/codeserver-python:v1.10.0"
# By type: the image, and what jupyter-web-app, apps/common/form.py annotates.
_TYPE, _REWRITE = "notebooks.kubeflow.org/server-type", "notebooks.kubeflow.org/http-rewrite-uri"
TYPES: dict[str, tuple[str, dict[str, str]]] = {
    "jupyter": (IMAGE, {_TYPE: "jupyter"}),
    "code-server": (CODE_SERVER_IMAGE, {_TYPE: "group-one", _REWRITE: "/"}),
}
WORKSPACE_SIZE = "5Gi"
HOME = "/home/jovyan"
LONGEST_NAME = 58
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
STOP_ANNOTATION = "kubeflow-resource-stopped"
SERVER_ANNOTATION = "minikf/notebook-server"
LAST_ACTIVITY = "notebooks.kubeflow.org/last-activity"


@dataclass(frozen=True)
class Wanted:
    """A notebook to create. `type` is one of TYPES, each with an image of its own where `image` is "".

    Without `workspace` a claim of its own is created for it, of `size`. `labels` also go to its pod, where they may ask
    for PodDefaults.
    """

    name: str
    namespace: str = "default"
    image: str = ""
    cpu: str = ""
    memory: str = ""
    size: str = WORKSPACE_SIZE
    workspace: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    type: str = "jupyter"
    labels: Mapping[str, str] = field(default_factory=dict)


def check_name(name: str) -> str:
    """Raises UsageError for what no notebook can be called: its Service, its pod and a port have names made of it."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        better = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST_NAME].rstrip("-")
        raise UsageError(
            f"'{name}' cannot name a notebook",
            cause="a name has lower-case letters, digits and '-', begins with a letter, ends with no '-', and has at "
            f"most {LONGEST_NAME} characters",
            advice=f"minikf notebook create {better if _NAME.fullmatch(better) else 'my-notebook'}",
        )
    return name


def check_type(text: str) -> str:
    """Raises UsageError for what is no type of notebook."""
    if text not in TYPES:
        raise UsageError(f"--type {text} is no type of notebook", advice=f"--type {' or --type '.join(TYPES)}")
    return text


def parse_labels(texts: list[str]) -> dict[str, str]:
    """`NAME=VALUE` texts. Raises UsageError."""

    def refusal(text: str) -> UsageError:
        return UsageError(f"--label {text} names no label", advice="--label NAME=VALUE")

    return named_values(texts, refusal)


def parse_variables(texts: list[str]) -> dict[str, str]:
    """`NAME=VALUE` texts. Raises UsageError."""

    def refusal(text: str) -> UsageError:
        return UsageError(f"--env {text} names no variable", advice="--env NAME=VALUE")

    return named_values(texts, refusal)


def workspace_of(name: str) -> str:
    """The claim that the web app gives a notebook."""
    return f"{name}-workspace"


def build(wanted: Wanted) -> list[Object]:
    """The claim of its workspace, unless there is one, and the Notebook. Raises UsageError for a name that is none."""
    check_name(wanted.name)
    image, annotations = TYPES[wanted.type]
    claim = wanted.workspace or workspace_of(wanted.name)
    container: Object = {
        "name": wanted.name,
        "image": wanted.image or image,
        "volumeMounts": [{"name": "workspace", "mountPath": HOME}],
    }
    limits = {name: value for name, value in (("cpu", wanted.cpu), ("memory", wanted.memory)) if value}
    if limits:
        container["resources"] = {"requests": limits, "limits": limits}
    if wanted.variables:
        container["env"] = [{"name": name, "value": value} for name, value in wanted.variables.items()]
    pod = {
        "containers": [container],
        "volumes": [{"name": "workspace", "persistentVolumeClaim": {"claimName": claim}}],
    }
    notebook = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {
            "name": wanted.name,
            "namespace": wanted.namespace,
            "labels": {"app": wanted.name, **wanted.labels},
            "annotations": annotations,
        },
        "spec": {"template": {"spec": pod}},
    }
    if wanted.workspace:
        return [notebook]
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": claim, "namespace": wanted.namespace},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": wanted.size}}},
        },
        notebook,
    ]


def path_of(namespace: str, name: str = "") -> str:
    """Where Notebooks are in the API; all namespaces where `namespace` is ""."""
    middle = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"/apis/kubeflow.org/v1{middle}/notebooks" + (f"/{quote(name, safe='')}" if name else "")


def set_stopped(notebook: Object, now: datetime | None) -> Object:
    """A copy that is stopped since `now`, or runs where that is None."""
    annotations = dict(notebook["metadata"].get("annotations") or {})
    if now is None:
        annotations.pop(STOP_ANNOTATION, None)
    else:
        annotations.setdefault(STOP_ANNOTATION, now.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return {**notebook, "metadata": {**notebook["metadata"], "annotations": annotations}}


def is_ready(notebook: Object) -> bool:
    return bool((notebook.get("status") or {}).get("readyReplicas"))


def state(notebook: Object) -> tuple[str, str]:
    """(word, why): Ready, Stopped, Stopping, Waiting, Starting or Ended."""
    status = notebook.get("status") or {}
    container = status.get("containerState") or {}
    if STOP_ANNOTATION in (notebook["metadata"].get("annotations") or {}):
        return ("Stopping" if is_ready(notebook) or container else "Stopped"), ""
    if is_ready(notebook):
        return "Ready", ""
    for key, word in (("waiting", "Waiting"), ("terminated", "Ended")):
        if container.get(key):
            told = [str(container[key][part]) for part in ("reason", "message") if container[key].get(part)]
            return word, ": ".join(told)
    return "Starting", ""


# Reasons of a container that is on its way.
_ON_ITS_WAY = ("", "ContainerCreating", "PodInitializing")


def what_keeps_it(notebook: Object) -> str:
    """Why a notebook does not come up as long as nobody mends something; "" while it may be on its way."""
    word, why = state(notebook)
    return why if word == "Waiting" and why.partition(":")[0] not in _ON_ITS_WAY else ""


@dataclass(frozen=True)
class Door:
    """Where a browser opens a notebook; `password` is what a server asks for that takes none from the address."""

    address: str
    password: str = ""


def door(notebook: Object, service: Object, secret: Object) -> Door:
    """The address of the notebook's server, with its token where it is JupyterLab.

    Raises Refused when the objects do not say it.
    """
    meta = notebook["metadata"]
    port = next((one.get("targetPort") for one in service["spec"].get("ports") or [] if one.get("port") == 80), None)
    base, prefix = f"http://127.0.0.1:{port}", f"/notebook/{meta['namespace']}/{meta['name']}/"
    server = (service["metadata"].get("annotations") or {}).get(SERVER_ANNOTATION)
    if server == "command":
        return Door(base + prefix)
    token = _token(meta, secret)
    if server == "code-server":
        return Door(base + prefix, token)
    return Door(f"{base}{prefix}lab?token={quote(token, safe='')}")


def _token(meta: Object, secret: Object) -> str:
    try:
        return base64.b64decode(secret["data"]["token"], validate=True).decode()
    except (KeyError, ValueError) as error:
        raise Refused(
            f"notebook {meta['namespace']}/{meta['name']} has no token that can be read",
            cause=f"Secret {secret['metadata']['name']} has no key 'token' in base64",
            advice=f"kubectl delete secret -n {meta['namespace']} {secret['metadata']['name']}  # a new one is made",
        ) from error


def secret_name(name: str) -> str:
    return f"{name}-notebook-token"
