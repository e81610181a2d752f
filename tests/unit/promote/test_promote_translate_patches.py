"""Translations as JSON patches, put on their base by the real kustomize."""

from __future__ import annotations

import copy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from minikf.promote.model import Object, ref_of
from minikf.promote.translate import Patch, patches
from minikf.promote.yamltext import dump
from tests.unit.promote.profiles_of_clouds import CLOUDS
from tests.unit.promote.test_promote_export import kustomize
from tests.unit.promote.test_promote_translate_golden import translated
from tests.unit.promote.translate_world import everything

KUBECTL = shutil.which("kubectl")
needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="kubectl, which renders the folder, is not on PATH")


def apply(obj: Object, patch: Patch) -> Object:
    """RFC 6902 for the operations that patches are made of, written apart from them."""
    result: Any = copy.deepcopy(obj)
    for one in patch.operations:
        *parts, last = [part.replace("~1", "/").replace("~0", "~") for part in one["path"].split("/")[1:]]
        holder = result
        for part in parts:
            holder = holder[int(part)] if isinstance(holder, list) else holder[part]
        if isinstance(holder, list):
            if last == "-":
                holder.append(one["value"])
            elif one["op"] == "replace":
                holder[int(last)] = one["value"]
            else:
                raise AssertionError(one)
        elif one["op"] == "remove":
            del holder[last]
        else:
            assert (last in holder) == (one["op"] == "replace"), one
            holder[last] = one["value"]
    return dict(result)


@needs_kubectl
@pytest.mark.parametrize("cloud", CLOUDS)
def test_kustomize_renders_the_translation_from_base_and_patches_for(cloud: str, tmp_path: Path) -> None:
    before, _placeholders, _origins = everything()
    after = translated(cloud).objects
    files = {f"{obj['kind']}-{obj['metadata']['name']}.yaml": obj for obj in before}
    (tmp_path / "base").mkdir()
    for name, obj in files.items():
        (tmp_path / "base" / name).write_text(dump(obj))
    (tmp_path / "base/kustomization.yaml").write_text(dump({"resources": list(files)}))
    entries = []
    (tmp_path / "overlay").mkdir()
    for index, patch in enumerate(patches(before, after)):
        (tmp_path / f"overlay/{index}.yaml").write_text(dump(list(patch.operations)))
        entries.append(patch.kustomize(f"{index}.yaml"))
    (tmp_path / "overlay/kustomization.yaml").write_text(dump({"resources": ["../base"], "patches": entries}))
    rendered = kustomize(tmp_path / "overlay")
    assert rendered == {f"{obj['kind']}/{obj['metadata']['name']}": obj for obj in after}


@needs_kubectl
def test_names_and_kinds_change_where_kustomize_is_told_so(tmp_path: Path) -> None:
    old = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "trainer"}}
    new = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "annotations": {"a/b~c": "x"}}}
    (patch,) = patches((old,), (new,))
    assert patch.renames
    (tmp_path / "r.yaml").write_text(dump(old))
    (tmp_path / "p.yaml").write_text(dump(list(patch.operations)))
    text = dump({"resources": ["r.yaml"], "patches": [patch.kustomize("p.yaml")]})
    (tmp_path / "kustomization.yaml").write_text(text)
    done = subprocess.run([str(KUBECTL), "kustomize", str(tmp_path)], capture_output=True, text=True, check=True)
    assert yaml.safe_load(done.stdout) == new


def test_paths_are_exact_and_an_object_that_stays_has_no_patch() -> None:
    same = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "same"}}
    old = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "labels": {"a/b": "1"}},
        "data": {"x": "1"},
    }
    new = copy.deepcopy(old) | {"data": {"x": "1", "y": "2"}}
    new["metadata"] = {"name": "c", "labels": {"a/b": "2"}}
    (patch,) = patches((same, old), (same, new))
    assert (patch.group, patch.version, patch.kind, patch.name) == ("", "v1", "ConfigMap", "c")
    assert patch.operations == (
        {"op": "replace", "path": "/metadata/labels/a~1b", "value": "2"},
        {"op": "add", "path": "/data/y", "value": "2"},
    )
    assert patch.kustomize("p") == {"path": "p", "target": {"version": "v1", "kind": "ConfigMap", "name": "c"}}


LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "b/c~"])
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b/~", "c"]), inner)
)


@settings(max_examples=200, deadline=None)
@given(TREES, TREES)
def test_a_patch_makes_the_new_of_the_old(old: Any, new: Any) -> None:
    head: Object = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "x"}}
    before, after = head | {"spec": old}, head | {"spec": new}
    found = patches((before,), (after,))
    result = apply(before, found[0]) if found else before
    assert result == after
    assert repr(result) == repr(after) or result == after
    assert ref_of(result) == ref_of(after)
