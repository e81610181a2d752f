"""From an Experiment's trial template and one set of parameters to the job of a Trial; pure.

kubeflow/katib v0.19.0, pkg/controller.v1beta1/experiment/manifest/generator.go: the template is JSON text in which
`${trialParameters.NAME}` is replaced, so a value can make a number of what stands between quotes only as text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minikf.embedded.api.yamlbody import Unreadable, load
from minikf.embedded.status import Object

_META = re.compile(r"\$\{trialSpec\.(.+?)\}")
_INDEXED = re.compile(r"(.+)\[(.+)]")
PLACEHOLDER = re.compile(r"\$\{trialParameters\..+?\}")
META_KEYS = ("Name", "Namespace", "Kind", "APIVersion", "Annotations", "Labels")
# The data of a ConfigMap by (namespace, name), or None.
FindConfigMap = Callable[[str, str], Mapping[str, str] | None]


class TemplateError(Exception):
    """A template that no job can be made of; `field` is its part that is wrong, below `spec.trialTemplate`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = f"spec.trialTemplate{'.' if field else ''}{field}"
        self.message = message


def template_text(template: Object, find: FindConfigMap) -> str:
    """The template as text: of `trialSpec` as JSON, or what the ConfigMap holds. Raises TemplateError."""
    if template.get("trialSpec") is not None:
        return json.dumps(template["trialSpec"], ensure_ascii=False)
    source = template.get("configMap") or {}
    namespace, name, path = (source.get(key) or "" for key in ("configMapNamespace", "configMapName", "templatePath"))
    data = find(namespace, name)
    if data is None:
        more = ""
        if name == "trial-templates":
            more = ": it is a part of Katib's installation on a cluster, and what it runs lies in images"
        raise TemplateError("configMap", f"there is no ConfigMap {namespace}/{name}{more} (minikf up --engine k3d)")
    if path not in data:
        raise TemplateError("configMap.templatePath", f"ConfigMap {namespace}/{name} has no key {path!r}")
    return data[path]


def read_template(text: str) -> Object:
    """The template as an object. Raises TemplateError."""
    try:
        obj = json.loads(text) if text.lstrip().startswith("{") else load(text.encode())[0]
    except (ValueError, Unreadable) as error:
        raise TemplateError("", f"the template is neither JSON nor YAML: {error}") from error
    if not isinstance(obj, dict):
        raise TemplateError("", "the template is no object")
    return obj


def meta_key(reference: str) -> tuple[str, str] | None:
    """("Labels", "x") of `${trialSpec.Labels[x]}`, ("Name", "") of `${trialSpec.Name}`; None for a parameter."""
    found = _META.search(reference)
    if found is None:
        return None
    indexed = _INDEXED.search(found[1])
    return (indexed[1], indexed[2]) if indexed else (found[1], "")


def render(
    text: str, parameters: Sequence[Object], name: str, namespace: str, assignments: Mapping[str, str]
) -> Object:
    """The job of the Trial `name`. Raises TemplateError."""
    values: dict[str, str] = {}
    original: Object | None = None
    for index, parameter in enumerate(parameters):
        key = meta_key(parameter["reference"])
        field = f"trialParameters[{index}].reference"
        if key is not None:
            original = original or read_template(text)
            values[parameter["name"]] = _meta_value(original, key, name, namespace, field)
        elif parameter["reference"] in assignments:
            values[parameter["name"]] = assignments[parameter["reference"]]
        else:
            raise TemplateError(field, f"there is no parameter {parameter['reference']}")
    unused = set(assignments) - {parameter["reference"] for parameter in parameters}
    if unused:
        raise TemplateError("trialParameters", f"no trial parameter refers to {', '.join(sorted(unused))}")
    is_json = text.lstrip().startswith("{")
    for key_, value in values.items():
        # In JSON text a quote or a line break of a value would end the string that it stands in.
        written = json.dumps(value, ensure_ascii=False)[1:-1] if is_json else value
        text = text.replace(f"${{trialParameters.{key_}}}", written)
    job = read_template(text)
    meta = job.get("metadata")
    job["metadata"] = {**(meta if isinstance(meta, dict) else {}), "name": name, "namespace": namespace}
    return job


def _meta_value(original: Object, key: tuple[str, str], name: str, namespace: str, field: str) -> str:
    what, index = key
    plain: dict[str, Any] = {
        "Name": name,
        "Namespace": namespace,
        "Kind": original.get("kind"),
        "APIVersion": original.get("apiVersion"),
    }
    if what in plain and not index:
        return str(plain[what] or "")
    meta = original.get("metadata")
    part = (meta.get(what.lower()) if isinstance(meta, dict) else None) if what in META_KEYS else None
    if not isinstance(part, dict) or index not in part:
        shown = f"{what}[{index}]" if index else what
        raise TemplateError(field, f"the template's metadata has no {shown}")
    return str(part[index])
