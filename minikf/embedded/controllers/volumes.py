"""PersistentVolumeClaims: each is a folder of its own, made when the claim is and removed with it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, key_of
from minikf.embedded.controllers.context import Context
from minikf.embedded.kinds import POD, PVC, Kind
from minikf.embedded.options import Options
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.objects import Admission
    from minikf.embedded.store import Change

PROTECTION = "kubernetes.io/pvc-protection"
_ENDED = ("Succeeded", "Failed")


def claim_admission() -> Admission:
    """Puts the protection finalizer on new claims, as Kubernetes' StorageObjectInUseProtection does."""

    def admit(kind: Kind, obj: Object, old: Object | None) -> None:
        if kind is PVC and old is None:
            finalizers = obj["metadata"].setdefault("finalizers", [])
            if PROTECTION not in finalizers:
                finalizers.append(PROTECTION)

    return admit


class VolumeController:
    """Binds claims to folders `<volumes>/<namespace>/<name>`. A claim in use by a pod outlives its deletion."""

    component = "persistentvolume-controller"
    kinds = (PVC, POD)

    def __init__(self, context: Context) -> None:
        self._objects = context.objects
        self._events = context.events.of(self.component)
        self._root = context.paths.volumes

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is PVC:
            return [key_of(change.entry)]
        if change.type == "ADDED" or (_holds(change.entry.obj) and change.type != "DELETED"):
            return []
        # The pod ended, so a deleted claim may be free now.
        return [Key(change.entry.namespace, name) for name in _claims(change.entry.obj)]

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(PVC, *key)
        if entry is None:
            return None
        if "deletionTimestamp" in entry.obj["metadata"]:
            await self._release(key, entry.obj)
        elif (entry.obj.get("status") or {}).get("phase") != "Bound":
            await self._bind(key, entry.obj)
        return None

    async def _bind(self, key: Key, claim: Object) -> None:
        reason = _not_possible(claim)
        if reason:
            self._events.record(claim, "Warning", "ProvisioningFailed", reason)
            return
        folder = self._folder(key)
        try:
            await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            text = f"the folder {folder} cannot be made: {error.strerror}"
            self._events.record(claim, "Warning", "ProvisioningFailed", text)
            raise
        spec = claim["spec"]
        volume = f"pvc-{claim['metadata']['uid']}"

        def name_volume(obj: Object) -> None:
            obj["spec"]["volumeName"] = volume
            bound = {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}
            obj["metadata"]["annotations"] = {**(obj["metadata"].get("annotations") or {}), **bound}

        def bind(obj: Object) -> None:
            capacity = (spec.get("resources") or {}).get("requests") or {}
            obj["status"] = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": capacity}

        options = Options(manager=self.component)
        await self._objects.patch(PVC, *key, name_volume, opts=options)
        await self._objects.patch(PVC, *key, bind, subresource="status", opts=options)
        wanted = spec.get("storageClassName")
        told = f"storage class {wanted}: " if wanted else ""
        text = f"{told}a folder on this machine stands in for the volume; its size is recorded, not enforced"
        self._events.record(claim, "Normal", "ProvisioningSucceeded", text)

    async def _release(self, key: Key, claim: Object) -> None:
        if PROTECTION not in (claim["metadata"].get("finalizers") or []):
            return
        if any(
            _holds(entry.obj) and key.name in _claims(entry.obj) for entry in self._objects.list(POD, key.namespace)
        ):
            return
        # The folder first: a daemon that dies now finds the claim again and goes on.
        await asyncio.to_thread(_remove, self._folder(key))

        def free(obj: Object) -> None:
            obj["metadata"]["finalizers"] = [one for one in obj["metadata"]["finalizers"] if one != PROTECTION]

        await self._objects.patch(PVC, *key, free, opts=Options(manager=self.component))

    def _folder(self, key: Key) -> Path:
        return self._root / key.namespace / key.name


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()  # somebody put it there; what it points to is not ours
    elif folder.exists():
        shutil.rmtree(folder)


def _not_possible(claim: Object) -> str:
    spec = claim["spec"]
    if spec.get("volumeMode") == "Block":
        return "volumeMode Block needs a block device; the embedded engine has folders: use Filesystem"
    if spec.get("dataSource") or spec.get("dataSourceRef"):
        return "dataSource is not supported by the embedded engine: copy the data from a pod that mounts the claim"
    if spec.get("volumeName"):
        return f"PersistentVolume {spec['volumeName']} does not exist: leave out spec.volumeName"
    return ""


def _claims(pod: Object) -> set[str]:
    """The names of the claims that a pod mounts."""
    volumes = pod["spec"].get("volumes") or []
    return {one["persistentVolumeClaim"]["claimName"] for one in volumes if one.get("persistentVolumeClaim")}


def _holds(pod: Object) -> bool:
    return (pod.get("status") or {}).get("phase") not in _ENDED
