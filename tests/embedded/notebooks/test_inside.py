"""What a user finds in a notebook: code runs, clients need no argument, magics, an environment of its own."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import psutil
import pytest
import requests
import websocket

from minikf.embedded.notebooks import culling
from tests.embedded.notebooks.lab import Kernel, Lab, until
from tests.embedded.pods.wheels import make_wheel


def test_code_runs_in_the_notebooks_own_environment(lab: Lab, kernel: Kernel) -> None:
    assert kernel.run("6 * 7") == "42"
    assert kernel.run("import sys; print(sys.executable)").strip() == str(lab.folder / "env" / "bin" / "python")
    assert kernel.run("import os; print(os.getcwd(), os.environ['NB_PREFIX'])").endswith("/notebook/default/shared\n")
    assert kernel.run("1/0").startswith("ZeroDivisionError")


def test_clients_need_no_argument(kernel: Kernel) -> None:
    asked = "from kubeflow.trainer import TrainerClient; c = TrainerClient(); print(c.backend.namespace, c.list_jobs())"
    assert kernel.run(asked) == "default []\n"
    assert "total" in kernel.run("import kfp; print('total', kfp.Client().list_runs().total_size)")
    asked = "from kubernetes import client, config; config.load_kube_config(); "
    asked += "print(client.CoreV1Api().read_namespaced_pod('shared-0', 'default').status.phase)"
    assert kernel.run(asked) == "Running\n"


def test_the_magics_are_the_program(kernel: Kernel) -> None:
    said = kernel.run("%minikf status")
    assert "(embedded): running" in said and "api" in said
    assert "NotebookServer" in kernel.run("%minikf logs shared-0")
    assert "shared" in kernel.run("%minikf notebook list")
    said = kernel.run("%minikf no-such-verb")
    assert "No such command" in said and "exit status 2" in said and "Traceback" not in said
    assert "cell.py" in kernel.run("%%minikf no-such-verb\nprint(1)")


def test_a_notebook_does_not_end_the_platform_that_it_runs_on(kernel: Kernel) -> None:
    for line in ("%minikf stop", "!minikf down --yes"):
        said = kernel.run(line)
        assert "stays as it is" in said and "runs in one of its pods" in said
    assert "running" in kernel.run("%minikf status")


def test_what_is_installed_stays_in_the_notebook(lab: Lab, kernel: Kernel, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "only-here", "1.0", {"only_here.py": "VALUE = 'found'\n"})
    said = kernel.run(f"%pip install --quiet --no-index {wheel}")
    assert "ERROR" not in said, said
    place = kernel.run("import only_here; print(only_here.__file__, only_here.VALUE)")
    assert place.startswith(str(lab.folder / "env")) and place.endswith("found\n")
    with pytest.raises(ModuleNotFoundError):
        __import__("only_here")


@pytest.mark.parametrize("path", ["/api/kernels", "/lab", "/api/contents", "/api/terminals"])
def test_nothing_is_told_without_the_token(lab: Lab, path: str) -> None:
    for headers in ({}, {"Authorization": "token wrong"}):
        answer = requests.get(lab.base + path, headers=headers, timeout=10, allow_redirects=False)
        assert answer.status_code in (302, 403), answer.text
        assert answer.status_code == 403 or "/login" in answer.headers["Location"]
    assert lab.ask(path).status_code in (200, 302)


def test_the_door_checks_host_origin_and_xsrf(lab: Lab) -> None:
    assert lab.ask("/api/kernels", Host="evil.example").status_code == 403
    assert lab.ask("/api", Host="evil.example").status_code == 403
    browser = requests.Session()
    page = browser.get(f"{lab.base}/lab?token={lab.token}", timeout=30)
    assert page.status_code == 200 and "jupyter-config-data" in page.text
    assert all(cookie.path == "/notebook/default/shared/" for cookie in browser.cookies)
    kernels = f"{lab.base}/api/kernels"
    assert browser.get(kernels, timeout=10).status_code == 200
    assert browser.post(kernels, json={}, timeout=10).status_code == 403  # a form on another page would send the cookie
    assert browser.get(kernels, headers={"Origin": "http://evil.example"}, timeout=10).status_code in (403, 404)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    events = f"{lab.base.replace('http', 'ws')}/api/events/subscribe"
    websocket.create_connection(events, cookie=cookies, origin=lab.base.split("/notebook")[0], timeout=10).close()
    with pytest.raises(websocket.WebSocketBadStatusException) as error:
        websocket.create_connection(events, timeout=10, cookie=cookies, origin="http://evil.example")
    assert error.value.status_code == 403
    with pytest.raises(websocket.WebSocketException, match="login"):  # who has no cookie is sent to the log-in page
        websocket.create_connection(events, timeout=10)


def test_terminals_and_language_servers_ask_for_the_token(lab: Lab) -> None:
    assert lab.ask("/api/terminals", "POST").status_code == 200
    for path in ("terminals/websocket/1", "lsp/ws/x", "api/kernels/x/channels"):
        with pytest.raises(websocket.WebSocketException):
            websocket.create_connection(f"{lab.base.replace('http', 'ws')}/{path}", timeout=10)
    assert lab.ask("/api/terminals/1", "DELETE").status_code == 204


def test_what_kernels_say_is_encrypted(lab: Lab, kernel: Kernel) -> None:
    [file] = (lab.folder / "run").glob(f"kernel-{kernel.id}.json")
    assert json.loads(file.read_text())["curve_publickey"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    log = lab.client.request("GET", "/api/v1/namespaces/default/pods/shared-0/log").body.decode()
    assert "without encryption" not in log


def test_the_token_is_in_no_command_line_environment_log_or_open_file(lab: Lab, kernel: Kernel) -> None:
    token = lab.token
    assert len(token) >= 43
    server = psutil.Process(lab.server_pid())
    for process in (server, *server.children(recursive=True)):
        assert token not in " ".join(process.cmdline())
        assert token not in str(process.environ())
    assert token not in kernel.run("import os; print(dict(os.environ))")
    log = lab.client.request("GET", "/api/v1/namespaces/default/pods/shared-0/log").body.decode()
    assert "NotebookServer" in log and token not in log
    assert token not in str(lab.get()) and token not in str(lab.pod)
    assert stat.S_IMODE(lab.folder.stat().st_mode) == 0o700
    holders = [path for path in lab.folder.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert lab.folder / "notebook.json" in holders
    assert [path for path in holders if path.stat().st_mode & 0o077] == []


def test_kernels_and_terminals_tell_whether_the_notebook_rests(lab: Lab) -> None:
    kernel, prefix = lab.kernel(), "/notebook/default/shared"
    kernel.send("import time; time.sleep(1.5)")
    until(lambda: (found := culling.ask(lab.port, prefix, lab.token)) and found.busy, "it is never at work")
    until(lambda: (found := culling.ask(lab.port, prefix, lab.token)) and not found.busy, "it never rests")
    rests = culling.ask(lab.port, prefix, lab.token)
    assert lab.ask(f"/api/kernels/{kernel.id}", "DELETE").status_code == 204
    assert lab.ask("/api/terminals", "POST").status_code == 200
    later = culling.ask(lab.port, prefix, lab.token)
    assert later is not None and later.last is not None
    assert rests is not None and rests.last is not None and later.last > rests.last
    assert culling.ask(lab.port, prefix, "wrong") is None
    assert lab.ask("/api/terminals/1", "DELETE").status_code == 204


def test_only_loopback_listens(lab: Lab, kernel: Kernel) -> None:
    server = psutil.Process(lab.server_pid())
    family = {server.pid, *(child.pid for child in server.children(recursive=True))}
    found = [one for one in psutil.net_connections("tcp") if one.pid in family and one.status == psutil.CONN_LISTEN]
    assert len(found) > 1  # the server and a kernel at least
    assert {one.laddr[0] for one in found if one.laddr} == {"127.0.0.1"}
