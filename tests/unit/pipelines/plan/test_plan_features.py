"""Each feature of the SDK, compiled by it (data/make.py), planned to its end."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.pipelines.plan import Start
from minikf.embedded.pipelines.records import RunState, TaskState
from tests.unit.pipelines.plan.player import DATA, Player, compiled_pipeline, upstream_pipelines

FAILED = TaskState.FAILED


def play(name: str, outcome: Any = lambda path, inputs: {}, **more: Any) -> tuple[Player, Any]:
    player = Player(compiled_pipeline(name), outcome=outcome, **more)
    return player, player.play()


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_pipeline_succeeds_when_all_its_steps_do(path: Any) -> None:
    player, ending = play(path.stem)
    assert ending.state is RunState.SUCCEEDED, ending.error
    assert player.started
    assert all(record.state.is_over for record in player.records.values())


@pytest.mark.parametrize("count, branch", [(9, "condition-2"), (3, "condition-3"), (1, "condition-4")])
def test_one_branch_of_if_elif_else_runs_and_gives_the_output(count: int, branch: str) -> None:
    player, ending = play(
        "branches",
        lambda path, inputs: {"result": inputs.parameters["value"]} if path == "number" else {},
        arguments={"count": count},
    )
    states = player.states()
    ran = [
        name
        for name in ("condition-2", "condition-3", "condition-4")
        if states[f"condition-branches-1/{name}"] == "SUCCEEDED"
    ]
    assert ran == [branch]
    others = [each for each in states if each.startswith("condition-branches-1/") and branch not in each]
    assert {states[each] for each in others} == {"SKIPPED"}
    last = next(path for path in player.started if path.startswith("say-"))
    assert player.records[last].inputs.parameters["text"].startswith(f"condition-branches-1/{branch}/")
    assert ending.outputs.parameters["Output"] == f"{last}:said"


def test_conditions_on_texts_doubles_and_booleans() -> None:
    nested = "condition-6/condition-7/say-5"
    player, _ = play("branches", arguments={"word": "b", "rate": 0.5, "flag": True})
    assert player.states()["condition-5"] == "SUCCEEDED" and nested in player.started
    player, _ = play("branches", arguments={"word": "a", "rate": 1, "flag": True})
    assert player.records["condition-5"].trigger.startswith("condition is false: ")
    assert player.states()["condition-6"] == "SKIPPED" and "condition-6/condition-7" not in player.records
    player, _ = play("branches", arguments={"rate": 0.5, "flag": False})
    assert player.states()["condition-6"] == "SUCCEEDED"
    assert player.states()["condition-6/condition-7"] == "SKIPPED"


@pytest.mark.parametrize("flag, name", [(True, "data"), (False, "data-2")])
def test_an_artifact_of_the_branch_that_ran(flag: bool, name: str) -> None:
    player, ending = play("artifact_branches", arguments={"flag": flag})
    source = player.records["train"].inputs.artifacts["source"]
    assert [each.uri.split("/")[-2] for each in source] == [name]
    assert ending.outputs.artifacts["Output"][0].type == "system.Model"


def test_loops_keep_their_limit_and_collect_in_order() -> None:
    package = compiled_pipeline("loops")
    limits = {task.name: task.parallelism for _, task, _ in package.walk() if task.iterator}
    limited = next(name for name, limit in limits.items() if limit == 2)
    player = Player(
        package,
        pick=lambda count: count - 1,
        outcome=lambda path, inputs: {"result": inputs.parameters["value"]} if limited in path else {},
    )
    most = 0
    while (step := player.step()).ending is None:
        running = [path for path in player.running if path.startswith(limited)]
        most = max(most, len(running))
        if not step.actions:
            player.finish(list(player.running)[-1])
    assert most == 2
    assert player.records[limited].iterations == 5
    assert player.records[limited].outputs.parameters == {"pipelinechannel--number-result": [1, 2, 3, 4, 5]}
    assert player.records["join-2"].inputs.parameters["items"] == [1, 2, 3, 4, 5]


def test_nested_loops_see_both_items_and_collect_lists_of_lists() -> None:
    player, _ = play(
        "loops",
        lambda path, inputs: {"said": inputs.parameters["text"]} if "text" in inputs.parameters else {},
        arguments={"sizes": [7, 8]},
    )
    assert player.records["join"].inputs.parameters["items"] == [["7-10", "7-20"], ["8-10", "8-20"]]


def test_items_of_mappings_are_taken_apart() -> None:
    player, _ = play("loops")
    texts = {
        path: record.inputs.parameters["text"] for path, record in player.records.items() if path.endswith("/say-2")
    }
    assert list(texts.values()) == ["x", "y"]
    two = [path for path in player.started if path.endswith("/say-3")]
    assert len(two) == 1 and "[1]/" in two[0]


def test_a_loop_over_what_a_step_made() -> None:
    for made in ([4, 5, 6, 7], "[4, 5, 6, 7]"):
        player, _ = play("loops", lambda path, inputs, made=made: {"items": made} if path == "many" else {})
        values = [r.inputs.parameters["value"] for p, r in player.records.items() if p.endswith("/number-2")]
        assert values == [4, 5, 6, 7]
    player, ending = play("loops", lambda path, inputs: {"items": []} if path == "many" else {})
    assert ending.state is RunState.SUCCEEDED
    loop = next(record for path, record in player.records.items() if record.iterations == 0)
    assert loop.state is TaskState.SUCCEEDED
    player, ending = play("loops", lambda path, inputs: {"items": {"no": "list"}} if path == "many" else {})
    assert ending.state is RunState.FAILED and "must be a list" in ending.error


def test_loops_over_artifacts_and_collected_artifacts() -> None:
    player, _ = play("artifact_loops")
    loop = next(
        path for path, record in player.records.items() if path.startswith("each-of/") and record.iterations == 3
    )
    sources = [player.records[f"{loop}[{index}]/train"].inputs.artifacts["source"] for index in range(3)]
    assert [len(each) for each in sources] == [1, 1, 1]
    assert len({each[0].uri for each in sources}) == 3
    assert [each.uri for each in player.records["merge-2"].inputs.artifacts["parts"]] == [
        each[0].uri for each in sources
    ]
    deep = [each.uri for each in player.records["merge"].inputs.artifacts["parts"]]
    assert len(deep) == 4 and deep == sorted(deep)


def test_values_go_through_nested_pipelines() -> None:
    player, ending = play(
        "nesting", lambda path, inputs: {"said": f"<{inputs.parameters['text']}>"} if path.endswith("say") else {}
    )
    assert player.records["inner-2/say"].inputs.parameters["text"] == "<hello 1> 2"
    model = player.records["look"].inputs.artifacts["model"]
    assert [each.uri for each in model] == ["file:///inner-2/train/model"]
    assert ending.outputs.parameters == {"Output": "look:Output"}


@pytest.mark.parametrize("fails", [True, False])
def test_an_exit_task_runs_and_is_told_how_it_went(fails: bool) -> None:
    player, ending = play(
        "exits",
        lambda path, inputs: FAILED if fails and path == "exit-handler-1/say" else {},
        names={"pipeline_job_resource_name": "run-1"},
    )
    status = player.records["report"].inputs.parameters["status"]
    assert status["pipelineTaskName"] == "exit-handler-1" and status["pipelineJobResourceName"] == "run-1"
    assert status["state"] == ("FAILED" if fails else "COMPLETE")
    assert ("exit code 1" in status["error"].get("message", "")) is fails
    assert player.states()["report"] == "SUCCEEDED"
    assert ending.state is (RunState.FAILED if fails else RunState.SUCCEEDED)
    assert ending.error == ("task exit-handler-1/say failed: exit code 1" if fails else "")
    if fails:
        assert player.records["exit-handler-1/say-2"].trigger == "task 'say' failed"


def test_an_exit_task_that_fails_fails_the_run() -> None:
    _, ending = play("exits", lambda path, inputs: FAILED if path == "report" else {})
    assert ending.error == "task report failed: exit code 1"


def test_ignore_upstream_failure_runs_with_defaults_and_the_run_still_fails() -> None:
    player, ending = play("ignoring", lambda path, inputs: FAILED if path == "say" else {})
    states = player.states()
    assert states == {"say": "FAILED", "report": "SUCCEEDED", "number": "SKIPPED", "maybe": "SUCCEEDED"}
    assert player.records["report"].inputs.parameters["text"] == ""
    assert player.records["maybe"].inputs.parameters["second"] == "two"
    assert player.records["report"].inputs.parameters["status"]["state"] == "FAILED"
    assert ending.state is RunState.FAILED and ending.error == "task say failed: exit code 1"


def test_a_false_condition_skips_its_whole_dag_and_nothing_else() -> None:
    player, ending = play("skipping")
    assert player.states()["condition-1"] == "SKIPPED"
    assert not [path for path in player.records if path.startswith("condition-1/")]
    assert ending.state is RunState.SUCCEEDED


def test_a_failure_stops_what_has_not_begun_and_lets_run_what_has() -> None:
    player = Player(compiled_pipeline("skipping"), outcome=lambda path, inputs: FAILED if path == "say-3" else {})
    assert {each.path for each in player.step().actions} >= {"say-3", "say-5"}
    player.finish("say-3")
    player.step()
    assert player.records["say-4"].trigger == "task 'say-3' failed"
    assert player.step().ending is None
    player.finish("say-5")
    assert player.step().ending.error == "task say-3 failed: exit code 1"


def test_optional_inputs_placeholders_retries_and_cache_keys() -> None:
    player = Player(compiled_pipeline("options"), names={"pipeline_job_name": "job"}, arguments={"cores": "2"})
    works = {each.path: each.work for each in player.step().actions if isinstance(each, Start)}
    assert "first" not in works["maybe"].inputs.parameters
    assert works["maybe"].inputs.parameters["second"] == "two"
    assert works["say"].inputs.parameters["text"] == "job/say"
    retry = works["say"].retry
    assert (retry.attempts, retry.backoff, retry.factor, retry.backoff_max) == (3, 2.0, 1.5, 60.0)
    assert (works["say"].use_cache, works["say"].cache_key, works["say-2"].use_cache) == (True, "mine", False)
    assert works["say"].executor.resources.memory_limit == "256Mi" and works["say"].executor.env == {"A": "b"}
    assert works["say-2"].inputs.parameters["pipelinechannel--cores"] == "2"
    assert Player(compiled_pipeline("options")).step().actions[0].path


def test_a_placeholder_in_data_is_not_filled() -> None:
    player = Player(
        compiled_pipeline("options"),
        names={"pipeline_job_name": "job"},
        arguments={"given": "{{$.pipeline_job_name}}", "cores": "{{$.inputs.parameters['secret']}}"},
    )
    works = {each.path: each.work for each in player.step().actions if isinstance(each, Start)}
    assert works["maybe"].inputs.parameters["first"] == "{{$.pipeline_job_name}}"
    assert (
        works["maybe-2"].inputs.parameters["second"] == "{{$.pipeline_job_name}} and {{$.inputs.parameters['secret']}}"
    )


def test_importers_have_their_uri_and_metadata() -> None:
    player = Player(compiled_pipeline("importing"), arguments={"owner": "you"})
    imports = {each.path: each for each in player.step().actions}
    artifact = imports["importer"].artifact
    assert (artifact.name, artifact.type, artifact.uri) == ("artifact", "system.Dataset", "file:///tmp/there")
    assert artifact.metadata == {"owner": "you", "n": 1}
    assert imports["importer-2"].reimport and imports["importer-2"].artifact.uri == "gs://bucket/fixed"
    assert player.play().state is RunState.SUCCEEDED
    assert player.records["train"].inputs.artifacts["source"][0].uri == "file:///tmp/there"


def test_references_in_the_platform_document_are_resolved() -> None:
    player = Player(
        compiled_pipeline("cluster"), arguments={"secret": "token"}, outcome=lambda p, i: {"said": "claim-1"}
    )
    player.step()
    player.finish("say")
    platform = player.step().actions[0].work.platform
    assert platform["secretAsEnv"][0]["secretNameParameter"] == {"runtimeValue": {"constant": "token"}}
    assert platform["pvcMount"] == [
        {"mountPath": "/data", "constant": "claim-1", "pvcNameParameter": {"runtimeValue": {"constant": "claim-1"}}}
    ]
    assert platform["activeDeadlineSeconds"] == "30"
    work = player.running["condition-1/say-3"].work
    assert work.platform["secretAsEnv"][0]["secretNameParameter"] == {"runtimeValue": {"constant": "token"}}


def test_a_canceled_run_starts_nothing_more() -> None:
    player = Player(compiled_pipeline("exits"))
    player.step()
    player.canceling = True
    assert not [each for each in player.step().actions if isinstance(each, Start)]
    player.outcome = lambda path, inputs: TaskState.CANCELED
    ending = player.play()
    assert ending.state is RunState.CANCELED
    assert player.states()["exit-handler-1"] == "CANCELED"
    assert player.records["report"].trigger == "the run was canceled"


def test_an_output_that_was_not_made_fails_who_needs_it() -> None:
    player = Player(compiled_pipeline("exits"))
    player.step()
    player.finish("exit-handler-1/say")
    record = player.records["exit-handler-1/say"]
    player.records[record.path] = type(record)(
        record.run_id, record.path, record.name, TaskState.SUCCEEDED, record.inputs
    )
    ending = player.play()
    assert ending.state is RunState.FAILED
    reason = "input 'text' has no value: task 'say' has not made its output parameter 'said'"
    assert ending.error == f"task exit-handler-1/say-2 failed: {reason}"


@pytest.mark.skipif(
    not upstream_pipelines("valid"), reason="no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM"
)
def test_upstream_pipelines_reach_their_end() -> None:
    arguments = {
        "STRING": "text",
        "NUMBER_INTEGER": 2,
        "NUMBER_DOUBLE": 0.5,
        "BOOLEAN": True,
        "LIST": [1],
        "STRUCT": {"a": 1},
    }
    from minikf.embedded.pipelines.spec import load

    for path in upstream_pipelines("valid"):
        package = load(path.read_bytes(), path.name)
        inputs = package.root.inputs
        if any(spec.type not in arguments for spec in inputs.parameters.values()) or inputs.artifacts:
            continue  # a component that somebody compiled alone: no run can give it what it takes
        needed = {name: arguments[spec.type] for name, spec in inputs.parameters.items() if not spec.has_default}
        for bad in ("", *[task for _, task, _ in package.walk()]):
            player = Player(
                package, needed, outcome=lambda p, i, bad=bad: FAILED if bad and p.endswith(bad.name) else {}
            )
            ending = player.play()
            # What the player makes up for an item of a list need not be of the type that a loop wants.
            is_guess = "must be a" in ending.error or "loop-item" in ending.error
            assert ending.state is RunState.SUCCEEDED or bad or is_guess, (path.name, ending)
