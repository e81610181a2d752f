"""A value in a document together with its place, so that what is wrong can be told with where it is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json

_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")


@dataclass(frozen=True)
class Node:
    """Reads fields as protobuf's JSON does: lowerCamelCase or snake_case names, null for absent, numbers as texts."""

    value: Json
    place: str

    def wrong(self, message: str, advice: str = "") -> PipelineError:
        return PipelineError(message, self.place, advice)

    def mapping(self) -> Mapping[str, Json]:
        if not isinstance(self.value, dict):
            raise self.wrong(f"must be a mapping, it is {_kind(self.value)}")
        return self.value

    def known(self, *names: str) -> Node:
        """This node, whose fields are all among `names`; raises PipelineError for another one."""
        allowed = {*names, *map(_snake, names)}
        for name in self.mapping():
            if name not in allowed:
                raise PipelineError(f"field {name!r} is not known", self.place, "IR schema 2.1.0 is read")
        return self

    def get(self, name: str) -> Node | None:
        """The field, None where it is absent or null."""
        raw = self.mapping()
        value = raw.get(name)
        if value is None and (snake := _snake(name)) != name:
            value = raw.get(snake)
        return None if value is None else self.child(name, value)

    def has(self, name: str) -> bool:
        """The field is there, null or not."""
        return name in self.mapping() or _snake(name) in self.mapping()

    def need(self, name: str) -> Node:
        found = self.get(name)
        if found is None:
            raise self.wrong(f"{name} is missing")
        return found

    def child(self, name: str, value: Json) -> Node:
        return Node(value, f"{self.place}.{name}" if self.place else name)

    def entries(self, name: str) -> Iterator[tuple[str, Node]]:
        """The entries of a field that is a map; none where it is absent."""
        found = self.get(name)
        if found is None:
            return
        for key, value in found.mapping().items():
            if not isinstance(key, str) or not key:
                raise found.wrong(f"{key!r} cannot be a name: names are texts that are not empty")
            yield key, found.child(key, value)

    def items(self, name: str) -> Iterator[Node]:
        """The items of a field that is a list; none where it is absent."""
        found = self.get(name)
        if found is None:
            return
        if not isinstance(found.value, list):
            raise found.wrong(f"must be a list, it is {_kind(found.value)}")
        for index, value in enumerate(found.value):
            yield Node(value, f"{found.place}[{index}]")

    def string(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong(f"must be a text, it is {_kind(self.value)}")
        return self.value

    def text(self, name: str, default: str = "") -> str:
        found = self.get(name)
        return default if found is None else found.string()

    def needed_text(self, name: str) -> str:
        found = self.need(name)
        if not found.string():
            raise found.wrong("must not be empty")
        return found.string()

    def texts(self, name: str) -> tuple[str, ...]:
        return tuple(each.string() for each in self.items(name))

    def flag(self, name: str) -> bool:
        found = self.get(name)
        if found is None:
            return False
        if not isinstance(found.value, bool):
            raise found.wrong(f"must be true or false, it is {_kind(found.value)}")
        return found.value

    def count(self, name: str, default: int = 0) -> int:
        """A whole number, not negative; a text of digits is one too, as in protobuf's JSON."""
        found = self.get(name)
        if found is None:
            return default
        number = found.number(name="", default=0.0)
        if number != int(number) or number < 0:
            raise found.wrong(f"must be a whole number of at least 0, it is {found.value!r}")
        return int(number)

    def number(self, name: str, default: float) -> float:
        """A finite number; `name` "" reads this node itself."""
        found = self.get(name) if name else self
        if found is None:
            return default
        value = found.value
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise found.wrong(f"must be a number, it is {found.value!r}") from None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise found.wrong(f"must be a number, it is {_kind(value)}")
        if not math.isfinite(value):
            raise found.wrong("must be a finite number")
        return float(value)

    def seconds(self, name: str, default: float) -> float:
        """A protobuf duration, `"3600s"`."""
        found = self.get(name)
        if found is None:
            return default
        match = _DURATION.fullmatch(found.string())
        if match is None:
            raise found.wrong(f"must be a duration such as 60s, it is {found.value!r}")
        return float(match.group(1))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match.group(1).lower(), name)


def _kind(value: Json) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")
