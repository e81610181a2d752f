"""Looks into the text of an object, no further than needed: most of the bytes are schemas that nobody has to read."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import yaml

from minikf.errors import Refused
from minikf.install.objects import Item

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
"""Kinds whose pods are waited for."""

CRD = "CustomResourceDefinition"
_VERSIONS = re.compile(r"^  versions:", re.MULTILINE)


def parsed(item: Item) -> dict[str, Any]:
    """The whole object. Raises Refused for text that is no object."""
    return _object(item, item.text)


@cache
def definition(item: Item) -> dict[str, Any]:
    """A CustomResourceDefinition without its versions, which kustomize's canonical YAML has last."""
    found = None if item.text.lstrip().startswith("{") else _VERSIONS.search(item.text)
    spec = _object(item, item.text[: found.start()]).get("spec") if found else None
    if isinstance(spec, dict) and spec.get("group") and (spec.get("names") or {}).get("plural"):
        return spec
    return dict(parsed(item).get("spec") or {})


def _object(item: Item, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_LOADER)
    except (ValueError, yaml.YAMLError) as error:
        raise Refused(f"{item.ref} is not written as an object", cause=" ".join(str(error).split())) from error
    if not isinstance(found, dict):
        raise Refused(f"{item.ref} is not written as an object")
    return found


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
