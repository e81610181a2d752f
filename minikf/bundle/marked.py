"""YAML whose every part knows its line, read strictly."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from typing import Any

import yaml

from minikf.bundle.errors import BundleInvalid
from minikf.errors import MinikfError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING = "tag:yaml.org,2002:str"
# PyYAML's composer in C recurses without a limit, and ends the process by a segmentation fault at some 100,000 levels.
_DEEPEST = 100
_KINDS = {
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:null": "empty",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:map": "a mapping",
    "tag:yaml.org,2002:seq": "a list",
    _STRING: "text",
}


class Marked:
    """A part of the document `where`. `refuse` makes the errors that are raised for it."""

    def __init__(self, node: yaml.Node, where: str, refuse: type[MinikfError]) -> None:
        self.node = node
        self.where = where
        self._refuse = refuse

    @property
    def kind(self) -> str:
        return _KINDS.get(self.node.tag, self.node.tag)

    @property
    def is_text(self) -> bool:
        return bool(self.node.tag == _STRING)

    @property
    def is_empty(self) -> bool:
        return bool(self.node.tag == "tag:yaml.org,2002:null")

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    @property
    def span(self) -> tuple[int, int]:
        """Where it begins and ends in the document's text, in characters."""
        return self.node.start_mark.index, self.node.end_mark.index

    def refused(self, message: str, *, cause: str = "", advice: str = "") -> MinikfError:
        """An error that begins with the file and the line."""
        at = f"{self.where}, line {self.line}"
        return self._refuse(f"{at}: {message}", cause=cause, advice=advice or f"correct that line of {self.where}")

    def text(self) -> str:
        """Raises for what is not text; a number in a version has to stand in quotes."""
        if not self.is_text:
            raise self.refused(
                f"text is wanted here, and it is {self.kind}",
                advice=f'put it in quotes: "{self.node.value}"' if isinstance(self.node, yaml.ScalarNode) else "",
            )
        return str(self.node.value)

    def flag(self) -> bool:
        if self.node.tag != "tag:yaml.org,2002:bool":
            raise self.refused(f"true or false is wanted here, and it is {self.kind}")
        return str(self.node.value).lower() in ("true", "yes", "on")

    def number(self) -> int:
        if self.node.tag == "tag:yaml.org,2002:int" and str(self.node.value).isdecimal():
            return int(self.node.value)
        raise self.refused(f"a whole number is wanted here, and it is {self.kind}")

    def items(self) -> list[Marked]:
        """The entries of a list. Raises for what is none."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.refused(f"a list is wanted here, and it is {self.kind}")
        return [self._inner(item) for item in self.node.value]

    def texts(self) -> tuple[str, ...]:
        """The entries of a list of texts, none of them twice."""
        found: list[str] = []
        for item in self.items():
            if item.text() in found:
                raise item.refused(f"'{item.text()}' stands here twice")
            found.append(item.text())
        return tuple(found)

    def pairs(self) -> Iterator[tuple[Marked, Marked]]:
        """Keys and values of a mapping. Raises for what is none, for a key twice and for merged mappings (`<<`)."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.refused(f"a mapping is wanted here, and it is {self.kind}")
        seen = set()
        for name, value in self.node.value:
            key = self._inner(name)
            if name.tag == "tag:yaml.org,2002:merge":
                raise key.refused("merged mappings (`<<`) are not read", advice="write its fields out")
            if key.text() in seen:
                raise key.refused(f"'{key.text()}' stands here twice")
            seen.add(key.text())
            yield key, self._inner(value)

    def fields(self, known: Collection[str], needed: Collection[str] = ()) -> dict[str, Marked]:
        """The values of a mapping by field. Raises for a field that is not `known`, and where a `needed` one is not
        there."""
        found = {}
        for key, value in self.pairs():
            name = key.text()
            if name not in known:
                raise key.refused(f"there is no field '{name}'", advice=near(name, known))
            found[name] = value
        if missing := [name for name in needed if name not in found]:
            raise self.refused(f"the field '{missing[0]}' is missing")
        return found

    def _inner(self, node: yaml.Node) -> Marked:
        return Marked(node, self.where, self._refuse)


def near(word: str, known: Collection[str]) -> str:
    """What may be meant by a word that is not known; all that are where nothing is like it."""
    alike = difflib.get_close_matches(word, known, 3, 0.6)
    if alike:
        return "did you mean " + " or ".join(alike) + "?"
    return "known are: " + ", ".join(sorted(known))


def documents(data: bytes, where: str, refuse: type[MinikfError] = BundleInvalid) -> list[Marked]:
    """The YAML documents of a file that is shown as `where`. Raises `refuse` for what is no YAML."""
    try:
        text = data.decode("utf-8-sig")
        _check_depth(text)
        return [Marked(node, where, refuse) for node in yaml.compose_all(text, Loader=_LOADER) if node is not None]
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        cause = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        at = f"{where}, line {_line(error, data)}"
        raise refuse(f"{at}: this is no YAML", cause=cause, advice=f"correct {where}") from error


def _line(error: Exception, data: bytes) -> int:
    """The line that an error of reading is about; the first one where it does not say."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    position = getattr(error, "start", None) or getattr(error, "position", None) or 0
    return data[:position].count(b"\n") + 1


def document(data: bytes, where: str, refuse: type[MinikfError] = BundleInvalid) -> Marked:
    """The one document of a file. Raises `refuse` where there is none, or are several."""
    found = documents(data, where, refuse)
    if len(found) != 1:
        cause = f"it holds {len(found)} documents" if found else "it is empty"
        raise refuse(f"{where} is not one document", cause=cause, advice=f"correct {where}")
    return found[0]


def _check_depth(text: str) -> None:
    """Raises ValueError for what is nested deeper than anything that a person writes."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                line = event.start_mark.line + 1 if event.start_mark is not None else 0
                raise ValueError(f"line {line} is nested more than {_DEEPEST} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
