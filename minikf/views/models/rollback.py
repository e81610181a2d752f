"""Back to what a service served before: what is known of that, what it would change, and the change itself."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from minikf.engine.protocol import Steps
from minikf.errors import Refused
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.serving import found, implementation, path_of
from minikf.kube.shapes import Object, mapping, mappings
from minikf.paths import PlatformPaths
from minikf.promote.yamltext import dump
from minikf.spec import Access, Event
from minikf.views.diffs import unified
from minikf.views.models import history
from minikf.views.models.registry import Registry
from minikf.views.models.services import LABEL, SCHEME, version_of
from minikf.views.text import plain
from minikf.waiting.service import ready

# KServe notes the model's address on the pods that it makes (kserve/kserve, pkg/constants/constants.go,
# StorageInitializerSourceUriInternalAnnotationKey), Kubernetes the number of a Deployment's ReplicaSet.
_SOURCE = "internal.serving.kserve.io/storage-initializer-sourceuri"
_REVISION = "deployment.kubernetes.io/revision"


@dataclass(frozen=True)
class Earlier:
    """Something to go back to. `id` names it on the command line; `how` says from where it is known; `over`
    is the generation of the service that `diff` is a difference to."""

    id: str
    what: str
    at: str
    how: str
    spec: Object = field(compare=False)
    diff: tuple[str, ...] = ()
    over: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id, "what": self.what, "at": self.at, "how": self.how, "spec": self.spec,
            "diff": list(self.diff),
        }  # fmt: skip


def earlier(access: Access, client: RestClient, namespace: str, name: str, registered: Registry) -> tuple[Earlier, ...]:
    """What the service can go back to, the best known first: our history, then Kubernetes' own revisions, then older
    live versions of the registered model. Raises Refused where there is no such service, Unreachable, ApiAnswer.
    """
    service = found(client, namespace, name)
    current = mapping(service.get("spec"))
    generation = int(mapping(service.get("metadata")).get("generation") or 0)
    known = [*_of_history(access, service), *_of_revisions(client, service), *_of_registry(service, registered)]
    kept: list[Earlier] = []
    for one in known:
        if one.spec and one.spec not in (current, *(each.spec for each in kept)):
            kept.append(replace(one, diff=difference(namespace, name, current, one.spec), over=generation))
    return tuple(kept)


def difference(namespace: str, name: str, now: Object, then: Object) -> tuple[str, ...]:
    """What going back changes in the spec, as a unified diff of YAML."""
    return unified(dump(now), dump(then), f"{namespace}/{name} now", f"{namespace}/{name} after")


def chosen(candidates: tuple[Earlier, ...], namespace: str, name: str, to: str = "") -> Earlier:
    """The one that is meant: the first, or the one of an id or a version's name. Raises Refused."""
    for one in candidates:
        if to in ("", one.id, one.what):
            return one
    if not candidates:
        raise Refused(
            f"nothing earlier is known of InferenceService {namespace}/{name}",
            cause="MiniKF saw it ready with one spec only, and neither revisions nor older registered versions are "
            "there",
            advice=f"minikf serve MODEL/VERSION --name {name} --replace",
        )
    raise Refused(
        f"InferenceService {namespace}/{name} has nothing earlier called '{to}'",
        cause="known are " + ", ".join(f"{one.id} ({one.what})" for one in candidates),
        advice=f"minikf services rollback {name} --to {candidates[0].id}",
    )


def roll_back(access: Access, namespace: str, name: str, to: Earlier) -> Steps[Object]:
    """Gives a service an earlier spec and waits until it is ready with it; returns the service.

    Raises Refused where somebody changed it since the difference was shown, ApiAnswer, and as
    `minikf.waiting.service.ready`.
    """
    client, what = RestClient(access), f"{namespace}/{name}"
    service = found(client, namespace, name)
    history.remember(PlatformPaths.of(access.platform), [service])
    if mapping(service.get("metadata")).get("generation") != to.over:
        raise Refused(
            f"InferenceService {what} was changed since the difference was shown",
            advice=f"look again: minikf services rollback {name} -n {namespace} --diff",
        )
    yield Event(what, "started", f"goes back to {to.what}")
    client.call("PUT", path_of(namespace, name), {**service, "spec": to.spec})
    done = yield from ready(access, namespace, name)
    history.remember(PlatformPaths.of(access.platform), [done])
    return done


def _of_history(access: Access, service: Object) -> list[Earlier]:
    """What MiniKF itself saw of this very object, newest first."""
    metadata = mapping(service.get("metadata"))
    seen = history.past(PlatformPaths.of(access.platform), str(metadata.get("namespace")), str(metadata.get("name")))
    own = [one for one in seen if one.uid == metadata.get("uid")]
    return [
        Earlier(f"h{number}", plain(_uri(one.spec)), one.at, "MiniKF saw it ready with this", one.spec)
        for number, one in enumerate(own, start=1)
    ]


def _of_revisions(client: RestClient, service: Object) -> list[Earlier]:
    """Kubernetes' own revisions of the predictor, newest first: they tell the model's address, not the whole spec."""
    metadata = mapping(service.get("metadata"))
    selector = quote(f"{LABEL}={metadata.get('name')}", safe="")
    path = f"/apis/apps/v1/namespaces/{quote(str(metadata.get('namespace')), safe='')}/replicasets"
    try:
        items = mappings(client.get(f"{path}?labelSelector={selector}").get("items"))
    except ApiAnswer:  # the embedded engine has none, and a user may have no right to see them
        return []
    found = []
    for one in sorted(items, key=_number, reverse=True):
        template = mapping(mapping(mapping(one.get("spec")).get("template")).get("metadata"))
        uri = str(mapping(template.get("annotations")).get(_SOURCE) or "")
        made = plain(str(mapping(one.get("metadata")).get("creationTimestamp") or ""))
        how = f"revision {_number(one)} of its Deployment had this address"
        if uri:
            found.append(Earlier(f"r{_number(one)}", plain(uri), made, how, _with_uri(service, uri)))
    return found


def _of_registry(service: Object, registered: Registry) -> list[Earlier]:
    """Older live versions of the registered model that is served, newest first."""
    uri = _uri(mapping(service.get("spec")))
    now = version_of(uri, registered)
    model = registered.model(now.model) if now is not None else None
    if now is None or model is None:
        return []
    by_name = uri.startswith(SCHEME)
    older = [one for one in model.versions[model.versions.index(now) + 1 :] if one.state == "LIVE"]
    addresses = [(one, _address(one.model, one.name) if by_name else one.uri) for one in older]
    how = "an older live version in the registry"
    return [
        Earlier(f"v{one.name}", f"{one.model}/{one.name}", one.created, how, _with_uri(service, address))
        for one, address in addresses
        if address
    ]


def _address(model: str, version: str) -> str:
    return f"{SCHEME}{quote(model, safe='')}/{quote(version, safe='')}"


def _with_uri(service: Object, uri: str) -> Object:
    """The spec with another address of the model; {} where its form has no place for one."""
    spec: Object = copy.deepcopy(mapping(service.get("spec")))
    part, _ = implementation(service)
    if part in ("", "containers"):
        return {}
    spec["predictor"][part]["storageUri"] = uri
    return spec


def _uri(spec: Object) -> str:
    return str(implementation({"spec": spec})[1].get("storageUri") or "(a container of its own)")


def _number(replica_set: Object) -> int:
    try:
        return int(str(mapping(mapping(replica_set.get("metadata")).get("annotations")).get(_REVISION)))
    except ValueError:
        return 0
