"""One prediction: a body is sent to a service, and what it answers is shown with the time it took."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from minikf.kube import bodies
from minikf.kube.rest import RestClient
from minikf.kube.serving import SECONDS, Heard, door, found
from minikf.paths import PlatformPaths
from minikf.spec import Access
from minikf.views.text import plain


@dataclass(frozen=True)
class Tried:
    """An answer. `error` is what the server says is wrong, "" for a success; `body` is its text, indented if JSON."""

    path: str
    status: int
    seconds: float
    body: str
    error: str = ""
    whole: bool = True

    @property
    def ok(self) -> bool:
        return not self.error

    def as_dict(self) -> dict[str, Any]:
        shown = asdict(self)
        with contextlib.suppress(ValueError):
            shown["body"] = json.loads(self.body)
        return shown


@dataclass(frozen=True)
class Offer:
    """What to begin with: an example and why it is one, and what was sent before, newest first."""

    example: bodies.Suggestion
    before: tuple[str, ...] = ()


def offer(access: Access, client: RestClient, namespace: str, name: str, protocol: str = "") -> Offer:
    """Raises Refused where there is no such service or it has no address."""
    service = found(client, namespace, name)
    before = bodies.last(PlatformPaths.of(access.platform), namespace, name)
    return Offer(bodies.suggest(door(access, service), service, protocol), before)


def send(
    access: Access, client: RestClient, namespace: str, name: str, text: str, path: str = "", seconds: float = SECONDS
) -> Tried:
    """Sends a body as it was typed, after it was found to be JSON, and keeps it.

    Raises UsageError for what is no JSON, Refused where there is no such service or it has no address, Unreachable
    where nothing answers in `seconds`. An error of the server's is an answer.
    """
    body = bodies.parse(text)
    service = found(client, namespace, name)
    way = door(access, service)
    where = path or bodies.path_of(bodies.protocol_of(service, body), name)
    bodies.keep(PlatformPaths.of(access.platform), namespace, name, text)
    return _told(where, way.ask("POST", where, body, seconds))


def _told(path: str, heard: Heard) -> Tried:
    text = heard.body.decode(errors="replace")
    try:
        said: Any = json.loads(text) if heard.whole else None
    except ValueError:
        said = None
    shown = plain(bodies.pretty(said)) if said is not None else plain(text)
    return Tried(path, heard.status, heard.seconds, shown, "" if heard.ok else _error(said, text, heard), heard.whole)


def _error(said: Any, text: str, heard: Heard) -> str:
    """What a server says is wrong, in the forms that model servers have for it."""
    if isinstance(said, dict):
        for key in ("error", "detail", "message"):
            if said.get(key):
                return plain(said[key] if isinstance(said[key], str) else json.dumps(said[key]))
    return plain(text.strip()[:500]) or f"HTTP {heard.status} without a word"
