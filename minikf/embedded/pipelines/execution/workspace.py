"""The workspace of a run: a claim of its own that the steps which use it see at `/kfp-workspace`.

Source: KFP 2.17, `backend/src/v2`: `needsWorkspaceMount` in `driver/driver.go` (who gets it), `GetWorkspacePVCName` in
`driver/k8s.go` (its name), `LocalWorkspacePathForURI` in `component/launcher_v2.go` (where importers download to). The
claim is a volumeClaimTemplate of an Argo workflow there, one that names no `volumeClaimGC`: it goes when the run
succeeds, stays for a retry when it does not, and goes with the run at the latest.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from minikf.embedded import kinds
from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution.placeholders import local_path, workspace_path
from minikf.embedded.pipelines.execution.platform import PodParts
from minikf.embedded.pipelines.execution.steppod import RUN_LABEL, resource_name
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.records import RunRecord
from minikf.embedded.pipelines.spec.model import Package
from minikf.embedded.pipelines.spec.workspace import FLAG, MOUNT, VOLUME, workspace_claim
from minikf.embedded.pods.mounting import NAMESPACE
from minikf.embedded.status import ApiError, Object

ANNOTATION = "minikf/workspace-of-run"
"""Says that we made a claim, and for which run: no other is ever deleted."""
_PLACEHOLDER = "{{$.workspace_path}}"


@dataclass(frozen=True)
class Workspace:
    """`path` is where steps find it: MOUNT, or `folder`, its real place, where nothing can be mounted."""

    claim: str
    spec: Object
    path: str
    folder: Path

    @property
    def is_mounted(self) -> bool:
        return self.path == MOUNT

    def is_for(self, work: Work) -> bool:
        """Whether a step uses it: a text of its inputs or its own command leads there, or an artifact is in it."""
        given = (value for value in work.inputs.parameters.values() if isinstance(value, str))
        if any(self.path in value or _PLACEHOLDER in value for value in given):
            return True
        executor = work.executor
        if any(_PLACEHOLDER in word for word in (*executor.command, *executor.args, *executor.env.values())):
            return True
        found = (one for several in work.inputs.artifacts.values() for one in several)
        return any(one.metadata.get(FLAG) is True for one in found)

    def mount(self, parts: PodParts) -> None:
        """Raises PipelineError where the step mounts something else there."""
        taken = next((one["mountPath"] for one in parts.mounts if one["mountPath"].startswith(MOUNT)), None)
        if taken is not None:
            raise PipelineError(f"a volume is mounted at {taken}, where the run's workspace is")
        parts.mount({"persistentVolumeClaim": {"claimName": self.claim}}, MOUNT, name=VOLUME)

    def inside(self, uri: str) -> Path:
        """Where the file or folder of a URI goes that an importer downloads; `Artifact.path` has the same rule."""
        return Path(workspace_path(str(self.folder), local_path(uri)))

    def keep(self, source: Path, uri: str) -> None:
        """Copies what an importer found; whoever resumes copies it anew. Blocking. Raises OSError."""
        target = self.inside(uri)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def workspace_of(tools: Tools, run: RunRecord, package: Package) -> Workspace | None:
    """None for a pipeline without one. Raises PipelineError."""
    spec = workspace_claim(package.pipeline_config)
    if spec is None:
        return None
    claim = f"{resource_name(run)}-{VOLUME}"
    folder = tools.context.paths.volumes / run.namespace / claim
    path = MOUNT if tools.context.pods.host.place.mode == NAMESPACE else str(folder)
    return Workspace(claim, spec, path, folder)


async def make_workspace(tools: Tools, run: RunRecord, workspace: Workspace) -> None:
    """Makes its claim; one that a daemon before made is taken. Raises PipelineError."""
    labels, annotations = {RUN_LABEL: run.id}, {ANNOTATION: run.id}
    meta = {"name": workspace.claim, "labels": labels, "annotations": annotations}
    claim: Object = {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": workspace.spec
    }  # fmt: skip
    try:
        await tools.context.objects.create(kinds.PVC, run.namespace, claim)
    except ApiError as error:
        found = tools.context.objects.find(kinds.PVC, run.namespace, workspace.claim)
        if error.code != 409 or found is None or not _is_of(found.obj, run.id):
            raise PipelineError(f"the claim of the run's workspace cannot be made: {error.message}") from error


async def remove_workspace(tools: Tools, run_id: str, namespace: str) -> None:
    """Deletes the claim of a run, with its files; none is no error. Raises ApiError."""
    for claim in tools.context.objects.list(kinds.PVC, namespace, lambda claim: _is_of(claim, run_id)):
        await _delete(tools, namespace, claim.name)


async def sweep_workspaces(tools: Tools) -> None:
    """Deletes the claims of runs that are gone, which a kill has left. Raises ApiError."""
    made = tools.context.objects.list(kinds.PVC, match=lambda claim: bool(_run_of(claim)))
    known = tools.store.run_ids() if made else set()
    for claim in made:
        if _run_of(claim.obj) not in known:
            await _delete(tools, claim.namespace, claim.name)


async def _delete(tools: Tools, namespace: str, name: str) -> None:
    try:
        await tools.context.objects.delete(kinds.PVC, namespace, name)
    except ApiError as error:
        if error.code != 404:
            raise


def _is_of(claim: Object, run_id: str) -> bool:
    return _run_of(claim) == run_id


def _run_of(claim: Object) -> str:
    """The run whose workspace a claim is, "" for any other claim, such as one that CreatePVC made."""
    return str((claim["metadata"].get("annotations") or {}).get(ANNOTATION, ""))
