"""Objects as text."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from minikf.bundle.render.documents import joined, split
from minikf.errors import Refused

TRICKY = """apiVersion: v1
data:
  script: |
    kind: Nothing
    ---
    metadata:
      name: no

    apiVersion: v0
kind: ConfigMap
metadata:
  annotations:
    text: |
      name: wrong

      namespace: wrong
  labels: {}
  name: "1234"
  namespace: shop
"""


def test_what_an_object_says_inside_does_not_count() -> None:
    (document,) = split(TRICKY, "x")
    assert (document.api_version, document.kind, document.namespace, document.name) == (
        "v1",
        "ConfigMap",
        "shop",
        "1234",
    )
    assert document.parsed["data"]["script"].startswith("kind: Nothing\n---\n")


def test_json_is_read_too() -> None:
    (document,) = split('{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}}\n', "x")
    assert document.key == "Deployment/a"
    assert document.group == "apps"


@pytest.mark.parametrize("text", ["a: 1\n", "- 1\n", "kind: X\napiVersion: v1\n", "kind: [\n", "words\n"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="the till holds a document that is no object"):
        split(text, "the till")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(st.tuples(st.text(min_size=1), st.text(), VALUES), min_size=1, max_size=4))
def test_any_object_is_known_by_its_head(parts: list[tuple[str, str, object]]) -> None:
    objects = [
        {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": name, "namespace": space, "more": value}, "z": value}
        for name, space, value in parts
    ]
    documents = split("---\n".join(yaml.safe_dump(one) for one in objects), "x")
    assert [(one.name, one.namespace) for one in documents] == [(name, space) for name, space, _ in parts]
    assert [one.parsed for one in documents] == objects
    assert split(joined(documents), "x") == documents
