"""Rules of the plan on small documents of their own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minikf.embedded.pipelines.plan import Import, Start, advance, begun
from minikf.embedded.pipelines.plan.placeholders import filled
from minikf.embedded.pipelines.plan.scope import Unresolved
from minikf.embedded.pipelines.records import RunState, TaskState
from minikf.embedded.pipelines.spec import from_documents
from minikf.embedded.pipelines.spec.model import Package
from tests.unit.pipelines.plan.player import Player

TEXT = {"parameterType": "STRING"}


def package(tasks: dict[str, Any], **inputs: Any) -> Package:
    """A pipeline of tasks of one component with the optional inputs `a` and `n` and the output `out`."""
    step = {
        "executorLabel": "exec",
        "inputDefinitions": {
            "parameters": {
                "a": {**TEXT, "isOptional": True},
                "n": {"parameterType": "NUMBER_INTEGER", "isOptional": True},
            },
        },
        "outputDefinitions": {"parameters": {"out": TEXT}},
    }
    return from_documents(
        {
            "pipelineInfo": {"name": "small"},
            "schemaVersion": "2.1.0",
            "deploymentSpec": {"executors": {"exec": {"container": {"image": "local", "command": ["true"]}}}},
            "components": {"comp-step": step},
            "root": {
                "inputDefinitions": {"parameters": inputs},
                "dag": {
                    "tasks": {name: {"componentRef": {"name": "comp-step"}, **task} for name, task in tasks.items()}
                },
            },
        }
    )


def takes(**parameters: Any) -> dict[str, Any]:
    return {"inputs": {"parameters": parameters}}


def constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


def test_who_depends_on_a_skipped_task_is_skipped_in_the_same_step() -> None:
    player = Player(
        package(
            {
                "a": {"triggerPolicy": {"condition": "false"}},
                "b": {"dependentTasks": ["a"]},
                "c": {"dependentTasks": ["b"]},
                "d": {"dependentTasks": ["b"], "triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}},
            }
        )
    )
    player.step()
    assert player.states() == {"a": "SKIPPED", "b": "SKIPPED", "c": "SKIPPED", "d": "RUNNING"}
    assert player.records["a"].trigger == "condition is false: false"
    assert player.records["c"].trigger == "upstream task 'b' was skipped"
    assert player.play().state is RunState.SUCCEEDED


def test_independent_tasks_are_due_in_one_step() -> None:
    player = Player(package({name: {} for name in "abcdef"}))
    assert len(player.step().actions) == 6


def test_a_cached_task_counts_as_a_success() -> None:
    player = Player(package({"a": {}, "b": {"dependentTasks": ["a"]}}), outcome=lambda path, inputs: TaskState.CACHED)
    assert player.play().state is RunState.SUCCEEDED
    assert player.started == ["a", "b"]


@pytest.mark.parametrize(
    "condition, error",
    [
        ("inputs.parameter_values['missing'] == 1", "no such key: missing"),
        ("inputs.parameter_values['a'] > 1", "no such overload"),
        ("inputs.parameter_values['a']", "neither true nor false"),
    ],
)
def test_a_condition_without_a_value_fails_its_task(condition: str, error: str) -> None:
    player = Player(package({"a": {**takes(a=constant("x")), "triggerPolicy": {"condition": condition}}}))
    ending = player.play()
    assert ending.state is RunState.FAILED and error in ending.error and ending.error.startswith("task a failed: ")
    assert player.started == []


@pytest.mark.parametrize(
    "value, selector, made",
    [
        ({"a": {"b": 1}}, 'parseJson(string_value)["a"]["b"]', "1"),
        ('{"a": ["x", "y"]}', 'parseJson(string_value)["a"][1]', "y"),
        ('{"q\\"": 2.5}', 'parseJson(string_value)["q\\""]', "2.5"),
        ('"text"', "parseJson(string_value)", "text"),
    ],
)
def test_selectors_take_values_apart(value: Any, selector: str, made: str) -> None:
    given = {**constant(value), "parameterExpressionSelector": selector}
    start = advance(package({"a": takes(a=given)}), {}, {}).actions[0]
    assert isinstance(start, Start) and start.work.inputs.parameters["a"] == made


@pytest.mark.parametrize(
    "value, error",
    [({"b": 1}, "has no 'a'"), ("no json", "is no JSON"), (3, "has no 'a'")],
)
def test_a_selector_that_finds_nothing_fails_its_task(value: Any, error: str) -> None:
    given = {**constant(value), "parameterExpressionSelector": 'parseJson(string_value)["a"]'}
    ending = Player(package({"a": takes(a=given)})).play()
    assert ending.state is RunState.FAILED and error in ending.error


def test_a_value_of_another_type_fails_its_task() -> None:
    producer = {"taskOutputParameter": {"producerTask": "a", "outputParameterKey": "out"}}
    player = Player(package({"a": {}, "b": takes(n=producer)}), outcome=lambda path, inputs: {"out": "many"})
    assert player.play().error == "task b failed: input 'n': must be a whole number (NUMBER_INTEGER), it is 'many'"
    player = Player(package({"a": {}, "b": takes(n=producer)}), outcome=lambda path, inputs: {"out": "12"})
    assert player.play().state is RunState.SUCCEEDED and player.records["b"].inputs.parameters["n"] == 12


def test_a_loop_over_a_container_component_and_its_failure() -> None:
    loop = {
        "parameterIterator": {"itemInput": "n", "items": {"raw": "[1, 2, 3, 4]"}},
        "iteratorPolicy": {"parallelismLimit": 2},
    }
    player = Player(package({"a": loop, "b": {}}), outcome=lambda p, i: TaskState.FAILED if p == "a[0]" else {})
    player.step()
    assert set(player.running) == {"a[0]", "a[1]", "b"}
    assert player.records["a[1]"].inputs.parameters == {"n": 2}
    player.finish("a[0]")
    assert player.step().actions == ()
    player.finish("a[1]")
    player.step()
    assert player.states()["a"] == "FAILED" and "a[2]" not in player.records
    player.finish("b")
    assert player.step().ending.error == "task a[0] failed: exit code 1"


def test_several_failures_are_counted() -> None:
    ending = Player(package({"a": {}, "b": {}, "c": {}}), outcome=lambda p, i: TaskState.FAILED).play()
    assert ending.error == "task a failed: exit code 1 (2 more failed)"


def test_a_canceled_record_alone_cancels_the_run() -> None:
    player = Player(package({"a": {}, "b": {"dependentTasks": ["a"]}}), outcome=lambda p, i: TaskState.CANCELED)
    assert player.play().state is RunState.CANCELED and player.started == ["a"]


def test_a_missing_argument_is_an_ending_not_an_exception() -> None:
    ending = advance(package({"a": {}}, need=TEXT), {}, {}).ending
    assert ending is not None and ending.state is RunState.FAILED and "'need' has no value" in ending.error


def test_a_status_alone_makes_a_task_wait() -> None:
    status = {"taskFinalStatus": {"producerTask": "z"}}
    tasks = {"a": {**takes(a=status), "triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}}, "z": {}}
    player = Player(package(tasks), outcome=lambda p, i: TaskState.FAILED if p == "z" else {})
    assert player.play().state is RunState.FAILED
    assert player.started == ["z", "a"]
    assert json.loads(player.records["a"].inputs.parameters["a"])["error"] == {"code": 2, "message": "exit code 1"}


@pytest.mark.parametrize("skipped, made", [((), "a:out"), (("a",), "b:out"), (("a", "b"), None)])
def test_one_of_is_the_first_that_was_made(skipped: tuple[str, ...], made: str | None) -> None:
    tasks = {name: {"triggerPolicy": {"condition": "false" if name in skipped else "true"}} for name in "ab"}
    document = dict(package(tasks).pipeline_spec)
    selectors = [{"producerSubtask": name, "outputParameterKey": "out"} for name in "ab"]
    outputs = {"parameters": {"one": {"valueFromOneof": {"parameterSelectors": selectors}}}}
    document["root"] = {"dag": {**document["root"]["dag"], "outputs": outputs}}
    assert Player(from_documents(document)).play().outputs.parameters.get("one") == made


def test_placeholders_are_filled_once() -> None:
    values = {"x": {"k": [1, True]}, "y": "{{$.inputs.parameters['x']}}"}
    assert filled("{{$.inputs.parameters['x']}}", values, {}) == {"k": [1, True]}
    assert filled(['<{{$.inputs.parameters["x"]}}>'], values, {}) == ['<{"k": [1, true]}>']
    assert filled("a {{$.inputs.parameters['y']}}", values, {}) == "a {{$.inputs.parameters['x']}}"
    assert filled("{{$.a_name}} {{$.other}}", values, {"a_name": "1"}) == "1 {{$.other}}"
    with pytest.raises(Unresolved, match="has no value"):
        filled("{{$.inputs.parameters['z']}}!", values, {})


def test_an_importer_without_a_uri_fails() -> None:
    document = {
        "pipelineInfo": {"name": "small"},
        "schemaVersion": "2.1.0",
        "deploymentSpec": {"executors": {"exec": {"importer": {"artifactUri": {"runtimeParameter": "uri"}}}}},
        "components": {
            "comp": {
                "executorLabel": "exec",
                "inputDefinitions": {"parameters": {"uri": {**TEXT, "isOptional": True}}},
                "outputDefinitions": {"artifacts": {"artifact": {}}},
            }
        },
        "root": {"dag": {"tasks": {"get": {"componentRef": {"name": "comp"}}}}},
    }
    ending = Player(from_documents(document)).play()
    assert ending.error == "task get failed: the importer has no URI: uri is None"
    document["root"]["dag"]["tasks"]["get"] |= takes(uri=constant("file:///x"))  # type: ignore[index]
    action = advance(from_documents(document), {}, {}).actions[0]
    assert isinstance(action, Import) and action.artifact.uri == "file:///x"


def test_only_steps_were_begun() -> None:
    loop = {"parameterIterator": {"itemInput": "n", "items": {"raw": "[1, 2]"}}}
    player = Player(package({"a": loop, "b": {}}))
    player.step()
    assert all(begun(player.package, {}, player.records, path) for path in ("a[0]", "a[1]", "b"))
    for path in ("a", "gone", "b/x", "a[0]/x"):
        records = {path: player.records["b"], **player.records}
        assert begun(player.package, {}, records, path) is None
    assert begun(player.package, {}, {}, "b") is None
