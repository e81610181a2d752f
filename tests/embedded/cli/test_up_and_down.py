"""The life of a platform, by the program as a user calls it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minikf import logfile
from minikf.engine.process import of
from minikf.errors import ExitCode
from tests.embedded.homes import Home


def read(access: dict[str, str], path: str) -> bytes:
    """What the API says, by curl's own means: the platform's CA and credential from their files."""
    import ssl
    import urllib.request

    request = urllib.request.Request(
        access["server"] + path, headers={"Authorization": "Bearer " + Path(access["token"]).read_text()}
    )
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=access["ca"])) as answer:
        return bytes(answer.read())


def test_up_status_env_logs_stop_start_down(home: Home) -> None:
    access = home.json("up")
    assert access["engine"] == "embedded" and access["server"].startswith("https://127.0.0.1:")
    first = home.daemon()
    for secret in (access["token"], access["kubeconfig"]):
        assert Path(secret).stat().st_mode & 0o077 == 0
    token = Path(access["token"]).read_text()
    assert token == token.strip(), "clients send the file's content as it is"

    told = home.minikf("up")
    assert "already running" in told.stderr and home.daemon() == first

    status = home.json("status")
    assert status["running"] and status["components"]
    assert all(component["healthy"] for component in status["components"])
    assert any(component["memory_bytes"] > 1_000_000 for component in status["components"])
    assert access["server"] in home.minikf("status").stdout
    assert access["server"] in home.minikf("open").stdout
    assert "serving on" in home.minikf("logs").stdout

    home.minikf("stop")
    assert not of(first["pid"]).alive and not (home.state() / "daemon.json").exists()
    assert home.json("status", code=ExitCode.UNREACHABLE)["cause"] == "it was stopped"
    home.minikf("stop")

    again = home.json("start")
    assert again["server"] == access["server"] and home.daemon()["pid"] != first["pid"]
    assert Path(access["token"]).read_text() == token, "a kubeconfig handed out before must go on working"

    home.minikf("down", code=ExitCode.REFUSED)
    assert home.json("status")["running"]
    told = home.minikf("down", "--yes")
    assert "is removed" in told.stdout
    assert not home.config().exists() and not home.state().exists() and not home.data().exists()


def test_objects_survive_a_stop_and_a_down_that_keeps_data(home: Home) -> None:
    access = home.json("up")
    create = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kept"}, "data": {"a": "1"}})
    path = "/api/v1/namespaces/default/configmaps"
    from minikf.kube.rest import RestClient
    from minikf.spec import Access

    client = RestClient(
        Access("default", "embedded", access["server"], *(Path(access[key]) for key in ("kubeconfig", "ca", "token")))
    )
    assert client.request("POST", path, json.loads(create)).status == 201
    home.minikf("stop")
    home.minikf("start")
    access = home.json("up")  # its port may be another's by now
    assert json.loads(read(access, f"{path}/kept"))["data"] == {"a": "1"}
    home.minikf("down", "--yes", "--keep-data")
    assert not home.config().exists() and (home.data() / "objects.db").exists()
    access = home.json("up")
    assert json.loads(read(access, f"{path}/kept"))["data"] == {"a": "1"}
    home.minikf("down", "--yes", "--keep-data")
    again = home.minikf("down", "--yes", "--keep-data", code=ExitCode.REFUSED)
    assert "only data that was kept" in again.stderr and home.data().exists()
    home.minikf("down", "--yes")
    assert not home.data().exists() and not home.state().exists()


def test_two_ups_at_once_make_one_daemon(home: Home) -> None:
    first, second = home.start("up", "--json"), home.start("up", "--json")
    answers = [process.communicate(timeout=60) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), answers
    assert json.loads(answers[0][0]) == json.loads(answers[1][0])
    daemons = subprocess.run(
        ["pgrep", "-f", "minikf.embedded.daemon --platform default"], capture_output=True, text=True, check=False
    ).stdout.split()
    mine = [pid for pid in daemons if str(home.root) in Path(f"/proc/{pid}/environ").read_text()]
    assert mine == [str(home.daemon()["pid"])]


def test_several_platforms_live_side_by_side(home: Home) -> None:
    one, two = home.json("up", "--platform", "one"), home.json("--platform", "two", "up")
    assert one["server"] != two["server"]
    tokens = {Path(access["token"]).read_text() for access in (one, two)}
    assert len(tokens) == 2
    home.minikf("down", "--yes", "--platform", "one")
    assert home.json("status", "--platform", "two")["running"]
    assert not home.json("status", "--platform", "one", code=ExitCode.UNREACHABLE)["running"]


def test_a_killed_daemon_is_said_and_up_brings_it_back(home: Home) -> None:
    home.minikf("up")
    daemon = home.daemon()
    os.kill(daemon["pid"], signal.SIGKILL)
    assert of(daemon["pid"]).wait(5)
    status = home.json("status", code=ExitCode.UNREACHABLE)
    assert status["cause"] == "its daemon ended without being asked to" and "minikf up" in status["advice"]
    home.minikf("up")
    assert home.daemon()["pid"] != daemon["pid"] and home.daemon()["address"] == daemon["address"]


def test_a_stale_record_with_another_processes_pid_harms_nobody(home: Home) -> None:
    home.minikf("up")
    home.minikf("stop")
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as bystander:
        record = {"pid": bystander.pid, "started": "1@then", "address": "https://127.0.0.1:1", "version": "0"}
        (home.state() / "daemon.json").write_text(json.dumps(record))
        assert home.json("status", code=ExitCode.UNREACHABLE)["running"] is False
        home.minikf("up")
        assert home.daemon()["pid"] != bystander.pid
        home.minikf("stop")
        assert bystander.poll() is None
        bystander.kill()


def test_a_lost_record_does_not_make_a_second_daemon(home: Home) -> None:
    home.minikf("up")
    first = home.daemon()
    (home.state() / "daemon.json").unlink()
    home.minikf("up")
    assert home.daemon() == first
    (home.state() / "daemon.json").unlink()
    home.minikf("stop")
    assert of(first["pid"]).wait(5)


def test_a_daemon_of_another_release_is_replaced(home: Home) -> None:
    home.minikf("up")
    old = home.daemon()
    (home.state() / "daemon.json").write_text(json.dumps(old | {"version": "0.0.1"}))
    told = home.minikf("up")
    assert "release 0.0.1" in told.stderr
    assert home.daemon()["pid"] != old["pid"] and not of(old["pid"]).alive


def test_a_taken_port_is_said_and_another_is_kept(home: Home) -> None:
    before = home.json("up")
    home.minikf("stop")
    port = int(before["server"].rsplit(":", 1)[1])
    with socket.create_server(("127.0.0.1", port)):
        told = home.minikf("up")
        assert f"port {port} is taken by process {os.getpid()} (" in told.stderr
        after = home.json("up")
        assert after["server"] != before["server"]
        assert after["server"] in Path(after["kubeconfig"]).read_text()
    home.minikf("stop")
    assert home.json("start")["server"] == after["server"]


def test_a_daemon_that_cannot_start_is_quoted(home: Home) -> None:
    home.minikf("up")
    home.minikf("stop")
    (home.data() / "objects.db").write_bytes(b"this is no database, whatever its name says " * 200)
    told = home.minikf("start", code=ExitCode.UNREACHABLE).stderr
    assert "did not start" in told and "daemon.log" in told and "database" in told
    assert "minikf logs daemon" in told
    assert (home.data() / "objects.db").read_bytes().startswith(b"this is no database"), "the user's file was changed"


@pytest.mark.parametrize("name", ["with space and 'quote'", "Grüße-家-ñ", "dollar$HOME"])
def test_homes_with_unusual_names(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / name)
    try:
        access = home.json("up")
        shell = f'eval "$({sys.executable} -P -m minikf env)"; printf %s "$KUBECONFIG"'
        done = subprocess.run(["sh", "-c", shell], env=home.environment, capture_output=True, text=True, check=True)
        assert done.stdout == access["kubeconfig"] and Path(done.stdout).exists()
        assert home.json("status")["running"]
        home.minikf("down", "--yes")
        assert not home.state().exists()
    finally:
        home.end()


def test_up_that_is_interrupted_says_130_and_leaves_a_platform_that_up_finishes(home: Home) -> None:
    process = home.start("logs", "daemon", "-f")
    assert process.wait(30) == ExitCode.REFUSED
    home.minikf("up")
    follower = home.start("logs", "daemon", "-f")
    assert follower.stdout is not None and follower.stdout.readline()
    follower.send_signal(signal.SIGINT)
    assert follower.wait(10) == ExitCode.INTERRUPTED
    follower.communicate()
    process.communicate()


def test_up_whose_reader_goes_away_is_done_all_the_same(home: Home) -> None:
    command = f"{sys.executable} -P -m minikf up 2>&1 >/dev/null | head -n 1; exit ${{PIPESTATUS[0]}}"
    home.root.mkdir()
    done = subprocess.run(["bash", "-c", command], env=home.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.count("\n") == 1
    assert (home.config() / "kubeconfig").exists() and home.json("status")["running"]


def test_what_an_interrupted_up_did_not_write_is_written_when_it_is_asked_for(home: Home) -> None:
    access = home.json("up")
    Path(access["kubeconfig"]).unlink()
    exported = home.json("env")
    assert Path(exported["KUBECONFIG"]).exists() and Path(exported["SSL_CERT_FILE"]).exists()


def test_the_log_of_a_running_daemon_stays_small(home: Home) -> None:
    home.minikf("up")
    log = home.state() / "daemon.log"
    with log.open("a") as file:
        for _ in range(9 * 1024):
            file.write("x" * 1023 + "\n")
    deadline = time.monotonic() + 30
    while log.stat().st_size > logfile.LIMIT_BYTES and time.monotonic() < deadline:
        time.sleep(0.1)
    assert log.stat().st_size < 1024 * 1024
    assert log.with_name("daemon.log.1").stat().st_size == logfile.LIMIT_BYTES
    home.minikf("stop")
    assert "stopped" in log.read_text(), "the daemon must go on writing to the file that was cut"
    home.minikf("down", "--yes")
    assert not log.with_name("daemon.log.1").exists()
