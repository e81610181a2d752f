"""Refuses Notebooks that can never run here, naming the field: on a cluster the StatefulSet would say so, later."""

from __future__ import annotations

import copy

from minikf.embedded import names
from minikf.embedded.controllers.wellformed import is_valid
from minikf.embedded.defaults import default_object
from minikf.embedded.kinds import NOTEBOOK, POD, Kind
from minikf.embedded.notebooks import build, codeserver, spec
from minikf.embedded.notebooks.spec import Flavour
from minikf.embedded.status import Cause, Object, forbidden, invalid
from minikf.embedded.validation import validate_object

# `NAME-0` has to be a host name, and `http-NAME` a port's name, of at most 63 characters each.
_LONGEST_NAME = 58
_SERVER = "spec.template.spec.containers[0]"
_ENGINES = "use an engine that runs images: minikf up --engine k3d, --engine kind or --engine context"


def notebook_admission(kind: Kind, obj: Object, old: Object | None) -> None:
    """A hook for `Objects.admission`; it changes nothing and raises ApiError 422, of a notebook's pod 403."""
    if kind is POD and old is None:
        _check_pod(obj)
    if kind is not NOTEBOOK or "deletionTimestamp" in obj["metadata"] or not is_valid(kind, obj):
        return
    if old is not None and old.get("spec") == obj.get("spec") and _type_of(old) == _type_of(obj):
        return
    causes = problems(obj)
    if causes:
        raise invalid(kind.group, kind.kind, obj["metadata"]["name"], causes)


def _check_pod(pod: Object) -> None:
    """Arguments that a PodDefault gives are for an entrypoint that nobody runs here."""
    container = pod["spec"]["containers"][0]
    if build.is_server(container.get("command") or []) and container.get("args"):
        why = (
            f"a PodDefault gives arguments to the container '{container['name']}', for its image's entrypoint, and "
            "the embedded engine runs no images: take the label that asks for them from the notebook, give the "
            f"notebook a command, or {_ENGINES}"
        )
        raise forbidden("", "pods", pod["metadata"]["name"], why)


def problems(notebook: Object) -> list[Cause]:
    """Why a Notebook whose schema is right cannot run."""
    found: list[Cause] = []
    name = notebook["metadata"]["name"]
    if len(name) > _LONGEST_NAME:
        found.append(_wrong("metadata.name", f"a notebook's name has at most {_LONGEST_NAME} characters"))
    elif wrong := names.dns1035_label(name):
        found.append(_wrong("metadata.name", f'"{name}": its Service has the same name: {"; ".join(wrong)}'))
    if not spec.pod_spec(notebook):
        return [*found, Cause("spec.template.spec", "FieldValueRequired", "Required value: the pod of the notebook")]
    found += _pod_problems(notebook)
    if not found:
        found += _server_problems(notebook)
    return found


def _pod_problems(notebook: Object) -> list[Cause]:
    """What a kube-apiserver would say of the pod, at the fields of the Notebook."""
    wanted = copy.deepcopy(spec.pod_spec(notebook))
    restart = wanted.get("restartPolicy")
    if restart not in (None, "", "Always"):
        why = f'Unsupported value: "{restart}": supported values: "Always"'
        return [Cause("spec.template.spec.restartPolicy", "FieldValueNotSupported", why)]
    meta = {"name": "notebook", "namespace": "default"}
    pod: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": wanted}
    default_object(POD, pod)
    return [
        Cause(f"spec.template.{cause.field}", cause.reason, cause.message)
        for cause in validate_object(POD, pod)
        if cause.field.startswith("spec")
    ]


def _server_problems(notebook: Object) -> list[Cause]:
    container = spec.server_container(notebook)
    which = spec.flavour(notebook)
    image = container.get("image", "")
    if which is Flavour.RSTUDIO:
        return [
            _wrong(f"{_SERVER}.image", f'"{image}" is RStudio, which is not run by the embedded engine; {_ENGINES}')
        ]
    if which is Flavour.CODE_SERVER and not codeserver.program():
        why = f'"{image}" is code-server, and this machine has no such program: {codeserver.INSTALL}; or {_ENGINES}'
        return [_wrong(f"{_SERVER}.image", why)]
    if which is not Flavour.COMMAND and container.get("args"):
        why = (
            f'they are for the entrypoint of "{image}", and the embedded engine runs no images; leave them out (the '
            f"notebook then is JupyterLab), give a command as well, or {_ENGINES}"
        )
        return [_wrong(f"{_SERVER}.args", why)]
    return []


def _type_of(notebook: Object) -> str:
    return str((notebook["metadata"].get("annotations") or {}).get(spec.TYPE_ANNOTATION, ""))


def _wrong(field: str, why: str) -> Cause:
    return Cause(field, "FieldValueInvalid", f"Invalid value: {why}")
