"""Schemas of custom resources are taken out before kustomize runs, and put back into what it made.

They are nine tenths of the distribution's text, and kustomize copies each mapping of a document once per level above it
(kyaml v0.20.1, yaml/rnode.go, there deAnchor and mergeAll): half of its time goes into what no kustomization changes.
What comes out is taken only where it has the hash that was locked, and that is locked only where all objects are those
that kustomize alone makes (`rendering`, there _settled). So nothing here has to be right about YAML: what does not come
through is rendered whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

_KEY = b"openAPIV3Schema:"
_OPEN = re.compile(r"^( *)openAPIV3Schema:[ \t]*\n", re.MULTILINE)
_MARK = "minikf-schema-"
_PUT_BACK = re.compile(rf"^( *)openAPIV3Schema:\n\1  description: {_MARK}([0-9a-f]{{32}})\n(?!\1  )", re.MULTILINE)
_LINES = re.compile(r"^(?=.)", re.MULTILINE)


def thin(data: bytes) -> tuple[bytes, dict[str, str]] | None:
    """A file without its schemas, and those by the name that now stands for each; None where it has none."""
    if _KEY not in data:
        return None
    text = data.decode("utf-8", "surrogateescape")
    schemas: dict[str, str] = {}
    made = "".join(_thinned(text, schemas))
    return made.encode("utf-8", "surrogateescape"), schemas


def whole(text: str, schemas: Mapping[str, str]) -> str | None:
    """What kustomize made, with the schemas again; None where it changed one of them."""
    made = _PUT_BACK.sub(lambda found: _put_back(found, schemas), text)
    return None if _MARK in made else made


def _thinned(text: str, schemas: dict[str, str]) -> Iterator[str]:
    end = 0
    for found in _OPEN.finditer(text):
        if found.start() < end:  # a property of that name within a schema
            continue
        block = _block(text, found.end(), len(found[1]))
        if not block:
            continue
        name = hashlib.sha256(block.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        schemas[name] = block
        yield f"{text[end : found.end()]}{found[1]}  description: {_MARK}{name}\n"
        end = found.end() + len(block)
    yield text[end:]


def _block(text: str, start: int, column: int) -> str:
    """The lines from `start` on that are indented by more than `column`, and empty ones between them."""
    end = re.compile(rf"^(?! {{{column + 1}}}| *$)", re.MULTILINE).search(text, start)
    return text[start : end.start() if end else len(text)]


def _put_back(found: re.Match[str], schemas: Mapping[str, str]) -> str:
    block = schemas.get(found[2])
    if block is None:
        return found[0]
    was, shall = len(block) - len(block.lstrip(" ")), len(found[1]) + 2
    if was < shall:
        block = _LINES.sub(" " * (shall - was), block)
    elif was > shall:
        block = re.sub(rf"^ {{{was - shall}}}", "", block, flags=re.MULTILINE)
    return f"{found[1]}openAPIV3Schema:\n{block if block.endswith(chr(10)) else block + chr(10)}"
