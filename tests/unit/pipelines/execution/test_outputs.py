"""What a step leaves is read, typed, hashed and moved into place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.pipelines.execution.content import content_of, size_of
from minikf.embedded.pipelines.execution.outputs import PARAMETER_LIMIT, BadOutput, read_outputs
from minikf.embedded.pipelines.execution.place import TaskPlace, file_name
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.model import ArtifactSpec, ParameterSpec, ParameterType, Signature


def returned(root: Path, text: str, kind: ParameterType) -> Json:
    (root / "executor_output.json").write_text(f'{{"parameterValues": {{"x": {text}}}}}')
    return read_outputs(root, Signature({"x": ParameterSpec(kind)})).parameters["x"]


def written(root: Path, text: str | bytes, kind: ParameterType) -> Json:
    file = root / ".parameters" / "x"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_outputs(root, Signature({"x": ParameterSpec(kind)})).parameters["x"]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (ParameterType.NUMBER_INTEGER, "3.0", 3),
        (ParameterType.NUMBER_DOUBLE, "3", 3.0),
        (ParameterType.BOOLEAN, "true", True),
        (ParameterType.LIST, "[1]", [1]),
        (ParameterType.STRUCT, '{"a": null}', {"a": None}),
        (ParameterType.STRING, '"text"', "text"),
    ],
)
def test_returned_parameters_have_their_types(tmp_path: Path, kind: ParameterType, text: str, value: Json) -> None:
    found = returned(tmp_path, text, kind)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (ParameterType.NUMBER_INTEGER, "3\n", 3),
        (ParameterType.BOOLEAN, "True", True),
        (ParameterType.STRUCT, '{"a": 1}', {"a": 1}),
        (ParameterType.STRING, " text\n", " text\n"),
    ],
)
def test_written_parameters_are_read_from_their_files(
    tmp_path: Path, kind: ParameterType, text: str, value: Json
) -> None:
    assert written(tmp_path, text, kind) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ParameterType.NUMBER_INTEGER, "3.5"),
        (ParameterType.NUMBER_DOUBLE, "NaN"),
        (ParameterType.NUMBER_DOUBLE, "Infinity"),
        (ParameterType.BOOLEAN, "1"),
        (ParameterType.LIST, "{}"),
    ],
)
def test_what_is_not_of_its_type_is_refused_by_name(tmp_path: Path, kind: ParameterType, text: str) -> None:
    with pytest.raises(BadOutput, match="'x'"):
        returned(tmp_path, text, kind)


def test_missing_oversize_and_binary_parameters_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadOutput, match="'x' is missing"):
        read_outputs(tmp_path, Signature({"x": ParameterSpec(ParameterType.STRING)}))
    with pytest.raises(BadOutput, match=f"{PARAMETER_LIMIT + 1} bytes"):
        written(tmp_path, "a" * (PARAMETER_LIMIT + 1), ParameterType.STRING)
    with pytest.raises(BadOutput, match="no UTF-8"):
        written(tmp_path, b"\xff\xfe", ParameterType.STRING)


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_a_broken_executor_output_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "executor_output.json").write_text(text)
    with pytest.raises(BadOutput, match=r"executor_output\.json"):
        read_outputs(tmp_path, Signature())


def one(root: Path, spec: ArtifactSpec, **told: Any) -> Any:
    about = {"artifacts": {"a": {"artifacts": [{"name": "a", "uri": str(root / "a"), **told}]}}}
    (root / "executor_output.json").write_text(json.dumps(about))
    return read_outputs(root, Signature(artifacts={"a": spec})).artifacts["a"][0]


def test_artifacts_have_hash_size_type_and_metadata(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    found = one(tmp_path, ArtifactSpec("my.Thing", "0.2.0", metadata={"k": 1}), metadata={"rows": 2})
    assert (found.sha256, found.size) == (hashlib.sha256(b"abc").hexdigest(), 3)
    assert (found.type, found.uri, found.metadata) == ("my.Thing@0.2.0", str(tmp_path / "a"), {"k": 1, "rows": 2})


def test_metrics_are_metadata_and_nan_becomes_text(tmp_path: Path) -> None:
    found = one(tmp_path, ArtifactSpec("system.Metrics"), metadata={"loss": float("nan"), "best": float("-inf")})
    assert (found.sha256, found.metadata) == ("", {"loss": "NaN", "best": "-Infinity"})


def test_a_uri_elsewhere_stays_and_an_own_place_is_copied(tmp_path: Path) -> None:
    assert one(tmp_path, ArtifactSpec("system.Model"), uri="s3://b/m").uri == "s3://b/m"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "f").write_text("x")
    found = one(tmp_path, ArtifactSpec("system.Model"), custom_path=str(elsewhere))
    assert (found.size, (tmp_path / "a" / "f").read_text()) == (1, "x")
    with pytest.raises(BadOutput, match="nothing is there"):
        one(tmp_path, ArtifactSpec("system.Model"), custom_path=str(tmp_path / "gone"))


def test_a_folders_hash_is_of_names_and_contents(tmp_path: Path) -> None:
    def folder(name: str, **files: str) -> Path:
        for path, text in files.items():
            file = tmp_path / name / path.replace("_", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return tmp_path / name

    first = content_of(folder("one", a="1", d_b="2"))
    assert first == content_of(folder("two", d_b="2", a="1"))
    assert first != content_of(folder("three", a="1", d_c="2"))
    assert first != content_of(folder("four", a="1", d_b="3"))
    assert first is not None and first.size == size_of(tmp_path / "one") == 2
    (tmp_path / "one" / "loop").symlink_to(tmp_path / "one")
    assert content_of(tmp_path / "one") != first
    assert content_of(tmp_path / "nothing") is None and size_of(tmp_path / "nothing") is None


def test_an_attempt_becomes_the_task_by_one_move(tmp_path: Path) -> None:
    place = TaskPlace.of(tmp_path, "run", "loop[0]/train")
    place.open(1)
    (place.root / "model").write_text("half")
    place.open(2)
    assert not (place.root / "model").exists(), "an attempt sees nothing of the one before"
    (place.root / "model").write_text("whole")
    seen = place.root / "model"
    place.root.unlink()  # as a kill inside of commit leaves it
    place.reach(2)
    assert seen.read_text() == "whole"
    place.commit(2)
    assert seen.read_text() == "whole" and not place.root.is_symlink() and not place.staging.exists()
    place.commit(2)  # as after a kill between the move and the record
    assert seen.read_text() == "whole"
    place.open(1)  # a retried run
    assert not seen.exists()
    place.discard()
    assert not place.root.exists() and not place.root.is_symlink() and not place.staging.exists()


@pytest.mark.parametrize("name", ["../x", "..", ".", "", "a/b", ".hidden", "x" * 300, "ä\0"])
def test_no_name_leads_out_of_its_folder(tmp_path: Path, name: str) -> None:
    made = tmp_path / file_name(name)
    made.touch()
    assert made.resolve().parent == tmp_path.resolve()
