"""Claims of storage: which class they wait for, and who would make the volume."""

from __future__ import annotations

import json

from minikf.kube.shapes import mapping, mappings
from minikf.views.home.blocked import Blocked, Cause
from minikf.views.home.chain import Call, Fix, Link, link, sentence
from minikf.views.home.scene import Object, Scene, name, namespace

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_BETA = "storageclass.beta.kubernetes.io/is-default-class"


def claim(scene: Scene, obj: Object) -> Blocked | None:
    """None for one that is bound, and for one that waits for its first pod, as its class says."""
    phase = str(mapping(obj.get("status")).get("phase") or "Pending")
    if phase == "Bound":
        return None
    if phase == "Lost":
        return Blocked(link("PersistentVolumeClaim", obj, "lost", "its volume is gone, with what was on it"))
    wanted = mapping(obj.get("spec")).get("storageClassName")
    if wanted is None:
        return Blocked(link("PersistentVolumeClaim", obj, "pending"), (no_default(scene),))
    if wanted == "":
        why = "it names no class, so it waits for a volume that somebody makes by hand"
        return Blocked(link("PersistentVolumeClaim", obj, "pending", why))
    return _of_class(scene, obj, str(wanted))


def _of_class(scene: Scene, obj: Object, wanted: str) -> Blocked | None:
    found = scene.find("StorageClass", "", wanted)
    if found is None:
        others = ", ".join(sorted(name(one) for one in scene.of("StorageClass")))
        why = f"the cluster has {others or 'no storage class at all'}"
        absent = Blocked(Link("StorageClass", "", wanted, "is not there", why))
        return Blocked(link("PersistentVolumeClaim", obj, "pending"), (absent,))
    warning = next(iter(scene.warnings(obj)), None)
    told = sentence(f"{warning.get('reason')}: {warning.get('message')}") if warning is not None else ""
    late = found.get("volumeBindingMode") == "WaitForFirstConsumer"
    if late and not told and not mapping(mapping(obj.get("metadata")).get("annotations")).get(_SELECTED):
        return None  # no pod that uses it has a node yet
    provisioner = str(found.get("provisioner") or "")
    makers: tuple[Cause, ...] = tuple(_makers(scene, provisioner))
    why = told or f"{provisioner} has made no volume for it yet"
    return Blocked(link("PersistentVolumeClaim", obj, "pending", why, trouble=bool(told)), makers)


# What the scheduler writes on a claim once a pod that uses it has a node (k8s.io/component-helpers,
# storage/volume/helpers.go: AnnSelectedNode).
_SELECTED = "volume.kubernetes.io/selected-node"


def _makers(scene: Scene, provisioner: str) -> list[Object]:
    """The workloads that may make volumes for it: named like it, as `rancher.io/local-path` and
    `local-path-provisioner`."""
    word = provisioner.rpartition("/")[2]
    return [one for kind in ("Deployment", "StatefulSet") for one in scene.of(kind) if word and word in name(one)]


def no_default(scene: Scene) -> Blocked:
    """Why a claim that names no class has no volume."""
    classes = sorted(scene.of("StorageClass"), key=name)
    if any(is_default(one) for one in classes):
        # A default that came after the claim: the controller of volumes gives it to the claim within minutes.
        why = f"{next(name(one) for one in classes if is_default(one))} became the default one after the claim was made"
        return Blocked(Link("StorageClass", "", "", "the default storage class comes", why, trouble=False))
    if not classes:
        if scene.embedded:
            return Blocked(Link("StorageClass", "", "", "no volume yet", trouble=False))
        return Blocked(Link("StorageClass", "", "", "no storage class", "nothing on the cluster makes volumes"))
    why = f"a claim that names none waits until one is the default; there is {', '.join(name(one) for one in classes)}"
    return Blocked(Link("StorageClass", "", "", "no default storage class", why), fix=_made_default(scene, classes[0]))


def is_default(one: Object) -> bool:
    marks = mapping(mapping(one.get("metadata")).get("annotations"))
    return "true" in (marks.get(_DEFAULT), marks.get(_DEFAULT_BETA))


def _made_default(scene: Scene, one: Object) -> Fix:
    body = json.dumps({"metadata": {"annotations": {_DEFAULT: "true"}}})
    return Fix(
        f"Make {name(one)} the default storage class",
        f"{scene.kubectl} patch storageclass {name(one)} -p '{body}'",
        Call("PATCH", f"/apis/storage.k8s.io/v1/storageclasses/{name(one)}", body, "application/merge-patch+json"),
    )


def claims_of(pod: Object) -> list[str]:
    """The names of the claims that a pod mounts; those of its ephemeral volumes are made of its own name."""
    found = []
    for volume in mappings(mapping(pod.get("spec")).get("volumes")):
        named = mapping(volume.get("persistentVolumeClaim")).get("claimName")
        if named:
            found.append(str(named))
        elif "ephemeral" in volume:
            found.append(f"{name(pod)}-{volume.get('name')}")
    return found


def unbound(scene: Scene, pod: Object) -> list[Cause]:
    """The claims of a pod that are not there or not bound; none on a scene that has no claims at all."""
    causes: list[Cause] = []
    for wanted in claims_of(pod):
        found = scene.find("PersistentVolumeClaim", namespace(pod), wanted)
        if found is None:
            causes.append(Blocked(Link("PersistentVolumeClaim", namespace(pod), wanted, "is not there")))
        elif mapping(found.get("status")).get("phase") != "Bound":
            causes.append(found)
    return causes
