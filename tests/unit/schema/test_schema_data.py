"""The generated schemas: where they come from, that they hold no prose, that they are cheap and read when needed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from minikf.embedded import cel, kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.schema import schema_for
from minikf.embedded.schema.data import group_data
from minikf.embedded.schema.node import Node

_FILES = [file for file in (files("minikf.embedded") / "schemas").iterdir() if file.name != "protobuf.json"]
_PROSE = {"description", "title", "example", "examples", "externalDocs"}


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every map in a JSON value."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(part)


def schemas(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema below a schema, itself first; the names of fields are no keywords."""
    yield data
    below = [*(data.get("properties") or {}).values()]
    below += [data[key] for key in ("items", "additionalProperties", "not") if isinstance(data.get(key), dict)]
    for key in ("allOf", "anyOf", "oneOf"):
        below += data.get(key) or []
    for part in below:
        yield from schemas(part)


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_each_file_says_where_it_comes_from_and_holds_no_prose(file: Any) -> None:
    text = file.read_text()
    data = json.loads(text)
    assert len(text) < 1_000_000
    assert data["sources"]
    for source in data["sources"]:
        assert source["path"] and source["ref"]
        assert re.fullmatch("[0-9a-f]{64}", source["sha256"])
    roots = [*data["definitions"].values(), *(kind["schema"] for kind in data["kinds"].values())]
    for root in roots:
        for schema in schemas(root):
            assert not _PROSE & schema.keys()


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.name)
def test_definitions_are_used_and_do_not_hold_themselves(file: Any) -> None:
    data = json.loads(file.read_text())
    definitions = data["definitions"]
    used = {name: {part["$ref"] for part in parts(schema) if "$ref" in part} for name, schema in definitions.items()}
    roots = {part["$ref"] for kind in data["kinds"].values() for part in parts(kind["schema"]) if "$ref" in part}
    assert set(definitions) == roots.union(*used.values())

    def check(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, above
        for below in used[name]:
            check(below, (*above, name))

    for name in roots:
        check(name, ())


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.kind)
def test_every_kind_has_a_schema_that_compiles(kind: Kind) -> None:
    schema = schema_for(kind)
    assert {"apiVersion", "kind", "metadata"} <= schema.root.properties.keys()
    obj = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "x"}}
    # Katib's CRDs leave all fields open; what they may be is checked at admission (tests/unit/tuning).
    is_open = kind in (kinds.EXPERIMENT, kinds.SUGGESTION, kinds.TRIAL)
    told = [] if is_open else ['unknown field "surely-unknown"']
    assert schema.unknown_fields(obj | {"surely-unknown": 1}, False) == told
    schema.default(obj)
    assert isinstance(schema.validate(obj), list)


def test_every_rule_compiles() -> None:
    rules = [
        rule
        for kind in kinds.KINDS
        for root in [schema_for(kind).openapi, *group_data(kind.group, kind.version).pool.definitions.values()]
        for schema in schemas(root)
        for rule in schema.get("x-kubernetes-validations") or ()
    ]
    assert rules
    for rule in rules:
        cel.compiled(rule["rule"])


def test_a_pod_spec_is_one_node_however_many_fields_hold_it() -> None:
    def containers(node: Node, depth: int = 0) -> Iterator[Node]:
        for name in node.properties:
            below = node.field(name)
            if below is not None and name == "containers":
                yield below
            elif below is not None and depth < 4:
                yield from containers(below, depth + 1)

    service = kinds.of("serving.kserve.io/v1beta1", "InferenceService")
    assert service is not None
    found = list(containers(schema_for(service).root))
    assert len(found) >= 3 and len({id(node.items) for node in found}) < len(found)


def test_schemas_are_read_when_a_kind_is_first_needed() -> None:
    program = (
        "import sys, builtins, io, pathlib;"
        "read = [];"
        "old = pathlib.Path.read_bytes;"
        "pathlib.Path.read_bytes = lambda p: (read.append(p.name), old(p))[1];"
        "from minikf.embedded import kinds;"
        "from minikf.embedded.schema import schema_for;"
        "schemas = [schema_for(k) for k in (kinds.CONFIG_MAP, kinds.POD)];"
        "schemas[0].validate({'metadata': {}});"
        "assert read == ['core.v1.json'], read;"
        "assert 'cel' not in sys.modules and 'minikf.embedded.cel' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
