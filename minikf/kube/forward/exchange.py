"""One request through one connection to a pod, and its answer."""

from __future__ import annotations

import asyncio
from typing import Protocol

import h11

from minikf.kube.forward.carry import Broken
from minikf.kube.forward.door import Headers
from minikf.kube.forward.gate import Line

_LONGEST_HEAD = 64 * 1024
# RFC 9110, 7.6.1: about one connection only; and what only a gateway would tell, of which there is none before us.
HOP = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"expect", b"forwarded", b"proxy-authorization")
)
_LENGTH = b"transfer-encoding"


class Asker(Protocol):
    """The client's side; `secure` is whether it came by TLS."""

    secure: bool

    async def next(self) -> h11.Event: ...

    async def left(self) -> None: ...

    async def send(self, event: h11.Event) -> None: ...

    async def tunnel(self, line: Line, first: bytes) -> None: ...


class Exchange:
    """`answered` is whether something of the answer has reached the client."""

    def __init__(self, client: Asker, line: Line) -> None:
        self._client, self._line = client, line
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self.answered = False

    async def run(self, request: h11.Request, headers: Headers, *, body: bool) -> bool:
        """Whether the connection can carry another. `body` is whether the request has one that is still to come.

        Raises Broken and h11.RemoteProtocolError where the pod's side fails, ConnectionError where the client's does.
        """
        if self._line.place.host:
            headers = [(b"Host", self._line.place.host.encode()), *(x for x in headers if x[0].lower() != b"host")]
        await self._put(h11.Request(method=request.method, target=request.target, headers=headers))
        switches = any(name.lower() == b"upgrade" for name, _ in headers)
        asking = asyncio.create_task(self._ask(body=body, stays=not switches))
        answering = asyncio.create_task(self._answer())
        try:
            await asyncio.wait({asking, answering}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done() and isinstance(error := asking.exception(), OSError):
                raise error
            return await answering  # a pod may answer what it does not read to its end
        finally:
            asking.cancel()
            answering.cancel()
            await asyncio.gather(asking, answering, return_exceptions=True)

    async def _ask(self, *, body: bool, stays: bool) -> None:
        """The request's body as it comes; then, if it `stays` HTTP, waits for the client to go."""
        while body:
            event = await self._client.next()
            if isinstance(event, h11.Data):
                await self._put(h11.Data(data=bytes(event.data)))
            elif isinstance(event, h11.EndOfMessage):
                body = False
            else:
                raise ConnectionError("the client has gone")
        await self._put(h11.EndOfMessage())
        if stays:
            await self._client.left()

    async def _answer(self) -> bool:
        while True:
            event = await self._next()
            if isinstance(event, h11.InformationalResponse):
                if event.status_code != 101:
                    continue  # whoever waits for 100 has been told it already
                self.answered = True
                await self._client.send(h11.InformationalResponse(status_code=101, headers=event.headers.raw_items()))
                await self._client.tunnel(self._line, self._http.trailing_data[0])
                return False
            if isinstance(event, h11.Response):
                self.answered = True
                headers = [one for one in event.headers.raw_items() if one[0].lower() not in HOP | {_LENGTH}]
                if not self._client.secure:
                    headers = [
                        (name, plain(value) if name.lower() == b"set-cookie" else value) for name, value in headers
                    ]
                answer = h11.Response(status_code=event.status_code, headers=headers, reason=event.reason)
                await self._client.send(answer)
            elif isinstance(event, h11.Data):
                await self._client.send(h11.Data(data=bytes(event.data)))
            elif isinstance(event, h11.EndOfMessage):
                await self._client.send(h11.EndOfMessage())
                return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
            else:
                raise Broken("it closed the connection", gone=True)

    async def _put(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            await self._line.carry.write(data)

    async def _next(self) -> h11.Event:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            self._http.receive_data(await self._line.carry.read())


def plain(cookie: bytes) -> bytes:
    """A cookie as it can be set over plain HTTP: without `Secure`, which upstream's web apps put on theirs.

    Not every browser takes such a one from loopback, and then each of their forms is refused for want of its CSRF
    cookie.
    """
    return b";".join(part for part in cookie.split(b";") if part.strip().lower() != b"secure")
