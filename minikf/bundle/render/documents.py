"""Objects as text. Whole documents are not parsed: the schemas of custom resources alone would take seconds.

That is sound for what kustomize writes: block style, sorted keys, two spaces of indentation, so that whatever stands in
the first column belongs to the object itself (a block scalar's lines are indented).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from minikf.errors import Refused

_SEPARATOR = re.compile(r"^---[ \t]*\n", re.MULTILINE)
# The parts of an object that say what it is.
_HEAD = ("apiVersion", "kind", "metadata")
_NEXT = re.compile(r"^\S", re.MULTILINE)
_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """One object. `text` is YAML (as JSON is) with a newline at its end; `namespace` is "" where it names none."""

    api_version: str
    kind: str
    namespace: str
    name: str
    text: str

    @property
    def group(self) -> str:
        """The API group, "" for the core group."""
        group, slash, _ = self.api_version.rpartition("/")
        return group if slash else ""

    @property
    def key(self) -> str:
        """`Kind/namespace/name`, or `Kind/name` for an object without a namespace."""
        return "/".join(part for part in (self.kind, self.namespace, self.name) if part)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What two objects of one cluster cannot share: group, kind, namespace, name."""
        return self.group, self.kind, self.namespace, self.name

    @cached_property
    def parsed(self) -> dict[str, Any]:
        """The whole object. Costs about a quarter of a second per megabyte."""
        return dict(yaml.load(self.text, Loader=_SAFE))


def split(text: str, where: str) -> tuple[Document, ...]:
    """The objects of a stream of YAML documents, in its order.

    `where` is told where one is no object. Raises Refused for a document without apiVersion, kind or a name.
    """
    return tuple(_document(part, where) for part in _SEPARATOR.split(text) if part.strip())


def joined(documents: tuple[Document, ...]) -> str:
    """The stream that `split` takes apart."""
    return "---\n".join(document.text for document in documents)


def _document(text: str, where: str) -> Document:
    text = text if text.endswith("\n") else text + "\n"
    try:
        head = yaml.load(_head(text) or text, Loader=_SAFE)
        metadata = head["metadata"]
        return Document(
            str(head["apiVersion"]),
            str(head["kind"]),
            str(metadata.get("namespace") or ""),
            str(metadata["name"]),
            text,
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"{where} holds a document that is no object: {text[:60].splitlines()[0] if text.strip() else ''}",
            cause=f"{type(error).__name__}: {error}; an object has apiVersion, kind and metadata.name",
            advice="minikf bundle verify",
        ) from error


def _head(text: str) -> str:
    """The parts that say what an object is, each from its key in the first column to the next thing that begins there.

    By plain search for the keys: a pattern over all lines would take longer than all else here.
    """
    parts = []
    for key in _HEAD:
        start = 0 if text.startswith(f"{key}:") else text.find(f"\n{key}:") + 1
        if start or text.startswith(f"{key}:"):
            end = _NEXT.search(text, start + 1)
            parts.append(text[start : end.start()] if end else text[start:])
    return "".join(parts)
