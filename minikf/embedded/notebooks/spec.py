"""What a Notebook says; pure."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePosixPath
from typing import Any

from minikf.embedded.status import Object

# culling_controller.go
STOP_ANNOTATION = "kubeflow-resource-stopped"
# notebook_controller.go: the working folder of Kubeflow's images, and the port of a server that names none.
HOME = "/home/jovyan"
DEFAULT_PORT = 8888
# Repositories of servers that are not Jupyter: Kubeflow's own images and those of the projects.
_RSTUDIO = re.compile(r"rstudio|rocker/")
_CODE_SERVER = re.compile(r"code-?server")
_JUPYTER = re.compile(r"jupyter")
# jupyter-web-app, apps/common/form.py: what kind of server its user has chosen.
TYPE_ANNOTATION = "notebooks.kubeflow.org/server-type"


class Flavour(Enum):
    """Who answers in a notebook: our JupyterLab, code-server, the pod's own command, or nobody here."""

    LAB = "jupyterlab"
    CODE_SERVER = "code-server"
    COMMAND = "command"
    RSTUDIO = "rstudio"


_BY_TYPE = {"group-one": Flavour.CODE_SERVER, "group-two": Flavour.RSTUDIO}


def pod_spec(notebook: Object) -> Object:
    """`spec.template.spec`; {} where there is none."""
    found: Object = ((notebook.get("spec") or {}).get("template") or {}).get("spec") or {}
    return found


def server_container(notebook: Object) -> Object:
    """The container of the server: the first one, as upstream has it."""
    containers: list[Object] = pod_spec(notebook)["containers"]
    return containers[0]


def flavour(notebook: Object) -> Flavour:
    """By the command, else by the name of the image, else by the web app's annotation; else it is JupyterLab."""
    container = server_container(notebook)
    if container.get("command"):
        return Flavour.COMMAND
    image = str(container.get("image", "")).rpartition("@")[0] or str(container.get("image", ""))
    if _CODE_SERVER.search(image):
        return Flavour.CODE_SERVER
    if _RSTUDIO.search(image):
        return Flavour.RSTUDIO
    if _JUPYTER.search(image):
        return Flavour.LAB
    return _BY_TYPE.get((notebook["metadata"].get("annotations") or {}).get(TYPE_ANNOTATION, ""), Flavour.LAB)


def prefix(notebook: Object) -> str:
    """The path under which the server answers, with no slash at its end; Kubeflow's NB_PREFIX."""
    meta = notebook["metadata"]
    return f"/notebook/{meta['namespace']}/{meta['name']}"


def pod_name(notebook: Object) -> str:
    """The name of the one pod: that of a StatefulSet's first."""
    return f"{notebook['metadata']['name']}-0"


def secret_name(notebook: Object) -> str:
    return f"{notebook['metadata']['name']}-notebook-token"


def declared_port(notebook: Object) -> int:
    ports: list[dict[str, Any]] = server_container(notebook).get("ports") or []
    return int(ports[0]["containerPort"]) if ports else DEFAULT_PORT


def is_stopped(notebook: Object) -> bool:
    """The annotation's presence counts, whatever its value."""
    return STOP_ANNOTATION in (notebook["metadata"].get("annotations") or {})


def home(notebook: Object) -> str:
    return str(server_container(notebook).get("workingDir") or HOME)


def is_mounted(container: Object, path: str) -> bool:
    """Whether a volume of the container covers `path`."""
    wanted = PurePosixPath(path)
    return any(wanted.is_relative_to(one["mountPath"]) for one in container.get("volumeMounts") or [])
