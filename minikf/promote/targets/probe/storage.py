"""Storage classes, and which access modes are known to work with each: told by a bound volume, or by documentation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from minikf.promote.model import Object
from minikf.promote.targets.probe.asking import Ask, name_of, texts
from minikf.promote.targets.profile import StorageClass

RWO, RWX = "ReadWriteOnce", "ReadWriteMany"

# The list of CSI drivers at kubernetes-csi.github.io/docs/drivers.html (kubernetes-csi/docs, book/src/drivers.md at
# commit 883ce07b8ba2), column "Supported Access Modes": "Read/Write Single Pod" and "Single Node" are taken as
# ReadWriteOnce, "Read/Write Multiple Pods" as both. Only drivers that provision by themselves and name their modes.
_CSI = "the list of CSI drivers (kubernetes-csi.github.io/docs/drivers.html)"
_ONE_NODE = (
    "csi.hetzner.cloud",
    "disk.csi.azure.com",
    "diskplugin.csi.alibabacloud.com",
    "dobs.csi.digitalocean.com",
    "driver.longhorn.io",
    "ebs.csi.aws.com",
    "linodebs.csi.linode.com",
    "pd.csi.storage.gke.io",
    "rbd.csi.ceph.com",
    "topolvm.io",
)
_MANY_NODES = (
    "blob.csi.azure.com",
    "cephfs.csi.ceph.com",
    "csi.trident.netapp.io",
    "efs.csi.aws.com",
    "file.csi.azure.com",
    "filestore.csi.storage.gke.io",
    "fsx.csi.aws.com",
    "nfs.csi.k8s.io",
    "pxd.portworx.com",
    "smb.csi.k8s.io",
)
# What k3d and kind bring along (rancher/local-path-provisioner v0.0.30, provisioner.go: it refuses all other modes).
_LOCAL_PATH = "rancher.io/local-path"
_DEFAULT = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_PROVISIONER = ("volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner")


@dataclass(frozen=True)
class _Bound:
    """A claim or volume that is bound: proof of its modes for its class."""

    storage_class: str
    modes: tuple[str, ...]
    proof: str
    provisioner: str = ""


def look(ask: Ask) -> dict[str, Any]:
    """`storage`. Where classes may not be listed, those that bound claims of the namespaces have are there."""
    classes = [_class(one) for one in ask.listed("storage", "storage.k8s.io", "StorageClass")]
    bound = [*_claims(ask), *_volumes(ask)]
    known = {one.name for one in classes}
    for one in bound:
        if one.storage_class not in known:
            known.add(one.storage_class)
            classes.append(StorageClass(one.storage_class, one.provisioner, binding=""))
    return {"storage": tuple(_proven(one, bound) for one in classes)}


def documented(provisioner: str) -> dict[str, str]:
    """The modes that a provisioner is documented to have, each with the source; {} for one that is not known."""
    if provisioner == _LOCAL_PATH:
        return {RWO: "rancher/local-path-provisioner, which refuses all modes for several nodes"}
    if provisioner in _MANY_NODES:
        return {RWO: _CSI, RWX: _CSI}
    return {RWO: _CSI} if provisioner in _ONE_NODE else {}


def _class(obj: Object) -> StorageClass:
    marks = texts(obj["metadata"].get("annotations"))
    return StorageClass(
        name_of(obj),
        str(obj.get("provisioner") or ""),
        default=any(marks.get(key) == "true" for key in _DEFAULT),
        binding=str(obj.get("volumeBindingMode") or "Immediate"),
        expands=bool(obj.get("allowVolumeExpansion")),
    )


def _claims(ask: Ask) -> Iterator[_Bound]:
    """A claim that may not be listed is a gap of the namespace, which another topic tells."""
    quiet = replace(ask, gaps=[])
    for namespace in ask.namespaces:
        for obj in quiet.listed("claims", "", "PersistentVolumeClaim", namespace):
            name, status = str((obj.get("spec") or {}).get("storageClassName") or ""), obj.get("status") or {}
            if name and status.get("phase") == "Bound":
                marks = texts(obj["metadata"].get("annotations"))
                provisioner = next((marks[key] for key in _PROVISIONER if key in marks), "")
                proof = f"claim {namespace}/{name_of(obj)} is bound with it"
                yield _Bound(name, tuple(status.get("accessModes") or ()), proof, provisioner)


def _volumes(ask: Ask) -> Iterator[_Bound]:
    """Volumes are of the whole cluster: who may see one namespace only has the claims there."""
    for obj in replace(ask, gaps=[]).listed("storage", "", "PersistentVolume"):
        spec = obj.get("spec") or {}
        name = str(spec.get("storageClassName") or "")
        if name and (obj.get("status") or {}).get("phase") == "Bound":
            provisioner = str((spec.get("csi") or {}).get("driver") or "")
            yield _Bound(
                name, tuple(spec.get("accessModes") or ()), f"volume {name_of(obj)} is bound with it", provisioner
            )


def _proven(one: StorageClass, bound: list[_Bound]) -> StorageClass:
    proof = documented(one.provisioner)
    for each in bound:
        if each.storage_class == one.name:
            proof = {mode: each.proof for mode in each.modes if mode not in proof} | proof
    return replace(one, modes=tuple(sorted(proof)), proof=dict(sorted(proof.items())))
