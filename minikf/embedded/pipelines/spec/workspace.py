"""What a pipeline says of its workspace: a volume of the run, which its steps share.

Source: `GetWorkspacePVC` in `backend/src/v2/compiler/argocompiler/argo.go` of KFP 2.17. Where the pipeline gives no
access modes the API server's settings do, or it refuses the run; here it is the one mode that every provisioner has.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from minikf import quantity
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json

VOLUME, MOUNT = "kfp-workspace", "/kfp-workspace"
FLAG = "_kfp_workspace"
"""Metadata of an artifact that is in the workspace: `kfp.dsl.Artifact.path` then leads there."""
_PLACE = "platforms.kubernetes.pipelineConfig.workspace"
_FIELDS = ("size", "kubernetes")
_PATCH = ("accessModes", "storageClassName")
_ACCESS = ("ReadWriteOnce",)
_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


def workspace_claim(pipeline_config: Mapping[str, Json]) -> dict[str, Json] | None:
    """The spec of the workspace's PersistentVolumeClaim, None for a pipeline without one. Raises PipelineError."""
    told = pipeline_config.get("workspace")
    if told is None:
        return None
    patch = _patch(_mapping(told, _PLACE, _FIELDS).get("kubernetes"))
    storage = patch.get("storageClassName")
    if storage is not None and (not isinstance(storage, str) or not storage):
        raise PipelineError("storageClassName must be left out or be a name", f"{_PLACE}.kubernetes.pvcSpecPatch")
    modes = patch.get("accessModes") or list(_ACCESS)
    if not isinstance(modes, list) or any(mode not in _MODES for mode in modes):
        raise PipelineError(
            f"accessModes must be a list of {', '.join(_MODES)}", f"{_PLACE}.kubernetes.pvcSpecPatch", "correct it"
        )
    spec: dict[str, Json] = {"accessModes": modes, "resources": {"requests": {"storage": _size(told.get("size"))}}}
    return spec | ({"storageClassName": storage} if storage else {})


def _patch(kubernetes: Json) -> Mapping[str, Json]:
    if kubernetes is None:
        return {}
    told = _mapping(kubernetes, f"{_PLACE}.kubernetes", ("pvcSpecPatch", "pvc_spec_patch"))
    patch = told.get("pvcSpecPatch") or told.get("pvc_spec_patch") or {}
    return _mapping(patch, f"{_PLACE}.kubernetes.pvcSpecPatch", _PATCH)


def _mapping(told: Json, place: str, names: tuple[str, ...]) -> Mapping[str, Json]:
    if not isinstance(told, dict):
        raise PipelineError("must be a mapping", place)
    unknown = [name for name in told if name not in names]
    if unknown:
        raise PipelineError(f"field {unknown[0]!r} is not known", place, f"there are {', '.join(names)}")
    return told


def _size(told: Json) -> str:
    if not isinstance(told, str) or not told:
        raise PipelineError("size is missing", _PLACE, "give one, such as 1Gi")
    try:
        amount = quantity.parse(told)
    except ValueError as error:
        raise PipelineError(f"size {told!r} is no Kubernetes quantity", _PLACE, "such as 1Gi") from error
    if amount < Decimal(0):
        raise PipelineError(f"size {told!r} is negative", _PLACE, "such as 1Gi")
    return told
