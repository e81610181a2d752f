"""How a workload is, by its status: pure functions, one for each kind."""

from __future__ import annotations

from minikf.kube.shapes import Object
from minikf.views.items import Rank, Verdict

# Reasons why a container waits that will not pass by themselves (kubelet's names).
_BROKEN_WAITS = frozenset(
    {"CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError", "CreateContainerError",
     "InvalidImageName", "RunContainerError", "StartError"}
)  # fmt: skip


def train_job(obj: Object) -> Verdict:
    """Trainer's conditions Failed, Complete and Suspended; none of them while it runs."""
    status = obj.get("status") or {}
    info = ((obj.get("spec") or {}).get("runtimeRef") or {}).get("name", "")
    found = conditions(status)
    for name, rank in (("Failed", Rank.BROKEN), ("Complete", Rank.DONE), ("Suspended", Rank.WAITING)):
        if is_true(found.get(name)):
            cause = words(found[name]) if rank is not Rank.DONE else ""
            return Verdict(rank, name, cause, info)
    active = sum(int(job.get("active") or 0) for job in status.get("jobsStatus") or ())
    return Verdict(Rank.RUNNING, "Running", "", info) if active else Verdict(Rank.WAITING, "Created", "", info)


def inference_service(obj: Object) -> Verdict:
    """KServe's condition Ready; the model's own failure says more than the condition."""
    status = obj.get("status") or {}
    url = str(status.get("url") or "")
    ready = conditions(status).get("Ready")
    if is_true(ready):
        return Verdict(Rank.RUNNING, "Ready", "", url)
    failure = ((status.get("modelStatus") or {}).get("lastFailureInfo") or {}).get("message") or ""
    worst = [each for each in status.get("conditions") or () if each.get("status") == "False"]
    cause = failure or next((said for each in [*worst, ready or {}] if (said := words(each))), "")
    if ready is not None and ready.get("status") == "False":
        return Verdict(Rank.BROKEN, "NotReady", cause, url)
    return Verdict(Rank.WAITING, "Pending", cause, url)


def pod(obj: Object) -> Verdict:
    """The phase, and what its containers say about it."""
    status = obj.get("status") or {}
    containers = status.get("containerStatuses") or []
    ready = sum(bool(each.get("ready")) for each in containers)
    restarts = sum(int(each.get("restartCount") or 0) for each in containers)
    total = len(containers) or len((obj.get("spec") or {}).get("containers") or ())
    info = f"{ready}/{total}" + (f" {restarts} restart{'s' if restarts > 1 else ''}" if restarts else "")
    phase = str(status.get("phase") or "Pending")
    for each in [*(status.get("initContainerStatuses") or ()), *containers]:
        waiting = (each.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _BROKEN_WAITS:
            last = ((each.get("lastState") or {}).get("terminated")) or {}
            cause = waiting.get("message") or _ending(each, last)
            return Verdict(Rank.BROKEN, waiting["reason"], f"container {each.get('name')}: {cause}", info)
    if phase == "Failed":
        return Verdict(Rank.BROKEN, str(status.get("reason") or "Failed"), _why_failed(status, containers), info)
    if phase == "Succeeded":
        return Verdict(Rank.DONE, "Succeeded", "", info)
    if phase == "Running":
        return Verdict(Rank.RUNNING, "Running", "", info)
    return Verdict(Rank.WAITING, phase, _why_pending(status, containers), info)


def job(obj: Object) -> Verdict:
    """batch/v1 conditions Failed, Complete, FailureTarget and Suspended."""
    status = obj.get("status") or {}
    wanted = (obj.get("spec") or {}).get("completions") or 1
    info = f"{status.get('succeeded') or 0}/{wanted}"
    found = conditions(status)
    for name, state, rank in (
        ("Failed", "Failed", Rank.BROKEN),
        ("FailureTarget", "Failing", Rank.BROKEN),
        ("Complete", "Complete", Rank.DONE),
        ("Suspended", "Suspended", Rank.WAITING),
    ):
        if is_true(found.get(name)):
            return Verdict(rank, state, "" if rank is Rank.DONE else words(found[name]), info)
    if status.get("active"):
        failed = int(status.get("failed") or 0)
        return Verdict(Rank.RUNNING, "Running", f"{failed} of its pods failed so far" if failed else "", info)
    return Verdict(Rank.WAITING, "Created", "", info)


def conditions(status: Object) -> dict[str, Object]:
    return {str(each["type"]): each for each in status.get("conditions") or ()}


def is_true(condition: Object | None) -> bool:
    return condition is not None and condition.get("status") == "True"


def words(condition: Object) -> str:
    parts = (str(condition.get("reason") or ""), str(condition.get("message") or ""))
    return ": ".join(part for part in parts if part)


def _why_failed(status: Object, containers: list[Object]) -> str:
    if status.get("message"):
        return str(status["message"])
    for each in containers:
        ended = (each.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            return f"container {each.get('name')}: {_ending(each, ended)}"
    return ""


def _ending(container: Object, ended: Object) -> str:
    if not ended:
        return f"restarted {container.get('restartCount', 0)} times"
    words = f"{ended.get('reason') or 'Error'}, exit code {ended.get('exitCode')}"
    return f"{words}: {ended['message']}" if ended.get("message") else words


def _why_pending(status: Object, containers: list[Object]) -> str:
    for each in containers:
        waiting = (each.get("state") or {}).get("waiting") or {}
        if waiting.get("message") or waiting.get("reason"):
            return f"container {each.get('name')}: {words(waiting)}"
    unmet = [each for each in status.get("conditions") or () if each.get("status") == "False"]
    return next((said for each in unmet if (said := words(each))), "")
