"""A profile of a bundle on a cluster: chosen, prepared, looked at whether it fits, installed."""

from __future__ import annotations

import base64
from collections.abc import Generator, Mapping

from minikf.bundle.model import LITE
from minikf.bundle.render import Document
from minikf.install import measured
from minikf.install.certificates import without_cert_manager
from minikf.install.choice import Choice, read, selected
from minikf.install.demand import asked
from minikf.install.estimate import estimate
from minikf.install.fit import lacks
from minikf.install.fitted import Fit, refuse, told
from minikf.install.licences import check
from minikf.install.objects import Item, Part
from minikf.install.passwords.ensure import ensure_each
from minikf.install.prepare import Prepared, prepare
from minikf.install.pulling import pulled_once
from minikf.install.room import room
from minikf.install.run import Installed, install
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event


def bring(
    access: Access,
    paths: PlatformPaths,
    choice: Choice,
    *,
    prepared: Prepared | None = None,
    mirror: str = "",
    force: bool = False,
    agree: bool = False,
    accepted: bool = False,
) -> Generator[Event, None, Installed]:
    """Makes a platform have what was chosen, and remembers the choice; does nothing where it has it already.

    What was `prepared` already was also looked at. `agree` is to what no lock holds, `accepted` to a licence that is
    not free. Raises UsageError for what the bundle does not have, NotAgreed, Refused for what does not fit (not where
    `force`) or is not as it was locked, and as `Store.ensure`, `rendered` and `install`.
    """
    if prepared is None:
        before = read(paths)
        check(selected(choice), _ids(before), accepted=accepted)
        prepared = yield from prepare(choice, mirror=mirror, agree=agree)
        if before is None:
            yield from _fitting(access, prepared, force=force)
    choice.write(paths)
    done = yield from install(access, paths, parts(access, paths, prepared))
    measured.note_install(done.applied, done.seconds)
    return done


def _ids(choice: Choice | None) -> frozenset[str]:
    return frozenset(one.id for one in selected(choice).components) if choice is not None else frozenset()


def _fitting(access: Access, prepared: Prepared, *, force: bool) -> Generator[Event, None, None]:
    """Says what is to come. Raises Refused where it does not fit what the nodes have left, unless `force`."""
    there = room(access)
    wanted = asked(prepared.lock, prepared.selection, there.architecture)
    about = estimate(wanted.demand, wanted.objects, 0, "", measured.read())
    found = Fit("what was chosen", wanted, lacks(wanted.demand, there), about)
    yield from told(found, there)
    if not force:
        refuse(found, f"{prepared.bundle.name} {prepared.bundle.version}", "this cluster")


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
        items = tuple(_item(pulled_once(document)) for document in documents)
        made.append(Part(one.component.id, needs, items, one.component.ready))
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
