"""Tools on PATH are asked for their version, as they really answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minikf.tools import advice, find, look, table
from minikf.tools.find import on_path
from tests.unit.tools.conftest import PROGRAM

Put = Callable[[str, str], Path]

# What the binaries of these versions print.
SAID = {
    "kind": ('[ "$*" = version ] && echo "kind v0.33.0 go1.26.8 linux/amd64"', "0.33.0"),
    "k3d": ('[ "$*" = version ] && printf "k3d version v5.8.3\\nk3s version v1.31.5-k3s1 (default)\\n"', "5.8.3"),
    "kubectl": (
        '[ "$*" = "version --client" ] && printf "Client Version: v1.34.4\\nKustomize Version: v5.7.1\\n"',
        "1.34.4",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_each_says_its_version(put: Put, name: str) -> None:
    script, version = SAID[name]
    file = put(name, script)
    assert on_path(name) == find.Look(name, file, version, new_enough=True)


@pytest.mark.parametrize(
    ("name", "said", "new_enough"),
    [
        ("kind", "kind v0.9.0", False),
        ("kind", "kind v0.33.1", True),
        ("kind", "kind v1.0.0", True),
        ("k3d", "k3d version v5.8.0", True),
        ("k3d", "k3d version v5.7.5", False),
        ("kubectl", "Client Version: v1.32.13", False),
        ("kubectl", "Client Version: v1.33.0", True),
        ("kubectl", "Client Version: v1.100.0-eks-1234", True),
    ],
)
def test_versions_are_compared_as_numbers(put: Put, name: str, said: str, new_enough: bool) -> None:
    put(name, f"echo '{said}'")
    found = on_path(name)
    assert found.new_enough is new_enough and bool(found.cause) is not new_enough


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("echo k3d version v5-dev", "k3d version v5-dev"),  # `go install` of k3d says no version
        ("echo broken >&2; exit 3", "broken"),
        ("exit 0", "no output"),
    ],
)
def test_one_that_says_no_version_is_not_taken(put: Put, script: str, cause: str) -> None:
    put("k3d", script)
    found = on_path("k3d")
    assert found.path is not None and not found.new_enough and cause in found.cause


def test_one_that_cannot_be_run_and_one_that_hangs(
    put: Put, a_machine_of_its_own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = a_machine_of_its_own / "kind"
    file.write_bytes(b"\x7fELF of another machine")
    file.chmod(0o700)
    assert "Exec format error" in on_path("kind").cause
    monkeypatch.setattr(find, "ASK_SECONDS", 0.2)
    put("k3d", "exec /bin/sleep 30")
    assert "no answer" in on_path("k3d").cause


def test_a_broken_kubeconfig_has_no_say(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put("kubectl", 'echo "Client Version: v1.34.4 $KUBECONFIG" | grep -q /dev/null && echo v1.34.4')
    monkeypatch.setenv("KUBECONFIG", "/broken")
    monkeypatch.setenv("PATH", f"{table.Path.home() / 'bin'}:/bin:/usr/bin")
    assert on_path("kubectl").new_enough


def test_the_cache_is_looked_at_after_path(put: Put, rows: dict[str, Any]) -> None:
    assert look("kind").cause == "it is not on PATH"
    release = table.release("kind")
    assert release is not None
    release.path.parent.mkdir(parents=True)
    release.path.write_bytes(PROGRAM)
    found = look("kind")
    assert found.in_cache and found.path == release.path and found.version == "0.33.0"
    put("kind", "echo kind v0.20.0")
    assert look("kind").in_cache
    file = put("kind", "echo kind v0.34.0")
    assert look("kind").path == file and not look("kind").in_cache


def test_advice_is_for_the_system_at_hand(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert advice.install("kubectl") == "install Homebrew (https://brew.sh), then: brew install kubectl"
    assert "Docker Desktop" in advice.docker()
    put("brew", "")
    assert advice.install("k3d") == "brew install k3d"
    monkeypatch.setattr("sys.platform", "linux")
    (table.Path.home() / "bin" / "brew").unlink()
    release = table.release("kind", "linux/amd64")
    assert release is not None
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert release.url in advice.install("kind")
    put("snap", "")
    assert advice.install("kubectl") == "sudo snap install kubectl --classic"
    put("go", "")
    assert advice.install("kind") == "go install sigs.k8s.io/kind@v0.33.0"
    assert release.url.replace("/kind-", "/") not in advice.install("k3d") and "k3d-linux-amd64" in advice.install(
        "k3d"
    )
    assert "docs.docker.com/engine" in advice.docker()
    put("apt-get", "")
    assert "docker.io" in advice.docker()
    monkeypatch.setattr("platform.release", lambda: "6.6.87-microsoft-standard-WSL2")
    assert "WSL" in advice.docker()
