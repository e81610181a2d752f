"""A document with one thing wrong is refused, naming the place."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import RunState
from minikf.embedded.pipelines.spec import from_documents
from minikf.embedded.pipelines.spec.model import ParameterType
from tests.unit.pipelines.plan.player import DATA, Player

EXITS = yaml.safe_load((DATA / "exits.yaml").read_text())
BRANCHES = yaml.safe_load((DATA / "branches.yaml").read_text())
LOOPS = yaml.safe_load((DATA / "loops.yaml").read_text())
IMPORTING = yaml.safe_load((DATA / "importing.yaml").read_text())
HANDLER = "components.comp-exit-handler-1.dag.tasks."
REMOVE = object()


def changed(document: Any, path: str, value: Any) -> dict[str, Any]:
    """A copy with one value replaced, or taken away; `|` separates the keys."""
    copied: dict[str, Any] = copy.deepcopy(document)
    at: Any = copied
    *above, last = path.split("|")
    for key in above:
        at = at.setdefault(key, {}) if isinstance(at, dict) else at[int(key)]
    if value is REMOVE:
        del at[last]
    else:
        at[last] = value
    return copied


TASKS = "components|comp-exit-handler-1|dag|tasks"


@pytest.mark.parametrize(
    "document, path, value, where, error",
    [
        (EXITS, "schemaVersion", REMOVE, "schemaVersion", "is missing"),
        (EXITS, "schemaVersion", "3.0.0", "schemaVersion", "'3.0.0' is not read here"),
        (EXITS, "schemaVersion", 2.1, "schemaVersion", "2.1 is not read here"),
        (EXITS, "pipelineInfo", REMOVE, "", "pipelineInfo is missing"),
        (EXITS, "pipelineInfo|name", None, "pipelineInfo", "name is missing"),
        (EXITS, "pipelineInfo|name", "", "pipelineInfo.name", "must not be empty"),
        (EXITS, "pipelineInfo|name", "Not a name", "pipelineInfo.name", "does not match"),
        (EXITS, "root", REMOVE, "", "root is missing"),
        (EXITS, "root", {"executorLabel": "exec-say"}, "root", "must have a dag"),
        (EXITS, "root|dag", {"tasks": {}}, "root.dag", "has no tasks"),
        (EXITS, "root|dag", [], "root.dag", "must be a mapping, it is a list"),
        (EXITS, "extra", 1, "", "field 'extra' is not known"),
        (EXITS, "components", REMOVE, "root.dag.tasks.", "is not in components"),
        (EXITS, "components|comp-say", REMOVE, HANDLER + "say", "component 'comp-say' is not in components"),
        (EXITS, "components|comp-say|executorLabel", REMOVE, "components.comp-say", "either a dag or an executorLabel"),
        (EXITS, "components|comp-say|dag", {"tasks": {}}, "components.comp-say", "either a dag or an executorLabel"),
        (EXITS, "deploymentSpec|executors|exec-say", REMOVE, "components.comp-say", "'exec-say' is not in"),
        (EXITS, "deploymentSpec", REMOVE, "components.comp-", "is not in deploymentSpec.executors"),
        (
            EXITS,
            "deploymentSpec|executors|exec-say",
            {},
            "deploymentSpec.executors.exec-say",
            "exactly one of container",
        ),
        (
            EXITS,
            "deploymentSpec|executors|exec-say|container|command",
            "sh",
            "deploymentSpec.executors.exec-say.container.command",
            "must be a list, it is a text",
        ),
        (
            EXITS,
            "deploymentSpec|executors|exec-say|container|args",
            [1],
            "deploymentSpec.executors.exec-say.container.args[0]",
            "must be a text, it is a number",
        ),
        (EXITS, f"{TASKS}|say|dependentTasks", ["gone"], HANDLER + "say", "depends on the task 'gone'"),
        (EXITS, f"{TASKS}|say|dependentTasks", ["say-2"], HANDLER[:-1], "tasks wait for each other: "),
        (EXITS, f"{TASKS}|say|dependentTasks", ["say"], HANDLER[:-1], "tasks wait for each other: "),
        (EXITS, f"{TASKS}|say|componentRef", REMOVE, HANDLER + "say", "componentRef is missing"),
        (EXITS, f"{TASKS}|a[0]", {"componentRef": {"name": "comp-say"}}, HANDLER + "a[0]", "may not hold"),
        (EXITS, f"{TASKS}|say|inputs|parameters", REMOVE, HANDLER + "say.inputs", "'text' of comp-say is not given"),
        (
            EXITS,
            f"{TASKS}|say|inputs|parameters|text|componentInputParameter",
            "gone",
            HANDLER + "say.inputs.parameters.text",
            "has no input parameter 'gone'",
        ),
        (
            EXITS,
            f"{TASKS}|say-2|inputs|parameters|text|taskOutputParameter|outputParameterKey",
            "gone",
            HANDLER + "say-2.inputs.parameters.text",
            "task 'say' has no output parameter 'gone'",
        ),
        (
            EXITS,
            f"{TASKS}|say-2|inputs|parameters|text|taskOutputParameter|producerTask",
            "gone",
            HANDLER + "say-2",
            "depends on the task 'gone'",
        ),
        (EXITS, f"{TASKS}|say|inputs|parameters|text", {}, HANDLER + "say.inputs.parameters.text", "exactly one of"),
        (
            EXITS,
            f"{TASKS}|say|inputs|parameters|text",
            {"runtimeValue": {"runtimeParameter": "x"}},
            HANDLER + "say.inputs.parameters.text.runtimeValue",
            "a constant is needed",
        ),
        (
            EXITS,
            f"{TASKS}|say|inputs|parameters|text|parameterExpressionSelector",
            "import os",
            HANDLER + "say.inputs.parameters.text",
            "is not of the form",
        ),
        (EXITS, f"{TASKS}|say|triggerPolicy", {"strategy": "SOMETIMES"}, HANDLER + "say", "strategy 'SOMETIMES'"),
        (
            EXITS,
            f"{TASKS}|say|triggerPolicy",
            {"condition": "a =="},
            HANDLER + "say.triggerPolicy.condition",
            "does not parse",
        ),
        (EXITS, f"{TASKS}|say|retryPolicy", {"maxRetryCount": -1}, HANDLER + "say.retryPolicy", "at least 0"),
        (EXITS, f"{TASKS}|say|retryPolicy", {"backoffDuration": "1h"}, HANDLER + "say.retryPolicy", "a duration"),
        (EXITS, f"{TASKS}|say|cachingOptions", {"enableCache": "yes"}, HANDLER + "say.cachingOptions", "true or false"),
        (EXITS, f"{TASKS}|say|componentRef|name", "comp-exit-handler-1", "", "components hold each other"),
        (
            EXITS,
            "components|comp-say|inputDefinitions|parameters|text|parameterType",
            "TEXT",
            "components.comp-say.inputDefinitions.parameters.text",
            "'TEXT' is none of",
        ),
        (
            EXITS,
            "root|inputDefinitions|parameters|text|parameterType",
            "LIST",
            "root.inputDefinitions.parameters.text.defaultValue",
            "must be a list",
        ),
        (
            BRANCHES,
            "root|dag|outputs|parameters|Output|valueFromParameter|producerSubtask",
            "gone",
            "root.dag.outputs.parameters.Output",
            "task 'gone' is not in this dag",
        ),
        (
            BRANCHES,
            "root|dag|outputs|parameters|Output",
            {},
            "root.dag.outputs.parameters.Output",
            "valueFromOneof is missing",
        ),
        (
            LOOPS,
            "root|dag|tasks|for-loop-8|parameterIterator|items|raw",
            "[1",
            "root.dag.tasks.for-loop-8.parameterIterator.items.raw",
            "is no JSON",
        ),
        (
            LOOPS,
            "root|dag|tasks|for-loop-8|parameterIterator|items|raw",
            "{}",
            "root.dag.tasks.for-loop-8.parameterIterator.items.raw",
            "must be a list",
        ),
        (
            LOOPS,
            "root|dag|tasks|for-loop-3|parameterIterator|items|inputParameter",
            "gone",
            "root.dag.tasks.for-loop-3.parameterIterator.items",
            "'gone' is no input of the task",
        ),
        (
            LOOPS,
            "root|dag|tasks|for-loop-2|iteratorPolicy|parallelismLimit",
            1.5,
            "root.dag.tasks.for-loop-2.iteratorPolicy",
            "a whole number",
        ),
        (
            IMPORTING,
            "deploymentSpec|executors|exec-importer-2|importer|artifactUri",
            {"constant": 7},
            "deploymentSpec.executors.exec-importer-2.importer.artifactUri",
            "must be a text",
        ),
    ],
)
def test_one_thing_wrong(document: Any, path: str, value: Any, where: str, error: str) -> None:
    from_documents(document)
    with pytest.raises(PipelineError) as refused:
        from_documents(changed(document, path, value))
    assert error in refused.value.message, refused.value
    assert refused.value.where.startswith(where), refused.value


@pytest.mark.parametrize(
    "config, error",
    [
        ({"unheardOf": []}, "field 'unheardOf' is not known"),
        ({"secretAsEnv": {}}, "must be a list"),
        ({"secretAsEnv": ["x"]}, "must be a mapping"),
        ({"nodeSelector": []}, "must be a mapping"),
        ({"activeDeadlineSeconds": "soon"}, "must be a number"),
        ([], "must be a mapping"),
    ],
)
def test_a_platform_document_of_another_shape(config: Any, error: str) -> None:
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-say": config}}}}}
    with pytest.raises(PipelineError) as refused:
        from_documents(EXITS, platform)
    assert error in refused.value.message
    assert refused.value.where.startswith("platforms.kubernetes.deploymentSpec.executors.exec-say")


def test_what_is_read() -> None:
    package = from_documents(
        EXITS, {"platforms": {"kubernetes": {"pipelineConfig": {"activeDeadlineSeconds": 9}}, "x": {}}}
    )
    assert package.name == "exits" and package.pipeline_config == {"activeDeadlineSeconds": 9}
    assert package.other_platforms == ("x",)
    assert package.root.dag and package.root.dag.tasks["report"].is_exit_task
    handler = package.components["comp-exit-handler-1"].dag
    assert handler and list(handler.tasks) == ["say", "say-2"] and handler.tasks["say-2"].dependencies == ("say",)
    report = package.components["comp-report"].inputs.parameters
    assert report["status"].type is ParameterType.TASK_FINAL_STATUS
    places = {place for place, _, _ in package.walk()}
    assert "components.comp-exit-handler-1.dag.tasks.say" in places and "root.dag.tasks.report" in places


def test_names_of_fields_as_in_the_proto_are_read() -> None:
    document = changed(EXITS, f"{TASKS}|say|componentRef", REMOVE)
    document["components"]["comp-exit-handler-1"]["dag"]["tasks"]["say"]["component_ref"] = {"name": "comp-say"}
    document["schema_version"] = document.pop("schemaVersion")
    assert from_documents(document).components["comp-exit-handler-1"].dag


@pytest.mark.parametrize("levels, fits", [(90, True), (2000, False)])
def test_components_are_nested_to_a_limit(levels: int, fits: bool) -> None:
    document = changed(EXITS, "components|level-0", {"executorLabel": "exec-report"})
    for level in range(1, levels):
        task = {"componentRef": {"name": f"level-{level - 1}"}}
        document["components"][f"level-{level}"] = {"dag": {"tasks": {"below": task}}}
    document["root"]["dag"]["tasks"]["deep"] = {"componentRef": {"name": f"level-{levels - 1}"}}
    if fits:
        assert Player(from_documents(document)).play().state is RunState.SUCCEEDED
        return
    with pytest.raises(PipelineError, match="more than 100 levels"):
        from_documents(document)
