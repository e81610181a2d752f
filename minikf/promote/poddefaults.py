"""Which PodDefaults change the pod of a Notebook: those of its namespace that select its labels.

Rules: kubeflow/kubeflow v1.10.0, notebook-controller (the pod's labels) and admission-webhook (the selection).
"""

from __future__ import annotations

from typing import Any

from minikf.promote.model import Object


def selected(notebook: Object, defaults: list[Object]) -> list[Object]:
    """In the order of their names."""
    name = notebook["metadata"]["name"]
    labels = {"statefulset": name, "notebook-name": name, **(notebook["metadata"].get("labels") or {})}
    chosen = [each for each in defaults if _matches((each.get("spec") or {}).get("selector") or {}, labels)]
    return sorted(chosen, key=lambda each: str(each["metadata"]["name"]))


def _matches(selector: Object, labels: dict[str, str]) -> bool:
    """By the rules of metav1 LabelSelector; an empty one selects everything."""
    wanted = selector.get("matchLabels") or {}
    terms = selector.get("matchExpressions") or ()
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(each, labels) for each in terms
    )


def _holds(term: dict[str, Any], labels: dict[str, str]) -> bool:
    value, values = labels.get(term.get("key", "")), term.get("values") or ()
    return {
        "In": value is not None and value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }.get(str(term.get("operator")), False)
