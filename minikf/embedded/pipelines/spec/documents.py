"""Uploaded bytes as the two documents of a pipeline: `pipeline_spec` and `platform_spec`.

What `kfp.Client.upload_pipeline` sends and the SDK's compiler makes is read: YAML with one or two documents, JSON, and
either of them as the only one (or as `pipeline.yaml`) in a zip or tar.gz.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Callable

import yaml

from minikf.embedded.pipelines.errors import PipelineError
from minikf.embedded.pipelines.records import Json

MAXIMUM_SIZE = 32 * 1024 * 1024
"""Bytes of a document, unpacked. MiniKF's own limits, far above compiled pipelines and far below a laptop's memory."""
MAXIMUM_VALUES = 1_000_000
MAXIMUM_DEPTH = 100
_PREFERRED = ("pipeline.yaml", "pipeline.yml", "pipeline.json")
_SUFFIXES = (".yaml", ".yml", ".json")


def read_documents(data: bytes, filename: str = "") -> tuple[dict[str, Json], dict[str, Json]]:
    """(pipeline_spec, platform_spec, {} without one). Raises PipelineError.

    `filename` is used in messages only: what the bytes are is told by the bytes.
    """
    name = filename or "the document"
    if len(data) > MAXIMUM_SIZE:
        raise PipelineError(f"{name} has more than {MAXIMUM_SIZE} bytes")
    text = _text(_unpacked(data, name), name)
    documents = _parsed(text, name)
    for document in documents:
        _measure(document, name)
    return _split(documents, name)


def _unpacked(data: bytes, name: str) -> bytes:
    try:
        if data.startswith(b"PK\x03\x04"):
            return _from_zip(data, name)
        if data.startswith(b"\x1f\x8b"):
            return _from_tar(data, name)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        OSError,
        zlib.error,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise PipelineError(f"{name} is a broken archive: {error}") from error
    return data


def _from_zip(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        chosen = _choose([each for each in archive.namelist() if not each.endswith("/")], name)
        with archive.open(chosen) as member:
            return _limited(member.read, f"{chosen} in {name}")


def _from_tar(data: bytes, name: str) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        raw = _limited(stream.read, name)
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        members = {each.name: each for each in archive.getmembers() if each.isfile()}
        member = archive.extractfile(members[_choose(list(members), name)])
        return member.read() if member else b""


def _limited(read: Callable[[int], bytes], name: str) -> bytes:
    data = read(MAXIMUM_SIZE + 1)
    if len(data) > MAXIMUM_SIZE:
        raise PipelineError(f"{name} has more than {MAXIMUM_SIZE} bytes when it is unpacked")
    return data


def _choose(members: list[str], name: str) -> str:
    preferred = [each for each in members if each.removeprefix("./") in _PREFERRED]
    fitting = preferred or [each for each in members if each.endswith(_SUFFIXES)]
    if len(fitting) == 1:
        return fitting[0]
    found = "no YAML or JSON file" if not fitting else f"{len(fitting)} YAML or JSON files"
    raise PipelineError(f"{name} holds {found}", "", "put the compiled pipeline into it as pipeline.yaml")


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PipelineError(f"{name} is neither a text in UTF-8 nor a zip or tar.gz: {error}") from error


def _parsed(text: str, name: str) -> list[Json]:
    try:
        if text.lstrip().startswith("{"):
            try:
                return [json.loads(text)]
            except ValueError:
                pass  # YAML in flow style starts like JSON
        return [each for each in yaml.load_all(text, _Loader) if each is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PipelineError(f"{name} is no YAML: {error.problem or error.context}", place) from error
    except yaml.YAMLError as error:
        raise PipelineError(f"{name} is no YAML: {error}") from error
    except RecursionError as error:
        raise PipelineError(f"{name} is nested deeper than {MAXIMUM_DEPTH} levels") from error
    except (ValueError, TypeError) as error:  # a key that is a list, a number like 0b2
        raise PipelineError(f"{name} holds a value that YAML cannot read: {error}") from error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # chosen when the module is loaded
    """Safe YAML whose dates are texts, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def _measure(document: Json, name: str) -> None:
    """Refuses what is no JSON and what is too large, counting each use of a YAML alias."""
    waiting: list[tuple[Json, int]] = [(document, 1)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count > MAXIMUM_VALUES:
            raise PipelineError(f"{name} has more than {MAXIMUM_VALUES} values")
        if depth > MAXIMUM_DEPTH:
            raise PipelineError(f"{name} is nested deeper than {MAXIMUM_DEPTH} levels")
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    raise PipelineError(f"{name} has the key {key!r}, which is no text")
            waiting.extend((each, depth + 1) for each in value.values())
        elif isinstance(value, list):
            waiting.extend((each, depth + 1) for each in value)
        elif isinstance(value, float) and not float("-inf") < value < float("inf"):
            raise PipelineError(f"{name} holds {value}, which is no number in JSON")
        elif value is not None and not isinstance(value, str | int | float):
            raise PipelineError(f"{name} holds a {type(value).__name__}, which is no value of JSON")


def _split(documents: list[Json], name: str) -> tuple[dict[str, Json], dict[str, Json]]:
    if not documents:
        raise PipelineError(f"{name} is empty", "", "compile a pipeline with kfp.compiler.Compiler().compile(…)")
    for document in documents:
        if not isinstance(document, dict):
            raise PipelineError(f"{name} is not a compiled pipeline: it is no mapping")
    first = documents[0]
    if len(documents) == 1 and ("pipeline_spec" in first or "pipelineSpec" in first):
        spec = first.get("pipeline_spec", first.get("pipelineSpec"))
        platform = first.get("platform_spec", first.get("platformSpec")) or {}
        if not isinstance(spec, dict) or not isinstance(platform, dict):
            raise PipelineError(f"pipeline_spec and platform_spec of {name} must be mappings")
        return spec, platform
    if first.get("apiVersion") == "argoproj.io/v1alpha1":
        raise PipelineError(f"{name} is an Argo workflow of KFP v1", "", "compile it with kfp 2")
    platforms = [each for each in documents if "platforms" in each]
    specs = [each for each in documents if "platforms" not in each]
    if len(specs) != 1 or len(platforms) > 1:
        raise PipelineError(
            f"{name} has {len(specs)} pipeline and {len(platforms)} platform documents: one pipeline is read at a time"
        )
    return specs[0], platforms[0] if platforms else {}
