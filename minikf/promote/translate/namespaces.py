"""Namespaces of the target: of objects, of subjects, and in the DNS names of Services."""

from __future__ import annotations

import re

from minikf.promote.fields import free_texts, get
from minikf.promote.model import Object
from minikf.promote.translate.choices import chained
from minikf.promote.translate.model import Edit, Said, World, error

_TRIAL = ("spec", "trialTemplate", "trialSpec", "metadata", "namespace")


def objects(obj: Object, world: World) -> Said:
    """The namespace itself. One that does not exist is an error: a promotion makes none."""
    if not world.scoped(obj):
        return
    if _is_ambiguous(world):
        return
    there = world.namespace(obj)
    yield Edit(("metadata", "namespace"), there, _why(world, obj["metadata"].get("namespace") or world.here, there))
    here = get(obj, _TRIAL)
    if isinstance(here, str) and _moves(world).get(here, here) != here:
        yield Edit(_TRIAL, _moves(world)[here], _why(world, here, _moves(world)[here]))
    facts = world.facts(obj)
    if facts is not None and not facts.exists:
        yield error(
            "metadata.namespace",
            f"there is no namespace {there} on {world.spec.name}",
            "a promotion makes no namespace",
            f"kubectl create namespace {there}",
        )


def names(obj: Object, world: World) -> Said:
    """Subjects of bindings, and `SERVICE.NAMESPACE.svc` wherever a text says it (Kubernetes documentation, "DNS for
    Services and Pods")."""
    moves = {} if _is_ambiguous(world) else _moves(world)
    for index, subject in enumerate(obj.get("subjects") or ()):
        here = subject.get("namespace")
        if here in moves:
            yield Edit(("subjects", index, "namespace"), moves[here], _why(world, here, moves[here]))
    if not moves:
        return
    pattern = re.compile(
        rf"(?<![\w.-])([a-z0-9](?:[\w-]*[a-z0-9])?)\.({'|'.join(map(re.escape, sorted(moves)))})\.svc(?![\w-])"
    )
    for path, text in free_texts(obj):
        found = sorted({match[2] for match in pattern.finditer(text)})
        if found:
            new = pattern.sub(lambda match: f"{match[1]}.{moves[match[2]]}.svc", text)
            yield Edit(path, new, "; ".join(_why(world, here, moves[here]) for here in found))


def _moves(world: World) -> dict[str, str]:
    """Namespaces of here that are called otherwise there."""
    found = dict(world.spec.namespaces)
    if world.here and world.here not in world.there:
        found.setdefault(world.here, world.rest)
    return {old: new for old, new in found.items() if old != new}


def _is_ambiguous(world: World) -> bool:
    return bool(chained(world.spec.namespaces))


def _why(world: World, here: str, there: str) -> str:
    return (
        f"objects of namespace '{here}' go to '{there}' on {world.spec.name}" if here else f"target {world.spec.name}"
    )
