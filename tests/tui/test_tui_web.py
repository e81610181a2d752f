"""`minikf tui --web`: what a real browser shows, and who is refused."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from minikf.tui.webpeer import owner
from tests.embedded.homes import Home
from tests.embedded.notebooks.browser import Browser

PATIENCE_SECONDS = 30.0
NOBODY = 65534


@dataclass
class Served:
    """The program as a user starts it, and its link."""

    process: subprocess.Popen[str]
    link: str

    @property
    def host(self) -> str:
        return urlsplit(self.link).netloc

    @property
    def port(self) -> int:
        return int(self.host.rpartition(":")[2])

    def ask(self, path: str, **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
        """A request by the name of the link, from this process."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={"Host": self.host, **headers})
        answer = connection.getresponse()
        found = answer.status, answer.read().decode(), answer.headers
        connection.close()
        return found

    def enter(self) -> str:
        """The cookie for the link."""
        parts = urlsplit(self.link)
        status, _, headers = self.ask(f"{parts.path}?{parts.query}")
        assert status == 200
        return str(headers["Set-Cookie"])

    def upgrade(self, **headers: str) -> int:
        """The status of an attempt to open the websocket."""
        wanted = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        return self.ask("/ws", **wanted, **{"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}, **headers)[0]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    words = [sys.executable, "-m", "minikf", "tui", "--web", "--no-open"]
    process = subprocess.Popen(words, env=os.environ | home.variables, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield Served(process, process.stdout.readline().strip())
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE_SECONDS)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


def test_the_link_works_once_and_its_cookie_opens_the_page(served: Served) -> None:
    assert served.ask("/")[0] == 401
    cookie = served.enter()
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    parts = urlsplit(served.link)
    again = served.ask(f"{parts.path}?{parts.query}")
    assert again[0] == 401
    assert "used already" in again[1]
    status, text, headers = served.ask("/", Cookie=cookie.partition(";")[0])
    assert status == 200
    assert f"ws://{served.host}/ws" in text
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "://" not in text.replace(f"ws://{served.host}", "")  # it asks nobody else


def test_what_is_foreign_is_refused_also_with_the_cookie(served: Served) -> None:
    cookie = served.enter().partition(";")[0]
    assert served.ask("/", Cookie=cookie, Host=f"evil.example:{served.port}")[0] == 421
    assert served.ask("/", Cookie=cookie, Origin="http://evil.example")[0] == 403
    assert served.ask("/", Cookie=cookie, **{"Sec-Fetch-Site": "same-site"})[0] == 403
    assert served.ask("/", Cookie="minikf=1")[0] == 401
    # A cookie for the secret name is none for the address that everybody knows.
    assert served.ask("/", Cookie=cookie, Host=f"127.0.0.1:{served.port}")[0] == 401
    for path in ("/static/js/textual.js", "/static/", "/ws", "/.minikf/link", "/.minikf/enter", "/nothing"):
        assert served.ask(path)[0] == 401, path


def test_the_socket_is_as_closed_as_the_page(served: Served) -> None:
    cookie = served.enter().partition(";")[0]
    own = f"http://{served.host}"
    assert served.upgrade() == 401
    assert served.upgrade(Origin=own) == 401
    assert served.upgrade(Cookie=cookie) == 403
    assert served.upgrade(Cookie=cookie, Origin="http://evil.example") == 403
    assert served.upgrade(Cookie=cookie, Origin=f"http://127.0.0.1:{served.port + 1}") == 403
    assert served.upgrade(Cookie=cookie, Origin=own, Host=f"evil.example:{served.port}") == 421
    assert not children(served.process.pid)  # nothing was started for any of them


@pytest.mark.skipif(os.getuid() != 0, reason="only root can ask as another user")
@pytest.mark.skipif(shutil.which("curl") is None, reason="no program curl is on PATH")
def test_another_user_of_the_machine_is_refused_though_he_has_the_link(served: Served) -> None:
    done = subprocess.run(
        [str(shutil.which("curl")), "--silent", "--write-out", "%{http_code}", "--resolve",
         f"{served.host}:127.0.0.1", served.link],
        user=NOBODY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.endswith("403"), done.stdout
    assert "the user who started it only" in done.stdout
    assert served.enter()  # and the link still works for whom it is for


def test_the_owner_of_a_connection_is_read_from_the_kernels_table(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    mine = "   1: 0100007F:1F90 0100007F:0050 01 00000000:00000000 00:00000000 00000000  1000        0 1 1"
    table.write_text(f"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n{mine}\n")
    if sys.byteorder == "little":
        assert owner(("127.0.0.1", 8080), ("127.0.0.1", 80), table) == 1000
    assert owner(("127.0.0.1", 8081), ("127.0.0.1", 80), table) is None
    assert owner(("127.0.0.1", 8080), ("127.0.0.1", 80), tmp_path / "none") is None


SCREEN = "document.querySelector('.xterm-accessibility, .xterm-rows, .xterm-screen') !== null"


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no program chromium is on PATH")
def test_a_browser_shows_it_and_types_into_it(served: Served, tmp_path: Path) -> None:
    with Browser(tmp_path) as browser:
        browser.visit(served.link)
        browser.until("location.pathname === '/' && document.body?.classList.contains('-first-byte')")
        assert "code=" not in browser.run("location.href")
        browser.until(SCREEN)
        end = time.monotonic() + PATIENCE_SECONDS
        while not children(served.process.pid) and time.monotonic() < end:
            time.sleep(0.1)
        assert len(children(served.process.pid)) == 1
        browser.run("document.querySelector('.xterm-helper-textarea').focus()")
        browser.type("q")  # quits
        browser.until("document.body?.classList.contains('-closed')")
        assert "session has ended" in browser.run("document.body.innerText")
    assert served.process.poll() is None


@pytest.mark.skipif(not Path("/proc").exists(), reason="children are looked up in /proc")
def test_a_window_that_closes_ends_its_process_and_so_does_a_killed_server(served: Served) -> None:
    import websocket

    cookie = served.enter().partition(";")[0]

    def window() -> websocket.WebSocket:
        made = websocket.create_connection(
            f"ws://127.0.0.1:{served.port}/ws?width=80&height=24",
            host=served.host, origin=f"http://{served.host}", cookie=cookie, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        drawn = b""
        while b"minikf" not in drawn:
            part = made.recv()
            drawn += part.encode() if isinstance(part, str) else part
        return made

    def until_gone(pid: int) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            state = re.search(r"^State:\s+(\w)", _status(pid), re.MULTILINE)
            if state is None or state[1] == "Z":
                return
            time.sleep(0.1)
        raise AssertionError(f"process {pid} is still there")

    first = window()
    (process,) = children(served.process.pid)
    first.close()
    until_gone(process)
    window()
    process = children(served.process.pid)[-1]
    served.process.kill()
    until_gone(process)


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""
