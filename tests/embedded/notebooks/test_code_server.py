"""A notebook that is the real code-server: its door, its life, its page in a browser."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
import websocket

from minikf.cli.main import main
from minikf.spec import Access
from minikf.up import up
from minikf.verbs import notebook as verb
from tests.embedded.conftest import remove as remove_platform
from tests.embedded.homes import finish
from tests.embedded.notebooks.codeservers import code_server
from tests.embedded.notebooks.lab import Lab, remove, until

pytestmark = pytest.mark.slow
PLATFORM = "coding"


@pytest.fixture(scope="module")
def coding(session_home: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    """A platform that has code-server and stops notebooks that rest for six seconds."""
    try:
        program = code_server(tmp_path_factory.mktemp("npm"))
    except LookupError as error:
        pytest.skip(str(error))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIKF_CODE_SERVER", program)
        patch.setenv("MINIKF_WARM", "0")
        access = finish(up(PLATFORM))  # its daemon keeps what it is started with
    yield access
    remove_platform(PLATFORM)


@pytest.fixture(scope="module")
def code(coding: Access) -> Iterator[Lab]:
    """The notebook, made as a user makes it."""
    assert main(["notebook", "create", "vs", "--type", "code-server", "--platform", PLATFORM]) == 0
    made = Lab(coding, "vs")
    yield made.ready()
    remove(made)


def logged_in(code: Lab) -> requests.Session:
    """What a browser has after the log-in page."""
    session = requests.Session()
    form = {"password": code.token, "base": ".", "href": f"{code.base}/login"}
    answer = session.post(f"{code.base}/login", data=form, timeout=30, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return session


def test_the_object_is_what_the_web_app_makes(code: Lab) -> None:
    meta = code.get()["metadata"]
    assert meta["annotations"]["notebooks.kubeflow.org/server-type"] == "group-one"
    assert meta["annotations"]["notebooks.kubeflow.org/http-rewrite-uri"] == "/"


def test_nothing_is_told_without_the_password(code: Lab) -> None:
    for path in ("/", "/?folder=/", "/_static/../../../etc/passwd", "/vscode-remote-resource?path=/etc/passwd"):
        answer = requests.get(code.base + path, timeout=30, allow_redirects=False)
        assert answer.status_code in (302, 401, 403, 404) or "passwd" in path, path
        assert "root:" not in answer.text and "workbench" not in answer.text
    wrong = requests.post(f"{code.base}/login", data={"password": "wrong", "base": ".", "href": code.base}, timeout=30)
    assert "Incorrect password" in wrong.text and not wrong.cookies
    assert logged_in(code).get(f"{code.base}/", timeout=60).status_code == 200


def test_the_cookie_is_the_notebooks_alone(code: Lab) -> None:
    assert [cookie.path for cookie in logged_in(code).cookies] == ["/notebook/default/vs"]


def test_the_door_checks_host_origin_and_path(code: Lab) -> None:
    browser = logged_in(code)
    assert browser.get(f"{code.base}/", headers={"Host": "evil.example"}, timeout=30).status_code == 403
    assert browser.get(f"{code.base}/healthz", headers={"Host": "evil.example"}, timeout=30).status_code == 403
    assert browser.get(f"{code.base}/", headers={"Origin": "http://evil.example"}, timeout=30).status_code == 403
    root = code.base.removesuffix("/notebook/default/vs")
    assert requests.get(f"{root}/elsewhere", timeout=30).status_code == 404
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    commit = json.loads(requests.get(f"{code.base}/manifest.json", timeout=30).text) and "stable-x"
    address = f"{code.base.replace('http', 'ws')}/{commit}?reconnectionToken=a&reconnection=false"
    websocket.create_connection(address, cookie=cookies, origin=root, timeout=30).close()
    for cookie, origin in ((cookies, "http://evil.example"), (None, root)):
        with pytest.raises(websocket.WebSocketException):
            websocket.create_connection(address, cookie=cookie, origin=origin, timeout=30)


def test_only_the_front_listens_and_the_password_is_in_one_file(code: Lab) -> None:
    server = psutil.Process(code.server_pid())
    family = {server.pid, *(child.pid for child in server.children(recursive=True))}
    found = [one for one in psutil.net_connections("tcp") if one.pid in family and one.status == psutil.CONN_LISTEN]
    assert {one.laddr[:2] for one in found if one.laddr} == {("127.0.0.1", code.port)}
    for process in (server, *server.children(recursive=True)):
        assert code.token not in " ".join(process.cmdline()) and code.token not in str(process.environ())
    holders = [path for path in code.folder.rglob("*") if path.is_file() and code.token.encode() in path.read_bytes()]
    assert {path.name for path in holders} == {"notebook.json", "code-server.yaml"}
    assert [path for path in holders if stat.S_IMODE(path.stat().st_mode) != 0o600] == []
    log = code.client.request("GET", "/api/v1/namespaces/default/pods/vs-0/log").body.decode()
    assert code.token not in log and "HTTP server listening" in log


def test_open_prints_address_and_password(code: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "notebook", "vs", "--platform", PLATFORM, "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["address"], told["password"]) == (f"{code.base}/", code.token)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no program chromium is on PATH")
def test_the_page_opens_in_a_browser(code: Lab, tmp_path: Path) -> None:
    """The log-in page, and with its cookie the workbench with the notebook's folder."""
    from tests.embedded.notebooks.browser import Browser

    with Browser(tmp_path) as browser:
        browser.visit(f"{code.base}/")
        browser.until("document.querySelector('input[type=password]') !== null")
        browser.run(f"document.querySelector('input[type=password]').value = {json.dumps(code.token)}")
        browser.run("document.querySelector('form').submit()")
        browser.until("document.querySelector('.monaco-workbench .explorer-folders-view, .explorer-viewlet') !== null")
        assert "workbench" in browser.run("document.body.className + document.body.innerHTML.slice(0, 5000)")


def test_it_stops_and_resumes_with_its_files(code: Lab) -> None:
    before = (code.base, code.token)
    workspace = Path(code.pod["spec"]["containers"][0]["workingDir"])
    pids = [code.server_pid()]
    pids += [child.pid for child in psutil.Process(pids[0]).children(recursive=True)]
    assert len(pids) >= 2 and workspace
    assert main(["notebook", "stop", "vs", "--platform", PLATFORM]) == 0
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert main(["notebook", "start", "vs", "--platform", PLATFORM]) == 0
    assert (code.base, code.token) == before
    logged_in(code)
    os.kill(code.server_pid(), 9)
    until(lambda: code.pod["status"]["containerStatuses"][0]["restartCount"] == 1, "it is not started again")
    code.ready()
    logged_in(code)


def test_one_that_rests_is_stopped_and_one_that_is_used_is_not(
    session_home: object, coding: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Idle for three seconds is enough, but code-server calls itself used for a minute after each use."""
    for name, value in (("ENABLE_CULLING", "true"), ("CULL_IDLE_TIME", "0.05"), ("IDLENESS_CHECK_PERIOD", "0.01")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MINIKF_CODE_SERVER", code_server(Path()))
    monkeypatch.setenv("MINIKF_WARM", "0")
    access = finish(up("coding-rests"))
    try:
        used, resting = Lab(access, "used"), Lab(access, "resting")
        for lab in (used, resting):
            assert main(["notebook", "create", lab.name, "--type", "code-server", "--platform", "coding-rests"]) == 0
            if lab is used:
                logged_in(lab)
        until(lambda: verb.state(resting.get())[0] == "Stopped", "it is not stopped")
        annotations = used.get()["metadata"]["annotations"]
        assert verb.LAST_ACTIVITY in annotations and verb.STOP_ANNOTATION not in annotations
        until(lambda: verb.state(used.get())[0] == "Stopped", "it is never stopped")
    finally:
        remove_platform("coding-rests")
