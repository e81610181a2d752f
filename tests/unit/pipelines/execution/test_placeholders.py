"""What stands for what in commands, by the SDK's own names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.execution.executorinput import executor_input
from minikf.embedded.pipelines.execution.placeholders import local_path, resolve_command, resolve_job, resolve_value
from minikf.embedded.pipelines.records import Artifact, Values
from minikf.embedded.pipelines.spec.model import ArtifactSpec, ParameterSpec, ParameterType, Signature

INPUTS = Values(
    {"text": "a 'b' {{$.pipeline_job_uuid}}", "number": 3, "flag": True, "items": [1, "x"], "none": None},
    {
        "data": (Artifact("data", "system.Dataset", "/art/data", {"rows": 5, "note": "n"}),),
        "far": (Artifact("far", "system.Model", "gs://bucket/model"),),
        "missing": (),
    },
)
OUTPUTS = Signature(
    {"out": ParameterSpec(ParameterType.STRING)},
    {"model": ArtifactSpec("system.Model"), "m": ArtifactSpec("my.T", "0.1.0")},
)
TOLD = executor_input(INPUTS, OUTPUTS, Path("/art/root"))
JOB = {"pipeline_job_uuid": "1234", "pipeline_task_name": "train"}


def resolved(*words: str) -> list[str]:
    return resolve_command(words, TOLD, JOB)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("{{$.inputs.parameters['number']}}", "3"),
        ("--n={{$.inputs.parameters['number']}}!", "--n=3!"),
        ("{{$.inputs.parameters[''number'']}}", "3"),
        ('{{$.inputs.parameters["flag"]}}', "true"),
        ("{{$.inputs.parameters['items']}}", '[1, "x"]'),
        ("{{$.inputs.parameters['none']}}", "null"),
        ("{{$.inputs.artifacts['data'].uri}}", "/art/data"),
        ("{{$.inputs.artifacts['data'].path}}", "/art/data"),
        ("{{$.inputs.artifacts['far'].uri}}", "gs://bucket/model"),
        ("{{$.inputs.artifacts['far'].path}}", "/gcs/bucket/model"),
        ("{{$.inputs.artifacts['data'].metadata['rows']}}", "5"),
        ("{{$.inputs.artifacts['data'].metadata}}", '{"rows": 5, "note": "n"}'),
        ("{{$.inputs.artifacts['data'].name}}", "data"),
        ("{{$.inputs.artifacts['missing'].uri}}", "null"),
        ("{{$.outputs.parameters['out'].output_file}}", "/art/root/.parameters/out"),
        ("{{$.outputs.artifacts['model'].path}}", "/art/root/model"),
        ("{{$.outputs.artifacts['model'].uri}}", "/art/root/model"),
        ("{{$.outputs.output_file}}", "/art/root/executor_output.json"),
        ("{{$.outputMetadataUri}}", "/art/root/executor_output.json"),
        ("{{$.pipeline_job_uuid}}-{{$.pipeline_task_name}}", "1234-train"),
        ("{{not ours}} {{ $ }} ${HOME} {{$x}}", "{{not ours}} {{ $ }} ${HOME} {{$x}}"),
    ],
)
def test_each_placeholder(word: str, text: str) -> None:
    assert resolved(word) == [text]


def test_an_input_that_is_a_list_of_artifacts_is_put_in_as_json() -> None:
    (text,) = resolved("{{$.inputs.artifacts['data']}}")
    assert [one["uri"] for one in json.loads(text)] == ["/art/data"]


def test_the_executor_input_is_the_message_that_the_sdk_reads() -> None:
    (text,) = resolved("{{$}}")
    assert json.loads(text) == TOLD
    assert TOLD["outputs"]["artifacts"]["m"]["artifacts"] == [
        {"name": "m", "type": {"schemaTitle": "my.T", "schemaVersion": "0.1.0"}, "uri": "/art/root/m", "metadata": {}}
    ]


def test_whole_numbers_inside_values_are_whole_as_on_a_cluster() -> None:
    given = Values({"l": [1.0, 1.5, {"k": 2.0}], "s": {"a": [3.0], "big": 1e300}, "d": 4.0, "t": "1.0", "b": [True]})
    found = executor_input(given, Signature(), Path("/r"))["inputs"]["parameterValues"]
    assert json.dumps(found) == json.dumps(
        {"l": [1, 1.5, {"k": 2}], "s": {"a": [3], "big": 1e300}, "d": 4.0, "t": "1.0", "b": [True]}
    )


def test_what_is_put_in_is_not_looked_at_again() -> None:
    assert resolved("{{$.inputs.parameters['text']}}") == ["a 'b' {{$.pipeline_job_uuid}}"]


def test_json_escape_makes_a_value_fit_into_a_json_text() -> None:
    (text,) = resolved('{"told": "{{$.json_escape[1]}}"}')
    assert json.loads(json.loads(text)["told"]) == TOLD
    (twice,) = resolved("{{$.inputs.parameters['items'].json_escape[1]}}")
    assert twice == '[1, \\"x\\"]'


def test_structures() -> None:
    given = '{"IfPresent": {"InputName": "number", "Then": ["--n", "{{$.inputs.parameters[\'number\']}}"]}}'
    absent = '{"IfPresent": {"InputName": "none", "Then": ["--n"], "Else": ["--no", {"Concat": ["a", "b"]}]}}'
    nothing = '{"IfPresent": {"InputName": "missing", "Then": "x"}}'
    concat = '{"Concat": ["n=", "{{$.inputs.parameters[\'number\']}}", {"IfPresent": {"InputName": "x", "Then": "y"}}]}'
    assert resolved("run", given, absent, nothing, concat) == ["run", "--n", "3", "--no", "ab", "n=3"]
    assert resolved('{"a": 1}', '{"Concat": broken}') == ['{"a": 1}', '{"Concat": broken}']


@pytest.mark.parametrize(
    "word", ["{{$.inputs.artifacts['data'].size}}", "{{$.nonsense}}", "{{$.outputs.parameters['x'].output_file}}"]
)
def test_an_unknown_placeholder_is_refused(word: str) -> None:
    with pytest.raises(PipelineError, match="is not known"):
        resolved(word)


def test_values_keep_their_type_and_job_names_reach_into_lists() -> None:
    assert resolve_value({"n": "{{$.inputs.parameters['number']}}", "l": ["{{$.pipeline_task_name}}"]}, TOLD, JOB) == {
        "n": 3,
        "l": ["train"],
    }
    assert resolve_job(["{{$.pipeline_task_name}} {{$.inputs.parameters['x']}}", 1], JOB) == [
        "train {{$.inputs.parameters['x']}}",
        1,
    ]


@pytest.mark.parametrize("uri", ["gs://b/x", "s3://b/x", "minio://b/x", "/a/b"])
def test_paths_are_those_of_the_sdk(uri: str) -> None:
    artifacts = pytest.importorskip("kfp.dsl.types.artifact_types")
    assert local_path(uri) == artifacts.Artifact(uri=uri).path
