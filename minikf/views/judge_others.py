"""How experiments, trials, jobs of the Training Operator, notebooks, claims and Events are, by their status."""

from __future__ import annotations

from minikf.kube.shapes import Object, mapping
from minikf.views.items import Rank, Verdict
from minikf.views.judge import conditions, is_true, words

STOPPED = "kubeflow-resource-stopped"
"""The annotation that stops a Notebook (notebook_controller and culler of kubeflow/kubeflow)."""

# Katib's and the Training Operator's conditions; the first that is true counts.
_KATIB = (
    ("Failed", Rank.BROKEN), ("MetricsUnavailable", Rank.BROKEN), ("Killed", Rank.DONE), ("EarlyStopped", Rank.DONE),
    ("Succeeded", Rank.DONE), ("Running", Rank.RUNNING), ("Restarting", Rank.WAITING), ("Created", Rank.WAITING),
)  # fmt: skip
_OPERATOR = (
    ("Failed", Rank.BROKEN), ("Succeeded", Rank.DONE), ("Suspended", Rank.WAITING), ("Restarting", Rank.WAITING),
    ("Running", Rank.RUNNING), ("Created", Rank.WAITING),
)  # fmt: skip


def experiment(obj: Object) -> Verdict:
    """Katib's conditions; in short how many of its trials have ended and the best value so far."""
    status, spec = mapping(obj.get("status")), mapping(obj.get("spec"))
    waiting = int(status.get("trialsRunning") or 0) + int(status.get("trialsPending") or 0)
    ended, most = int(status.get("trials") or 0) - waiting, spec.get("maxTrialCount")
    return _first(status, _KATIB, f"{ended}/{most}" if most else str(ended))


def trial(obj: Object) -> Verdict:
    """Katib's conditions; in short its parameters."""
    assigned = mapping(obj.get("spec")).get("parameterAssignments") or ()
    return _first(mapping(obj.get("status")), _KATIB, " ".join(f"{one['name']}={one['value']}" for one in assigned))


def training_job(obj: Object) -> Verdict:
    """The Training Operator's conditions; in short how many replicas are at work or done of how many."""
    status, spec = mapping(obj.get("status")), mapping(obj.get("spec"))
    replicas = [each for name, each in spec.items() if name.endswith("ReplicaSpecs") and isinstance(each, dict)]
    total = sum(int(mapping(role).get("replicas", 1)) for roles in replicas for role in roles.values())
    told = [mapping(each) for each in mapping(status.get("replicaStatuses")).values()]
    good = sum(int(each.get("active") or 0) + int(each.get("succeeded") or 0) for each in told)
    return _first(status, _OPERATOR, f"{good}/{total}")


def notebook(obj: Object) -> Verdict:
    """Its container's state, as the notebook controller mirrors it; stopped where it is annotated so."""
    status, metadata = mapping(obj.get("status")), mapping(obj.get("metadata"))
    ready = int(status.get("readyReplicas") or 0)
    if STOPPED in mapping(metadata.get("annotations")):
        return Verdict(Rank.DONE, "Stopped" if not ready else "Stopping")
    state = mapping(status.get("containerState"))
    if ready:
        return Verdict(Rank.RUNNING, "Running")
    waiting, ended = mapping(state.get("waiting")), mapping(state.get("terminated"))
    if ended:
        return Verdict(Rank.BROKEN, str(ended.get("reason") or "Terminated"), str(ended.get("message") or ""))
    if waiting:
        reason = str(waiting.get("reason") or "Waiting")
        going = reason in ("PodInitializing", "ContainerCreating")
        return Verdict(Rank.WAITING if going else Rank.BROKEN, reason, str(waiting.get("message") or ""))
    unmet = [each for each in status.get("conditions") or () if each.get("status") == "False"]
    return Verdict(Rank.WAITING, "Starting", next((said for each in unmet if (said := words(each))), ""))


def claim(obj: Object) -> Verdict:
    """A PersistentVolumeClaim's phase; in short its size."""
    status, spec = mapping(obj.get("status")), mapping(obj.get("spec"))
    asked = mapping(mapping(spec.get("resources")).get("requests")).get("storage", "")
    size = str(mapping(status.get("capacity")).get("storage") or asked)
    phase = str(status.get("phase") or "Pending")
    ranks = {"Bound": Rank.RUNNING, "Lost": Rank.BROKEN}
    return Verdict(ranks.get(phase, Rank.WAITING), phase, "", size)


def event(obj: Object) -> Verdict:
    """An Event: its type, whom it is about, and what it says."""
    about = mapping(obj.get("involvedObject"))
    said = f"{obj.get('reason') or ''}: {' '.join(str(obj.get('message') or '').split())}"
    kind = str(obj.get("type") or "Normal")
    info = f"{about.get('kind', '')} {about.get('name', '')}"
    return Verdict(Rank.DONE if kind == "Normal" else Rank.BROKEN, kind, said, info)


def _first(status: Object, order: tuple[tuple[str, Rank], ...], info: str) -> Verdict:
    found = conditions(status)
    for name, rank in order:
        if is_true(found.get(name)):
            bad = rank in (Rank.BROKEN, Rank.WAITING) and name not in ("Created", "Running")
            return Verdict(rank, name, words(found[name]) if bad else "", info)
    return Verdict(Rank.WAITING, "Created", "", info)
