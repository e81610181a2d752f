"""Placeholders: filled from the target's answers, from its store for models and data, from its registry for images."""

from __future__ import annotations

import re

from minikf.promote.fields import get
from minikf.promote.model import Object, Placeholder, group_of
from minikf.promote.references import dotted
from minikf.promote.translate import images, stores
from minikf.promote.translate.choices import file_of
from minikf.promote.translate.model import Edit, Said, Trouble, World, error

_STORED = ("MODEL_URI_", "DATA_URI_")


def placeholders(obj: Object, world: World) -> Said:
    """Every field that holds a placeholder, with its answer; an open one is an error where it stands."""
    fields: dict[tuple[str | int, ...], list[Placeholder]] = {}
    for one in world.placeholders:
        for target in one.targets:
            if (target.group, target.kind, target.name) == (group_of(obj), obj["kind"], obj["metadata"]["name"]):
                fields.setdefault(target.path, []).append(one)
    for path, asked in fields.items():
        text = get(obj, path)
        if not isinstance(text, str):
            continue
        given: dict[str, tuple[str, str]] = {}
        for one in {each.name: each for each in asked if f"${{{each.name}}}" in text}.values():
            found = answer(one, world, kserve=path[-1] == "storageUri" and obj["kind"] == "InferenceService")
            if found is None:
                yield _open(one, dotted(path), world)
            else:
                given[one.name] = found
        filled = _filled(text, {name: value for name, (value, _why) in given.items()})
        if filled != text:
            yield Edit(path, filled, "; ".join(dict.fromkeys(why for _value, why in given.values())))


def answer(one: Placeholder, world: World, *, kserve: bool = False) -> tuple[str, str] | None:
    """The text that takes a placeholder's place, and why; None where nobody answered."""
    spec = world.spec
    told = spec.answers.get(one.name)
    if told is not None:
        known = any(f"${{{each.name}}}" in told for each in world.placeholders)
        return None if known else (told, f"target {spec.name} answers {one.name}")
    if one.name.startswith(_STORED) and spec.store and one.sha256:
        address = stores.address(spec, one)
        told = stores.for_kserve(address, spec) if kserve else address
        return (told, f"target {spec.name} keeps models and data in {spec.store}") if told else None
    origin = world.origins.get(one.name, "")
    if one.name.startswith("IMAGE_") and spec.registry and origin:
        return images.there(origin, world), f"target {spec.name} has the registry {spec.registry}"
    return None


def _filled(text: str, answers: dict[str, str]) -> str:
    """In one pass: what an answer holds is never asked for again."""
    if not answers:
        return text
    names = "|".join(map(re.escape, sorted(answers)))
    return re.sub(rf"\$\{{({names})\}}", lambda match: answers[match[1]], text)


def _open(one: Placeholder, where: str, world: World) -> Trouble:
    cause = f"it stands for {one.why}, which only the target can answer"
    if one.name.startswith(_STORED) and world.spec.store and not one.sha256:
        cause = f"it stands for {one.why} that could not be read here, so it is not copied to {world.spec.store}"
    if one.name in world.spec.answers:
        cause = "its answer names a placeholder itself"
    return error(
        where,
        f"{one.name} has no answer",
        cause,
        f"answer it in {file_of(world.spec)}: answers: {{{one.name}: VALUE}}",
    )
