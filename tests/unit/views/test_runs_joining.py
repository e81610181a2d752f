"""What the API says of tasks, in the forms that it has had, joined with the document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikf.errors import Refused, UsageError
from minikf.pipelines.reaching import api_of
from minikf.spec import Access
from minikf.views.runs.again import again_request
from minikf.views.runs.content import MOST_BYTES, content_of
from minikf.views.runs.joining import Context, graph_of
from minikf.views.runs.model import CONDITION, EXIT, IMPORTER, LOOP, Made, Step
from minikf.views.runs.shape import Source, readable, tasks_of
from minikf.views.runs.told import Told, ToldTask, of_lineage
from minikf.views.text import now

Json = Any


def task(component: str, *after: str, **more: Json) -> Json:
    return {"componentRef": {"name": component}, "dependentTasks": list(after), **more}


SPEC: Json = {
    "pipelineInfo": {"name": "p"},
    "root": {
        "inputDefinitions": {"parameters": {"rows": {"parameterType": "NUMBER_INTEGER", "defaultValue": 3},
                                            "key": {"parameterType": "STRING"}}},
        "dag": {"tasks": {
            "train": task("leaf", "load"),
            "load": task("leaf", inputs={"parameters": {"n": {"componentInputParameter": "rows"},
                                                        "x": {"runtimeValue": {"constant": "{{$.x}}"}}}}),
            "take": task("import"),
            "condition-1": task("group", "load", triggerPolicy={"condition": "inputs.parameter_values['a'] == 'b'"},
                                inputs={"parameters": {"a": {"taskOutputParameter": {
                                    "producerTask": "load", "outputParameterKey": "word"}}}}),
            "for-loop-1": task("group", parameterIterator={"items": {"inputParameter": "i"}},
                               inputs={"parameters": {"i": {"taskOutputParameter": {
                                   "producerTask": "load", "outputParameterKey": "items"}}}}),
            "exit-handler-1": task("group"),
            "end": task("leaf", "exit-handler-1", triggerPolicy={"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}),
        }},
    },
    "components": {"leaf": {"executorLabel": "run"}, "import": {"executorLabel": "take"},
                   "group": {"dag": {"tasks": {"inner": task("leaf")}}}},
    "deploymentSpec": {"executors": {"run": {"container": {}}, "take": {"importer": {}}}},
}  # fmt: skip


def run(tasks: list[Json], state: str = "RUNNING", **more: Json) -> Json:
    return {"run_id": "r", "display_name": "r", "state": state, "run_details": {"task_details": tasks}, **more}


def steps(said: Json, told: Told | None = None) -> dict[str, Step]:
    return {step.id: step for step in graph_of(said, Context(SPEC, told or Told())).steps}


def test_the_document_says_what_each_task_is_and_in_which_order_they_can_run() -> None:
    found = steps(run([]))
    kinds = {key: step.kind for key, step in found.items()}
    assert (kinds["take"], kinds["condition-1"], kinds["for-loop-1"]) == (IMPORTER, CONDITION, LOOP)
    assert kinds["exit-handler-1"] == EXIT and list(found).index("load") < list(found).index("train")
    assert found["condition-1"].note == "load.word == 'b'" and found["for-loop-1"].note == "over load.items"
    assert all(step.state == "WAITING" for step in found.values())
    links = {(link.source, link.target, link.role) for link in graph_of(run([]), Context(SPEC)).links}
    assert ("exit-handler-1", "end", "finally") in links and ("load", "for-loop-1", "after") in links


def test_values_that_the_document_or_the_run_says_are_known() -> None:
    by_default = {one.name: one for one in steps(run([]))["load"].parameters}
    assert (by_default["n"].value, by_default["n"].source) == (3, "rows") and not by_default["x"].known
    given = run([], runtime_config={"parameters": {"rows": 9}})
    assert {one.name: one.value for one in steps(given)["load"].parameters}["n"] == 9


def test_nodes_of_the_workflow_engine_are_joined_by_name_with_the_executors_pod() -> None:
    """As `V2beta1PipelineTaskDetail` is filled by upstream up to 2.17: no parents, pods of the nodes that follow."""

    def node(name: str, pod: str, state: str, *children: str) -> Json:
        return {"task_id": pod, "display_name": name, "pod_name": pod, "state": state,
                "child_tasks": [{"pod_name": child} for child in children]}  # fmt: skip

    found = steps(run([
        node("root", "w", "RUNNING", "w-1"), node("root-driver", "w-1", "SUCCEEDED", "w-2"),
        node("load-driver", "w-2", "SUCCEEDED", "w-3"), node("load", "w-3", "SUCCEEDED", "w-4"),
        node("executor", "w-4", "SUCCEEDED", "w-5"), node("train", "w-5", "FAILED", "w-6"),
        node("executor", "w-6", "FAILED"), node("inner", "w-7", "SUCCEEDED", "w-8"), node("inner", "w-9", "FAILED"),
        node("executor", "w-8", "SUCCEEDED"),
    ]))  # fmt: skip
    assert (found["load"].state, found["load"].pods) == ("SUCCEEDED", ("w-4",))
    assert (found["train"].state, found["train"].pods) == ("FAILED", ("w-6",))
    assert found["for-loop-1/inner"].state == "FAILED"  # as bad as the worst of its instances
    assert found["end"].state == "WAITING"


def test_upstreams_next_form_has_a_root_and_other_names() -> None:
    def new(identity: str, name: str, status: str, parent: str, **more: Json) -> Json:
        return {"task_id": identity, "name": name, "status": status, "parent_task_id": parent, **more}

    outputs = {"artifacts": [{"artifact_key": "model", "artifacts": [{"artifact_id": "7"}]}]}
    found = steps(run([
        new("0", "root", "RUNNING", ""),
        new("1", "load", "SUCCEEDED", "0", pods=[{"name": "load-pod"}], outputs=outputs),
        new("2", "for-loop-1", "RUNNING", "0"),
        new("3", "for-loop-1", "RUNNING", "2", type_attributes={"iteration_index": "1"}),
        new("4", "inner", "RUNNING", "3"),
    ]))  # fmt: skip
    assert (found["load"].state, found["load"].pods) == ("SUCCEEDED", ("load-pod",))
    assert [(one.name, one.id) for one in found["load"].gives] == [("model", "7")]
    assert found["for-loop-1[1]/inner"].state == "RUNNING"


def test_iterations_are_those_that_a_path_in_them_names() -> None:
    tasks = [{"task_id": "L", "display_name": "for-loop-1", "state": "RUNNING"}]
    for number in (0, 1):
        tasks.append({"task_id": f"i{number}", "display_name": "for-loop-1", "parent_task_id": "L", "state": "RUNNING"})
        tasks.append({"task_id": f"t{number}", "display_name": "inner", "parent_task_id": f"i{number}", "state": "FAILED" if number else "RUNNING"})  # noqa: E501  # fmt: skip
    told = Told({}, {"t0": ToldTask(path="for-loop-1[4]/inner"), "t1": ToldTask(path="for-loop-1[2]/inner")})
    found = steps(run(tasks), told)
    assert found["for-loop-1[4]/inner"].task_id == "t0" and found["for-loop-1[2]/inner"].state == "FAILED"
    assert set(steps(run(tasks))) >= {"for-loop-1[0]/inner", "for-loop-1[1]/inner"}


def test_what_was_not_reached_and_what_was_skipped_is_told_apart() -> None:
    tasks = [
        {"task_id": "1", "display_name": "load", "state": "FAILED", "error": {"message": "no\x1b[31m disk"}},
        {"task_id": "2", "display_name": "condition-1", "state": "SKIPPED"},
    ]
    told = Told({}, {"2": ToldTask(trigger="condition is false: inputs…")})
    found = steps(run(tasks, "FAILED"), told)
    assert found["train"].state == "NOT_RUN" and found["condition-1/inner"].state == "SKIPPED"
    assert found["condition-1"].note == "load.word == 'b' is false" and found["load"].error == "no disk"


@pytest.mark.parametrize("said", [{}, {"root": 3}, {"root": {"dag": {"tasks": {"a": None, "b": {"inputs": []}}}}}])
def test_documents_of_an_unknown_form_end_nothing(said: Json) -> None:
    assert graph_of(run([{"x": 1}, 3, None]), Context(said)).state == "RUNNING"
    assert isinstance(tasks_of(said), dict)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["dag", "tasks", "a", "inputs", "parameters", "componentRef", "name", "dependentTasks",
                         "parameterIterator", "items", "raw", "triggerPolicy", "condition", "task_id", "display_name",
                         "parent_task_id", "child_tasks", "pod_name", "state", "outputs", "artifact_ids"]),
        inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=300)
@given(_JUNK, _JUNK, _JUNK)
def test_whatever_a_platform_says_ends_nothing(root: Json, component: Json, said: Json) -> None:
    spec = {"root": {"dag": {"tasks": {"a": root}}}, "components": {"a": component}}
    tasks = said if isinstance(said, list) else [said]
    graph_of({"run_id": "r", "state": "RUNNING", "run_details": {"task_details": tasks}}, Context(spec))


def test_a_component_that_holds_itself_ends() -> None:
    said = {"root": {"dag": {"tasks": {"a": task("c")}}}, "components": {"c": {"dag": {"tasks": {"a": task("c")}}}}}
    assert len(graph_of(run([]), Context(said)).steps) < 50


def test_a_condition_reads_as_people_wrote_it() -> None:
    sources = {"pipelinechannel--a-out": Source(task="a", key="out")}
    said = "int(inputs.parameter_values['pipelinechannel--a-out']) > 3 && inputs.parameter_values['b'] == 'x'"
    assert readable(said, sources) == "a.out > 3 && b == 'x'"


def test_the_lineage_answer_gives_sizes_metrics_and_no_secrets() -> None:
    told = of_lineage(
        {
            "artifacts": [{"artifact_id": "1", "name": "m", "schema_title": "system.Metrics", "content": "NONE",
                           "metadata": {"accuracy": 0.5, "name": "x", "flag": True}, "size": 0}],
            "tasks": [{"task_id": "t", "run_id": "r", "state": "CACHED", "parameters": {"password": "hunter2"}},
                      {"task_id": "o", "run_id": "other"}],
        },
        "r",
    )  # fmt: skip
    assert told.artifacts["1"].metrics == {"accuracy": 0.5} and told.artifacts["1"].size == -1
    assert told.tasks["t"].parameters == {"password": "***"} and "o" not in told.tasks


def test_again_keeps_what_is_not_said_and_types_what_is() -> None:
    said = run([], runtime_config={"parameters": {"rows": 3, "key": "secret"}}, pipeline_spec=SPEC, experiment_id="e")
    made = again_request({**said, "display_name": "p 2026-01-01 00-00-00"}, SPEC, {"rows": "7"}, now())
    assert made["runtime_config"] == {"parameters": {"rows": 7, "key": "secret"}} and made["experiment_id"] == "e"
    assert made["display_name"].startswith("p 20") and made["display_name"].count(" ") == 2
    uncached = again_request(said, SPEC, {}, now(), name="n", cache=False)
    assert uncached["pipeline_spec"]["root"]["dag"]["tasks"]["load"]["cachingOptions"] == {}
    with pytest.raises(UsageError, match="no parameter 'x'"):
        again_request(said, SPEC, {"x": "1"}, now())
    with pytest.raises(UsageError, match="whole number"):
        again_request(said, SPEC, {"rows": "many"}, now())
    with pytest.raises(Refused, match="cannot be made again"):
        again_request(said, {}, {}, now())


def test_what_is_in_a_file_is_shown_within_bounds(tmp_path: Path) -> None:
    def content(name: str, data: bytes, **more: Json) -> Any:
        (tmp_path / name).write_bytes(data)
        return content_of(replace(Made(name, "1", uri=str(tmp_path / name), content="PRESENT"), **more))

    assert content("a.txt", b"one\ntwo\x1b[31m").lines == ("one", "two")
    assert content("a.json", b'{"a": [1]}').lines == ("{", '  "a": [', "    1", "  ]", "}")
    page = content("a.html", b"<html><script>bad()</script><h1>Title</h1><p>a <b>b</b></p></html>")
    assert page.lines == ("Title", "a b")
    assert content("b", b"\0\1").note.startswith("not text: 2 B")
    long = content("long", b"x\n" * MOST_BYTES)
    assert sum(map(len, long.lines)) <= MOST_BYTES and "the first 64.0 KiB of 128.0 KiB" in long.note
    folder = content_of(Made("f", "1", uri=tmp_path.as_uri(), content="PRESENT"))
    assert "a.txt" in folder.lines and folder.note.startswith("a folder of")


@pytest.mark.parametrize(("uri", "state"), [("s3://b/k", "ELSEWHERE"), ("/etc/hostname", ""), ("/gone", "MISSING")])
def test_a_file_of_another_machine_is_never_read_here(uri: str, state: str) -> None:
    with pytest.raises(Refused, match="artifact 'a'"):
        content_of(Made("a", "1", uri=uri, content=state))


def test_on_a_cluster_the_api_is_asked_at_the_address_that_is_carried(tmp_path: Path) -> None:
    access = Access(
        "p", "k3d", "https://127.0.0.1:1", tmp_path / "k", tmp_path / "ca", certificate=tmp_path / "c",
        key=tmp_path / "d", endpoints={"pipelines-api": "https://127.0.0.1:2/"}, door_ca=tmp_path / "door",
        door_token=tmp_path / "token",
    )  # fmt: skip
    told = api_of(access).client._access
    assert (told.server, told.ca, told.token) == ("https://127.0.0.1:2", tmp_path / "door", tmp_path / "token")
    assert told.certificate is None
    assert api_of(replace(access, endpoints={})).client._access.server == "https://127.0.0.1:1"
