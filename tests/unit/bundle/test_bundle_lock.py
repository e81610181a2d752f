"""A lock holds every byte, is the same file for the same input, and names all that differs from it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minikf.bundle.errors import BundleInvalid, FileMissing
from minikf.bundle.lock import Lock, LockedImage, locked, read, write
from minikf.bundle.lock.diff import diff
from minikf.bundle.lock.text import FILE, text
from minikf.bundle.lock.verify import Finding, verify
from minikf.bundle.model import LITE, STANDARD, Bundle
from minikf.bundle.sources import Folder
from minikf.bundle.store import Store
from minikf.errors import Refused
from minikf.spec import Event
from tests.unit.bundle.conftest import HEAD, entry
from tests.unit.bundle.locking import FILES, LOCKED, OBJECT, Rendered, damage, made, put, ran, written

SHA = "sha256:" + "c" * 64


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return put(tmp_path / "mirror")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return written(tmp_path / "bundle")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def lock(bundle: Bundle, mirror: Path, store: Store) -> Lock:
    return made(bundle, mirror, store, renderer=Rendered())


def verified(bundle: Bundle, lock: Lock, mirror: Path) -> list[tuple[str, str]]:
    found: tuple[Finding, ...] = ran(verify(bundle, lock, Folder(mirror)))
    assert all(one.cause for one in found)
    return [(one.kind, one.name) for one in found]


def test_every_file_that_is_read_is_locked_and_no_other(lock: Lock, store: Store) -> None:
    assert sorted(lock.files) == LOCKED
    assert set(lock.components) == {"base", "app"}  # `far` could not be read
    assert lock.components["app"][STANDARD].files == tuple(name for name in LOCKED if "small" not in name)
    assert lock.components["app"][LITE].files == tuple(name for name in LOCKED if "small" in name or "/base/" in name)
    assert list(lock.components["app"][LITE].patches) == ["small.yaml"]
    for name, file in lock.files.items():
        assert store.read(file) == FILES[name].encode() and file.size == len(FILES[name])


def test_one_input_makes_one_file_and_it_is_read_back(lock: Lock, bundle: Bundle, mirror: Path, tmp_path: Path) -> None:
    again = made(bundle, mirror, Store(tmp_path / "other"), renderer=Rendered())
    assert text(again) == text(lock) and again == lock
    digest = "sha256:" + "a" * 64
    images = {
        "reg.example/app:v1": LockedImage(digest, {"linux/amd64": 7, "linux/s390x": 0}),
        "reg.example/base:v1": LockedImage(),
    }
    full = replace(lock, images=images)
    file = tmp_path / "bundle" / FILE
    write(full, file)
    assert read(file) == full == locked(bundle)
    assert {one.name for one in file.parent.iterdir()} == {FILE, "bundle.yaml", "patches"}
    assert '"reg.example/base:v1": "tag only"' in file.read_text()
    lines = file.read_text().splitlines()
    assert all(sum(name in line for line in lines if '"sha256"' in line and '"bytes"' in line) == 1 for name in LOCKED)
    assert oct(file.stat().st_mode & 0o777) == oct(0o666 & ~umask())


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_facts_are_kept_where_nothing_changed(bundle: Bundle, mirror: Path, store: Store, lock: Lock) -> None:
    renderer = Rendered()
    assert made(bundle, mirror, store, previous=lock, renderer=renderer) == lock and renderer.asked == []
    damage(mirror, "acme/manifests/v1/app/app.yaml", OBJECT % "other")
    changed = made(bundle, mirror, store, previous=lock, renderer=renderer)
    assert renderer.asked == [("app", STANDARD)]
    assert changed.components["base"] == lock.components["base"]
    made(bundle, mirror, store, previous=changed, renderer=(other := Rendered("v2")))
    assert len(other.asked) == 4


def test_a_patch_of_ours_counts_for_its_component_alone(
    bundle: Bundle, mirror: Path, store: Store, lock: Lock, tmp_path: Path
) -> None:
    (tmp_path / "bundle" / "patches" / "small.yaml").write_text("- patch: '[ ]'\n")
    made(bundle, mirror, store, previous=lock, renderer=(renderer := Rendered()))
    assert renderer.asked == [("app", LITE)]
    assert verified(bundle, lock, mirror) == [("changed", "app (lite): small.yaml")]


def test_without_a_renderer_nothing_is_made_up(bundle: Bundle, mirror: Path, store: Store, lock: Lock) -> None:
    bare = made(bundle, mirror, store)
    assert bare.renderer == "" and all(one.facts is None for each in bare.components.values() for one in each.values())
    damage(mirror, "acme/manifests/v1/base/base.yaml", OBJECT % "other")
    assert all(
        one.facts is None
        for each in made(bundle, mirror, store, previous=lock).components.values()
        for one in each.values()
    )


def test_what_a_registry_said_is_kept(bundle: Bundle, mirror: Path, store: Store, lock: Lock) -> None:
    assert (
        set(lock.images) == {"reg.example/app:v1", "reg.example/base:v1"} and lock.images["reg.example/app:v1"].tag_only
    )
    known = LockedImage("sha256:" + "b" * 64, {"linux/arm64": 5})
    asked = replace(lock, images={"reg.example/app:v1": known, "reg.example/gone:v1": known})
    again = made(bundle, mirror, store, previous=asked, renderer=Rendered())
    assert again.images == {"reg.example/app:v1": known, "reg.example/base:v1": LockedImage()}


def test_what_was_locked_elsewhere_is_joined(bundle: Bundle, lock: Lock) -> None:
    parts = {name: replace(lock, components={name: lock.components[name]}) for name in lock.components}
    assert parts["base"].joined(parts["app"]) == lock
    name = LOCKED[0]
    other = replace(lock, files={**lock.files, name: replace(lock.files[name], sha256="0" * 64)})
    with pytest.raises(Refused) as raised:
        lock.joined(other)
    assert f"{name} is locked twice" in raised.value.message and "0" * 64 in raised.value.cause


def test_a_missing_file_is_named_with_the_kustomization(bundle: Bundle, mirror: Path, store: Store) -> None:
    (mirror / "acme/manifests/v1/base/base.yaml").unlink()
    events: list[Event] = []
    with pytest.raises(FileMissing) as raised:
        from minikf.bundle.lock.make import make

        ran(make(bundle, Folder(mirror), store), events)
    assert raised.value.message == "acme/manifests/v1/base/kustomization.yaml, line 1: 'base.yaml' is not there"
    assert [event.state for event in events][-1] == "failed"


def test_what_is_as_it_was_locked_has_no_findings(bundle: Bundle, mirror: Path, lock: Lock) -> None:
    events: list[Event] = []
    assert ran(verify(bundle, lock, Folder(mirror)), events) == ()
    assert events[-1].state == "done" and events[-1].bytes_done == sum(len(FILES[name]) for name in LOCKED)


def test_every_changed_byte_is_named(bundle: Bundle, mirror: Path, lock: Lock) -> None:
    for name in LOCKED:
        now = FILES[name]
        damage(mirror, name, now + "#")
        (found,) = ran(verify(bundle, lock, Folder(mirror)))
        damage(mirror, name, now)
        assert (found.kind, found.name) == ("changed", name)
        assert len(re.findall("[0-9a-f]{64}", found.cause)) == 2 and lock.files[name].sha256 in found.cause


def test_missing_files_are_named(bundle: Bundle, mirror: Path, lock: Lock) -> None:
    gone = ["acme/manifests/v1/base/base.yaml", "acme/more/v2/x/kustomization.yaml"]
    for name in gone:
        (mirror / name).unlink()
    assert verified(bundle, lock, mirror) == [
        ("missing", gone[0]),
        ("missing", "acme/more/v2/x"),
        ("missing", gone[1]),
    ]


def test_extra_files_are_named_both_ways(bundle: Bundle, mirror: Path, lock: Lock) -> None:
    app = "acme/manifests/v1/app"
    damage(mirror, f"{app}/kustomization.yaml", "resources: [../base, unread.txt]\n")
    assert verified(bundle, lock, mirror) == [
        ("changed", f"{app}/kustomization.yaml"),
        ("changed", "app (standard)"),
        ("extra", f"{app}/app.yaml"),
        ("extra", f"{app}/unread.txt"),
        ("extra", "acme/more/v2/x/kustomization.yaml"),
        ("extra", "acme/more/v2/x/x.yaml"),
    ]


def test_a_bundle_that_changed_is_named(mirror: Path, lock: Lock, tmp_path: Path) -> None:
    more = written(tmp_path / "bundle", extra=entry("new", paths="base"))
    assert verified(more, lock, mirror) == [("missing", "new (lite)"), ("missing", "new (standard)")]
    text = (tmp_path / "bundle" / "bundle.yaml").read_text()
    from minikf.bundle import catalog

    (tmp_path / "bundle" / "bundle.yaml").write_text(text.replace("paths: [here/small]", "paths: [here/base]"))
    assert ("changed", "app (lite)") in verified(catalog.read(tmp_path / "bundle"), lock, mirror)
    gone = replace(more, components={name: more.components[name] for name in ("base", "app")})
    other = replace(lock, components={**lock.components, "old": lock.components["base"]})
    assert verified(gone, other, mirror) == [("extra", "old (lite)"), ("extra", "old (standard)")]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda data: data.update(format=3), "its format is 3"),
        (lambda data: data.update(format=True), "its format is True"),
        (lambda data: data.update(more=1), "has the field 'more'"),
        (lambda data: data.pop("version"), "has no 'version'"),
        (lambda data: data.update(files=[]), "files is [], and not an object"),
        (lambda data: data["files"].update({"../etc/passwd": {"bytes": 1, "sha256": "0" * 64}}), "has the part '..'"),
        (lambda data: data["files"].update({"/etc/passwd/x": {"bytes": 1, "sha256": "0" * 64}}), "has the part ''"),
        (lambda data: data["files"].update({"a/b/c/d": {"bytes": -1, "sha256": "0" * 64}}), "in place of a number"),
        (lambda data: data["files"].update({"a/b/c/d": {"bytes": True, "sha256": "0" * 64}}), "in place of a number"),
        (lambda data: data["files"].update({"a/b/c/d": {"bytes": 1, "sha256": "0" * 63}}), "in place of a sha256"),
        (lambda data: data["files"].update({"a/b/c/d": {"bytes": 1, "sha256": "../" * 20 + "0000"}}), "of a sha256"),
        (lambda data: data["files"].pop(LOCKED[0]), "which is not among the files"),
        (lambda data: data["components"].update(x={"big": {}}), "has the field 'big'"),
        (lambda data: data["components"].update(x=7), "is 7, and not an object"),
        (lambda data: data["images"].update(x={"digest": "md5:0", "bytes": {}}), "for a digest"),
        (lambda data: data["images"].update(x={"digest": "", "bytes": {}}), "for a digest"),
        (lambda data: data["images"].update(x={"digest": SHA, "bytes": 7}), "is 7, and not an object"),
        (lambda data: data["images"].update(x={"digest": SHA, "bytes": {"linux/amd64": -1}}), "in place of a number"),
        (lambda data: data["images"].update(x="unknown"), "and not an object"),
    ],
)
def test_a_lock_is_read_strictly(lock: Lock, tmp_path: Path, change: Any, cause: str) -> None:
    data = json.loads(text(lock))
    change(data)
    file = tmp_path / FILE
    file.write_text(json.dumps(data))
    with pytest.raises(BundleInvalid) as raised:
        read(file)
    assert cause in raised.value.cause and raised.value.advice == "minikf bundle lock"


def test_a_lock_of_format_1_is_read(lock: Lock, tmp_path: Path) -> None:
    data = json.loads(text(lock))
    data["format"] = 1
    data["images"]["reg.example/app:v1"] = {"digest": SHA, "platforms": ["linux/amd64", "linux/arm64"], "bytes": 5}
    (tmp_path / FILE).write_text(json.dumps(data))
    found = read(tmp_path / FILE)
    assert found.images["reg.example/base:v1"] == LockedImage()
    known = found.images["reg.example/app:v1"]
    assert known == LockedImage(SHA, {"linux/amd64": 0, "linux/arm64": 0}) and known.size == 0
    data["images"]["reg.example/app:v1"]["bytes"] = {"linux/amd64": 5}
    (tmp_path / FILE).write_text(json.dumps(data))
    with pytest.raises(BundleInvalid):
        read(tmp_path / FILE)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"format": 1, "format": 1}', b"[" * 100_000])
def test_what_is_no_lock_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(BundleInvalid):
        read(tmp_path / FILE)


def test_a_lock_that_is_not_there_or_of_another_bundle_is_refused(bundle: Bundle, lock: Lock, tmp_path: Path) -> None:
    with pytest.raises(Refused) as raised:
        locked(bundle)
    assert "is not there" in raised.value.message and raised.value.advice == "minikf bundle lock"
    write(replace(lock, version="2"), tmp_path / "bundle" / FILE)
    with pytest.raises(BundleInvalid) as raised:
        locked(bundle)
    assert "is the lock of small 2, and not of small 1" in raised.value.message


def test_a_lock_that_cannot_be_written_leaves_the_old_one(lock: Lock, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    write(lock, folder / FILE)
    (folder / f".{FILE}.new").mkdir()
    with pytest.raises(Refused):
        write(replace(lock, version="2"), folder / FILE)
    assert read(folder / FILE) == lock


def test_two_versions_are_compared(mirror: Path, store: Store, lock: Lock, bundle: Bundle, tmp_path: Path) -> None:
    put(mirror, {name.replace("manifests/v1", "manifests/v9"): content for name, content in FILES.items()})
    damage(mirror, "acme/manifests/v9/base/base.yaml", OBJECT % "newer")
    head = HEAD.replace("ref: v1", "ref: v9").replace('version: "1"', 'version: "2"')
    newer = written(tmp_path / "newer", head=head, extra=entry("new", paths="base"))
    file = tmp_path / "newer" / "bundle.yaml"
    file.write_text(file.read_text().replace("does: what app does", "does: more than app did"))
    from minikf.bundle import catalog

    newer = catalog.read(tmp_path / "newer")
    found = diff(bundle, lock, newer, made(newer, mirror, store, renderer=Rendered()))
    assert [(one.sort, one.name, one.how) for one in found] == [
        ("component", "new", "added"),
        ("file", "acme/manifests/base/base.yaml", "changed"),
        ("image", "reg.example/new", "added"),
        ("kind", "Kind.acme", "changed"),
        ("words", "app: does", "changed"),
    ]
    assert (found[-1].old, found[-1].new) == ("what app does", "more than app did")
    assert diff(bundle, lock, bundle, lock) == ()


def test_images_are_compared_by_name(bundle: Bundle, lock: Lock) -> None:
    old = replace(lock, images=dict.fromkeys(["r:5000/a:v1", "r:5000/b", "c@sha256:" + "0" * 64], LockedImage()))
    new = replace(lock, images=dict.fromkeys(["r:5000/a:v2", "r:5000/a:v3", "r:5000/b"], LockedImage()))
    assert [(one.name, one.old[:9], one.new) for one in diff(bundle, old, bundle, new)] == [
        ("c", "sha256:00", ""),
        ("r:5000/a", "v1", "v2, v3"),
    ]
