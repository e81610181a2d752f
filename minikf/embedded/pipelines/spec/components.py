"""Component specs and their tasks, from nodes of the document."""

from __future__ import annotations

import json
import re
from graphlib import CycleError, TopologicalSorter

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.model import (
    ArtifactInput,
    ArtifactIterator,
    ArtifactSpec,
    Component,
    ComponentInput,
    Constant,
    Dag,
    FinalStatus,
    OutputReference,
    ParameterInput,
    ParameterIterator,
    ParameterSpec,
    ParameterType,
    RetryPolicy,
    Signature,
    Strategy,
    Task,
    TaskOutput,
)
from minikf.embedded.pipelines.spec.node import Node
from minikf.embedded.pipelines.spec.types import coerce

_OLD_TYPES = {"INT": "NUMBER_INTEGER", "DOUBLE": "NUMBER_DOUBLE", "STRING": "STRING"}
_SELECTOR = re.compile(r"parseJson\(string_value\)((?:\[(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\d+)\])*)")
PASSTHROUGHS = (
    "RESOURCES",
    "ENV",
    "KUBERNETES_AFFINITY",
    "KUBERNETES_TOLERATIONS",
    "KUBERNETES_NODE_SELECTOR",
    "KUBERNETES_VOLUMES",
)
_SELECTOR_KEY = re.compile(r"\[(?:(\"(?:[^\"\\]|\\.)*\")|'((?:[^'\\]|\\.)*)'|(\d+))\]")


def read_component(name: str, node: Node) -> Component:
    """Raises PipelineError when it is no ComponentSpec; names that it points to are not looked up here."""
    node.known(
        "inputDefinitions",
        "outputDefinitions",
        "dag",
        "executorLabel",
        "singlePlatformSpecs",
        "taskConfigPassthroughs",
    )
    dag = node.get("dag")
    label = node.text("executorLabel")
    if (dag is None) == (not label):
        raise node.wrong("must have either a dag or an executorLabel")
    cluster_only = tuple(each for each in ("singlePlatformSpecs",) if list(node.items(each)))
    return Component(
        name=name,
        inputs=_signature(node.get("inputDefinitions")),
        outputs=_signature(node.get("outputDefinitions")),
        dag=_dag(dag) if dag else None,
        executor=label,
        passthroughs=dict(_passthrough(each) for each in node.items("taskConfigPassthroughs")),
        cluster_only=cluster_only,
    )


def _passthrough(node: Node) -> tuple[str, bool]:
    field = node.known("field", "applyToTask").needed_text("field")
    if field not in PASSTHROUGHS:
        raise node.wrong(f"{field!r} is none of {', '.join(PASSTHROUGHS)}")
    return field, node.flag("applyToTask")


def _signature(node: Node | None) -> Signature:
    if node is None:
        return Signature()
    node.known("parameters", "artifacts")
    return Signature(
        parameters={name: _parameter_spec(each) for name, each in node.entries("parameters")},
        artifacts={name: _artifact_spec(each) for name, each in node.entries("artifacts")},
    )


def _parameter_spec(node: Node) -> ParameterSpec:
    node.known("type", "parameterType", "defaultValue", "isOptional", "description", "literals")
    text = node.text("parameterType") or _OLD_TYPES.get(node.text("type"), "")
    try:
        kind = ParameterType(text)
    except ValueError:
        raise node.wrong(f"parameterType {text!r} is none of {', '.join(ParameterType)}") from None
    default = node.get("defaultValue")
    return ParameterSpec(
        type=kind,
        optional=node.flag("isOptional"),
        has_default=node.has("defaultValue"),
        default=coerce(default.value, kind, default.place) if default else None,
        description=node.text("description"),
        literals=tuple(each.value for each in node.items("literals")),
    )


def _artifact_spec(node: Node) -> ArtifactSpec:
    node.known(
        "artifactType", "isArtifactList", "isOptional", "description", "metadata", "properties", "customProperties"
    )
    schema, version = artifact_type(node.get("artifactType"))
    metadata = node.get("metadata")
    return ArtifactSpec(
        schema=schema,
        version=version,
        is_list=node.flag("isArtifactList"),
        optional=node.flag("isOptional"),
        description=node.text("description"),
        metadata=metadata.mapping() if metadata else {},
    )


def artifact_type(node: Node | None) -> tuple[str, str]:
    """(schema title, version) of an ArtifactTypeSchema."""
    if node is None:
        return "system.Artifact", ""
    node.known("schemaTitle", "schemaUri", "instanceSchema", "schemaVersion")
    title = node.text("schemaTitle") or node.text("schemaUri") or node.text("instanceSchema") or "system.Artifact"
    return title, node.text("schemaVersion")


def _dag(node: Node) -> Dag:
    node.known("tasks", "outputs")
    tasks = _in_order({name: _task(name, each) for name, each in node.entries("tasks")}, node)
    if not tasks:
        raise node.wrong("has no tasks")
    outputs = node.get("outputs")
    if outputs is None:
        return Dag(tasks)
    outputs.known("parameters", "artifacts")
    return Dag(
        tasks=tasks,
        parameters={name: _output_parameter(each) for name, each in outputs.entries("parameters")},
        artifacts={
            name: tuple(
                _reference(selector, "producerSubtask", "outputArtifactKey")
                for selector in each.known("artifactSelectors").items("artifactSelectors")
            )
            for name, each in outputs.entries("artifacts")
        },
    )


def _in_order(tasks: dict[str, Task], node: Node) -> dict[str, Task]:
    """The tasks, each after those that it depends on. Raises PipelineError for an unknown task and for a cycle."""
    for task in tasks.values():
        for other in task.dependencies:
            if other not in tasks:
                raise PipelineError(
                    f"depends on the task {other!r}, which this dag does not have", f"{node.place}.tasks.{task.name}"
                )
    sorter = TopologicalSorter({task.name: task.dependencies for task in tasks.values()})
    try:
        return {name: tasks[name] for name in sorter.static_order()}
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise PipelineError(f"tasks wait for each other: {circle}", f"{node.place}.tasks") from error


def _output_parameter(node: Node) -> tuple[OutputReference, ...]:
    node.known("valueFromParameter", "valueFromOneof")
    one = node.get("valueFromParameter")
    if one is not None:
        return (_reference(one, "producerSubtask", "outputParameterKey"),)
    several = node.need("valueFromOneof").known("parameterSelectors")
    selectors = several.items("parameterSelectors")
    return tuple(_reference(each, "producerSubtask", "outputParameterKey") for each in selectors)


def _reference(node: Node, task: str, key: str) -> OutputReference:
    node.known(task, key)
    return OutputReference(node.needed_text(task), node.needed_text(key))


def _task(name: str, node: Node) -> Task:
    node.known(
        "taskInfo",
        "inputs",
        "dependentTasks",
        "cachingOptions",
        "componentRef",
        "triggerPolicy",
        "artifactIterator",
        "parameterIterator",
        "retryPolicy",
        "iteratorPolicy",
    )
    if not _usable(name):
        raise node.wrong(f"task name {name!r} may not hold '/', '[' or ']'")
    parameters, artifacts = _inputs(node.get("inputs"))
    trigger = node.get("triggerPolicy")
    caching = node.get("cachingOptions")
    policy = node.get("iteratorPolicy")
    info = node.get("taskInfo")
    sources: list[object] = [each.source for each in parameters.values()]
    sources += [each.source for each in artifacts.values()]
    producers = [each.source.task for each in sources if isinstance(each, TaskOutput)]
    statuses = [each.task for each in sources if isinstance(each, FinalStatus)]
    return Task(
        name=name,
        component=node.need("componentRef").known("name").needed_text("name"),
        parameters=parameters,
        artifacts=artifacts,
        dependencies=tuple(dict.fromkeys([*node.texts("dependentTasks"), *producers, *statuses])),
        condition=trigger.known("condition", "strategy").text("condition") if trigger else "",
        strategy=_strategy(trigger),
        iterator=_iterator(node),
        parallelism=policy.known("parallelismLimit").count("parallelismLimit") if policy else 0,
        retry=_retry(node.get("retryPolicy")),
        use_cache=caching.known("enableCache", "cacheKey").flag("enableCache") if caching else False,
        cache_key=caching.text("cacheKey") if caching else "",
        display_name=info.known("name").text("name") if info else "",
    )


def _usable(name: str) -> bool:
    """The name can be a part of a task's path."""
    return not any(character in "/[]" for character in name)


def _strategy(trigger: Node | None) -> Strategy:
    text = trigger.text("strategy") if trigger else ""
    if not text or text == "TRIGGER_STRATEGY_UNSPECIFIED" or trigger is None:
        return Strategy.SUCCEEDED
    try:
        return Strategy(text)
    except ValueError:
        raise trigger.wrong(f"strategy {text!r} is none of {', '.join(Strategy)}") from None


def _retry(node: Node | None) -> RetryPolicy:
    if node is None:
        return RetryPolicy()
    node.known("maxRetryCount", "backoffDuration", "backoffFactor", "backoffMaxDuration")
    return RetryPolicy(
        attempts=node.count("maxRetryCount"),
        backoff=node.seconds("backoffDuration", 0.0),
        factor=node.number("backoffFactor", 2.0),
        backoff_max=node.seconds("backoffMaxDuration", 3600.0),
    )


def _inputs(node: Node | None) -> tuple[dict[str, ParameterInput], dict[str, ArtifactInput]]:
    if node is None:
        return {}, {}
    node.known("parameters", "artifacts")
    parameters = {name: _parameter_input(each) for name, each in node.entries("parameters")}
    return parameters, {name: _artifact_input(each) for name, each in node.entries("artifacts")}


def _parameter_input(node: Node) -> ParameterInput:
    kinds = ("taskOutputParameter", "runtimeValue", "componentInputParameter", "taskFinalStatus")
    node.known(*kinds, "parameterExpressionSelector")
    given = [kind for kind in kinds if node.get(kind) is not None]
    if len(given) != 1:
        raise node.wrong(f"must have exactly one of {', '.join(kinds)}")
    child = node.need(given[0])
    source: Constant | TaskOutput | ComponentInput | FinalStatus
    if given[0] == "runtimeValue":
        source = Constant(constant_of(child))
    elif given[0] == "taskOutputParameter":
        source = TaskOutput(_reference(child, "producerTask", "outputParameterKey"))
    elif given[0] == "componentInputParameter":
        source = ComponentInput(node.needed_text("componentInputParameter"))
    else:
        source = FinalStatus(child.known("producerTask").needed_text("producerTask"))
    return ParameterInput(source, _selector(node))


def constant_of(node: Node) -> Json:
    """The value of a ValueOrRuntimeParameter that must be a constant, also in the form of schema 2.0.0."""
    node.known("constantValue", "runtimeParameter", "constant")
    old = node.get("constantValue")
    if old is not None:
        values = list(old.known("intValue", "doubleValue", "stringValue").mapping().values())
        return values[0] if values else None
    if node.get("runtimeParameter") is not None:
        raise node.wrong("runtimeParameter cannot be used here: a constant is needed")
    if not node.has("constant"):
        raise node.wrong("constant is missing")
    found = node.get("constant")
    return found.value if found else None


def _selector(node: Node) -> tuple[str | int, ...] | None:
    text = node.text("parameterExpressionSelector")
    if not text:
        return None
    match = _SELECTOR.fullmatch(text.strip())
    if match is None:
        raise node.wrong(f'parameterExpressionSelector {text!r} is not of the form parseJson(string_value)["key"]')
    keys: list[str | int] = []
    for double, single, index in _SELECTOR_KEY.findall(match.group(1)):
        keys.append(int(index) if index else json.loads(double) if double else single.replace("\\'", "'"))
    return tuple(keys)


def _artifact_input(node: Node) -> ArtifactInput:
    node.known("taskOutputArtifact", "componentInputArtifact")
    child = node.get("taskOutputArtifact")
    if child is not None:
        return ArtifactInput(TaskOutput(_reference(child, "producerTask", "outputArtifactKey")))
    return ArtifactInput(ComponentInput(node.needed_text("componentInputArtifact")))


def _iterator(node: Node) -> ParameterIterator | ArtifactIterator | None:
    parameter, artifact = node.get("parameterIterator"), node.get("artifactIterator")
    if parameter is not None and artifact is not None:
        raise node.wrong("must not have both a parameterIterator and an artifactIterator")
    if artifact is not None:
        items = artifact.known("items", "itemInput").need("items").known("inputArtifact")
        return ArtifactIterator(artifact.needed_text("itemInput"), items.needed_text("inputArtifact"))
    if parameter is None:
        return None
    items = parameter.known("items", "itemInput").need("items").known("raw", "inputParameter")
    item_input = parameter.needed_text("itemInput")
    if items.get("inputParameter") is not None:
        return ParameterIterator(item_input, input=items.needed_text("inputParameter"))
    raw = items.need("raw")
    try:
        values = json.loads(raw.string())
    except (ValueError, RecursionError) as error:
        raise raw.wrong(f"is no JSON: {error}") from error
    if not isinstance(values, list):
        raise raw.wrong("must be a list as JSON")
    return ParameterIterator(item_input, items=tuple(values))
