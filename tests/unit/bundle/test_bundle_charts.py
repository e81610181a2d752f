"""Charts in a bundle: what its file says of them, and what its lock holds them to."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.bundle import catalog
from minikf.bundle.errors import BundleInvalid, FileChanged, FileMissing, NotAgreed
from minikf.bundle.firstuse import completed, own_lock
from minikf.bundle.lock import Lock, read, write
from minikf.bundle.lock.make import make
from minikf.bundle.lock.verify import CHANGED, EXTRA, verify
from minikf.bundle.model import LITE, STANDARD, Bundle, Chart
from minikf.bundle.origin import Origin
from minikf.bundle.rendered import Kustomize
from minikf.bundle.selection import select
from minikf.bundle.sources import Folder
from minikf.bundle.store import Store
from minikf.errors import Refused
from minikf.install.bring import prepare
from minikf.install.choice import Choice
from minikf.spec import Event
from tests.charts import FILES, helm, packed
from tests.unit.bundle.conftest import HEAD, Write, entry, kubectl
from tests.unit.bundle.locking import Rendered, ran

CHARTED = HEAD.replace("sources:", 'kubernetes: "1.34.4"\nsources:') + (
    "  charts: {repo: acme/charts, ref: releases/download/v1}\n"
)
ONE = "{archive: charts/shop-1.0.0.tgz, release: corner, namespace: market, values: shop-values.yaml}"
ADDRESS = "acme/charts/releases/download/v1/shop-1.0.0.tgz"
KUBECTL, HELM = kubectl(), helm()


def charted(chart: str = ONE, *more: str, name: str = "shop") -> str:
    return entry(name, *more).replace(f"paths: [here/{name}]", f"charts: [{chart}]")


@pytest.fixture
def shop(write_bundle: Write) -> Bundle:
    return written(write_bundle)


def written(write: Write, *entries: str) -> Bundle:
    folder = write(*(entries or (charted(),)), head=CHARTED)
    (folder / "patches").mkdir(exist_ok=True)
    (folder / "patches" / "shop-values.yaml").write_text("replicas: 5\n")
    return catalog.read(folder)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    file = tmp_path / "mirror" / ADDRESS
    file.parent.mkdir(parents=True)
    file.write_bytes(packed())
    return tmp_path / "mirror"


def test_all_that_a_chart_can_say_is_read(write_bundle: Write) -> None:
    said = ONE.replace("}", ", sha256: " + "ab" * 32 + "}")
    found = written(write_bundle, charted(said))
    origin = Origin("acme/charts", "releases/download/v1", "shop-1.0.0.tgz")
    assert found.kubernetes == "1.34.4"
    shape = found.components["shop"].shape(LITE)
    assert shape.charts == (Chart(origin, "corner", "market", "shop-values.yaml", "ab" * 32),)
    assert shape.ours == ("shop-values.yaml",) and found.components["shop"].roots(STANDARD) == (origin,)
    assert list(found.patches) == ["shop-values.yaml"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("shop-1.0.0.tgz", "shop", "is no packaged chart"),
        ("charts/shop-1.0.0.tgz", "charts/../shop-1.0.0.tgz", "it has the part '..'"),
        ("charts/shop-1.0.0.tgz", "chart/shop-1.0.0.tgz", "'chart' is none of the sources"),
        ("release: corner", "release: Corner", "'Corner' is no id"),
        ("namespace: market", "namespace: --set", "'--set' is no id"),
        (", namespace: market", "", "the field 'namespace' is missing"),
        ("values: shop-values.yaml", "values: ../shop-values.yaml", "is no name of a file of values"),
        ("values: shop-values.yaml", "values: gone.yaml", "has the values 'gone.yaml' in standard, and there is no"),
        ("values: shop-values.yaml", "sha256: abc", "'abc' is no sha256"),
        ("values: shop-values.yaml", "version: 1.0.0", "there is no field 'version'"),
    ],
)
def test_what_cannot_be_meant_is_refused(write_bundle: Write, old: str, new: str, message: str) -> None:
    with pytest.raises(BundleInvalid) as raised:
        written(write_bundle, charted(ONE.replace(old, new)))
    assert message in raised.value.message and "bundle.yaml, line" in raised.value.message and raised.value.advice


@pytest.mark.parametrize(("head", "message"), [('"1.34.4"', "does not say for which"), ('"v1.34"', "'v1.34' is no re")])
def test_charts_want_a_version_of_kubernetes(write_bundle: Write, head: str, message: str) -> None:
    line = f"kubernetes: {head}\n"
    made = CHARTED.replace('kubernetes: "1.34.4"\n', "" if head == '"1.34.4"' else line)
    with pytest.raises(BundleInvalid) as raised:
        catalog.read(write_bundle(charted(ONE.replace(", values: shop-values.yaml", "")), head=made))
    assert message in raised.value.message


def test_the_archive_is_one_locked_file(shop: Bundle, mirror: Path, tmp_path: Path) -> None:
    lock = ran(make(shop, Folder(mirror), Store(tmp_path / "store"), renderer=Rendered()))
    found = lock.variant(shop.components["shop"], STANDARD)
    assert found.files == (ADDRESS,) and list(found.patches) == ["shop-values.yaml"]
    assert lock.files[ADDRESS].size == len(packed())
    assert ran(verify(shop, lock, Folder(mirror))) == ()


def test_an_archive_may_lie_in_a_repository(write_bundle: Write, mirror: Path, tmp_path: Path) -> None:
    place = mirror / "acme/manifests/v1/packed/shop-1.0.0.tgz"
    place.parent.mkdir(parents=True)
    place.write_bytes(packed())
    bundle = written(write_bundle, charted(ONE.replace("charts/shop", "here/packed/shop")))
    lock = ran(make(bundle, Folder(mirror), Store(tmp_path / "store")))
    assert list(lock.files) == ["acme/manifests/v1/packed/shop-1.0.0.tgz"]
    place.unlink()
    with pytest.raises(FileMissing, match=r"shop-1\.0\.0\.tgz"):
        ran(make(bundle, Folder(mirror), Store(tmp_path / "store")))


def test_what_upstream_says_of_an_archive_counts(write_bundle: Write, mirror: Path, tmp_path: Path) -> None:
    bundle = written(write_bundle, charted(ONE.replace("}", ", sha256: " + "ab" * 32 + "}")))
    with pytest.raises(FileChanged, match="is not the chart that the bundle names") as raised:
        ran(make(bundle, Folder(mirror), Store(tmp_path / "store")))
    assert "ab" * 32 in raised.value.cause and "sha256" in raised.value.advice


def test_what_changed_is_found(shop: Bundle, mirror: Path, tmp_path: Path, write_bundle: Write) -> None:
    lock = ran(make(shop, Folder(mirror), Store(tmp_path / "store")))
    (mirror / ADDRESS).write_bytes(packed({**FILES, "values.yaml": "replicas: 1\n"}))
    assert [(one.kind, one.name) for one in ran(verify(shop, lock, Folder(mirror)))] == [(CHANGED, ADDRESS)]
    (mirror / ADDRESS).write_bytes(packed())
    assert isinstance(shop.folder, Path)
    (shop.folder / "patches" / "shop-values.yaml").write_text("replicas: 6\n")
    assert {one.name for one in ran(verify(shop, lock, Folder(mirror)))} == {
        "shop (standard): shop-values.yaml", "shop (lite): shop-values.yaml",
    }  # fmt: skip
    other = written(write_bundle, charted(ONE.replace("corner", "square")))
    assert {one.cause for one in ran(verify(other, lock, Folder(mirror)))} == {
        "its paths, or what it leaves out, are not what was locked"
    }
    assert {one.kind for one in ran(verify(written(write_bundle, entry("base")), lock, Folder(mirror)))} >= {EXTRA}


def test_the_version_of_helm_is_in_the_lock(shop: Bundle, mirror: Path, tmp_path: Path) -> None:
    lock = ran(make(shop, Folder(mirror), Store(tmp_path / "store"), renderer=Rendered()))
    plain = lock.variant(shop.components["shop"], LITE).facts
    assert plain is not None and plain.helm == ""
    told = lock.with_facts("v1", {("shop", LITE): replace(plain, helm="v4.2.4")})
    write(told, tmp_path / "bundle.lock")
    text = (tmp_path / "bundle.lock").read_text()
    assert read(tmp_path / "bundle.lock") == told and text.count('"helm": "v4.2.4"') == 1


NO_TOOLS = "no kubectl or no helm here, neither on PATH nor of the lab"


@pytest.mark.skipif(KUBECTL is None or HELM is None, reason=NO_TOOLS)
def test_a_chart_that_nobody_could_read_is_locked_at_its_first_use(
    write_bundle: Write, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KUBECTL is not None and HELM is not None
    monkeypatch.setenv("PATH", f"{HELM.parent}:/usr/bin:/bin")
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    bundle = written(write_bundle, charted(ONE, "locked: false", "why_not: no mirror had it"))
    selection, store, source = select(bundle, "none", ("shop",)), Store(), Folder(mirror)
    empty = Lock("small", "1")
    with pytest.raises(NotAgreed, match=f"1 files of {len(packed()):,} bytes"):
        ran(completed(bundle, empty, selection, source, store, KUBECTL, agree=False))
    made = ran(completed(bundle, empty, selection, source, store, KUBECTL, agree=True))
    facts = made.variant(bundle.components["shop"], LITE).facts
    assert facts is not None and facts.helm.startswith("v") and facts.objects == 4
    assert facts.kinds == ("Coin.shop.example",) and facts.images == ("registry.example.com/till:7",)
    assert read(own_lock(bundle)).files.keys() == {ADDRESS}
    again = ran(Kustomize(bundle, store, KUBECTL).facts(made, [(bundle.components["shop"], LITE)]))
    assert again["shop", LITE] == facts


@pytest.mark.skipif(KUBECTL is None or HELM is None, reason=NO_TOOLS)
@pytest.mark.parametrize("other", [False, True])
def test_other_objects_by_the_same_helm_are_refused_and_by_another_one_are_said(
    write_bundle: Write, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, other: bool
) -> None:
    assert KUBECTL is not None and HELM is not None
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "kubectl").symlink_to(KUBECTL)
    (tools / "helm").symlink_to(HELM)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    bundle = written(write_bundle, charted(ONE, "locked: false", "why_not: no mirror had it"))
    assert isinstance(bundle.folder, Path)
    renderer = Kustomize(bundle, Store(), KUBECTL).version
    write(Lock("small", "1", renderer), bundle.folder / "bundle.lock")
    choice = Choice(str(bundle.folder), "none", add=("shop",))
    (before,) = ran(prepare(choice, mirror=str(mirror), agree=True)).rendered

    (tools / "helm").unlink()
    version = "echo v9.9.9" if other else f'exec {HELM} "$@"'
    (tools / "helm").write_text(
        f'#!/bin/sh\ncase $1 in version) {version};; *) {HELM} "$@" | sed s/till:7/till:8/;; esac\n'
    )
    (tools / "helm").chmod(0o700)
    shutil.rmtree(tmp_path / "XDG_CACHE_HOME")
    events: list[Event] = []
    if other:
        (made,) = ran(prepare(choice, mirror=str(mirror)), events).rendered
        said = (
            f"rendered by {renderer} and helm v9.9.9, locked by {renderer} and helm {before.helm}: its objects differ"
        )
        assert made.sha256 != before.sha256 and said in [event.message for event in events]
        return
    with pytest.raises(Refused, match="'shop' is rendered to other objects than when it was locked"):
        ran(prepare(choice, mirror=str(mirror)))
