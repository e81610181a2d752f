"""What can be said of a package before it runs: whether it can, and with which arguments."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.spec import Package, check_imports, check_runnable, from_documents, resolve_arguments
from minikf.embedded.pipelines.spec.model import ParameterType
from minikf.embedded.pipelines.spec.types import coerce
from minikf.embedded.pipelines.spec.workspace import workspace_claim
from tests.unit.pipelines.plan.player import DATA, compiled_pipeline, upstream_pipelines


def found(program: str) -> str | None:
    return f"/bin/{program}" if program in ("sh", "cp", "true") else None


def small(executor: dict[str, Any], platform: Any = None, **component: Any) -> Package:
    return from_documents(
        {
            "pipelineInfo": {"name": "small"},
            "schemaVersion": "2.1.0",
            "deploymentSpec": {"executors": {"exec": executor}},
            "components": {"comp-one": {"executorLabel": "exec", **component}},
            "root": {"dag": {"tasks": {"one": {"componentRef": {"name": "comp-one"}}}}},
        },
        platform,
    )


def container(**fields: Any) -> dict[str, Any]:
    return {"container": {"image": "busybox", "command": ["true"], **fields}}


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_steps_of_python_and_the_shell_can_run(path: Any) -> None:
    check_runnable(compiled_pipeline(path.stem), found)


OPTIONAL = {"parameterType": "TASK_CONFIG", "isOptional": True}
GPU = {"accelerator": {"type": "nvidia.com/gpu", "count": "1"}}


@pytest.mark.parametrize(
    "package, reason",
    [
        (
            small(container(command=["java", "-jar"])),
            "its program 'java' is not on this machine (its image is 'busybox')",
        ),
        (
            small(container(command=[], args=["x"])),
            "has no command of its own and runs what the image 'busybox' starts",
        ),
        (
            small(container(resources={"accelerator": {"type": "nvidia.com/gpu", "count": "2"}})),
            "asks for 2 accelerator(s) of type nvidia.com/gpu",
        ),
        (
            small(container(resources={"accelerator": {"type": "{{$.inputs.parameters['gpu']}}", "count": "1"}})),
            "asks for accelerators, by a parameter (use an engine",
        ),
        (small({"resolver": {"outputArtifactQueries": {}}}), "it is a resolver"),
        (small({"customJob": {"customJob": {}}}), "it is a customJob"),
        (
            small(container(resources=GPU), taskConfigPassthroughs=[{"field": "RESOURCES", "applyToTask": True}]),
            "asks for 1 accelerator(s)",
        ),
        (
            small(container(command=["sh", "-e", "run.sh"])),
            "runs the file 'run.sh', which only its image 'busybox' has",
        ),
        (small(container(command=["sh", "/no/such.sh"])), "runs the file '/no/such.sh'"),
        (small(container(command=["sh"], args=["main.sh", "-c"])), "runs the file 'main.sh'"),
        (small({"importer": {"artifactUri": {"constant": "gs://x"}}}), "exactly one output artifact"),
    ],
)
def test_what_needs_a_cluster_is_refused(package: Package, reason: str) -> None:
    with pytest.raises(PipelineError) as refused:
        check_runnable(package, found)
    text = str(refused.value)
    assert reason in text and "comp-one" in text and refused.value.where == "root.dag.tasks.one"
    assert all(engine in refused.value.advice for engine in ("k3d", "kind", "context"))


BAKED = {"command": ["python3", "-m", "kfp.dsl.executor_main"], "args": ["--function_to_execute", "f"]}
MODEL = {"artifacts": {"artifact": {"artifactType": {"schemaTitle": "system.Model"}}}}


def test_what_lives_in_an_image_is_refused() -> None:
    with pytest.raises(PipelineError, match="code is inside the image 'busybox'"):
        check_runnable(small(container(**BAKED)), lambda program: program)
    check_runnable(small(container(**BAKED | {"args": ["--component_module_path=f.py"]})), lambda program: program)
    importer = {"importer": {"artifactUri": {"constant": "oci://r/m:1"}, "typeSchema": {"schemaTitle": "system.Model"}}}
    with pytest.raises(PipelineError, match=r"'oci://r/m:1', a container image.*k3d"):
        check_runnable(small(importer, outputDefinitions=MODEL), found)
    importer["importer"]["artifactUri"] = {"runtimeParameter": "uri"}
    named = {"uri": {"parameterType": "STRING", "isOptional": True}}
    plain = small(importer, outputDefinitions=MODEL, inputDefinitions={"parameters": named}).pipeline_spec
    spec: Any = copy.deepcopy(plain)
    spec["root"]["inputDefinitions"] = {"parameters": named}
    spec["root"]["dag"]["tasks"]["one"]["inputs"] = {"parameters": {"uri": {"componentInputParameter": "uri"}}}
    package = from_documents(spec)
    check_runnable(package, found)
    check_imports(package, {"uri": "/data"})
    with pytest.raises(PipelineError, match="'oci://r/m:1', a container image"):
        check_imports(package, {"uri": "oci://r/m:1"})


@pytest.mark.parametrize(
    "words",
    [
        ["sh", "-c", "run.sh"],
        ["sh", "-ec", "run.sh"],
        ["sh", "-s"],
        ["sh", "/proc/version"],
        ["sh", "{{$.inputs.artifacts['script'].path}}"],
        ["python3", "-u", "-m", "json.tool"],
        ["python3", "-c", "print(1)"],
        ["python3", "-"],
    ],
)
def test_code_that_is_here_or_in_the_command_is_not_looked_for_in_the_image(words: list[str]) -> None:
    check_runnable(small(container(command=words)), lambda program: program)


def test_a_module_or_a_script_may_come_from_elsewhere_than_the_image() -> None:
    module = ["python3", "-u", "-m", "no_such_package.launcher"]
    with pytest.raises(PipelineError, match="runs the Python package 'no_such_package', which only its image"):
        check_runnable(small(container(command=module)), lambda program: program)
    path = container(command=module, env=[{"name": "PYTHONPATH", "value": "/code"}])
    check_runnable(small(path), lambda program: program)
    mount = {"pvcMount": [{"constant": "code", "mountPath": "/code"}]}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec": mount}}}}}
    check_runnable(small(container(command=["sh", "/code/run.sh"]), platform), found)


def workspace(told: Any) -> Any:
    return {"platforms": {"kubernetes": {"pipelineConfig": {"workspace": told}}}}


@pytest.mark.parametrize(
    "told, reason",
    [
        ({}, "size is missing"),
        ({"size": "much"}, "'much' is no Kubernetes quantity"),
        ({"size": "-1Gi"}, "negative"),
        ({"size": "1Gi", "colour": "red"}, "'colour' is not known"),
        ({"size": "1Gi", "kubernetes": {"pvcSpecPatch": {"volumeName": "x"}}}, "'volumeName' is not known"),
        ({"size": "1Gi", "kubernetes": {"pvcSpecPatch": {"storageClassName": ""}}}, "left out or be a name"),
        ({"size": "1Gi", "kubernetes": {"pvcSpecPatch": {"accessModes": ["Some"]}}}, "ReadWriteOnce"),
        ({"size": "1Gi", "kubernetes": {"pvcSpecPatch": {"accessModes": "ReadWriteOnce"}}}, "must be a list"),
        ("1Gi", "must be a mapping"),
    ],
)
def test_a_workspace_that_cannot_be_made_is_refused(told: Any, reason: str) -> None:
    with pytest.raises(PipelineError, match=reason) as refused:
        check_runnable(small(container(), workspace(told)), found)
    assert refused.value.where.startswith("platforms.kubernetes.pipelineConfig.workspace")


def test_a_workspace_is_a_claim_of_its_size() -> None:
    patch = {"accessModes": ["ReadWriteMany"], "storageClassName": "standard"}
    package = small(container(), workspace({"size": "1Gi", "kubernetes": {"pvcSpecPatch": patch}}))
    check_runnable(package, found)
    sized = {"resources": {"requests": {"storage": "1Gi"}}}
    assert workspace_claim(package.pipeline_config) == patch | sized
    assert workspace_claim({"workspace": {"size": "1Gi"}}) == {"accessModes": ["ReadWriteOnce"]} | sized
    assert workspace_claim({}) is None


def test_an_importer_downloads_into_the_workspace_that_the_pipeline_has() -> None:
    importer = {"importer": {"artifactUri": {"constant": "/data"}, "downloadToWorkspace": True}}
    with pytest.raises(PipelineError, match=r"and the pipeline has none \(give it dsl.PipelineConfig"):
        check_runnable(small(importer, outputDefinitions=MODEL), found)
    check_runnable(small(importer, workspace({"size": "1Gi"}), outputDefinitions=MODEL), found)


def test_an_exit_task_alone_is_no_pipeline() -> None:
    status = {"parameters": {"s": {"parameterType": "TASK_FINAL_STATUS", "isOptional": True}}}
    plain = small(container(), inputDefinitions=status)
    spec: Any = copy.deepcopy(dict(plain.pipeline_spec))
    spec["root"]["inputDefinitions"] = status
    spec["root"]["dag"]["tasks"]["one"]["inputs"] = {"parameters": {"s": {"componentInputParameter": "s"}}}
    with pytest.raises(PipelineError, match="only exit tasks are given one"):
        check_runnable(from_documents(spec), found)


def test_a_task_config_takes_what_the_pod_does_not_get() -> None:
    passed = {"taskConfigPassthroughs": [{"field": "RESOURCES"}, {"field": "ENV", "applyToTask": True}]}
    package = small(container(resources=GPU), inputDefinitions={"parameters": {"c": OPTIONAL}}, **passed)
    check_runnable(package, found)
    assert package.components["comp-one"].passthroughs == {"RESOURCES": False, "ENV": True}
    with pytest.raises(PipelineError, match="'COLOUR' is none of RESOURCES, ENV"):
        small(container(), taskConfigPassthroughs=[{"field": "COLOUR"}])


def test_programs_of_placeholders_are_not_refused() -> None:
    check_runnable(small(container(command=["{{$.inputs.parameters['program']}}"])), found)
    check_runnable(small(container(resources={"accelerator": {"type": "gpu", "count": "0"}})), found)


def test_a_component_that_nothing_uses_is_not_refused() -> None:
    package = compiled_pipeline("exits")
    document = copy.deepcopy(dict(package.pipeline_spec))
    document["components"]["comp-unused"] = {"executorLabel": "exec-unused"}
    document["deploymentSpec"]["executors"]["exec-unused"] = container(command=["java"])
    check_runnable(from_documents(document), found)


@pytest.mark.skipif(
    not upstream_pipelines("valid"), reason="no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM"
)
def test_upstream_files_that_are_refused() -> None:
    from minikf.embedded.pipelines.spec import load

    refused = []
    for path in upstream_pipelines("valid"):
        try:
            check_runnable(load(path.read_bytes(), path.name), lambda program: program)
        except PipelineError as error:
            refused.append((path.stem, error.message))
    reasons = (
        "accelerator",
        "no command of its own",
        "only its image",
        "the image",
        "container image",
        "only exit tasks",
    )
    assert all(any(reason in message for reason in reasons) for _, message in refused), refused
    assert len(refused) < len(upstream_pipelines("valid")) / 4


def with_inputs(**inputs: Any) -> Package:
    document = dict(small(container()).pipeline_spec)
    document["root"] = {**document["root"], "inputDefinitions": {"parameters": inputs}}
    return from_documents(document)


def test_arguments_have_defaults_and_types() -> None:
    package = with_inputs(
        a={"parameterType": "NUMBER_INTEGER"},
        b={"parameterType": "STRING", "defaultValue": "x", "isOptional": True},
        c={"parameterType": "LIST", "isOptional": True},
    )
    assert resolve_arguments(package, {"a": 3.0}) == {"a": 3, "b": "x"}
    assert resolve_arguments(package, {"a": "3", "b": None, "c": "[1]"}) == {"a": 3, "b": "x", "c": [1]}
    assert isinstance(resolve_arguments(package, {"a": 3.0})["a"], int)
    for given, error in (
        ({}, "needs a value for: a"),
        ({"a": None}, "needs a value for: a"),
        ({"a": 1, "d": 2}, "has no parameter 'd'"),
        ({"a": 1.5}, "must be a whole number"),
        ({"a": True}, "must be a whole number"),
        ({"a": 1, "c": {}}, "must be a list"),
    ):
        with pytest.raises(PipelineError, match=error):
            resolve_arguments(package, given)


def test_arguments_keep_to_literals_and_artifacts_cannot_be_given() -> None:
    package = with_inputs(a={"parameterType": "STRING", "literals": ["x", "y"]})
    assert resolve_arguments(package, {"a": "y"}) == {"a": "y"}
    with pytest.raises(PipelineError, match="'z' is none of 'x', 'y'"):
        resolve_arguments(package, {"a": "z"})
    document = dict(package.pipeline_spec)
    document["root"] = {**document["root"], "inputDefinitions": {"artifacts": {"data": {}}}}
    with pytest.raises(PipelineError, match=r"takes artifacts \(data\)"):
        resolve_arguments(from_documents(document), {})


@pytest.mark.parametrize(
    "value, kind, made",
    [
        (5, "STRING", "5"),
        ([1, "a"], "STRING", '[1, "a"]'),
        (True, "STRING", "true"),
        ("", "STRING", ""),
        (4, "NUMBER_DOUBLE", 4.0),
        ("1e3", "NUMBER_DOUBLE", 1000.0),
        (2.0, "NUMBER_INTEGER", 2),
        (10**30, "NUMBER_INTEGER", 10**30),
        ("True", "BOOLEAN", True),
        (False, "BOOLEAN", False),
        ('{"a": 1}', "STRUCT", {"a": 1}),
        ({}, "STRUCT", {}),
        ([], "LIST", []),
        ({"state": "FAILED"}, "TASK_FINAL_STATUS", {"state": "FAILED"}),
        (None, "LIST", None),
    ],
)
def test_values_that_fit(value: Any, kind: str, made: Any) -> None:
    got = coerce(value, ParameterType(kind), "x")
    assert got == made and type(got) is type(made)


@pytest.mark.parametrize(
    "value, kind",
    [
        (1.5, "NUMBER_INTEGER"),
        (float("inf"), "NUMBER_INTEGER"),
        (float("nan"), "NUMBER_INTEGER"),
        (True, "NUMBER_DOUBLE"),
        ("many", "NUMBER_DOUBLE"),
        (1, "BOOLEAN"),
        ("yes", "BOOLEAN"),
        ([], "STRUCT"),
        ("[1", "LIST"),
        ("[" * 100_000, "LIST"),
        ({}, "LIST"),
    ],
)
def test_values_that_do_not_fit(value: Any, kind: str) -> None:
    with pytest.raises(PipelineError, match=kind):
        coerce(value, ParameterType(kind), "x")
