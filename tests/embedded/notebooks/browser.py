"""A headless Chromium that tests drive over its DevTools protocol: pages as a user's browser has them, scripts run."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import requests
import websocket

_SECONDS = 90.0


class Browser:
    """One window with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        self._profile = folder / "profile"
        self._number = 0

    def __enter__(self) -> Browser:
        words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
        words += ["--remote-allow-origins=*", f"--user-data-dir={self._profile}", "about:blank"]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._socket = websocket.create_connection(self._page(), timeout=_SECONDS)
        except BaseException:
            self.__exit__()
            raise
        # Else what is typed goes nowhere: a page without a screen has no focus.
        self._call("Emulation.setFocusEmulationEnabled", enabled=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def visit(self, address: str) -> None:
        """Opens an address and waits until it has loaded."""
        self._call("Page.navigate", url=address)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """The value of a script in the page; promises are awaited. Raises AssertionError when it throws."""
        found = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, script: str) -> None:
        """Waits until a script is true. Raises TimeoutError with the end of the page's text."""
        end = time.monotonic() + _SECONDS
        while not self.run(script):
            if time.monotonic() > end:
                raise TimeoutError(f"{script}: {self.run('location.href + document.body.innerText.slice(-2000)')}")
            time.sleep(0.2)

    def type(self, text: str) -> None:
        """Types into what has the focus."""
        self._call("Input.insertText", text=text)

    def press_enter(self, *, shift: bool = False) -> None:
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 8 if shift else 0}
        for type_ in ("rawKeyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=type_, **key)

    def _page(self) -> str:
        port_file, end = self._profile / "DevToolsActivePort", time.monotonic() + _SECONDS
        while not port_file.exists() or not port_file.read_text().strip():
            if time.monotonic() > end or self._process.poll() is not None:
                raise TimeoutError("chromium does not start")
            time.sleep(0.1)
        port = port_file.read_text().split()[0]
        targets = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=30).json()
        return str(next(one for one in targets if one["type"] == "page")["webSocketDebuggerUrl"])

    def _call(self, method: str, **params: Any) -> Any:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
