"""The words of the table: a case is a list of steps, and a step is one call that both sides answer.

In every text and body `$ns` stands for the case's own namespace, and `$NAME` for what an earlier step saved. `expect`
is what the *real* server must answer: a case that no longer tests what its author meant fails by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Body = Any
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Kubectl:
    """`kubectl ARGS` in the case's namespace; `stdin` is an object, a list of objects or raw text for `-f -`.

    `expect` is the exit code. `edit=(old, new)` is what the editor of `kubectl edit` replaces. `keep` names the only
    lines that are compared, as a regular expression, for output whose rest cannot be the same by nature.
    """

    args: str
    stdin: Body = None
    expect: int = 0
    save: Mapping[str, str] = field(default_factory=dict)
    edit: tuple[str, str] | None = None
    keep: str = ""

    @property
    def label(self) -> str:
        return f"kubectl {self.args}"


@dataclass(frozen=True)
class Http:
    """One raw request. `body` is JSON unless it is text or bytes, which are sent as they are.

    `expect` is the HTTP status. `save` maps a name to a dotted path in the answer, as in
    {"rv": "metadata.resourceVersion"}.
    """

    method: str
    path: str
    body: Body = None
    expect: int = 200
    content_type: str = "application/json"
    accept: str = "application/json"
    agent: str = "lab"
    token: bool = True
    save: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Modify:
    """Reads an object, changes it by a merge patch and writes it back with PUT, as controllers do.

    A query in `path` goes with the PUT, which is what is compared; `expect` is its HTTP status.
    """

    path: str
    change: Body
    expect: int = 200

    @property
    def label(self) -> str:
        return f"MODIFY {self.path}"


@dataclass(frozen=True)
class Python:
    """One call of the official Python client: `api` is a class of `kubernetes.client`, `call` its method.

    `expect` is the HTTP status of the ApiException, or 0 for a call that returns.
    """

    api: str
    call: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    expect: int = 0
    save: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.api}.{self.call}"


@dataclass(frozen=True)
class Watch:
    """Opens a watch that later `Events` steps of the same name read. `path` holds the query; watch=true is added."""

    name: str
    path: str
    expect: int = 200
    accept: str = "application/json"

    @property
    def label(self) -> str:
        return f"WATCH {self.path}"


@dataclass(frozen=True)
class Events:
    """Reads `count` events of an open watch, in order, then `quiet` seconds in which no other may come.

    `closed` demands that the server ends the stream after them. Bookmarks come when the server likes: they are passed
    over unless they end the initial events or `bookmarks` asks for them.
    """

    name: str
    count: int
    quiet: float = 0.0
    closed: bool = False
    bookmarks: bool = False

    @property
    def label(self) -> str:
        return f"EVENTS {self.name} {self.count}"


Step = Kubectl | Http | Modify | Python | Watch | Events


@dataclass(frozen=True)
class Case:
    """Steps that run in order in a namespace of their own.

    `needs_crds` cases are skipped without the mirror; `core` ones belong to every change.
    """

    name: str
    steps: tuple[Step, ...]
    needs_crds: bool = False
    core: bool = True

    @property
    def namespace(self) -> str:
        return f"lab-{self.name}"

    def labels(self) -> Iterator[str]:
        """What a step is called in reports and allowances: its number from 1 and its call."""
        for number, step in enumerate(self.steps, 1):
            yield f"{number:02} {step.label}"


_NAME = re.compile(r"\$([a-z][a-z0-9]*)\b")


def fill(value: Body, names: Mapping[str, str]) -> Body:
    """`value` with each `$NAME` that `names` knows replaced, at any depth; keys too."""
    if isinstance(value, str):
        return _NAME.sub(lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {fill(key, names): fill(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, names) for item in value]
    return value


def dig(tree: Body, path: str) -> Body:
    """The value at a dotted path; a number is an index. Raises KeyError, IndexError or TypeError where it ends."""
    for part in path.split("."):
        tree = tree[int(part)] if isinstance(tree, list) else tree[part]
    return tree
