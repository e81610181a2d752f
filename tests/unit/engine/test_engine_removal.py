"""`down` removes what MiniKF made, by name, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikf.engine.record import Platform
from minikf.engine.removal import remove
from minikf.files import write_private
from minikf.kube.bodies import keep
from minikf.paths import PlatformPaths
from minikf.spec import Event


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    paths = PlatformPaths.of("test")
    Platform("embedded", 26443).write(paths)
    for file in (paths.token, paths.ca, paths.kubeconfig, paths.tls / "server.key", paths.database, paths.daemon_log):
        write_private(file, "made by MiniKF")
    for file in (paths.choice_file, paths.install_journal, paths.tests_file, paths.passwords, paths.forward_file):
        write_private(file, "made by MiniKF")
    for file in (paths.state / "launcher.log", paths.state / "warm-platform.log", paths.state / "shims" / "python"):
        write_private(file, "made by MiniKF")
    kept = (paths.volumes / "ns" / "claim" / "model.bin", paths.datasets / "sets" / "wine.json")
    for file in (paths.database.with_name("objects.db-wal"), *kept):
        write_private(file, "made by MiniKF")
    return paths


def run(paths: PlatformPaths, *, keep_data: bool = False) -> list[Event]:
    return list(remove(paths, keep_data=keep_data))


def test_all_of_it_goes_and_the_folders_too(paths: PlatformPaths, tmp_path: Path) -> None:
    run(paths)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not any(folder.exists() for folder in (paths.config, paths.state, paths.data))


def test_what_models_were_asked_and_were_goes_too(paths: PlatformPaths) -> None:
    keep(paths, "default", "tumours", "{}")
    write_private(paths.served_specs / "default.tumours.json", "[]")
    write_private(paths.served / "default" / "tumours.jsonl", "{}")
    write_private(paths.state / "db-manager.log", "made by MiniKF")
    messages = " ".join(event.message for event in run(paths))
    assert "did not make" not in messages and not paths.state.exists() and not paths.data.exists()


def test_data_is_kept_when_asked(paths: PlatformPaths) -> None:
    events = run(paths, keep_data=True)
    assert (paths.volumes / "ns" / "claim" / "model.bin").exists() and paths.database.exists()
    assert not paths.config.exists() and not paths.state.exists()
    assert f"kept in {paths.data}" in [event.message for event in events]


def test_what_minikf_did_not_make_stays_and_is_named(paths: PlatformPaths) -> None:
    (paths.data / "my-notes.txt").write_text("mine")
    (paths.config / "own").mkdir()
    messages = " ".join(event.message for event in run(paths))
    assert (paths.data / "my-notes.txt").read_text() == "mine" and (paths.config / "own").is_dir()
    assert "my-notes.txt" in messages and "own" in messages
    assert not paths.database.exists() and not paths.token.exists()


def test_links_are_removed_and_never_followed(paths: PlatformPaths, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "work.txt").write_text("mine")
    (paths.volumes / "ns" / "link").symlink_to(precious)
    paths.blobs.symlink_to(precious)
    run(paths)
    assert (precious / "work.txt").read_text() == "mine"
    assert not paths.data.exists()


def test_a_folder_that_a_pod_made_unwritable_goes_too(paths: PlatformPaths) -> None:
    folder = paths.volumes / "ns" / "claim" / "locked"
    write_private(folder / "deep" / "file", "x")
    (folder / "deep").chmod(0o500)
    folder.chmod(0o000)
    run(paths)
    assert not paths.data.exists()
