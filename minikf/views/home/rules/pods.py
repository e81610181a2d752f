"""Pods: the claims, images, configuration, nodes and services that they wait for, and how they ended."""

from __future__ import annotations

import re

from minikf.kube.cluster.pods import Ailment, ailing, condition
from minikf.kube.shapes import mapping, mappings
from minikf.views.home.blocked import Blocked, Cause
from minikf.views.home.chain import Call, Fix, Link, link, sentence
from minikf.views.home.rules.claims import unbound
from minikf.views.home.rules.nodes import node, unscheduled
from minikf.views.home.rules.refusals import refusal
from minikf.views.home.rules.services import waited_for
from minikf.views.home.scene import Object, Scene, name, namespace

# kubelet's words for what a container or a mount wants and cannot find.
_ABSENT = re.compile(r'(configmap|secret|persistentvolumeclaim) "([^"]+)" not found', re.IGNORECASE)
_ABSENT_KINDS = {"configmap": "ConfigMap", "secret": "Secret", "persistentvolumeclaim": "PersistentVolumeClaim"}
_WORDS = {word: word.lower() for word in ("Pending", "Failed", "Error", "Unschedulable", "Evicted")}
# A pod may be in these while nothing is wrong yet.
_STARTING = frozenset({"Pending", "ContainerCreating", "PodInitializing", "not ready", "Running"})
_KILLED = 137


def pod(scene: Scene, obj: Object) -> Blocked | None:
    found = next(iter(ailing([obj], scene.warnings(obj))), None)
    if found is None:
        return None
    because = _because(scene, obj, found)
    state = _WORDS.get(found.state, found.state)
    trouble = bool(because) or (bool(found.cause) and found.state not in _STARTING)
    # What a container ended with is told by a link of its own.
    why = "" if because else found.cause
    return Blocked(link("Pod", obj, state, why, trouble=trouble), tuple(because))


def _because(scene: Scene, obj: Object, found: Ailment) -> list[Cause]:
    status = mapping(obj.get("status"))
    scheduled = condition(status, "PodScheduled")
    if scheduled.get("status") == "False":
        told = str(scheduled.get("message") or "")
        claims = [*unbound(scene, obj), *unscheduled(scene, obj, told)]
        return [*claims, _given_up(scene, obj)] if "unbound immediate" in told else claims
    if found.no_image:
        return [_image(scene, obj, found)]
    if found.state == "Evicted":
        at = scene.find("Node", "", str(mapping(obj.get("spec")).get("nodeName") or ""))
        return [at] if at is not None and node(scene, at) is not None else []
    texts = [found.cause, *(str(each.get("message") or "") for each in scene.warnings(obj)[:3])]
    for text in texts:
        if (absent := _ABSENT.search(text)) and status.get("phase") == "Pending":
            kind = _ABSENT_KINDS[absent[1].lower()]
            return [Blocked(Link(kind, namespace(obj), absent[2], "is not there", sentence(text)))]
    told = " ".join(texts)
    if (refused := refusal(scene, namespace(obj), told)) is not None:
        return [refused]
    ended = _ended(scene, obj)
    said = " ".join([ended.link.why if ended else "", found.cause, *_last_words(scene, obj)])
    causes: list[Cause] = list(waited_for(scene, obj, said))
    if ended is not None:
        causes.append(ended)
    return causes


def _given_up(scene: Scene, obj: Object) -> Blocked:
    """What is left where no claim is at fault any more: the scheduler has put the pod aside.

    It looks again when something of the pod changes, else after five minutes (k8s.io/kubernetes, pkg/scheduler:
    podMaxInUnschedulablePodsDuration). A pod that its owner makes anew is looked at at once.
    """
    why = "its claims are well by now; the scheduler has put the pod aside and looks again within five minutes"
    space, own, fix = namespace(obj), name(obj), None
    if mappings(mapping(obj.get("metadata")).get("ownerReferences")):
        path = f"/api/v1/namespaces/{space}/pods/{own}"
        fix = Fix(f"Make pod {own} anew", f"{scene.kubectl} -n {space} delete pod {own}", Call("DELETE", path))
    return Blocked(Link("Scheduler", "", "", "the scheduler looks again soon", why, trouble=False), fix=fix)


def _image(scene: Scene, obj: Object, found: Ailment) -> Blocked:
    """The image, and the reason in the node's own words. The state says which of the two reasons there are it is."""
    image = next(
        (
            str(each.get("image"))
            for each in _statuses(obj)
            if str(mapping(mapping(each.get("state")).get("waiting")).get("reason")) == found.state
        ),
        "",
    )
    missing = "not found" in found.cause or "NotFound" in found.cause
    denied = any(word in found.cause for word in ("401", "403", "denied", "nauthorized"))
    state = "cannot be pulled"
    if found.state == "InvalidImageName":
        state = "is no image's name"
    elif denied:
        state = "may not be pulled"
    elif missing:
        state = "does not exist"
    fix = None
    if not scene.embedded and image and found.state != "InvalidImageName":
        option = "" if scene.platform == "default" else f" --platform {scene.platform}"
        fix = Fix(f"Load {image} from this machine's Docker", f"minikf image load {image}{option}", image=image)
    why = found.cause.removeprefix(f"image {image} cannot be pulled").removeprefix(": ")
    return Blocked(Link("Image", "", image, state, why), fix=fix)


def _ended(scene: Scene, obj: Object) -> Blocked | None:
    """The container that failed, with its exit code and the last it said."""
    for each in _statuses(obj):
        for when in ("state", "lastState"):
            ended = mapping(mapping(each.get(when)).get("terminated"))
            code = ended.get("exitCode")
            if not code:
                continue
            container = str(each.get("name") or "")
            key = f"{namespace(obj)}/{name(obj)}/{container}"
            said = scene.logs.get(key) or str(ended.get("message") or "").strip().rpartition("\n")[2]
            reason = str(ended.get("reason") or "")
            if reason == "OOMKilled":
                said = f"it took more memory than its limit {_limit(obj, container)}".strip()
            elif code == _KILLED and not said:
                said = "it was killed: it did not end when asked to, or its node had no memory left"
            state = f"{'OOMKilled' if reason == 'OOMKilled' else f'exit code {code}'}"
            return Blocked(Link("Container", namespace(obj), f"{name(obj)}/{container}", state, sentence(said)))
    return None


def _last_words(scene: Scene, obj: Object) -> list[str]:
    """Of all its containers, whether they ended or still try."""
    prefix = f"{namespace(obj)}/{name(obj)}/"
    return [text for key, text in scene.logs.items() if key.startswith(prefix)]


def _limit(obj: Object, container: str) -> str:
    for each in mappings(mapping(obj.get("spec")).get("containers")):
        if each.get("name") == container:
            return str(mapping(mapping(each.get("resources")).get("limits")).get("memory") or "")
    return ""


def _statuses(obj: Object) -> list[Object]:
    status = mapping(obj.get("status"))
    return [*mappings(status.get("initContainerStatuses")), *mappings(status.get("containerStatuses"))]
