"""Schemas of custom resources around kustomize: taken out, put back, and never taken for granted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from minikf.bundle.render import Wanted, kustomize, render
from minikf.bundle.render.schemas import thin, whole

from .conftest import ended, put, wanted

# What YAML may hold that is not indented as one expects, or that one reader takes for another thing than the next one.
SCHEMA = """type: object
description: |
  Two lines,

    the second one indented.
properties:
  size: {type: integer, default: 0o17}
  mode:
    description: >-
      folded
      text
    enum: [on, "off", yes]
    type: string
  openAPIV3Schema:
    type: object
"""


def definition(indent: int = 4, schema: str = SCHEMA, name: str = "lamps") -> str:
    def pushed(text: str, by: int) -> str:
        return "".join(" " * by + line if line.strip() else line for line in text.splitlines(keepends=True))

    return f"""apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {name}.acme.example
spec:
  group: acme.example
  names: {{kind: Lamp, plural: {name}}}
  scope: Namespaced
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
{pushed(schema, 6 + indent)}    served: true
    storage: true
"""


@pytest.mark.parametrize("indent", [1, 2, 3, 8])
def test_a_schema_goes_out_and_comes_back(indent: int) -> None:
    text = definition(indent)
    found = thin(text.encode())
    assert found is not None
    data, schemas = found
    assert len(schemas) == 1 and b"folded" not in data and yaml.safe_load(data)["spec"]["versions"][0]["served"]
    back = whole(data.decode(), schemas)
    assert back is not None and yaml.safe_load(back) == yaml.safe_load(text)


def test_what_has_none_stays_as_it_is() -> None:
    assert thin(b"kind: ConfigMap\n") is None


def test_a_schema_that_was_changed_in_between_is_not_put_back() -> None:
    data, schemas = thin(definition().encode()) or (b"", {})
    for line in data.decode().splitlines():
        if "description: minikf-schema-" in line:
            more = line.replace(line.strip(), "type: string")
            assert whole(data.decode().replace(line, f"{line}\n{more}"), schemas) is None
            assert whole(data.decode().replace(line, f"{more}\n{line}"), schemas) is None
    assert whole(data.decode(), {}) is None


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029\ufeff"), max_size=12)
KEYS = st.sampled_from(["type", "a b", "x-y", "on", "- q", "openAPIV3Schema"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
SCHEMAS = st.dictionaries(st.sampled_from(["properties", "required", "description", "x-z"]), VALUES, min_size=1)


@given(SCHEMAS, st.integers(1, 5), st.booleans())
def test_any_schema_comes_back_as_it_was(schema: dict[str, Any], indent: int, flow: bool) -> None:
    """Written in whatever style, it comes back whole or is not taken."""
    text = definition(indent, yaml.safe_dump(schema, default_flow_style=flow or None, allow_unicode=True))
    found = thin(text.encode())
    back = whole(found[0].decode(), found[1]) if found is not None else text
    assert back is None or yaml.safe_load(back) == yaml.safe_load(text)


@pytest.fixture
def lamps(tree: Path) -> Wanted:
    put(tree, "lamps", {"lamps.yaml": definition()})
    return wanted(tree, "lamps")


def settled(one: Wanted, tree: Path, kubectl: Path, cache: Path) -> tuple[Wanted, str]:
    (made,) = ended(render([one], lambda: tree, kubectl, cache, settle=True))
    return replace(one, sha256=made.sha256), made.documents[0].text


def fresh(one: Wanted, tree: Path, kubectl: Path, cache: Path) -> str:
    (made,) = ended(render([one], lambda: tree, kubectl, cache))
    assert made.sha256 == one.sha256
    return made.documents[0].text


def test_it_is_settled_by_the_objects_that_kustomize_alone_makes(
    lamps: Wanted, tree: Path, kubectl: Path, tmp_path: Path
) -> None:
    """`on` and `0o17` are other things to YAML 1.1 than to kustomize: then what kustomize writes counts."""
    one, text = settled(lamps, tree, kubectl, tmp_path / "a")
    alone = kustomize.build(kubectl, tree / "acme/shop/v1/lamps", "lamps")
    assert yaml.safe_load(text) == yaml.safe_load(alone) and "folded text" in text
    assert fresh(one, tree, kubectl, tmp_path / "b") == text


def test_a_plain_schema_is_put_back_as_it_was_written(tree: Path, kubectl: Path, tmp_path: Path) -> None:
    plain = SCHEMA.replace("0o17", "7").replace('[on, "off", yes]', "[a, b]")
    put(tree, "lamps", {"lamps.yaml": definition(schema=plain)})
    one, text = settled(wanted(tree, "lamps"), tree, kubectl, tmp_path / "a")
    alone = kustomize.build(kubectl, tree / "acme/shop/v1/lamps", "lamps")
    assert yaml.safe_load(text) == yaml.safe_load(alone) and "enum: [a, b]" in text
    assert fresh(one, tree, kubectl, tmp_path / "b") == text


@pytest.mark.parametrize("patch", [
    "- op: replace\n  path: /spec/versions/0/schema/openAPIV3Schema/properties/mode\n  value: {type: number}\n",
    "- op: remove\n  path: /spec/versions/0/schema/openAPIV3Schema/properties/mode\n",
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: lamps.acme.example}\n"
    "spec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        description: patched\n",
])  # fmt: skip
def test_patches_that_lead_into_a_schema_do_what_they_say(
    tree: Path, kubectl: Path, tmp_path: Path, patch: str
) -> None:
    target = "{kind: CustomResourceDefinition}"
    kustomization = f"resources: [lamps.yaml]\npatches:\n- target: {target}\n  path: patch.yaml\n"
    put(tree, "lamps", {"lamps.yaml": definition(), "patch.yaml": patch, "kustomization.yaml": kustomization})
    one, text = settled(wanted(tree, "lamps"), tree, kubectl, tmp_path / "a")
    alone = kustomize.build(kubectl, tree / "acme/shop/v1/lamps", "lamps")
    assert yaml.safe_load(text) == yaml.safe_load(alone)
    assert fresh(one, tree, kubectl, tmp_path / "b") == text


def test_without_a_hash_it_is_rendered_by_kustomize_alone(
    lamps: Wanted, tree: Path, kubectl: Path, tmp_path: Path
) -> None:
    (made,) = ended(render([lamps], lambda: tree, kubectl, tmp_path / "a"))
    assert made.documents[0].text == kustomize.build(kubectl, tree / "acme/shop/v1/lamps", "lamps")


def test_a_broken_quote_at_the_edge_changes_no_other_object(tree: Path, kubectl: Path, tmp_path: Path) -> None:
    """The last line of the quoted text begins in the first column: the schema seems to end before it."""
    schema = 'type: object\ndescription: "one\nQUOTE"\n'
    text = definition(schema=schema).replace("          QUOTE", "scope: two")
    put(tree, "lamps", {"lamps.yaml": text})
    one, made = settled(wanted(tree, "lamps"), tree, kubectl, tmp_path / "a")
    assert yaml.safe_load(made) == yaml.safe_load(kustomize.build(kubectl, tree / "acme/shop/v1/lamps", "lamps"))
    assert fresh(one, tree, kubectl, tmp_path / "b") == made
