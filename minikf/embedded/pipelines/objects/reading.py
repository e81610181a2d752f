"""Objects as what the store keeps of them. Pure.

Source of the rules: upstream's `backend/src/crd/kubernetes/v2beta1` (`ToModel`) of KFP 2.17. The definitions of
Kubeflow 26.03 have neither `versionName` nor `tags`, so tags are the store's alone.
"""

from __future__ import annotations

from minikf.embedded.controllers.context import parse_time
from minikf.embedded.kinds import PIPELINE, PIPELINE_VERSION
from minikf.embedded.pipelines.store import Pipeline, PipelineVersion
from minikf.embedded.status import Object

READY = {"type": "PipelineVersionStatus", "status": "True", "reason": "READY", "message": "READY"}


def pipeline_of(obj: Object) -> Pipeline:
    """Its id is the object's uid."""
    meta, spec = obj["metadata"], obj.get("spec") or {}
    return Pipeline(
        id=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        display_name=spec.get("displayName") or meta["name"],
        description=spec.get("description") or "",
        created=_created(obj),
        is_object=True,
    )


def version_of(obj: Object) -> PipelineVersion:
    """Its id is the object's uid. Documents are those that admission has let pass. Raises PipelineError."""
    from minikf.embedded.pipelines.spec import from_documents

    meta, spec = obj["metadata"], obj["spec"]
    package = from_documents(spec["pipelineSpec"], spec.get("platformSpec"))
    name = meta["name"]
    return PipelineVersion(
        id=meta["uid"],
        pipeline_id=owner_uid(obj),
        name=name,
        pipeline_spec=package.pipeline_spec,
        platform_spec=package.platform_spec,
        display_name=spec.get("displayName") or name,
        description=spec.get("description") or "",
        code_source_url=spec.get("codeSourceURL") or "",
        package_url=spec.get("pipelineSpecURI") or "",
        created=_created(obj),
        is_object=True,
    )


def owner_uid(version: Object) -> str:
    """The uid of the Pipeline that a version's ownerReference names, "" for none."""
    for reference in version["metadata"].get("ownerReferences") or []:
        if (reference.get("apiVersion"), reference.get("kind")) == (PIPELINE_VERSION.api_version, PIPELINE.kind):
            return str(reference.get("uid", ""))
    return ""


def _created(obj: Object) -> float:
    return parse_time(obj["metadata"]["creationTimestamp"]).timestamp()
