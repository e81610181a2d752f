"""What upstream's webhook does to a PipelineVersion (`backend/src/apiserver/webhook`, KFP 2.17), in its words.

Beyond it: a Pipeline cannot take a name that `kfp.Client` has given away in its namespace, since both share one list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.controllers.wellformed import is_valid
from minikf.embedded.kinds import PIPELINE, PIPELINE_VERSION, Kind
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.store import PipelineStore
from minikf.embedded.status import Object, already_exists, bad_request

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission, Objects

_LABEL = "pipelines.kubeflow.org/pipeline"
_LABEL_ROOM = 63
_MUTABLE = ("displayName",)


def pipeline_admission(objects: Objects, store: PipelineStore) -> Admission:
    """The hook for `Objects.admission`; it raises ApiError 400 and 409."""

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if kind not in (PIPELINE, PIPELINE_VERSION) or not is_valid(kind, obj):
            return
        if "deletionTimestamp" in obj["metadata"]:
            return
        if kind is PIPELINE:
            if old is None:
                _check_name(store, obj)
            return
        if old is not None:
            _check_unchanged(obj["spec"], old["spec"])
        else:
            _check_documents(obj["spec"])
        _adopt(objects, obj)

    return admit


def _check_name(store: PipelineStore, obj: Object) -> None:
    meta = obj["metadata"]
    known = store.pipeline_named(meta["namespace"], meta["name"])
    if known is not None and not known.is_object:
        raise already_exists(PIPELINE.group, PIPELINE.plural, meta["name"])


def _check_unchanged(spec: Object, old: Object) -> None:
    if any(spec.get(name) != old.get(name) for name in {*spec, *old} - set(_MUTABLE)):
        raise bad_request("Pipeline spec is immutable; only mutable fields (display_name, tags) can be updated")


def _check_documents(spec: Object) -> None:
    from minikf.embedded.pipelines.spec import from_documents

    pipeline_spec, platform_spec = spec.get("pipelineSpec"), spec.get("platformSpec") or None
    if not isinstance(pipeline_spec, dict) or not isinstance(platform_spec, dict | None):
        raise bad_request("The pipeline spec is invalid: pipelineSpec and platformSpec must be objects")
    try:
        from_documents(pipeline_spec, platform_spec)
    except PipelineError as error:
        raise bad_request(f"The pipeline spec is invalid: {error}") from error


def _adopt(objects: Objects, obj: Object) -> None:
    """The version belongs to its pipeline, and is found by it."""
    meta, spec = obj["metadata"], obj["spec"]
    name = spec.get("pipelineName") or ""
    found = objects.find(PIPELINE, meta["namespace"], name) if name else None
    if found is None:
        raise bad_request("The spec.pipelineName doesn't map to an existing Pipeline object")
    uid = found.obj["metadata"]["uid"]
    meta["labels"] = {**(meta.get("labels") or {}), f"{_LABEL}-id": uid, _LABEL: name[:_LABEL_ROOM]}
    owner = {"apiVersion": PIPELINE.api_version, "kind": PIPELINE.kind, "name": name, "uid": uid}
    others = [
        one
        for one in meta.get("ownerReferences") or []
        if (one.get("apiVersion"), one.get("kind")) != (PIPELINE.api_version, PIPELINE.kind)
    ]
    meta["ownerReferences"] = [*others, {**owner, "blockOwnerDeletion": True}]
