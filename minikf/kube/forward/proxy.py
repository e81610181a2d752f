"""Carries the requests of one client connection: each is read, judged, and sent on whole."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import h11

from minikf.kube.forward.carry import Broken
from minikf.kube.forward.door import OWN, Door, Headers, Refusal
from minikf.kube.forward.exchange import HOP, Exchange
from minikf.kube.forward.find import NotThere
from minikf.kube.forward.gate import Gate, Line

log = logging.getLogger("minikf.forward")

_LONGEST_HEAD = 64 * 1024
_PIECE = 64 * 1024
_IDLE_SECONDS = 120.0
_LINGER_SECONDS = 1.0
_PATH = re.compile(r"/(?!/)(?:[A-Za-z0-9_.~!$&()*+,;=:@%/?#-]*)")
_SAFE = frozenset((b"GET", b"HEAD", b"OPTIONS"))


class Client:
    """One connection of a client's. `run` ends when either side is done with it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, door: Door, gate: Gate) -> None:
        self._reader, self._writer, self._door, self._gate = reader, writer, door, gate
        self.secure = writer.get_extra_info("ssl_object") is not None
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)

    async def run(self) -> None:
        """Serves request after request."""
        try:
            while await self._one():
                self._http.start_next_cycle()
        except (h11.RemoteProtocolError, h11.LocalProtocolError) as error:
            if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                status = getattr(error, "error_status_hint", 400)
                await self._refuse(Refusal(HTTPStatus(status), f"this is no HTTP/1.1 request: {error}"))
        except (OSError, TimeoutError) as error:
            log.debug("%s: a client left: %s", self._gate.target.name, error)

    async def _one(self) -> bool:
        """One request and its answer; whether another may follow."""
        async with asyncio.timeout(_IDLE_SECONDS):
            request = await self._next()
        if not isinstance(request, h11.Request):
            return False
        headers: Headers = list(request.headers.raw_items())
        refusal = self._door.refusal(request.method.decode("latin-1"), headers)
        path = request.target.decode("latin-1")
        own = path.startswith(OWN)
        if own and urlsplit(path).path == f"{OWN}enter" and request.method == b"GET":
            return await self._enter(path, headers, refusal)
        if refusal is not None:
            await self._refuse(refusal)
            return False
        if own:
            return await self._link(request)
        return await self._carry(request, self._onward(headers))

    def _onward(self, headers: Headers) -> Headers:
        """The headers as the Service gets them."""
        target = self._gate.target
        put = {name.lower().encode(): value.encode() for name, value in target.headers}
        upgrade = any(name.lower() == b"upgrade" for name, _ in headers)
        kept = [
            (name, value)
            for name, value in self._door.without_proof(headers)
            if name.lower() not in HOP and not name.lower().startswith(b"x-forwarded-") and name.lower() not in put
        ]
        return [*kept, *put.items(), *([(b"connection", b"Upgrade")] if upgrade else [])]

    async def _carry(self, request: h11.Request, headers: Headers) -> bool:
        body = _has_body(headers)
        if not body:
            await self._next()  # the request's end, which is there already
        safe = request.method in _SAFE and not body
        for again in (False, True):
            try:
                line = await self._gate.line(fresh=again)
            except (Broken, NotThere) as error:
                status = HTTPStatus.SERVICE_UNAVAILABLE
                await self._refuse(Refusal(status, f"'{self._gate.target.name}' does not answer: {error}"))
                return False
            exchange = Exchange(self, line)
            try:
                done = await exchange.run(request, headers, body=body)
            except (Broken, h11.RemoteProtocolError) as error:
                line.carry.close()
                if exchange.answered:  # too late for another answer: the client sees that this one is cut
                    raise ConnectionError(str(error)) from error
                if safe and not again:
                    continue
                text = f"'{self._gate.target.name}' broke off: {error}"
                await self._refuse(Refusal(HTTPStatus.BAD_GATEWAY, text))
                return False
            except BaseException:
                line.carry.close()
                raise
            if done:
                self._gate.give_back(line)
            else:
                line.carry.close()
            return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        return False

    async def _link(self, request: h11.Request) -> bool:
        """A link for a browser, to who has shown the credential."""
        if request.method != b"POST" or request.target.decode("latin-1") != f"{OWN}link":
            await self._refuse(Refusal(HTTPStatus.NOT_FOUND, "there is nothing here"))
            return False
        body = json.dumps({"label": self._door.label, "path": self._door.link()}).encode()
        await self._answer(HTTPStatus.OK, body, b"application/json", [])
        return False

    async def _enter(self, path: str, headers: Headers, refusal: Refusal | None) -> bool:
        """Gives the cookie for a link and leads on; a page and no redirect, which would not bring a strict cookie."""
        if refusal is not None and refusal.status is not HTTPStatus.UNAUTHORIZED:
            await self._refuse(refusal)
            return False
        query = parse_qs(urlsplit(path).query)
        code, to = query.get("code", [""])[0], query.get("to", [""])[0]
        host = next(value.decode("latin-1") for name, value in headers if name.lower() == b"host")
        cookie = self._door.enter(code, host)
        if cookie is None:
            text = "this link was used already, or is too old: minikf open"
            await self._refuse(Refusal(HTTPStatus.UNAUTHORIZED, text))
            return False
        if not _PATH.fullmatch(to):  # it leads to nowhere but here
            to = "/"
        body = f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={to}">\n'.encode()
        more = [(b"set-cookie", cookie.encode()), (b"referrer-policy", b"no-referrer"), (b"cache-control", b"no-store")]
        await self._answer(HTTPStatus.OK, body, b"text/html; charset=utf-8", more)
        return False

    async def _refuse(self, refusal: Refusal) -> None:
        """As the API server refuses (`Status` of the Kubernetes API conventions), and the last of the connection."""
        body = json.dumps(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": refusal.message,
                "reason": refusal.status.phrase.replace(" ", ""),
                "code": int(refusal.status),
            }
        ).encode()
        more = [(b"www-authenticate", b"Bearer")] if refusal.status is HTTPStatus.UNAUTHORIZED else []
        more += [(b"retry-after", b"1")] if refusal.status is HTTPStatus.SERVICE_UNAVAILABLE else []
        with contextlib.suppress(h11.LocalProtocolError):
            await self._answer(refusal.status, body + b"\n", b"application/json", more)
        # What the client still sends would reset the connection, and the answer with it, if nobody took it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while await self._reader.read(_PIECE):
                    pass

    async def _answer(self, status: HTTPStatus, body: bytes, kind: bytes, more: Headers) -> None:
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"connection", b"close")]
        await self.send(h11.Response(status_code=int(status), headers=[*headers, *more], reason=status.phrase.encode()))
        await self.send(h11.Data(data=body))
        await self.send(h11.EndOfMessage())

    async def send(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()

    async def next(self) -> h11.Event:
        """The next part of the request's body. Raises ConnectionError where it is none that can be read."""
        try:
            return await self._next()
        except h11.RemoteProtocolError as error:
            raise ConnectionError(str(error)) from error

    async def left(self) -> None:
        """Waits until the client has gone. Raises ConnectionError then, and never returns."""
        data = await self._reader.read(_PIECE)
        if not data:
            raise ConnectionError("the client has gone")
        self._http.receive_data(data)  # its next request, for later
        await asyncio.Event().wait()

    async def _next(self) -> h11.Event:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            if self._http.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue"))
            self._http.receive_data(await self._reader.read(_PIECE))

    async def tunnel(self, line: Line, first: bytes) -> None:
        """Bytes both ways, for a connection that has become something else than HTTP."""
        early, _ = self._http.trailing_data
        if first:
            self._writer.write(first)
        there = asyncio.create_task(self._there(line, early))
        try:
            while piece := await line.carry.read():
                self._writer.write(piece)
                await self._writer.drain()
        except Broken as error:
            raise ConnectionError(str(error)) from error
        finally:
            there.cancel()
            await asyncio.gather(there, return_exceptions=True)

    async def _there(self, line: Line, early: bytes) -> None:
        try:
            while early:
                await line.carry.write(early)
                early = await self._reader.read(_PIECE)
        finally:
            line.carry.close()


def _has_body(headers: Headers) -> bool:
    return any(name.lower() in (b"content-length", b"transfer-encoding") and value != b"0" for name, value in headers)
