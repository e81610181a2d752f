"""InferenceServices as lists show them, and which registered version each of them serves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

from minikf.kube.serving import implementation
from minikf.kube.shapes import Object, mapping
from minikf.lineage.sources import served, storage_uri
from minikf.views.items import Rank, Verdict, item_of
from minikf.views.judge import inference_service
from minikf.views.judge import pod as judged
from minikf.views.models.registry import Registry, Version
from minikf.views.text import plain

PATH = "/apis/serving.kserve.io/v1beta1/inferenceservices"
PODS = "/api/v1/pods?labelSelector=serving.kserve.io%2Finferenceservice"
LABEL = "serving.kserve.io/inferenceservice"
SCHEME = "model-registry://"
# What KServe copies from its Deployment (Kubernetes' conditions of one): that pods are missing, and never why.
_OF_THE_DEPLOYMENT = ("MinimumReplicasUnavailable", "ProgressDeadlineExceeded")


@dataclass(frozen=True)
class Served:
    """A service. `serves` is the registered version that answers now, as NAME/VERSION, "" for none or none known;
    `why_not` says why it is not ready; `pods` are those that run for it."""

    namespace: str
    name: str
    rank: Rank
    state: str
    why_not: str
    url: str
    format: str
    uri: str
    answers_with: str
    serves: str
    runtime: str
    protocol: str
    revision: str
    created: str
    generation: int
    pods: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"rank": self.rank.name.lower()}


def services(objects: Iterable[Object], pods: Iterable[Object], registered: Registry) -> tuple[Served, ...]:
    """Worst first, then by name."""
    every = list(pods)
    found = [service(one, every, registered) for one in objects]
    return tuple(sorted(found, key=lambda one: (one.rank, one.namespace, one.name)))


def service(obj: Object, pods: Iterable[Object], registered: Registry) -> Served:
    """Pure; what a field has in a form nobody knows is left empty."""
    metadata, status = mapping(obj.get("metadata")), mapping(obj.get("status"))
    name, namespace = str(metadata.get("name", "")), str(metadata.get("namespace", ""))
    own = [
        one
        for one in pods
        if mapping(one.get("metadata")).get("namespace") == namespace
        and mapping(mapping(one.get("metadata")).get("labels")).get(LABEL) == name
    ]
    verdict = inference_service(obj)
    now = served(obj, own)
    part, model = implementation(obj)
    component = mapping(mapping(status.get("components")).get("predictor"))
    wanted = storage_uri(obj)
    found = version_of(now.uri or wanted, registered, now.digest)
    return Served(
        plain(namespace),
        plain(name),
        verdict.rank,
        plain(verdict.state),
        plain(cause_of(verdict, (item_of("pods", one, judged).verdict for one in own))),
        plain(str(status.get("url") or "")),
        plain(str(mapping(model.get("modelFormat")).get("name") or ("" if part in ("model", "containers") else part))),
        plain(wanted),
        plain(now.uri),
        plain(f"{found.model}/{found.name}" if found else ""),
        plain(str(model.get("runtime") or _runtime_of(status) or ("its own" if part == "containers" else ""))),
        plain(str(model.get("protocolVersion") or "")),
        plain(str(component.get("latestReadyRevision") or "")),
        plain(str(metadata.get("creationTimestamp") or "")),
        int(metadata.get("generation") or 0),
        tuple(plain(str(mapping(one.get("metadata")).get("name", ""))) for one in own),
    )


def cause_of(verdict: Verdict, pods: Iterable[Verdict]) -> str:
    """Why a service is not ready; where KServe says only that its Deployment lacks pods, what the worst of its
    pods says."""
    if not verdict.cause.startswith(_OF_THE_DEPLOYMENT):
        return verdict.cause
    ill = sorted((one for one in pods if one.cause), key=lambda one: one.rank)
    return f"{ill[0].state}: {ill[0].cause}" if ill else verdict.cause


def version_of(uri: str, registered: Registry, digest: str = "") -> Version | None:
    """The registered version that an address means: by its name, or as the address or content of one of its files."""
    if uri.startswith(SCHEME):
        name, _, version = uri.removeprefix(SCHEME).partition("/")
        model = registered.model(unquote(name))
        if model is None:
            return None
        if not version:
            return model.newest_live
        return next((one for one in model.versions if one.name == unquote(version)), None)
    for one in registered.versions():
        for artifact in one.artifacts or ():
            if uri and (artifact.uri == uri or (digest and artifact.digest == digest)):
                return one
    return None


def served_by(version: Version, services_: Iterable[Served]) -> tuple[Served, ...]:
    """The services that answer with a version."""
    return tuple(one for one in services_ if one.serves == f"{version.model}/{version.name}")


def _runtime_of(status: Object) -> str:
    """The runtime that KServe chose for a service that names none (v1beta1 InferenceServiceStatus)."""
    return str(status.get("servingRuntimeName") or status.get("clusterServingRuntimeName") or "")
