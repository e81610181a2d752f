"""The script that writes the host's kubeconfig, with a `vagrant` and an `ssh` that stand for a virtual machine."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/vm/kubeconfig.sh"
EMBEDDED = '{"clusters": [{"cluster": {"server": "https://127.0.0.1:26443"}}], "users": [{"user": {"token": "mine"}}]}'
CLUSTER = "clusters:\n- cluster:\n    server: https://127.0.0.1:26443\nusers:\n- user:\n    client-key-data: mine\n"

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Runs it in a folder of its own, where Vagrant forwards `port` and the platform has `kubeconfig`."""

    def run(*words: str, port: str, kubeconfig: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "given").write_text(kubeconfig)
        port_told = f"echo {port}" if port else "echo 'not created' >&2; exit 1"
        _command(tmp_path / "bin/vagrant", f'case $1 in port) {port_told} ;; ssh-config) echo "Host $3" ;; esac')
        _command(tmp_path / "bin/ssh", f'grep -q "^Host minikf-vm" "$2" && cat {tmp_path}/given')
        environment = os.environ | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
        return subprocess.run(
            ["sh", SCRIPT, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


def _command(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_forwarded_port_is_named_and_the_file_is_private(call: Call, tmp_path: Path) -> None:
    done = call(port="2201", kubeconfig=CLUSTER)
    assert done.returncode == 0, done.stderr
    file = tmp_path / ".vagrant/minikf.kubeconfig"
    assert file.read_text() == CLUSTER.replace("26443", "2201")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"export KUBECONFIG='{file}'" in done.stdout
    assert "client-key-data" not in done.stdout + done.stderr
    assert not list(tmp_path.glob("minikf-vm.*")), "nothing is left"


def test_another_file(call: Call, tmp_path: Path) -> None:
    assert call("mine/config", port="26443", kubeconfig=EMBEDDED).returncode == 0
    assert (tmp_path / "mine/config").read_text() == EMBEDDED


def test_a_port_that_the_embedded_engine_would_refuse_is_told(call: Call, tmp_path: Path) -> None:
    done = call(port="2201", kubeconfig=EMBEDDED)
    assert done.returncode == 1
    assert "cannot be reached by port 2201" in done.stderr
    assert "its own port, 26443" in done.stderr
    assert not (tmp_path / ".vagrant").exists()


@pytest.mark.parametrize(
    ("words", "port", "kubeconfig", "said"),
    [
        ((), "", EMBEDDED, "try: vagrant up"),
        ((), "26443", "", "names no port"),
        (("--help",), "26443", EMBEDDED, "there is no option '--help'"),
    ],
)
def test_what_fails_says_why(call: Call, words: tuple[str, ...], port: str, kubeconfig: str, said: str) -> None:
    done = call(*words, port=port, kubeconfig=kubeconfig)
    assert done.returncode == 1
    assert said in done.stderr
