"""A profile of a bundle on a cluster: chosen, read, rendered, installed."""

from __future__ import annotations

import base64
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from minikf import tools
from minikf.bundle.firstuse import completed
from minikf.bundle.lock import Lock, locked
from minikf.bundle.model import LITE, Bundle, Selection
from minikf.bundle.render import Document, Rendered
from minikf.bundle.rendered import Kustomize, rendered
from minikf.bundle.sources import source
from minikf.bundle.store import Store
from minikf.bundle.totals import totals
from minikf.errors import Refused
from minikf.install.certificates import without_cert_manager
from minikf.install.choice import Choice, read, selected
from minikf.install.fit import Demand, lacks
from minikf.install.licences import check
from minikf.install.objects import Item, Part
from minikf.install.passwords.ensure import ensure_each
from minikf.install.room import room
from minikf.install.run import Installed, install
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event


@dataclass(frozen=True)
class Prepared:
    """What is to be installed, before it is known on which cluster."""

    bundle: Bundle
    lock: Lock
    selection: Selection
    rendered: tuple[Rendered, ...]


def bring(
    access: Access,
    paths: PlatformPaths,
    choice: Choice,
    *,
    mirror: str = "",
    force: bool = False,
    agree: bool = False,
    accepted: bool = False,
) -> Generator[Event, None, Installed]:
    """Makes a platform have what was chosen, and remembers the choice; does nothing where it has it already.

    `agree` is to what no lock holds, `accepted` to a licence that is not free. Raises UsageError for what the bundle
    does not have, NotAgreed, Refused for what does not fit (not where `force`) or is not as it was locked, and as
    `Store.ensure`, `rendered` and `install`.
    """
    before = read(paths)
    check(selected(choice), _ids(before), accepted=accepted)
    prepared = yield from prepare(choice, mirror=mirror, agree=agree)
    if before is None and not force:
        check_fit(access, prepared)
    choice.write(paths)
    return (yield from install(access, paths, parts(access, paths, prepared)))


def _ids(choice: Choice | None) -> frozenset[str]:
    return frozenset(one.id for one in selected(choice).components) if choice is not None else frozenset()


def prepare(choice: Choice, *, mirror: str = "", agree: bool = False) -> Generator[Event, None, Prepared]:
    """Everything that needs no cluster. Raises as `bring`."""
    selection = selected(choice)
    bundle, store, place = selection.bundle, Store(), source(mirror)
    kubectl = yield from tools.ensure("kubectl")
    lock = yield from completed(bundle, locked(bundle), selection, place, store, kubectl, agree=agree)
    yield from store.ensure(lock, selection, place)
    wanted = [(one, selection.variant) for one in selection.components]
    made = yield from rendered(bundle, lock, wanted, store, kubectl)
    yield from _check_hashes(lock, made, Kustomize(bundle, store, kubectl).version)
    return Prepared(bundle, lock, selection, made)


def _check_hashes(lock: Lock, made: tuple[Rendered, ...], renderer: str) -> Generator[Event, None, None]:
    """What the same kustomize renders must be what it was when the bundle was locked; of another one it is said."""
    for one in made:
        facts = lock.variant(one.component, one.variant).facts
        if facts is None or facts.sha256 == one.sha256:
            continue
        if renderer == lock.renderer and one.helm == facts.helm:
            raise Refused(
                f"component '{one.component.id}' is rendered to other objects than when it was locked",
                cause=f"their sha256 is {one.sha256}, and {facts.sha256} was expected",
                advice="minikf bundle verify",
            )
        ours = " and helm ".join(filter(None, (renderer, one.helm)))
        theirs = " and helm ".join(filter(None, (lock.renderer, facts.helm)))
        told = f"rendered by {ours}, locked by {theirs}: its objects differ"
        yield Event(one.component.id, "progress", told)


def check_fit(access: Access, prepared: Prepared) -> None:
    """Raises Refused, with the figures and the smallest change, where it does not fit what the nodes have left."""
    lock, selection = prepared.lock, prepared.selection
    found = totals(lock, [(one, selection.variant) for one in selection.components])
    images = {image: lock.images[image] for image in found.images}
    demand = Demand(
        found.requests.cpu_milli,
        found.requests.memory_bytes,
        found.requests.storage_bytes,
        {name: image.size for name, image in images.items()},
        {name: image.platforms for name, image in images.items()},
    )
    lack = lacks(demand, room(access))
    if lack:
        raise Refused(
            f"what was chosen of {prepared.bundle.name} {prepared.bundle.version} does not fit this cluster",
            cause="; ".join(map(str, lack)),
            advice=f"{lack[0].change}; or take a smaller profile; --force tries nevertheless",
        )


def parts(access: Access, paths: PlatformPaths, prepared: Prepared) -> tuple[Part, ...]:
    """The objects by component, with what differs from one cluster to another made: passwords and certificates.

    Raises Refused for a certificate that only cert-manager can issue, as `ensure_each`, and Unreachable or ApiAnswer.
    """
    variant = prepared.selection.variant
    there = {one.id for one in prepared.selection.components}
    secrets = _Secrets(RestClient(access))
    own = ensure_each(paths, {one.component.id: one.documents for one in prepared.rendered}, secrets.of)
    made = []
    for one in prepared.rendered:
        documents = own[one.component.id]
        if variant == LITE and "cert-manager" not in there:
            documents = without_cert_manager(documents, secrets.of)
        needs = tuple(need for need in one.component.needs_of(variant) if need in there)
        made.append(Part(one.component.id, needs, tuple(map(_item, documents)), one.component.ready))
    return tuple(made)


def _item(document: Document) -> Item:
    return Item(document.api_version, document.kind, document.namespace, document.name, document.text)


class _Secrets:
    """The Secrets that a cluster has, each asked for once."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def of(self, namespace: str, name: str) -> Mapping[str, str] | None:
        try:
            found = self._client.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")
        except ApiAnswer as answer:
            if answer.status != 404:
                raise
            return None
        return {
            key: base64.b64decode(value).decode("utf-8", "replace") for key, value in (found.get("data") or {}).items()
        }
