"""What a namespace's Pod Security level refuses, and the changes that no program can notice.

Controls, fields and allowed values: Kubernetes documentation, "Pod Security Standards" (levels of v1.31).
"""

from __future__ import annotations

from typing import Any

from minikf.promote.fields import get, items
from minikf.promote.model import Object
from minikf.promote.references import dotted
from minikf.promote.translate import images
from minikf.promote.translate.model import Edit, Said, World, error, warning
from minikf.promote.translate.standards import violations
from minikf.promote.translate.workloads import Container, Workload, workloads

LEVELS = ("baseline", "restricted")
_SECCOMP = {"type": "RuntimeDefault"}


def standards(obj: Object, world: World) -> Said:
    """Per pod template: safe changes at the level `restricted`, and an error for each control that is violated."""
    facts = world.facts(obj)
    level = facts.security if facts is not None else ""
    if level not in LEVELS or facts is None:
        return
    why = f"namespace {facts.name} holds pods to the level '{level}'"
    for pod in workloads(obj):
        yield from _refused(pod, level, why)
        if level == "restricted":
            yield from _restricted(pod, obj, world, why)


def _refused(pod: Workload, level: str, why: str) -> Said:
    for one in violations(pod, level):
        yield error(dotted(one.path), f"{one.control}: {one.said} is not allowed there", why, one.fix)


def _restricted(pod: Workload, obj: Object, world: World, why: str) -> Said:
    own = [] if pod.by else [one for one in pod.containers if not one.foreign]
    maker = pod.by or ("its runtime" if len(own) < len(pod.containers) else "")
    if maker and not _is_promoted(obj, world):
        fix = "ask who runs it there" if maker == "KFP" else "promote a runtime of your own with a security context"
        said = f"whether these pods are allowed is for {maker} to say"
        yield warning(dotted(pod.where), said, f"{why}, and their security context is made there", fix)
    if pod.by:
        return
    for container in own:
        yield from _container(container, why)
    if _lacks_seccomp(pod, own):
        if pod.context is not None:
            yield Edit((*pod.context, "seccompProfile"), _SECCOMP, why)
        else:
            yield from (Edit((*one.path, "securityContext", "seccompProfile"), _SECCOMP, why) for one in own)
    yield from _non_root(pod, own, world, why)


def _is_promoted(obj: Object, world: World) -> bool:
    """Whether the runtime comes along, and so is judged itself."""
    return world.among("TrainingRuntime", str(get(obj, ("spec", "runtimeRef", "name"))))


def _container(container: Container, why: str) -> Said:
    context = container.value.get("securityContext") or {}
    path = (*container.path, "securityContext")
    if context.get("allowPrivilegeEscalation") is None:
        yield Edit((*path, "allowPrivilegeEscalation"), False, why)
    dropped = items(context, ("capabilities", "drop"))
    if "ALL" not in dropped:
        yield Edit((*path, "capabilities", "drop", len(dropped)), "ALL", why)


def _lacks_seccomp(pod: Workload, own: list[Container]) -> bool:
    if get(pod.spec, ("securityContext", "seccompProfile", "type")):
        return False
    return not own or any(not get(one.value, ("securityContext", "seccompProfile", "type")) for one in own)


def _non_root(pod: Workload, own: list[Container], world: World, why: str) -> Said:
    """`runAsNonRoot` where every user is known not to be root; else who is not known, or is root."""
    if get(pod.spec, ("securityContext", "runAsNonRoot")) is not None:
        return
    open_ones = [one for one in own if get(one.value, ("securityContext", "runAsNonRoot")) is None]
    fine = []
    for container in open_ones:
        problem = _user(pod, container, world)
        if problem:
            yield error(
                dotted((*container.path, "securityContext", "runAsNonRoot")),
                f"Running as Non-root: {problem}",
                why,
                "set securityContext.runAsUser to a number other than 0, if the image runs as that user",
            )
        else:
            fine.append(container)
    for container in fine:
        said = "its user is no root" if get(container.value, ("image",)) else why
        yield Edit((*container.path, "securityContext", "runAsNonRoot"), True, f"{why}, and {said}")


def _user(pod: Workload, container: Container, world: World) -> str:
    """Why a container may not be said to run as non-root, "" where it may."""
    told = _first(
        get(container.value, ("securityContext", "runAsUser")), get(pod.spec, ("securityContext", "runAsUser"))
    )
    if told is not None:
        return "" if told != 0 else "it runs as user 0"
    image = str(container.value.get("image") or "")
    user = images.facts(image, world).user
    name = f"image '{image}'" if image else "its image"
    if user is None:
        return f"nobody knows the user of {name}"
    uid = user.partition(":")[0]
    if uid in ("", "0", "root"):
        return f"{name} runs as root"
    return "" if uid.isdigit() else f"{name} names its user '{uid}', and the kubelet can tell numbers only"


def _first(*values: Any) -> Any:
    return next((one for one in values if one is not None), None)
