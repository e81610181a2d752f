"""`CreatePVC` and `DeletePVC` of kfp-kubernetes: steps without a program, which upstream's driver carries out itself.

Source of the inputs and their defaults: `createPVC` and `deletePVC` in `backend/src/v2/driver/k8s.go` of KFP 2.17. They
are never taken from the cache: a claim that was made once may be gone.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from minikf.embedded import kinds
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution import placeholders
from minikf.embedded.pipelines.execution.step import Save
from minikf.embedded.pipelines.execution.steppod import RUN_LABEL, TASK_ANNOTATION
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.records import Json, RunRecord, TaskRecord, TaskState, Values
from minikf.embedded.pipelines.spec.runnable import CREATE_CLAIM, DELETE_CLAIM
from minikf.embedded.status import ApiError, Object


def is_claim_step(work: Work) -> bool:
    return work.executor.image in (CREATE_CLAIM, DELETE_CLAIM) and not work.executor.command


async def carry_out_claim(
    tools: Tools, run: RunRecord, work: Work, job: dict[str, str], record: TaskRecord, save: Save
) -> None:
    """Until the record is over. One that was begun before may have done its work already."""
    is_resumed = bool(record.started)
    if not is_resumed:
        record = await save(replace(record, state=TaskState.RUNNING, started=tools.now()))
    inputs = {name: placeholders.resolve_job(value, job) for name, value in work.inputs.parameters.items()}
    outputs = Values()
    try:
        if work.executor.image == CREATE_CLAIM:
            outputs = Values({"name": await _create(tools, run, work.task_path, inputs)})
        else:
            await _delete(tools, run, str(inputs.get("pvc_name") or ""), is_resumed)
    except (PipelineError, ApiError) as error:
        await save(replace(record, state=TaskState.FAILED, error=error.message, finished=tools.now()))
        return
    await save(replace(record, state=TaskState.SUCCEEDED, outputs=outputs, finished=tools.now()))


async def _create(tools: Tools, run: RunRecord, path: str, inputs: dict[str, Json]) -> str:
    """The claim's name. The same task of the same run makes the same claim, so whoever resumes finds it."""
    claim = claim_of(run, path, inputs)
    name = str(claim["metadata"]["name"])
    try:
        await tools.context.objects.create(kinds.PVC, run.namespace, claim)
    except ApiError as error:
        found = tools.context.objects.find(kinds.PVC, run.namespace, name)
        if error.code != 409 or found is None or not _is_of(found.obj, run, path):
            raise
    return name


def claim_of(run: RunRecord, path: str, inputs: dict[str, Json]) -> Object:
    """The PersistentVolumeClaim that a step's inputs ask for. Pure. Raises PipelineError."""
    chosen, suffix = inputs.get("pvc_name") or "", inputs.get("pvc_name_suffix") or ""
    if chosen and suffix:
        raise PipelineError("at most one of pvc_name and pvc_name_suffix can be given")
    if inputs.get("data_source"):
        raise PipelineError("data_source: a claim cannot be made of a snapshot or another claim on the embedded engine")
    name = str(chosen or f"{uuid.uuid5(uuid.UUID(run.id), path)}{suffix}")
    spec: dict[str, Any] = {
        "accessModes": inputs.get("access_modes") or [],
        "resources": {"requests": {"storage": str(inputs.get("size") or "")}},
    }
    for field, told in (("storageClassName", "storage_class_name"), ("volumeName", "volume_name")):
        if inputs.get(told):
            spec[field] = inputs[told]
    annotations = {**(inputs.get("annotations") or {}), TASK_ANNOTATION: path}
    meta = {"name": name, "labels": {RUN_LABEL: run.id}, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}


async def _delete(tools: Tools, run: RunRecord, name: str, is_resumed: bool) -> None:
    """A claim that a pod still uses goes with the pod's end."""
    if not name:
        raise PipelineError("pvc_name is not given")
    try:
        await tools.context.objects.delete(kinds.PVC, run.namespace, name)
    except ApiError as error:
        if error.code != 404 or not is_resumed:
            raise


def _is_of(claim: Object, run: RunRecord, path: str) -> bool:
    meta = claim["metadata"]
    made_by = (meta.get("labels") or {}).get(RUN_LABEL), (meta.get("annotations") or {}).get(TASK_ANNOTATION)
    return made_by == (run.id, path)
