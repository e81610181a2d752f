"""What bytes are read as a pipeline, and how the others are refused."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile

import pytest
import yaml

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.spec import documents, load
from tests.unit.pipelines.plan.player import DATA, upstream_pipelines

PLAIN = (DATA / "exits.yaml").read_bytes()
TWO = (DATA / "cluster.yaml").read_bytes()
SPEC, PLATFORM = yaml.safe_load_all(TWO)


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return stream.getvalue()


def tarred(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        TWO,
        b"\xef\xbb\xbf" + TWO,
        yaml.safe_dump_all([PLATFORM, SPEC]).encode(),
        json.dumps({"pipeline_spec": SPEC, "platform_spec": PLATFORM}).encode(),
        json.dumps({"pipelineSpec": SPEC, "platformSpec": PLATFORM}).encode(),
        yaml.safe_dump({"pipeline_spec": SPEC, "platform_spec": PLATFORM}).encode(),
        zipped(a_yaml=TWO),
        zipped(pipeline_yaml=TWO, other_yaml=PLAIN, readme_txt=b"text"),
        tarred(pipeline_yaml=TWO),
    ],
    ids=["yaml", "bom", "other order", "json", "camel json", "yaml of both", "zip", "zip of several", "tar.gz"],
)
def test_forms_of_one_pipeline(data: bytes) -> None:
    package = load(data, "file")
    assert package.name == "cluster"
    assert package.pipeline_spec == SPEC and package.platform_spec == PLATFORM
    assert package.platform["exec-say-2"]["pvcMount"][0]["mountPath"] == "/data"


def test_a_bare_spec_as_json_has_no_platform() -> None:
    package = load(json.dumps(SPEC).encode())
    assert package.platform_spec == {} and package.platform == {}


def bomb() -> bytes:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    "data, error",
    [
        (b"", "is empty"),
        (b"# only a comment\n", "is empty"),
        (b"---\n---\n", "is empty"),
        (b"a: [1", "is no YAML"),
        (b"a: &x [*x]", "nested deeper than"),
        (b"[" * 5000, "file is"),
        (b"a: " + b"[" * 90 + b"]" * 90, "schemaVersion is missing"),
        (b'{"a":' * 5000, "file is"),
        (bomb(), "has more than 1000000 values"),
        (b"just text", "is not a compiled pipeline"),
        (b"- a\n- b\n", "is not a compiled pipeline"),
        (b"\xff\xfe\x00binary", "neither a text in UTF-8"),
        (b"1: a", "has the key 1"),
        (b"? [a, b]\n: c", "YAML"),
        (b"a: .nan", "no number in JSON"),
        (b"a: !!binary aGk=", "no value of JSON"),
        (b"a: !!python/object:os.system x", "is no YAML"),
        (b"apiVersion: argoproj.io/v1alpha1\nkind: Workflow", "Argo workflow of KFP v1"),
        (PLAIN + b"\n---\n" + PLAIN, "2 pipeline and 0 platform documents"),
        (TWO + b"\n---\nplatforms: {}\n", "1 pipeline and 2 platform documents"),
        (b'{"pipeline_spec": []}', "must be mappings"),
        (b"PK\x03\x04broken", "is a broken archive"),
        (zipped(a_yaml=PLAIN, b_yaml=PLAIN), "2 YAML or JSON files"),
        (zipped(a_txt=PLAIN), "no YAML or JSON file"),
        (zipped(a_yaml=PLAIN)[:-30], "is a broken archive"),
        (tarred(a_yaml=PLAIN)[:-30], "is a broken archive"),
        (gzip.compress(PLAIN), "is a broken archive"),
        (tarred(), "no YAML or JSON file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "data",  # archives hold the time at which they were made
)
def test_what_is_no_pipeline_is_refused(data: bytes, error: str) -> None:
    with pytest.raises(PipelineError) as refused:
        load(data, "file")
    assert error in str(refused.value)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_that_unpacks_too_large_is_refused(pack, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(documents, "MAXIMUM_SIZE", 100_000)
    data = pack(a_yaml=b"a" * 200_000)
    assert len(data) < 10_000
    with pytest.raises(PipelineError, match="when it is unpacked"):
        load(data)
    with pytest.raises(PipelineError, match="more than 100000 bytes"):
        load(b" " * 100_001)


def test_a_date_is_a_text() -> None:
    text = PLAIN.replace(b"defaultValue: work", b"defaultValue: 2026-01-02")
    assert load(text).root.inputs.parameters["text"].default == "2026-01-02"


def test_a_yaml_error_has_its_line() -> None:
    with pytest.raises(PipelineError) as refused:
        load(b"a: 1\nb: [1,\nc: }", "my.yaml")
    assert refused.value.where.startswith("line 3") and "my.yaml" in refused.value.message


@pytest.mark.skipif(
    not upstream_pipelines("valid"), reason="no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM"
)
def test_upstream_files_are_read_or_refused() -> None:
    for path in upstream_pipelines("valid"):
        assert load(path.read_bytes(), path.name).root.dag, path.name
    invalid = upstream_pipelines("invalid")
    assert invalid
    for path in invalid:
        with pytest.raises(PipelineError):
            load(path.read_bytes(), path.name)
