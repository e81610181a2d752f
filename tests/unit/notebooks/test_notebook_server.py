"""The program of a notebook's pod before Jupyter: bad folders, a port that is taken, another program in its place."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from minikf.embedded.notebooks import environment, server
from minikf.embedded.notebooks.folder import NotebookFolder, Settings
from minikf.embedded.notebooks.front import Refusal, checked


@pytest.fixture
def folder(tmp_path: Path) -> NotebookFolder:
    return NotebookFolder(tmp_path / "notebook")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    config = tmp_path / "config"
    config.mkdir()
    context = {"name": "c", "context": {"cluster": "c", "namespace": "default"}}
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    (config / "kubeconfig").write_text(json.dumps({"clusters": [cluster], "contexts": [context]}))
    xdg = {"XDG_CONFIG_HOME": str(tmp_path / "a b")}
    site = sysconfig.get_path("purelib")
    return Settings(
        "team", "nb", "/notebook/team/nb", 0, "secret-token", "default", sys.executable, site, str(config),
        "https://127.0.0.1:1", xdg,
    )  # fmt: skip


def test_settings_are_the_owners_alone_and_come_back(folder: NotebookFolder, settings: Settings) -> None:
    folder.write(settings)
    assert folder.read() == settings
    assert stat.S_IMODE(folder.settings_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"port": 1}'])
def test_settings_that_cannot_be_read_end_the_program(
    folder: NotebookFolder, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert server.main([str(folder.path)]) == server.NO_SETTINGS
    folder.path.mkdir()
    folder.settings_file.write_text(text)
    assert server.main([str(folder.path)]) == server.NO_SETTINGS
    assert str(folder.settings_file) in capsys.readouterr().err
    assert server.main([]) == 2


def test_a_taken_port_ends_the_program(
    folder: NotebookFolder, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.listen(0) as taken:
        port = taken.getsockname()[1]
        folder.write(replace(settings, port=port))
        assert server.main([str(folder.path)]) == server.NO_PORT
    assert f"port {port}" in capsys.readouterr().err


def test_the_environment_is_made_once_and_kept(folder: NotebookFolder, settings: Settings) -> None:
    folder.write(settings)
    place = environment.ensure(folder, settings)
    installed = next(place.glob("lib/python*/site-packages")) / "mine.py"
    installed.write_text("VALUE = 1")
    environment.ensure(folder, replace(settings, xdg={"XDG_CONFIG_HOME": "/elsewhere"}))  # as after a move
    assert "export XDG_CONFIG_HOME=/elsewhere" in (place / "bin" / "minikf").read_text()
    asked = "import mine, sys, yaml; print(mine.VALUE, sys.prefix, yaml.__name__)"
    run = subprocess.run([place / "bin" / "python", "-c", asked], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", str(place), "yaml"]
    pip = subprocess.run([place / "bin" / "pip", "--version"], capture_output=True, text=True, check=True)
    assert "pip" in pip.stdout


def test_clients_find_the_platform_in_the_notebooks_namespace(folder: NotebookFolder, settings: Settings) -> None:
    folder.write(settings)
    theirs = str(Path(settings.config) / "kubeconfig")
    found = environment.variables(folder, settings, {"KUBECONFIG": theirs, "PATH": "/bin", "MODEL_REGISTRY_URL": "x"})
    config = json.loads(Path(found["KUBECONFIG"]).read_text())
    assert config["contexts"][0]["context"]["namespace"] == "team"
    assert found["PATH"] == f"{folder.environment}/bin:/bin"
    assert found["MINIKF_NAMESPACE"] == "team"  # of `%minikf train` and the like
    assert "MODEL_REGISTRY_URL" not in found  # the pod's own word stays
    folder.redirect("https://127.0.0.1:2")
    assert json.loads(folder.kubeconfig.read_text())["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:2"
    # No credential is given to a pod that asked for none.
    assert "KUBECONFIG" not in environment.variables(folder, settings, {})


STAND_IN = f"""#!{sys.executable}
import http.server, json, os, socketserver, sys

config = json.loads(open(sys.argv[sys.argv.index("--config") + 1]).read())

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "nobody"

    def do_GET(self):
        told = {{"path": self.path, "headers": dict(self.headers), "argv": sys.argv, "env": dict(os.environ)}}
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

socketserver.ThreadingUnixStreamServer(config["socket"], Handler).serve_forever()
"""


def test_code_server_stands_behind_the_front_with_its_password_in_a_file(
    folder: NotebookFolder, settings: Settings, tmp_path: Path
) -> None:
    """A stand-in: it tells how it was started and asked. tests/embedded/notebooks/test_code_server.py has the real
    one, which asks for its password, and writes a cookie for it.
    """
    program = tmp_path / "code-server"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as short:
        behind = f"{short}/code.sock"
        folder.write(replace(settings, program=str(program), socket=behind, port=port))
        command = [sys.executable, "-m", "minikf.embedded.notebooks.server", str(folder.path)]
        env = {**os.environ, "PASSWORD": "other", "VSCODE_IPC_HOOK_CLI": "/x", "KEPT": "1"}
        with subprocess.Popen(command, env=env) as running:
            try:
                address = f"http://127.0.0.1:{port}/notebook/team/nb"
                end = time.monotonic() + 30
                while True:
                    try:
                        found = requests.get(f"{address}/a?b=1", headers={"X-Forwarded-Host": "x"}, timeout=30).json()
                        break
                    except requests.ConnectionError:  # it does not listen yet
                        assert time.monotonic() < end and running.poll() is None
                        time.sleep(0.05)
                assert requests.get(f"{address}/a", headers={"Host": "evil.example"}, timeout=30).status_code == 403
            finally:
                running.terminate()
            assert running.wait(30) == 128 + 15
        assert not Path(behind).exists()
    headers = {name.lower(): value for name, value in found["headers"].items()}
    assert found["path"] == "/a?b=1" and headers["host"] == f"127.0.0.1:{port}" and headers["connection"] == "close"
    assert "x-forwarded-host" not in headers
    assert settings.token not in str(found) and found["env"]["KEPT"] == "1"
    assert not {"PASSWORD", "VSCODE_IPC_HOOK_CLI"} & set(found["env"])
    config = folder.runtime / "code-server.yaml"
    assert json.loads(config.read_text())["password"] == settings.token
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("GET /nb/x HTTP/1.1|Host: 127.0.0.1:1", "GET /x HTTP/1.1|host: 127.0.0.1:1|connection: close"),
        ("GET /nb/ HTTP/1.1|Host: localhost:1", "GET / HTTP/1.1|host: localhost:1|connection: close"),
        (
            "POST /nb/x HTTP/1.1|Host: [::1]:1|Origin: http://[::1]:1|Connection: keep-alive|Keep-Alive: 5",
            "POST /x HTTP/1.1|host: [::1]:1|origin: http://[::1]:1|connection: close",
        ),
        (
            "GET /nb/x HTTP/1.1|Host: 127.0.0.1:1|Upgrade: websocket|Connection: Upgrade",
            "GET /x HTTP/1.1|host: 127.0.0.1:1|upgrade: websocket|connection: Upgrade",
        ),
        ("GET / HTTP/1.1|Host: 127.0.0.1:1", 302),
        ("GET /nb?a=1 HTTP/1.1|Host: 127.0.0.1:1", 302),
        ("GET /nbx/ HTTP/1.1|Host: 127.0.0.1:1", 404),
        ("GET http://127.0.0.1/nb/ HTTP/1.1|Host: 127.0.0.1:1", 404),
        ("GET /nb/ HTTP/1.1|Host: evil.example", 403),
        ("GET /nb/ HTTP/1.1|Host: 127.0.0.1.evil.example", 403),
        ("GET /nb/ HTTP/1.1|Host: 127.0.0.1|Host: evil.example", 403),
        ("GET /nb/ HTTP/1.1", 403),
        ("GET /nb/ HTTP/1.1|Host: 127.0.0.1:1|Origin: http://evil.example", 403),
        ("GET /nb/ HTTP/1.1|Host: 127.0.0.1:1|Origin: null", 403),
        ("GET /nb/ HTTP/1.1|Host: 127.0.0.1:1|Origin: http://127.0.0.1:2", 403),
        ("GET /nb/ HTTP/1.1|Host: 127.0.0.1:1|Upgrade: websocket|Origin: http://evil.example", 403),
        ("GET /nb/ SPDY/3|Host: 127.0.0.1:1", 400),
        ("GET|Host: 127.0.0.1:1", 400),
        ("GET /nb/ HTTP/1.1|no colon", 400),
    ],
)
def test_what_the_front_lets_pass(head: str, told: str | int) -> None:
    found = checked((head.replace("|", "\r\n") + "\r\n\r\n").encode(), "/nb")
    if isinstance(found, Refusal):
        assert found.status == told
        assert found.answer().startswith(f"HTTP/1.1 {told} ".encode())
    else:
        assert found.decode() == str(told).replace("|", "\r\n") + "\r\n\r\n"
