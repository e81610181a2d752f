"""The page as a browser has it: it opens with the printed address, a cell runs, and other pages get nothing of it."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.cli.main import main
from tests.embedded.notebooks.browser import Browser
from tests.embedded.notebooks.lab import Lab

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="no program chromium is on PATH")

LOADED = "document.querySelector('.jp-LabShell') !== null"
# What a page can try against a server whose cookie its browser has: all that answers is told, and nothing else.
ATTACK = """
(async () => {
  const base = BASE, found = [];
  const say = async (name, work) => {
    try { found.push([name, await work()]); } catch (error) { found.push([name, "blocked"]); }
  };
  for (const path of ["/api/contents", "/api/kernels", "/lab", "/files/secret.txt"])
    await say("read " + path, async () => (await fetch(base + path, {credentials: "include"})).text());
  for (const path of ["/api/kernels", "/api/terminals"])
    await say("start " + path, async () => (await fetch(base + path, {
      method: "POST", credentials: "include", headers: {"Content-Type": "application/json"}, body: "{}"})).text());
  await say("blind start", async () => (await fetch(base + "/api/kernels", {
    method: "POST", mode: "no-cors", credentials: "include", body: "{}"})).text());
  const socket = path => new Promise((resolve, reject) => {
    const made = new WebSocket(base.replace("http", "ws") + path);
    made.onopen = () => resolve("open");
    made.onerror = reject;
  });
  for (const path of ["/api/events/subscribe", "/api/kernels/KERNEL/channels", "/terminals/websocket/1"])
    await say("socket " + path, () => socket(path));
  await say("frame", () => new Promise((resolve, reject) => {
    const frame = document.createElement("iframe");
    frame.src = base + "/lab";
    frame.onload = () => {
      try { resolve(frame.contentDocument.title); } catch (error) { reject(error); }
    };
    document.body.append(frame);
  }));
  return JSON.stringify(found);
})()
"""


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    """A page of another program on this machine: the same site to a browser, another origin."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>elsewhere</title><body>hello</body>")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path) as made:
        yield made


def printed(lab: Lab, capfd: pytest.CaptureFixture[str]) -> str:
    """The address that the program prints."""
    capfd.readouterr()
    assert main(["open", "notebook", lab.name]) == 0
    return capfd.readouterr().out.strip()


def test_a_cell_runs_in_the_page_of_the_printed_address(
    lab: Lab, browser: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    browser.visit(printed(lab, capfd))
    browser.until(LOADED)
    browser.until("document.querySelector('.jp-LauncherCard[title*=MiniKF]') !== null")
    assert lab.token not in browser.run("location.href")  # the cookie has taken its place
    browser.run("document.querySelector('.jp-LauncherCard[title*=MiniKF]').click()")
    browser.until("document.querySelector('.jp-Notebook .cm-content') !== null")
    browser.until("document.body.innerText.includes('(MiniKF) | Idle')")
    focus = "document.querySelector('.jp-Notebook .cm-content').focus(), "
    browser.until(f"{focus} document.activeElement.classList.contains('cm-content')")
    browser.type("print('of', 6 * 7)")
    browser.press_enter(shift=True)
    browser.until("document.querySelector('.jp-OutputArea-output')?.innerText.includes('of 42')")
    assert "get notified" not in browser.run("document.body.innerText")  # nothing is asked of its makers


def test_without_the_token_there_is_a_login_page_and_nothing_else(lab: Lab, browser: Browser) -> None:
    for path in ("/lab", "/tree", "/lab/tree/x.ipynb", "/files/x", "/terminals/1"):
        browser.visit(lab.base + path)
        browser.until("document.querySelector('input[type=password]') !== null")
        assert "/login?next=" in browser.run("location.href")
        assert "jupyter-config-data" not in browser.run("document.documentElement.outerHTML")


def test_a_page_of_another_program_gets_nothing_though_the_browser_has_the_cookie(
    lab: Lab, kernel_id: str, browser: Browser, elsewhere: str, capfd: pytest.CaptureFixture[str]
) -> None:
    browser.visit(printed(lab, capfd))
    browser.until(LOADED)
    assert lab.ask("/api/terminals", "POST").status_code == 200
    before = {one["id"] for one in lab.ask("/api/kernels").json()}
    browser.visit(elsewhere)
    assert browser.run("document.title") == "elsewhere"
    script = ATTACK.replace("BASE", json.dumps(lab.base)).replace("KERNEL", kernel_id)
    found = dict(json.loads(browser.run(script)))
    # A request without CORS is sent, and its answer hidden from the page: that it started nothing is looked at below.
    assert found.pop("blind start") == ""
    assert set(found.values()) == {"blocked"} and len(found) == 10, found
    assert {one["id"] for one in lab.ask("/api/kernels").json()} == before
    assert len(lab.ask("/api/terminals").json()) == 1
    assert lab.ask("/api/terminals/1", "DELETE").status_code == 204
