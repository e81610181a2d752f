"""`minikf doctor`: each finding of a real machine has a level, and what is wrong has a cause and a cure."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.cli.main import main
from minikf.doctor import Level, machine, tools
from minikf.doctor import platform as checks
from minikf.engine import docker
from minikf.engine.record import Platform
from minikf.errors import ExitCode
from minikf.paths import PlatformPaths
from minikf.tools import find, table


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("XDG_", "MINIKF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_all_findings_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json"])
    findings = json.loads(capsys.readouterr().out)
    assert {"home", "python", "memory", "clock", "disk", "port", "platform", "docker", "k3d", "kind", "uv"} <= {
        finding["name"] for finding in findings
    }
    for finding in findings:
        assert finding["level"] in list(Level) and finding["found"]
        if finding["level"] in (Level.WARNING, Level.ERROR):
            assert finding["cause"] and finding["fix"]
    worst = any(finding["level"] == Level.ERROR for finding in findings)
    assert code == (ExitCode.REFUSED if worst else ExitCode.DONE)


def test_too_little_disk_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage("/").free
    monkeypatch.setattr(machine, "DISK_NEEDED", free * 4)
    assert {finding.level for finding in machine.disk()} == {Level.ERROR}
    assert main(["doctor"]) == ExitCode.REFUSED


def test_a_python_out_of_range_says_which_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 14, 0, "final", 0))
    finding = machine.python()
    assert finding.level is Level.WARNING and "3.11 to 3.13" in finding.cause and "3.13" in finding.fix


def test_a_clock_before_the_release_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    finding = machine.clock()
    assert finding.level is Level.ERROR and finding.found.startswith("1970")


def test_memory_by_psutil_and_by_the_kernels_file_agree() -> None:
    if not Path("/proc/meminfo").exists():
        pytest.skip("only Linux has /proc/meminfo")
    ours, theirs = machine._linux_memory(), machine._available_memory()
    assert ours is not None and theirs is not None and abs(ours - theirs) < machine.GIB


def test_a_taken_port_is_a_warning_with_its_consequence() -> None:
    paths = PlatformPaths.of("test")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        Platform("embedded", port).write(paths)
        finding = checks.port("test")
        assert finding.level is Level.WARNING and str(port) in finding.found and "kubeconfig" in finding.cause
    assert checks.port("test").level is Level.OK


def test_docker_that_does_not_answer_is_said_with_its_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    finding = tools.container_engine()
    assert finding.level is Level.INFO and f"{tmp_path}/no.sock" in finding.cause
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.close()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{9}")
        assert "refused" in docker.ask().cause


def test_docker_that_answers_is_named_with_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Engine(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"Version": "28.0.1", "ApiVersion": "1.48", "MinAPIVersion": "1.24"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say in a test."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Engine) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_address[1]}")
        finding = tools.container_engine()
        server.shutdown()
        thread.join()
    assert finding.level is Level.OK and finding.found.startswith("28.0.1 at tcp://")


def test_tools_are_looked_for_on_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "bin"
    path.mkdir()
    for name, words in (("k3d", "k3d version v5.8.3"), ("kubectl", "Client Version: v1.20.1")):
        tool = path / name
        tool.write_text(f"#!/bin/sh\necho {words}\n")
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(path))
    found = {finding.name: finding for finding in tools.on_path()}
    assert (found["k3d"].level, found["k3d"].found) == (Level.OK, f"5.8.3 at {path / 'k3d'}")
    kubectl = found["kubectl"]
    assert (kubectl.level, kubectl.found) == (Level.WARNING, f"1.20.1 at {path / 'kubectl'}")
    assert "older than 1.33.0" in kubectl.cause and "is downloaded when it is needed" in kubectl.fix
    kind = found["kind"]
    assert (kind.level, kind.found) == (Level.INFO, "not on PATH") and kind.cause
    assert "version 0.33.0 is downloaded when it is needed; its sha256 is known" in kind.fix
    assert found["uv"].level is Level.INFO


def test_a_downloaded_tool_and_one_that_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    release = table.release("kind")
    assert release is not None
    release.path.parent.mkdir(parents=True)
    release.path.write_text("")
    empty = replace(release, sha256=hashlib.sha256(b"").hexdigest())
    monkeypatch.setattr(find, "release", lambda name: empty if name == "kind" else None)
    k3d = tmp_path / "k3d"
    k3d.write_text("#!/bin/sh\necho k3d version v5-dev\n")
    k3d.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {finding.name: finding for finding in tools.on_path()}
    assert found["kind"].found == f"0.33.0 at {release.path}, downloaded by MiniKF"
    assert found["k3d"].level is Level.WARNING and "does not say its version: k3d version v5-dev" in found["k3d"].cause


def test_a_machine_without_releases_is_told_what_to_do_by_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = {finding.name: finding for finding in tools.on_path()}
    assert found["kind"].fix == "put a 'kind' of version 0.33.0 or newer for this machine into a folder of PATH"
