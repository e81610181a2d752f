"""Random DAGs with random outcomes, in a random order: always an end, dependencies over first, nothing twice."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minikf.embedded.pipelines.plan import Close, Start, advance
from minikf.embedded.pipelines.records import RunState, TaskState, Values
from minikf.embedded.pipelines.spec import from_documents
from tests.unit.pipelines.plan.player import Player, dag_of

STRATEGIES = ("ALL_UPSTREAM_TASKS_SUCCEEDED", "ALL_UPSTREAM_TASKS_COMPLETED")
COMPLETED = STRATEGIES[1]


@st.composite
def dags(draw: Any, depth: int, components: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A DagSpec; components that its tasks need are put into `components`."""
    tasks: dict[str, Any] = {}
    for number in range(draw(st.integers(1, 4 if depth else 3))):
        name = f"t{number}"
        component = "comp-step"
        if depth and draw(st.booleans()):
            component = f"comp-{prefix}{name}"
            components[component] = {
                "inputDefinitions": {"parameters": {"item": {"parameterType": "NUMBER_INTEGER", "isOptional": True}}},
                "dag": draw(dags(depth - 1, components, f"{prefix}{name}-")),
            }
        task: dict[str, Any] = {
            "componentRef": {"name": component},
            "dependentTasks": draw(st.lists(st.sampled_from(sorted(tasks)), unique=True)) if tasks else [],
            "triggerPolicy": {"strategy": draw(st.sampled_from(STRATEGIES))},
        }
        if draw(st.integers(0, 3)) == 0:
            task["triggerPolicy"]["condition"] = draw(st.sampled_from(["true", "false", "no.such == 1", "1"]))
        if draw(st.integers(0, 2)) == 0:
            raw = draw(st.sampled_from(["[]", "[1]", "[1, 2, 3]", '["no number"]']))
            task["parameterIterator"] = {"itemInput": "item", "items": {"raw": raw}}
            task["iteratorPolicy"] = {"parallelismLimit": draw(st.integers(0, 2))}
        elif tasks and draw(st.booleans()):
            other = draw(st.sampled_from(sorted(tasks)))
            if tasks[other]["componentRef"]["name"] == "comp-step":
                source = {"taskOutputParameter": {"producerTask": other, "outputParameterKey": "made"}}
                task["inputs"] = {"parameters": {"item": source}}
        tasks[name] = task
    return {"tasks": tasks}


@st.composite
def packages(draw: Any) -> Any:
    parameters = {"parameters": {"item": {"parameterType": "NUMBER_INTEGER", "isOptional": True}}}
    made = {"parameters": {"made": {"parameterType": "NUMBER_INTEGER"}}}
    components: dict[str, Any] = {
        "comp-step": {"executorLabel": "exec", "inputDefinitions": parameters, "outputDefinitions": made}
    }
    root = {"dag": draw(dags(2, components))}
    return from_documents(
        {
            "pipelineInfo": {"name": "random"},
            "schemaVersion": "2.1.0",
            "deploymentSpec": {"executors": {"exec": {"container": {"image": "local", "command": ["true"]}}}},
            "components": components,
            "root": root,
        }
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(package=packages(), seed=st.integers(0, 1000), failures=st.sampled_from([0, 3, 8]), cancels=st.integers(-1, 12))
def test_every_run_ends(package: Any, seed: int, failures: int, cancels: int) -> None:
    def outcome(path: str, inputs: Values) -> Any:
        chance = zlib.crc32(f"{seed}{path}".encode())
        return TaskState.FAILED if chance % 10 < failures else {} if chance % 3 else {"made": "no number"}

    player = Player(package, outcome=outcome, pick=lambda count: (seed * 31 + len(player.started)) % count)
    steps = 0
    while (step := player.step()).ending is None:
        steps += 1
        assert steps < 1000
        if player.canceling:
            assert not [each for each in step.actions if isinstance(each, Start)]
        if not step.actions:
            assert player.running, "nothing is due and nothing is running"
            player.finish(list(player.running)[player.pick(len(player.running))])
        player.canceling = player.canceling or steps == cancels
    assert not player.running
    assert len(player.started) == len(set(player.started))
    assert all(record.state.is_over for record in player.records.values())
    states = {record.state for path, record in player.records.items() if "/" not in path and "[" not in path}
    if player.canceling and step.ending.state is RunState.CANCELED:
        return
    assert (step.ending.state is RunState.FAILED) is (TaskState.FAILED in states)
    assert bool(step.ending.error) is (step.ending.state is RunState.FAILED)
    if not player.canceling:
        check_who_ran(package, player)


def check_who_ran(package: Any, player: Player) -> None:
    """Who only wants its upstream tasks to be over was never skipped for a failure; the others never ran after one."""
    for path, record in player.records.items():
        folder, _, last = path.rpartition("/")
        if last.endswith("]"):
            continue
        task = dag_of(package, path).tasks[last]
        if task.strategy == COMPLETED:
            assert record.state is not TaskState.SKIPPED or record.trigger.startswith("condition is false")
        elif record.state is not TaskState.SKIPPED:
            upstream = [player.records[f"{folder}/{each}" if folder else each] for each in task.dependencies]
            assert all(each.state.is_success for each in upstream)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(package=packages(), draws=st.data())
def test_no_mix_of_records_raises(package: Any, draws: st.DataObject) -> None:
    player = Player(package)
    player.play()
    kept = {
        path: replace(record, state=draws.draw(st.sampled_from(TaskState)))
        for path, record in player.records.items()
        if draws.draw(st.booleans())
    }
    step = advance(package, {}, kept)
    begun = {each.path for each in step.actions if not isinstance(each, Close)}
    assert not begun & set(kept)
    assert len(begun) == len([each for each in step.actions if not isinstance(each, Close)])
    assert not [
        each for each in step.actions if isinstance(each, Close) and each.path in kept and kept[each.path].state.is_over
    ]
