"""A request and its answer, and what handlers have at hand."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

from minikf.embedded.pipelines.api.creation import RunMaker
from minikf.embedded.pipelines.api.errors import invalid
from minikf.embedded.pipelines.api.holding import Holding
from minikf.embedded.pipelines.api.keeper import Keeper
from minikf.embedded.pipelines.store import PipelineStore


@dataclass(frozen=True)
class Call:
    """`ids` come from the path, `query` has the first value of each parameter, `headers` lower-case names;
    `raw_query` is the query as it came."""

    ids: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    raw_query: bytes = b""

    def several(self, name: str) -> tuple[str, ...]:
        """The values of a parameter that may be there several times."""
        return tuple(value for key, value in parse_qsl(self.raw_query.decode("utf-8", "replace")) if key == name)

    def flag(self, name: str) -> bool:
        """A boolean query parameter, false where it is absent. Raises ApiFailure 400."""
        value = self.query.get(name, "").lower()
        if value not in ("", "true", "false"):
            raise invalid(f"'{name}' must be true or false, not '{value[:40]}'")
        return value == "true"


class Catalog(Protocol):
    """Kubernetes objects behind pipelines and versions (`kind` is "pipeline" or "version")."""

    async def delete(self, kind: str, identity: str) -> None: ...

    async def describe(self, kind: str, identity: str, display_name: str) -> None: ...


@dataclass(frozen=True)
class Service:
    """`namespace` is the one that a request without any means; `has_namespace` tells whether one exists.

    `woken` is called when a schedule was made or changed; `catalog` has the objects of what `is_object`.
    """

    store: PipelineStore
    keeper: Keeper
    maker: RunMaker
    namespace: str
    has_namespace: Callable[[str], bool]
    holding: Holding
    woken: Callable[[], None] = lambda: None
    clock: Callable[[], float] = field(default=time.time)
    catalog: Catalog | None = None

    def place(self, namespace: str | None) -> str:
        """The namespace that a body or query means. Raises ApiFailure 400 for one that does not exist."""
        meant = namespace or self.namespace
        if not self.has_namespace(meant):
            raise invalid(f"there is no namespace '{meant[:80]}'", f"kubectl create namespace {meant[:80]}")
        return meant


Answer = dict[str, Any]
Handler = Callable[[Service, Call], Awaitable[Answer]]


def without_none(**fields: Any) -> Answer:
    """A message: what is not set is left out."""
    return {name: value for name, value in fields.items() if value is not None}
