"""Questions to a target's API whose refusals are answers too: each becomes a gap in the profile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from minikf.errors import MinikfError
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.promote.model import Object
from minikf.promote.targets.profile import Gap, ServedKind

# As many as kubectl asks for at once.
PAGE = 500
# A cluster may have 100,000 of something; its profile is no place for them.
MOST_PAGES = 100
_NAMES_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
# An answer that was begun is too old to be continued (Kubernetes API concepts, "Retrieving large results sets").
_GONE = HTTPStatus.GONE


@dataclass(frozen=True)
class Ask:
    """One topic's questions. `kinds` is empty while nobody knows what is served, or where that could not be told."""

    client: RestClient
    namespaces: tuple[str, ...]
    kinds: tuple[ServedKind, ...] = ()
    gaps: list[Gap] = field(default_factory=list)

    @contextlib.contextmanager
    def may_lack(self, what: str, namespace: str = "") -> Iterator[None]:
        """What cannot be found out in the block is a gap of that name, in the API's own words."""
        try:
            yield
        except MinikfError as error:
            self.lack(what, f"{error.message}: {error.cause}" if error.cause else error.message, namespace)

    def lack(self, what: str, why: str, namespace: str = "") -> None:
        self.gaps.append(Gap(what, " ".join(why.split()), namespace))

    def served(self, group: str, kind: str) -> ServedKind | None:
        """The kind in the version that its group prefers, else in the first that has it."""
        found = [one for one in self.kinds if (one.group, one.kind) == (group, kind)]
        return min(found, key=lambda one: not one.preferred) if found else None

    def listed(self, what: str, group: str, kind: str, namespace: str = "", *, names: bool = False) -> list[Object]:
        """All objects of a kind, of one namespace where one is given; with `names` only their metadata is asked for.
        What keeps them back is a gap of the name `what`."""
        where = self.served(group, kind)
        if where is None:
            unknown = "which kinds the target serves is not known" if not self.kinds else ""
            self.lack(what, unknown or f"the target serves no {kind}{f' ({group})' if group else ''}", namespace)
            return []
        with self.may_lack(what, namespace):
            return self.items(path_of(where, namespace), _NAMES_ONLY if names else "")
        return []

    def items(self, path: str, accept: str = "") -> list[Object]:
        """The objects of a list, page by page. Raises Unreachable or ApiAnswer."""
        try:
            return self._pages(path, accept, PAGE)
        except ApiAnswer as answer:
            if answer.status != _GONE:
                raise
            return self._pages(path, accept, 0)

    def get(self, path: str) -> Object:
        """One object. Raises Unreachable or ApiAnswer."""
        return self.client.get(path)

    def found(self, path: str) -> Object | None:
        """One object, None where there is none. Raises Unreachable, or ApiAnswer for any other refusal."""
        try:
            return self.client.get(path)
        except ApiAnswer as answer:
            if answer.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def _pages(self, path: str, accept: str, size: int) -> list[Object]:
        found: list[Object] = []
        more = ""
        for _ in range(MOST_PAGES):
            asked = [f"limit={size}"] if size else []
            asked += [f"continue={quote(more, safe='')}"] if more else []
            query = f"?{'&'.join(asked)}" if asked else ""
            answer = self.client.call("GET", path + query, headers={"Accept": accept} if accept else None)
            found += [one for one in answer.get("items") or () if isinstance(one, dict)]
            more = str((answer.get("metadata") or {}).get("continue") or "")
            if not more:
                break
        return found


def path_of(kind: ServedKind, namespace: str = "", name: str = "") -> str:
    """Where the objects of a kind are, or one of them."""
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    within = f"/namespaces/{quote(namespace, safe='')}" if namespace and kind.namespaced else ""
    return f"{root}{within}/{kind.plural}" + (f"/{quote(name, safe='')}" if name else "")


def name_of(obj: Object) -> str:
    return str((obj.get("metadata") or {}).get("name") or "")


def texts(found: Any) -> dict[str, str]:
    """A mapping of texts as an object has it, {} where it has none."""
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
