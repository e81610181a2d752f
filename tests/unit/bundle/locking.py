"""A bundle of three components with its mirror, and a renderer that stands in for kustomize."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from minikf.bundle import catalog
from minikf.bundle.lock import Facts, Lock, Part
from minikf.bundle.lock.make import make
from minikf.bundle.model import Bundle, Requests
from minikf.bundle.sources import Folder
from minikf.bundle.store import Store
from minikf.spec import Event
from tests.unit.bundle.conftest import HEAD, entry

T = TypeVar("T")

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
FILES = {
    "acme/manifests/v1/base/kustomization.yaml": "resources: [base.yaml]\n",
    "acme/manifests/v1/base/base.yaml": OBJECT % "base",
    "acme/manifests/v1/app/kustomization.yaml": "resources:\n- ../base\n- app.yaml\n- https://github.com/acme/more//x?ref=v2\n",
    "acme/manifests/v1/app/app.yaml": OBJECT % "app",
    "acme/manifests/v1/app/unread.txt": "nobody reads it\n",
    "acme/manifests/v1/small/kustomization.yaml": "resources: [../base]\n",
    "acme/more/v2/x/kustomization.yaml": "resources: [x.yaml]\n",
    "acme/more/v2/x/x.yaml": OBJECT % "x",
}
PATCH = "- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: base}, data: {size: small}}'\n"
LOCKED = sorted(set(FILES) - {"acme/manifests/v1/app/unread.txt"})


def put(mirror: Path, files: Mapping[str, str] = FILES) -> Path:
    for name, text in files.items():
        file = mirror / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return mirror


def written(folder: Path, *, extra: str = "", head: str = HEAD) -> Bundle:
    """`base`, `app` with a shape of its own for lite and a patch, and what nobody could read."""
    folder.mkdir(exist_ok=True)
    (folder / "patches").mkdir(exist_ok=True)
    (folder / "patches" / "small.yaml").write_text(PATCH)
    far = entry("far", "locked: false", "why_not: no mirror has it").replace("  standard: {paths: [here/far]}\n", "")
    app = entry("app", "lite: {paths: [here/small], patches: [small.yaml]}", "needs: [base]")
    profiles = "".join(
        f"  {name}: {{does: all of it, variant: {name}, components: [app]}}\n" for name in ("lite", "standard")
    )
    text = f"{head}profiles:\n{profiles}components:\n{entry('base')}{app}{far}{extra}"
    (folder / "bundle.yaml").write_text(text)
    return catalog.read(folder)


def ran(steps: Generator[Event, None, T], events: list[Event] | None = None) -> T:
    """Runs long work to its end."""
    while True:
        try:
            event = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if events is not None:
            events.append(event)


class Rendered:
    """Says of each part what only that part has; remembers what it was asked for."""

    def __init__(self, version: str = "v1") -> None:
        self.version = version
        self.asked: list[tuple[str, str]] = []

    def facts(self, lock: Lock, parts: Sequence[Part]) -> Generator[Event, None, Mapping[tuple[str, str], Facts]]:
        found = {}
        for component, variant in parts:
            self.asked.append((component.id, variant))
            sha256 = hashlib.sha256("".join(lock.variant(component, variant).files).encode()).hexdigest()
            images = (f"reg.example/{component.id}:v1",)
            found[component.id, variant] = Facts(sha256, 3, ("Kind.acme",), images, (), Requests(10, 20, 30))
            yield Event("render", "progress", component.title)
        return found


def made(bundle: Bundle, mirror: Path, store: Store, **options: object) -> Lock:
    return ran(make(bundle, Folder(mirror), store, **options))  # type: ignore[arg-type]


def damage(mirror: Path, name: str, text: str) -> None:
    (mirror / name).write_text(text)


def states(events: Iterable[Event]) -> list[str]:
    return [event.state for event in events]
