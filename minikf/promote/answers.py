"""`overlays/<target>/answers.env`: what the target answers, one NAME=VALUE a line; the user's values outlive us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from minikf.promote.model import Placeholder, Target
from minikf.promote.references import dotted

_HEAD = """\
# What only the target can answer: one NAME=VALUE a line, read by kustomize, no quotes.
# Put a value in the place of every ${...}; `minikf promote` keeps your values and writes the comments anew.
"""
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}", re.ASCII)
_UNUSED = "\n# Nothing asks for these any more:\n"


def parse(text: str) -> dict[str, str]:
    """The answers in a file, as kustomize reads them: comment lines and lines without `=` are none."""
    found = {}
    for line in text.split("\n"):
        name, equals, value = line.lstrip().partition("=")
        if equals and not name.startswith("#"):
            found[name] = value
    return found


def merge(placeholders: tuple[Placeholder, ...], kept: dict[str, str]) -> dict[str, str]:
    """A value for every placeholder: the user's where one was given, else what shows that none was."""
    return {each.name: _answer(each, kept.get(each.name, each.default)) for each in placeholders}


def _answer(placeholder: Placeholder, value: str) -> str:
    return placeholder.default if is_open(placeholder.name, value) else value


def is_open(name: str, value: str) -> bool:
    """Whether nobody answered: the placeholder itself is still there."""
    return f"${{{name}}}" in value


def render(placeholders: tuple[Placeholder, ...], kept: dict[str, str]) -> str:
    """The file: each answer under what asks for it, and at the end answers nothing asks for any more."""
    values = merge(placeholders, kept)
    text = _HEAD
    for placeholder in placeholders:
        text += f"\n# In place of {placeholder.why}.\n"
        if placeholder.sha256:
            text += f"# On the laptop: {placeholder.bytes} bytes, sha256 {placeholder.sha256}\n"
        text += "".join(f"# Goes to {where(target)}\n" for target in placeholder.targets)
        text += f"{placeholder.name}={values[placeholder.name]}\n"
    unused = {name: value for name, value in kept.items() if name not in values}
    if unused:
        text += _UNUSED + "".join(f"{name}={value}\n" for name, value in unused.items())
    return text


def fill(value: Any, answers: Mapping[str, str]) -> Any:
    """`value` with an answer in the place of each placeholder: what kustomize's replacements make of an object, for
    what is no object (a pipeline that is uploaded, a recurring run)."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: answers.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: fill(inner, answers) for key, inner in value.items()}
    return [fill(inner, answers) for inner in value] if isinstance(value, list) else value


def where(target: Target) -> str:
    return f"{target.kind} {target.name}, {dotted(target.path)}"
