"""Pipelines and recurring runs as files of a promotion, below `base/pipelines`.

`NAME.ir.yaml` is a package that every `kfp.Client` uploads. The same as objects of pipelines.kubeflow.org is a
kustomize component, so that an overlay takes it along for a target that serves them, and leaves it out for any other.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from minikf.promote.ir.names import object_name
from minikf.promote.model import Bundle, Object, PipelineIr
from minikf.promote.yamltext import dump

FOLDER = "base/pipelines"
COMPONENT = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}


def package(ir: PipelineIr) -> str:
    """Both documents as text, keys sorted: the same pipeline gives the same bytes whoever compiled or kept it."""
    documents = [ir.spec, *([ir.platform_spec] if ir.platform_spec else [])]
    return "---\n".join(dump(_sorted(each)) for each in documents)


def ir_file(ir: PipelineIr, bundle: Bundle) -> str:
    """The version is in its name only where a promotion holds several of one pipeline."""
    versions = Counter(each.name for each in bundle.pipelines)
    name = (
        object_name(ir.name) if versions[ir.name] == 1 else f"{object_name(ir.name)}.{object_name(ir.version or 'own')}"
    )
    return f"{FOLDER}/{name}.ir.yaml"


def recurring_file(name: str) -> str:
    return f"{FOLDER}/{object_name(name)}.recurring.yaml"


def files(bundle: Bundle, head: str) -> dict[str, str]:
    """Every file by its path; {} without a pipeline. `head` begins those that kustomize reads as its own."""
    found = {ir_file(ir, bundle): package(ir) for ir in bundle.pipelines}
    found |= {recurring_file(run.name): dump(_sorted(run.document, 1)) for run in bundle.recurring}
    objects = {f"objects/{_object_file(obj)}": dump(_sorted(obj, 1)) for ir in bundle.pipelines for obj in ir.objects}
    found |= {f"{FOLDER}/{path}": text for path, text in objects.items()}
    if objects:
        found[f"{FOLDER}/kustomization.yaml"] = head + dump(COMPONENT | {"resources": list(objects)})
    return found


def is_native(bundle: Bundle) -> bool:
    """Whether pipelines are objects here, so that they are expected to be objects there."""
    return any(ir.native for ir in bundle.pipelines)


def _object_file(obj: Object) -> str:
    return f"{obj['kind'].lower()}-{obj['metadata']['name']}.yaml"


def _sorted(value: Any, keep: int = 0) -> Any:
    """Keys in order, but for the first `keep` levels."""
    if isinstance(value, dict):
        keys = value if keep else sorted(value)
        return {key: _sorted(value[key], max(keep - 1, 0)) for key in keys}
    return [_sorted(inner) for inner in value] if isinstance(value, list) else value
