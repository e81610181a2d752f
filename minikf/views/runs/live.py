"""What the API says of a run's tasks, in the forms that it has had. Pure.

- MiniKF's daemon, and what upstream builds now: a task names its parent (`parent_task_id`).
- Kubeflow Pipelines up to 2.17 (`V2beta1PipelineTaskDetail` of kfp_server_api 2.17.3): nodes of the workflow engine,
  joined by the names of pods in `child_tasks`. A task's node has the task's name, beside it stand its driver's and the
  executor's, whose pod has the log.

Later versions say `name`, `status`, `pods` and `type_attributes` where those say `display_name`, `state`, `pod_name`
and nothing (the generated client's V2beta1PipelineTaskDetail.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minikf.kube.shapes import mapping, mappings
from minikf.views.runs.model import Object

_UNKNOWN = "RUNTIME_STATE_UNSPECIFIED"
_DRIVERS = ("-driver", "-dag-driver", "-container-driver")


@dataclass(frozen=True)
class Live:
    """One task instance. `index` is that of an iteration, -1 where it is none or nobody says it. Ids of artifacts are
    by the name under which it takes or gives them."""

    id: str
    name: str
    parent: str = ""
    state: str = ""
    started: str = ""
    finished: str = ""
    pods: tuple[str, ...] = ()
    error: str = ""
    index: int = -1
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def live_tasks(run: Object) -> list[Live]:
    """The tasks of a run's answer, in its order."""
    return [_live(one) for one in mappings(mapping(run.get("run_details")).get("task_details"))]


def are_nodes(run: Object) -> bool:
    """Whether the tasks are nodes of the workflow engine: none has a parent, some name pods that come after."""
    tasks = mappings(mapping(run.get("run_details")).get("task_details"))
    return not any(one.get("parent_task_id") for one in tasks) and any(
        child.get("pod_name") for one in tasks for child in mappings(one.get("child_tasks"))
    )


def by_name(run: Object, known: set[str]) -> dict[str, list[Live]]:
    """Of nodes of the workflow engine: the instances of each task that the document has, with the executor's pod."""
    tasks = mappings(mapping(run.get("run_details")).get("task_details"))
    at = {str(one.get("pod_name") or ""): one for one in tasks}
    found: dict[str, list[Live]] = {}
    for one in tasks:
        name = _name(one)
        if name in known:
            node = _live(one)
            pods = _executors(one, at, known) or node.pods
            found.setdefault(name, []).append(
                Live(node.id, name, "", node.state, node.started, node.finished, pods, node.error)
            )
    return found


def _executors(node: Object, at: Mapping[str, Object], known: set[str]) -> tuple[str, ...]:
    """The pods below a node that are not those of another task, and no drivers."""
    found: list[str] = []
    queue, seen = [node], {id(node)}
    while queue:
        for child in mappings(queue.pop().get("child_tasks")):
            pod = str(child.get("pod_name") or "")
            below = at.get(pod)
            if below is None or id(below) in seen or _name(below) in known:
                continue
            seen.add(id(below))
            queue.append(below)
            if "executor" in _name(below) and not _name(below).endswith(_DRIVERS):
                found.append(pod)
    return tuple(dict.fromkeys(found))


def _live(one: Object) -> Live:
    detail = mapping(one.get("executor_detail"))
    pods = [*_list(detail.get("failed_main_jobs")), detail.get("main_job") or one.get("pod_name") or ""]
    pods += [pod.get("name") for pod in mappings(one.get("pods"))]
    state = str(one.get("state") or one.get("status") or "")
    index = mapping(one.get("type_attributes")).get("iteration_index")
    return Live(
        id=str(one.get("task_id") or ""),
        name=_name(one),
        parent=str(one.get("parent_task_id") or ""),
        state="" if state == _UNKNOWN else state,
        started=str(one.get("start_time") or one.get("create_time") or ""),
        finished=str(one.get("end_time") or ""),
        pods=tuple(dict.fromkeys(str(pod) for pod in pods if pod)),
        error=str(mapping(one.get("error")).get("message") or ""),
        index=int(index) if isinstance(index, int | str) and str(index).isdigit() else -1,
        inputs=_ids(one.get("inputs")),
        outputs=_ids(one.get("outputs")),
    )


def _name(one: Object) -> str:
    return str(one.get("name") or one.get("display_name") or "")


def _ids(said: object) -> dict[str, tuple[str, ...]]:
    """Ids of artifacts by name: `{name: {artifact_ids}}`, or a list under `artifacts` with keys in each entry."""
    whole = mapping(said)
    listed = mappings(whole.get("artifacts")) if isinstance(whole.get("artifacts"), list) else []
    if listed:
        return {
            str(one.get("artifact_key") or ""): tuple(
                str(each.get("artifact_id") or "") for each in mappings(one.get("artifacts"))
            )
            for one in listed
        }
    return {
        str(name): tuple(str(each) for each in _list(mapping(ids).get("artifact_ids"))) for name, ids in whole.items()
    }


def _list(said: object) -> list[object]:
    """What should be a list; [] where something else came."""
    return said if isinstance(said, list) else []
