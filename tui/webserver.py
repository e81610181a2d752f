"""Serves the terminal UI to one user's browser: textual-serve behind a door."""

from __future__ import annotations

import asyncio
import json
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import textual_serve
from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from minikf.kube.forward.door import OWN, Door
from minikf.tui.webpage import POLICY, SOCKET, STATIC, onward, page
from minikf.tui.webpeer import is_foreign

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ENTER = f"{OWN}enter"
MOST_SESSIONS = 8
LARGEST = 500  # columns, rows
FONT_SIZE = 15
END_SECONDS = 2.0


class WebTerminal:
    """The routes, and the door in front of them.

    Each window of the browser has a process of its own, which ends with it.
    """

    def __init__(self, platform: str, door: Door, *, read_only: bool = False) -> None:
        self._platform = platform
        self._door = door
        self._sessions = 0
        # exec: the process's parent is then this one, and not a shell between.
        words = [sys.executable, "-m", "minikf.tui", platform, *(["--read-only"] if read_only else [])]
        self._command = f"exec {shlex.join(words)}"

    def application(self) -> web.Application:
        made = web.Application(middlewares=[self._guard])
        made.router.add_get("/", self._page)
        made.router.add_get(ENTER, self._enter)
        made.router.add_get(SOCKET, self._terminal)
        made.router.add_static(STATIC, Path(textual_serve.__file__).parent / "static")
        return made

    def run(self, listening: socket.socket) -> None:
        """Until Ctrl+C or SIGTERM."""
        web.run_app(
            self.application(),
            sock=listening,
            print=None,
            access_log=None,
            shutdown_timeout=END_SECONDS,
        )

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nothing is looked at before it is known who asks."""
        refused = self._refusal(request)
        if refused is not None:
            return _protected(web.Response(status=refused[0], text=f"{refused[1]}\n"), "")
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = web.Response(status=error.status, text=f"{error.reason}\n")
        return _protected(answer, request.host)

    def _refusal(self, request: web.Request) -> tuple[int, str] | None:
        transport = request.transport
        if transport is None:
            return HTTPStatus.BAD_REQUEST, "the connection is gone"
        if is_foreign(transport.get_extra_info("peername"), transport.get_extra_info("sockname")):
            return HTTPStatus.FORBIDDEN, "this server answers to the user who started it only"
        refused = self._door.refusal(request.method, list(request.raw_headers))
        if refused is not None and not (request.path == ENTER and refused.status is HTTPStatus.UNAUTHORIZED):
            return refused.status, _words(refused.status, refused.message)
        if request.path == SOCKET and "Origin" not in request.headers:
            return HTTPStatus.FORBIDDEN, "a browser names the page that opens a socket (Origin header)"
        return None

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        """The cookie for the link, which works once."""
        cookie = self._door.enter(request.query.get("code", ""), request.host)
        if cookie is None:
            text = "this link was used already, or is too old: start `minikf tui --web` again\n"
            return web.Response(status=HTTPStatus.UNAUTHORIZED, text=text)
        answer = web.Response(text=onward(), content_type="text/html")
        answer.headers["Set-Cookie"] = cookie
        return answer

    async def _page(self, request: web.Request) -> web.StreamResponse:
        size = _number(request, "fontsize", FONT_SIZE)
        return web.Response(text=page(self._platform, request.host, size), content_type="text/html")

    async def _terminal(self, request: web.Request) -> web.StreamResponse:
        """One window: what is typed goes to its process, what that draws to the browser."""
        if self._sessions >= MOST_SESSIONS:
            text = f"{MOST_SESSIONS} windows are open: close one\n"
            return web.Response(status=HTTPStatus.TOO_MANY_REQUESTS, text=text)
        browser = web.WebSocketResponse(heartbeat=15)
        await browser.prepare(request)
        self._sessions += 1
        process = AppService(
            self._command,
            write_bytes=browser.send_bytes,
            write_str=browser.send_str,
            close=_closer(browser),
            download_manager=DownloadManager(),
        )
        try:
            await process.start(_number(request, "width", 80), _number(request, "height", 24))
            async for message in browser:
                if message.type is web.WSMsgType.TEXT:
                    await _pass_on(message.data, browser, process)
        finally:
            self._sessions -= 1
            await asyncio.shield(process.stop())
        return browser


def _closer(browser: web.WebSocketResponse) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        await browser.close()

    return close


async def _pass_on(text: str, browser: web.WebSocketResponse, process: AppService) -> None:
    """One message of textual-serve's page; what has another form is passed over."""
    match _parsed(text):
        case ["stdin", str(data)]:
            await process.send_bytes(data.encode(errors="replace"))
        case ["resize", {"width": int(width), "height": int(height)}]:
            await process.set_terminal_size(_bounded(width), _bounded(height))
        case ["ping", data]:
            await browser.send_json(["pong", data])
        case ["focus", *_]:
            await process.focus()
        case ["blur", *_]:
            await process.blur()


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _protected(answer: web.StreamResponse, host: str) -> web.StreamResponse:
    """A websocket's answer has left already, and needs none of it."""
    if not answer.prepared:
        answer.headers["Content-Security-Policy"] = POLICY.format(host=host) if host else "default-src 'none'"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _words(status: HTTPStatus, message: str) -> str:
    if status is HTTPStatus.UNAUTHORIZED:
        return "this browser was not let in: open the link that `minikf tui --web` printed; it works once"
    return message


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return _bounded(int(text)) if text.isdecimal() and len(text) < 6 else default


def _bounded(number: int) -> int:
    return min(max(1, number), LARGEST)
