"""Merging into the user's kubeconfig: nothing of theirs changes, and a file that cannot be changed stays as it is."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.errors import Refused
from minikf.kube import kubeconfig
from minikf.kube.contexts import Context
from minikf.kube.userconfig import merge as merging
from minikf.kube.userconfig import replacing
from minikf.paths import PlatformPaths

THEIRS = """\
# written by hand
apiVersion: v1
kind: Config
preferences: {colors: true}
x-company: &team {owner: 0123, since: 2026-01-01, on: yes}
clusters:
- name: work
  cluster:
    server: https://work.example:6443
    future-field: [1, 2.50, "3", ~]
- cluster: {server: "https://other.example", certificate-authority: rel/ca.crt}
  name: other
users:
- name: me
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: login, env: null, x: *team}
contexts:
- name: work
  context: {cluster: work, user: me, namespace: "on"}
current-context: work
"""


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "xdg" / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    return made("one")


def made(platform: str, server: str = "https://127.0.0.1:5") -> PlatformPaths:
    """A platform with a kubeconfig."""
    found = PlatformPaths.of(platform)
    kubeconfig.write_context(Context("x", {"server": server}, {"token": f"token of {platform}"}), found, "kind")
    return found


@pytest.fixture
def theirs(tmp_path: Path, paths: PlatformPaths) -> Path:
    file = tmp_path / "home" / ".kube" / "config"
    file.parent.mkdir(parents=True)
    file.write_text(THEIRS)
    return file


def entries(file: Path, kind: str) -> list[str]:
    return [entry["name"] for entry in yaml.safe_load(file.read_text())[kind]]


def without_ours(file: Path) -> dict[str, Any]:
    config = yaml.safe_load(file.read_text())
    for kind in merging.KINDS:
        config[kind] = [entry for entry in config.get(kind) or () if not entry["name"].startswith("minikf-")]
    return dict(config)


def test_it_adds_three_entries_and_changes_nothing_else(paths: PlatformPaths, theirs: Path) -> None:
    found = merging.merge(paths)
    assert (found.file, found.changed, found.current) == (theirs, True, "work")
    for kind in merging.KINDS:
        assert entries(theirs, kind)[-1] == "minikf-one" and len(entries(theirs, kind)) >= 2
    assert without_ours(theirs) == yaml.safe_load(THEIRS)
    text = theirs.read_text()
    for word in ("0123", "2026-01-01", "yes", "2.50", '"3"', "~", '"on"', "future-field", "rel/ca.crt"):
        assert word in text, f"{word} is written as it was"
    assert found.backup is not None and found.backup.read_text() == THEIRS
    assert stat.S_IMODE(found.backup.stat().st_mode) == 0o600 and found.backup.parent == theirs.parent
    assert merging.where(paths) == [theirs] and merging.where(made("two")) == []


def test_it_is_taken_away_again_exactly(paths: PlatformPaths, theirs: Path) -> None:
    two = made("two")
    merging.merge(paths)
    merging.merge(two)
    merging.unmerge(paths)
    assert entries(theirs, "contexts") == ["work", "minikf-two"]
    assert merging.unmerge(two).changed and not merging.unmerge(two).changed
    assert yaml.safe_load(theirs.read_text()) == yaml.safe_load(THEIRS)


def test_twice_is_once_and_a_new_address_replaces_the_old(paths: PlatformPaths, theirs: Path) -> None:
    merging.merge(paths)
    before = theirs.read_bytes(), theirs.stat().st_ino, sorted(theirs.parent.iterdir())
    again = merging.merge(paths)
    assert not again.changed and again.backup is None
    assert (theirs.read_bytes(), theirs.stat().st_ino, sorted(theirs.parent.iterdir())) == before
    made("one", "https://127.0.0.1:6")
    assert merging.merge(paths).changed
    clusters = {entry["name"]: entry["cluster"]["server"] for entry in yaml.safe_load(theirs.read_text())["clusters"]}
    assert clusters["minikf-one"] == "https://127.0.0.1:6" and len(clusters) == 3


def test_a_namespace_that_the_user_chose_stays(paths: PlatformPaths, theirs: Path) -> None:
    merging.merge(paths)
    config = yaml.safe_load(theirs.read_text())
    config["contexts"][-1]["context"]["namespace"] = "kubeflow"  # as kubectl config set-context --namespace does
    theirs.write_text(yaml.safe_dump(config))
    assert not merging.merge(paths).changed
    made("one", "https://127.0.0.1:6")
    assert merging.merge(paths).changed
    assert yaml.safe_load(theirs.read_text())["contexts"][-1]["context"]["namespace"] == "kubeflow"


def test_the_current_context_is_never_switched(paths: PlatformPaths, theirs: Path) -> None:
    theirs.write_text("apiVersion: v1\nkind: Config\n")
    assert merging.merge(paths).current == ""
    assert "current-context" not in yaml.safe_load(theirs.read_text())
    theirs.write_text(theirs.read_text() + "current-context: minikf-one\n")
    assert merging.unmerge(paths).current == "minikf-one"
    assert yaml.safe_load(theirs.read_text())["current-context"] == "minikf-one", "said, not changed"


@pytest.mark.parametrize("kind", merging.KINDS)
def test_a_namesake_that_is_not_ours_is_refused(kind: str, paths: PlatformPaths, theirs: Path) -> None:
    config = yaml.safe_load(THEIRS)
    config[kind].append({"name": "minikf-one", kind[:-1]: {}})
    theirs.write_text(yaml.safe_dump(config))
    before = sorted(theirs.parent.iterdir()), theirs.read_bytes()
    with pytest.raises(Refused, match=f"has a {kind[:-1]} 'minikf-one' that is not of this platform"):
        merging.merge(paths)
    assert not merging.unmerge(paths).changed
    assert (sorted(theirs.parent.iterdir()), theirs.read_bytes()) == before


def test_what_the_user_renamed_goes_too_and_what_hangs_on_it_is_named(paths: PlatformPaths, theirs: Path) -> None:
    merging.merge(paths)
    config = yaml.safe_load(theirs.read_text())
    config["contexts"][-1]["name"] = "laptop"
    config["contexts"].append({"name": "mine", "context": {"cluster": "minikf-one", "user": "me"}})
    theirs.write_text(yaml.safe_dump(config))
    assert merging.unmerge(paths).left == ("mine",)
    assert entries(theirs, "contexts") == ["work", "mine"] and "minikf-one" not in entries(theirs, "clusters")


def test_a_missing_and_an_empty_file_become_whole_ones(paths: PlatformPaths, tmp_path: Path) -> None:
    missing = tmp_path / "home" / ".kube" / "config"
    assert not merging.unmerge(paths).changed and not missing.parent.exists()
    found = merging.merge(paths)
    assert found.backup is None and stat.S_IMODE(missing.stat().st_mode) == 0o600
    config = yaml.safe_load(missing.read_text())
    assert (config["apiVersion"], config["kind"], entries(missing, "users")) == ("v1", "Config", ["minikf-one"])
    for text in ("", "\n", "# only a comment\n", "null", "{}"):
        missing.write_text(text)
        assert merging.merge(paths).changed and entries(missing, "contexts") == ["minikf-one"]
    missing.write_text("clusters: null\nusers: []\n")
    merging.merge(paths)
    assert entries(missing, "clusters") == entries(missing, "users") == ["minikf-one"]


def test_json_stays_json(paths: PlatformPaths, theirs: Path) -> None:
    theirs.write_text(
        json.dumps({"kind": "Config", "clusters": [{"name": "ü", "cluster": {}}], "x": [1.0]}, indent="\t")
    )
    merging.merge(paths)
    config = json.loads(theirs.read_text())
    assert config["x"] == [1.0] and [one["name"] for one in config["clusters"]] == ["ü", "minikf-one"]
    merging.unmerge(paths)
    assert json.loads(theirs.read_text())["clusters"] == [{"name": "ü", "cluster": {}}]


@pytest.mark.parametrize(
    "text",
    ["a: [1", "a: b: c", "- 1\n- 2\n", "just words", "clusters: 5", "clusters: [{}]", "a: 1\n---\nb: 2\n", "\t- x"],
)
def test_what_is_no_kubeconfig_is_left_alone(text: str, paths: PlatformPaths, theirs: Path) -> None:
    theirs.write_text(text)
    for change in (merging.merge, merging.unmerge):
        with pytest.raises(Refused) as caught:
            change(paths)
        assert str(theirs) in caught.value.message and caught.value.cause
    assert theirs.read_text() == text and [file.name for file in theirs.parent.iterdir()] == ["config"]
    assert merging.where(paths) == []


def test_bytes_that_are_no_text_a_folder_and_a_giant_are_refused(paths: PlatformPaths, theirs: Path) -> None:
    theirs.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refused, match="cannot be read"):
        merging.merge(paths)
    with theirs.open("w") as file:
        file.truncate(200 * 1024 * 1024)
    with pytest.raises(Refused, match="is no kubeconfig"):
        merging.merge(paths)
    theirs.unlink()
    theirs.mkdir()
    with pytest.raises(Refused) as caught:
        merging.merge(paths)
    assert caught.value.cause == "it is a folder" and "--into" in caught.value.advice


@pytest.mark.parametrize("mode", [0o444, 0o400])
def test_a_read_only_file_is_meant_so(mode: int, paths: PlatformPaths, theirs: Path) -> None:
    theirs.chmod(mode)
    with pytest.raises(Refused) as caught:
        merging.merge(paths)
    assert caught.value.cause == "it is read-only" and "chmod" in caught.value.advice
    assert theirs.read_text() == THEIRS and [file.name for file in theirs.parent.iterdir()] == ["config"]


def test_a_large_one_is_no_trouble(paths: PlatformPaths, theirs: Path) -> None:
    config = yaml.safe_load(THEIRS)
    config["clusters"] = [{"name": f"c{n}", "cluster": {"server": f"https://{n}", "x": "y" * 500}} for n in range(1000)]
    theirs.write_text(yaml.safe_dump(config))
    begun = time.monotonic()
    merging.merge(paths)
    assert time.monotonic() - begun < 60 and without_ours(theirs) == config
    merging.unmerge(paths)
    assert yaml.safe_load(theirs.read_text()) == config


def test_mode_and_link_stay(paths: PlatformPaths, theirs: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles" / "kube.yaml"
    elsewhere.parent.mkdir()
    theirs.rename(elsewhere)
    elsewhere.chmod(0o640)
    theirs.symlink_to(os.path.relpath(elsewhere, theirs.parent))
    found = merging.merge(paths)
    assert theirs.is_symlink() and theirs.resolve() == elsewhere
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o640 and "minikf-one" in elsewhere.read_text()
    assert found.backup is not None and found.backup.parent == elsewhere.parent


def test_which_file_is_the_users(paths: PlatformPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    # As after `eval "$(minikf env)"`, and with a platform's file before others.
    monkeypatch.setenv("KUBECONFIG", f"{paths.kubeconfig}:{first}:{second}")
    assert merging.merge(paths).file == first
    assert merging.merge(paths, str(second)).file == second
    assert merging.where(paths) == [first, second]
    monkeypatch.setenv("KUBECONFIG", str(paths.kubeconfig))
    assert merging.merge(paths).file == tmp_path / "home" / ".kube" / "config"
    with pytest.raises(Refused, match="a platform's own file"):
        merging.merge(paths, str(paths.kubeconfig))


def test_a_platform_without_a_kubeconfig_is_refused(theirs: Path) -> None:
    with pytest.raises(Refused) as caught:
        merging.merge(PlatformPaths.of("none"))
    assert caught.value.advice == "minikf up --platform none" and theirs.read_text() == THEIRS


def test_kubectls_lock_is_waited_for_and_kept(
    paths: PlatformPaths, theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "PATIENCE_SECONDS", 0.3)
    lock = theirs.with_name("config.lock")
    lock.touch(0o000)  # as client-go makes it
    with pytest.raises(Refused) as caught:
        merging.merge(paths)
    assert str(lock) in caught.value.cause and "rm" in caught.value.advice
    assert lock.exists() and theirs.read_text() == THEIRS
    lock.unlink()
    lock.write_text(f"minikf {os.getpid()}\n")
    with pytest.raises(Refused):
        merging.merge(paths)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    lock.write_text(f"minikf {dead.pid}\n")
    assert merging.merge(paths).changed and not lock.exists(), "a dead one's lock is taken away"


def test_a_disk_that_is_full_leaves_all_as_it_was(paths: PlatformPaths, theirs: Path) -> None:
    config = yaml.safe_load(THEIRS)
    config["clusters"] *= 200
    for number, entry in enumerate(config["clusters"]):
        config["clusters"][number] = {**entry, "name": str(number)}
    theirs.write_text(yaml.safe_dump(config))
    before = theirs.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before_signal = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limits[1]))
    try:
        with pytest.raises(Refused, match="cannot be changed"):
            merging.merge(paths)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before_signal)
    assert theirs.read_bytes() == before and [file.name for file in theirs.parent.iterdir()] == ["config"]


PROGRAM = """
import sys
from minikf.kube.userconfig.merge import merge, unmerge
from minikf.paths import PlatformPaths
print("begins", flush=True)
while True:
    merge(PlatformPaths.of("one"))
    unmerge(PlatformPaths.of("one"))
"""


def test_killed_at_any_moment_it_leaves_a_whole_file(paths: PlatformPaths, theirs: Path) -> None:
    """SIGKILL while it merges and unmerges without a pause: the file is one or the other, and the next one works."""
    original = yaml.safe_load(THEIRS)
    merging.merge(paths)
    merged = yaml.safe_load(theirs.read_text())
    for number in range(12):
        child = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE)
        assert child.stdout is not None and child.stdout.readline() == b"begins\n"
        time.sleep(0.03 + number * 0.011)
        child.kill()
        child.wait()
        child.stdout.close()
        assert yaml.safe_load(theirs.read_text()) in (original, merged)
        merging.unmerge(paths)
        assert yaml.safe_load(theirs.read_text()) == original
        assert merging.merge(paths).changed
        left = [file.name for file in theirs.parent.iterdir() if ".before-minikf-" not in file.name]
        assert left == ["config"], "what a killed one left is taken away"
        for file in theirs.parent.glob("*.before-minikf-*"):
            file.unlink()
