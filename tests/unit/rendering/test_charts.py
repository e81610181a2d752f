"""Charts by the real helm: what it makes is rendered, patched, hashed and kept as all else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.bundle.errors import NotLockable
from minikf.bundle.model import LITE, STANDARD, Chart, Component, Licence, Shape
from minikf.bundle.origin import Origin
from minikf.bundle.render import Rendered, Wanted, render
from minikf.errors import Refused
from minikf.files import sha256_of
from tests.charts import FILES, helm, packed

from .conftest import ended

ARCHIVE = Origin("acme/charts", "releases/download/v1", "shop-1.0.0.tgz")
HELM = helm()
pytestmark = pytest.mark.skipif(HELM is None, reason="no helm, neither on PATH nor in the lab's cache")


class Shop:
    """A mirror with a chart, and a component of it."""

    def __init__(self, folder: Path, kubectl: Path) -> None:
        self.folder, self.tree, self._kubectl = folder, folder / "tree", kubectl
        self.rendered = 0

    def component(
        self,
        files: Mapping[str, str | bytes] = FILES,
        *,
        values: str = "",
        patches: Mapping[str, str] | None = None,
        leave_out: tuple[str, ...] = (),
        variant: str = STANDARD,
    ) -> Wanted:
        file = self.tree / ARCHIVE.address
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(packed(files))
        ours = dict(patches or {})
        own = {**ours, "shop-values.yaml": values} if values else ours
        for name, text in own.items():
            (self.folder / name).write_text(text)
        chart = Chart(ARCHIVE, "corner", "market", "shop-values.yaml" if values else "")
        shape = Shape((), tuple(ours), leave_out, (chart,))
        component = Component("shop", "Shop", "sells", "Shops", Licence("Apache-2.0", "here"), {STANDARD: shape})
        known = {ARCHIVE.address: sha256_of(file)}
        return Wanted(component, variant, known, {name: self.folder / name for name in own}, kubernetes="1.34.4")

    def render(self, *wanted: Wanted) -> tuple[Rendered, ...]:
        def tree() -> Path:
            self.rendered += 1
            return self.tree

        return ended(render(wanted, tree, self._kubectl, self.folder / "cache", helm=HELM))

    def refused(self, wanted: Wanted) -> Refused:
        with pytest.raises(Refused) as raised:
            self.render(wanted)
        assert raised.value.advice
        return raised.value


@pytest.fixture
def shop(tmp_path: Path, kubectl: Path) -> Shop:
    return Shop(tmp_path, kubectl)


def keys(made: Rendered) -> list[str]:
    return [document.key for document in made.documents]


def test_a_chart_becomes_objects_in_its_namespace(shop: Shop) -> None:
    (made,) = shop.render(shop.component())
    assert sorted(keys(made)) == [
        "ClusterRole/corner-counts",
        "ConfigMap/kube-public/elsewhere",
        "CustomResourceDefinition/coins.shop.example",
        "Deployment/market/corner-till",
    ]
    by_kind = {document.kind: document.parsed for document in made.documents}
    till = by_kind["Deployment"]
    assert till["metadata"]["annotations"]["shop.example/kubernetes"] == "v1.34.4"
    assert till["spec"]["replicas"] == 3
    assert by_kind["ConfigMap"]["data"] == {"at": "market", "from": "08:30", "yes": "on"}
    assert made.helm.startswith("v")


def test_values_of_ours_count_and_patches_come_on_top(shop: Shop) -> None:
    patch = '- target: {kind: Deployment}\n  patch: \'[{"op": "add", "path": "/spec/minReadySeconds", "value": 7}]\'\n'
    own = "apiVersion: v1\nkind: Namespace\nmetadata: {name: market}\n"
    wanted = shop.component(values="replicas: 5\n", patches={"name.yaml": patch, "own.yaml": own})
    (made,) = shop.render(wanted)
    assert "Namespace/market" in keys(made)
    spec = next(one for one in made.documents if one.kind == "Deployment").parsed["spec"]
    assert (spec["replicas"], spec["minReadySeconds"]) == (5, 7)


def test_lite_is_small(shop: Shop) -> None:
    (made,) = shop.render(shop.component(variant=LITE))
    assert next(one for one in made.documents if one.kind == "Deployment").parsed["spec"]["replicas"] == 1


def test_it_is_rendered_once_and_anew_when_values_change(shop: Shop) -> None:
    (first,) = shop.render(shop.component(values="replicas: 5\n"))
    (again,) = shop.render(shop.component(values="replicas: 5\n"))
    assert (again.sha256, shop.rendered) == (first.sha256, 1)
    (other,) = shop.render(shop.component(values="replicas: 6\n"))
    assert (other.sha256 != first.sha256, shop.rendered) == (True, 2)
    shop.render(replace(shop.component(values="replicas: 6\n"), kubernetes="1.35.0"))
    assert shop.rendered == 3


def test_it_is_rendered_beside_others(shop: Shop) -> None:
    """Known hashes let kustomize take several at once; what it makes of the chart stays the same."""
    (alone,) = shop.render(shop.component())
    (shop.folder / "own.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: own}\n")
    shape = Shape((), ("own.yaml",))
    own = Component("own", "Own", "is", "Shops", Licence("Apache-2.0", "here"), {STANDARD: shape})
    beside = Wanted(own, STANDARD, {}, {"own.yaml": shop.folder / "own.yaml"})
    (plain,) = shop.render(beside)
    for file in (shop.folder / "cache").glob("*.yaml"):
        file.unlink()
    both = shop.render(replace(shop.component(), sha256=alone.sha256), replace(beside, sha256=plain.sha256))
    assert [one.sha256 for one in both] == [alone.sha256, plain.sha256] and both[1].helm == ""


def test_a_hook_is_refused_by_its_name(shop: Shop) -> None:
    error = shop.refused(shop.component(values="bell: {enabled: true}\n"))
    assert "has the hook Job/bell, which helm runs at post-install, post-upgrade" in error.message
    assert "leave_out: [Job/market/bell]" in error.advice


def test_a_hook_may_be_left_out(shop: Shop) -> None:
    wanted = shop.component(values="bell: {enabled: true}\n", leave_out=("Job/market/bell",))
    (made,) = shop.render(wanted)
    assert "Job/market/bell" not in keys(made) and len(keys(made)) == 4


@pytest.mark.parametrize("random", ["{{ randAlphaNum 8 }}", "{{ uuidv4 }}", '{{ now | date "150405.000000000" }}'])
def test_what_is_another_each_time_is_refused(shop: Shop, random: str) -> None:
    text = f'apiVersion: v1\nkind: Secret\nmetadata: {{name: key}}\nstringData: {{key: "{random}"}}\n'
    error = shop.refused(shop.component({**FILES, "templates/key.yaml": text}))
    assert "is rendered to other objects each time" in error.message and "Secret/key" in error.cause


def test_what_helm_refuses_is_told_in_its_words(shop: Shop) -> None:
    text = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: {{ required "say a name" .Values.name }}}\n'
    error = shop.refused(shop.component({**FILES, "templates/name.yaml": text}))
    assert "the chart shop-1.0.0.tgz cannot be rendered" in error.message and "say a name" in error.cause


def test_a_chart_that_is_not_for_this_kubernetes_is_refused(shop: Shop) -> None:
    error = shop.refused(shop.component({**FILES, "Chart.yaml": FILES["Chart.yaml"] + 'kubeVersion: ">=1.99.0-0"\n'}))
    assert "1.34.4" in error.cause


def test_a_dependency_that_is_not_within_is_not_fetched(shop: Shop) -> None:
    more = "dependencies: [{name: bank, version: 1.0.0, repository: https://charts.example.invalid}]\n"
    error = shop.refused(shop.component({**FILES, "Chart.yaml": FILES["Chart.yaml"] + more}))
    assert "bank" in error.cause
    bank = {"Chart.yaml": "apiVersion: v2\nname: bank\nversion: 1.0.0\n", "templates/note.yaml": NOTE}
    whole = {**FILES, "Chart.yaml": FILES["Chart.yaml"] + more, "charts/bank-1.0.0.tgz": packed(bank, "bank")}
    (made,) = shop.render(shop.component(whole))
    assert "ConfigMap/market/note" in keys(made)


def test_what_is_no_object_is_refused(shop: Shop) -> None:
    error = shop.refused(shop.component({**FILES, "templates/list.yaml": "- kind: none\n"}))
    assert "shop-1.0.0.tgz" in error.message


def test_a_list_of_objects_is_taken_apart(shop: Shop) -> None:
    text = f"apiVersion: v1\nkind: List\nitems:\n- {NOTE.strip().replace(chr(10), chr(10) + '  ')}\n"
    (made,) = shop.render(shop.component({**FILES, "templates/list.yaml": text}))
    assert "ConfigMap/market/note" in keys(made)


def test_a_hostile_archive_does_not_come_to_helm(shop: Shop) -> None:
    wanted = shop.component({**FILES, "../../out.yaml": "a: 1\n"})
    with pytest.raises(NotLockable, match=r"shop-1\.0\.0\.tgz is no packaged chart"):
        shop.render(wanted)


def test_helm_sees_nothing_of_the_user(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a kubeconfig nor settings of helm: what it renders does not depend on who asks."""
    for name, value in {"KUBECONFIG": "/nowhere", "HELM_NAMESPACE": "other", "HELM_PLUGINS": str(shop.folder)}.items():
        monkeypatch.setenv(name, value)
    asking = {**FILES, "templates/ask.yaml": ASK}
    (made,) = shop.render(shop.component(asking))
    assert next(one for one in made.documents if one.name == "ask").parsed["data"] == {"found": "0", "at": "market"}


NOTE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note}\n"
ASK = """apiVersion: v1
kind: ConfigMap
metadata: {name: ask}
data:
  found: "{{ len (lookup "v1" "Namespace" "" "") }}"
  at: {{ .Release.Namespace }}
"""
