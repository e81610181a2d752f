"""An item as text: in words, and as YAML."""

from __future__ import annotations

from typing import Any

from minikf.kube.shapes import mapping, mappings
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND
from minikf.views.text import age, now, plain


def describe(item: Item, events: tuple[str, ...] | None, *, exists: bool) -> str:
    """What it is, how it is, why, its conditions and its events (None while they are being asked for)."""
    verdict = item.verdict
    lines = [f"{BY_KIND[item.kind].object_kind} {item.key}"]
    if not exists:
        lines.append("It was deleted; this is what it was last.")
    facts = [
        ("State", verdict.state),
        ("Why", verdict.cause),
        (BY_KIND[item.kind].info.capitalize(), verdict.info),
        ("Created", f"{item.created} ({age(item.created, now())} ago)" if item.created else ""),
        *_labels(item),
    ]
    lines += ["", *(f"{name + ':':<12}{value}" for name, value in facts if value)]
    lines += _section("Conditions", _conditions(mapping(item.obj.get("status"))))
    if events is None:
        return "\n".join([*lines, "", "Events", "  looking…"])
    return "\n".join([*lines, *(_section("Events", list(events)) or ["", "Events", "  none"])])


def yaml_of(item: Item) -> str:
    """The object as the API has it, without managedFields, which nobody reads."""
    from minikf.promote.yamltext import dump

    view = BY_KIND[item.kind]
    # Objects of a list lack the two.
    obj: dict[str, Any] = {"apiVersion": view.api_version, "kind": view.object_kind, **item.obj}
    obj["metadata"] = {key: value for key, value in mapping(obj.get("metadata")).items() if key != "managedFields"}
    return plain(dump(obj))


def _labels(item: Item) -> list[tuple[str, str]]:
    labels = mapping(mapping(item.obj.get("metadata")).get("labels"))
    return [("Labels", plain(", ".join(f"{key}={value}" for key, value in sorted(labels.items()))))]


def _conditions(status: dict[str, Any]) -> list[str]:
    found = mappings(status.get("conditions"))
    return [
        plain(" ".join(part for part in _words(each) if part))
        for each in sorted(found, key=lambda each: str(each.get("type")))
    ]


def _words(condition: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{condition.get('type')}={condition.get('status')}",
        str(condition.get("reason") or ""),
        str(condition.get("message") or ""),
    )


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []
