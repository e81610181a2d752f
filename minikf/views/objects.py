"""Questions about single objects: their Events, their deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from minikf.kube.shapes import Object, mappings
from minikf.views.asking import Question, Reach
from minikf.views.items import Item
from minikf.views.kinds import BY_KIND
from minikf.views.text import plain

NOT_FOUND = 404


@dataclass(frozen=True)
class Name:
    """An object by its view's kind (`minikf.views.kinds`), namespace and name."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, item: Item) -> Name:
        return cls(item.kind, item.namespace, item.name)

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{BY_KIND[self.kind].object_kind} {where}{self.name}"


@dataclass(frozen=True)
class EventsAbout(Question[tuple[str, ...]]):
    """The Events about an object, oldest first, as lines."""

    about: Name

    def answer(self, reach: Reach) -> tuple[str, ...]:
        kind = BY_KIND[self.about.kind].object_kind
        selector = f"involvedObject.name={self.about.name},involvedObject.kind={kind}"
        where = quote(self.about.namespace or "default")
        found = reach.client().get(f"/api/v1/namespaces/{where}/events?fieldSelector={quote(selector)}").get("items")
        return tuple(_line(event) for event in sorted(mappings(found), key=_when))


@dataclass(frozen=True)
class Deleted:
    """What became of a wish to delete: those that are gone or going, and why others are not."""

    done: tuple[Name, ...]
    refused: tuple[tuple[Name, str], ...]


@dataclass(frozen=True)
class Delete(Question[Deleted]):
    """Deletes objects, with all that belongs to them; one that is gone already counts as done."""

    changes: ClassVar[bool] = True
    names: tuple[Name, ...]

    def answer(self, reach: Reach) -> Deleted:
        from minikf.kube.rest import ApiAnswer

        client, done, refused = reach.client(), list[Name](), list[tuple[Name, str]]()
        for each in self.names:
            path = BY_KIND[each.kind].object_path(each.namespace, each.name)
            try:
                # Without a policy a batch/v1 Job would leave its pods behind.
                client.call("DELETE", path, {"kind": "DeleteOptions", "apiVersion": "v1",
                                             "propagationPolicy": "Background"})  # fmt: skip
                done.append(each)
            except ApiAnswer as answer:
                if answer.status == NOT_FOUND:
                    done.append(each)
                else:
                    refused.append((each, plain(answer.message)))
        return Deleted(tuple(done), tuple(refused))


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


def _line(event: Object) -> str:
    count = event.get("count") or 1
    times = f" ({count} times)" if count != 1 else ""
    return plain(f"{_when(event)}  {event.get('type')}  {event.get('reason')}: {event.get('message')}{times}")
