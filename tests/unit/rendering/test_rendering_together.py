"""Several components by one run of kustomize are what each is by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.bundle.model import LITE
from minikf.bundle.render import Wanted, kustomize
from minikf.bundle.render.batches import batches
from minikf.errors import Refused

from .conftest import Rendering, put, wanted

NAMES = ("till", "shelf", "door", "lamp", "sign", "desk")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What each run of kustomize rendered; two processors, so that there are at most four batches."""
    told: list[str] = []
    real = kustomize.build

    def build(kubectl: Path, folder: Path, what: str) -> str:
        told.append(what)
        return real(kubectl, folder, what)

    monkeypatch.setattr(kustomize, "build", build)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    yield told


def config_map(name: str, **data: str) -> str:
    lines = "".join(f"  {key}: {value!r}\n" for key, value in data.items())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata:\n  of: {name}\n{lines}"


@pytest.fixture
def known(tree: Path, rendering: Rendering, tmp_path: Path) -> list[Wanted]:
    """Six components with what each is rendered to by itself; nothing is in the cache."""
    for name in NAMES:
        put(tree, name, {f"{name}.yaml": config_map(name)})
    made = [replace(one, sha256=rendering(one)[0].sha256) for one in (wanted(tree, name) for name in NAMES)]
    for file in (tmp_path / "cache").glob("*.yaml"):
        file.unlink()
    return made


def test_they_are_what_each_is_alone(rendering: Rendering, known: list[Wanted], runs: list[str]) -> None:
    made = rendering(*known)
    assert [one.sha256 for one in made] == [one.sha256 for one in known]
    assert [[document.key for document in one.documents] for one in made] == [[f"ConfigMap/{name}"] for name in NAMES]
    assert len(runs) == 4
    assert sorted(name for run in runs for name in run.split(", ")) == sorted(NAMES)


def test_what_is_not_known_or_leaves_something_out_is_rendered_alone(
    rendering: Rendering, tree: Path, known: list[Wanted], runs: list[str]
) -> None:
    less = wanted(tree, "web", leave_out=("Namespace/shop",))
    rendering(replace(known[0], sha256=""), replace(less, sha256="0" * 64), *known[1:])
    assert {"till", "web"} < set(runs) and len([run for run in runs if run not in ("till", "web")]) == 4


def test_what_comes_out_otherwise_beside_others_is_rendered_alone(
    rendering: Rendering, known: list[Wanted], runs: list[str]
) -> None:
    """As it would where kustomize filled in a reference from a neighbour."""
    wrong = [replace(one, sha256="0" * 64) for one in known]
    assert [one.sha256 for one in rendering(*wrong)] == [one.sha256 for one in known]
    assert len(runs) == 4 + len(NAMES)


def test_two_that_have_an_object_in_common_are_rendered_alone(
    rendering: Rendering, tree: Path, known: list[Wanted], runs: list[str]
) -> None:
    put(tree, "twin", {"twin.yaml": config_map("lamp")})
    same = [replace(known[3], sha256="1" * 64), replace(wanted(tree, "twin"), sha256="1" * 64)]
    many = [replace(one, component=replace(one.component, id=f"{one.component.id}-{number}"))
            for number in range(4) for one in same]  # fmt: skip
    made = rendering(*many)
    assert {document.key for one in made for document in one.documents} == {"ConfigMap/lamp"}


def test_one_that_is_refused_is_named_and_not_its_neighbours(
    rendering: Rendering, tree: Path, known: list[Wanted], runs: list[str]
) -> None:
    put(tree, "gone", {"kustomization.yaml": "resources: [nowhere.yaml]\n"})
    with pytest.raises(Refused, match=r"^gone cannot be rendered$") as refused:
        rendering(*known, replace(wanted(tree, "gone"), sha256="0" * 64))
    assert "nowhere.yaml" in refused.value.cause
    assert not list(tree.glob(".minikf-*"))


def test_small_ones_of_lite_too(rendering: Rendering, tree: Path, runs: list[str], tmp_path: Path) -> None:
    for name in NAMES:
        put(tree, name, {f"{name}.yaml": config_map(name)})
    alone = [rendering(wanted(tree, name, variant=LITE))[0] for name in NAMES]
    for file in (tmp_path / "cache").glob("*.yaml"):
        file.unlink()
    runs.clear()
    together = rendering(*(replace(wanted(tree, one), sha256=made.sha256, variant=LITE)
                           for one, made in zip(NAMES, alone, strict=True)))  # fmt: skip
    assert [one.documents for one in together] == [one.documents for one in alone]
    assert len(runs) == 4


@given(st.lists(st.integers(0, 10_000_000), max_size=60), st.integers(1, 64))
def test_every_thing_is_in_one_batch_and_none_is_empty(sizes: list[int], processors: int) -> None:
    made = batches([(size, number) for number, size in enumerate(sizes)], processors)
    assert sorted(number for batch in made for number in batch) == list(range(len(sizes)))
    assert all(made) and len(made) <= 2 * processors
