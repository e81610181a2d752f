"""One connection to a port of a pod, through the API server's `portforward` over a websocket.

The subprotocol is `v4.channel.k8s.io`: of each port two channels, 0 for its bytes and 1 for what went wrong; the first
message of a channel is the port's number in two bytes (kubelet's cri/streaming/portforward/websocket.go, which the API
server hands the websocket through to). The newer `SPDY/3.1+portforward.k8s.io` carries SPDY inside a websocket: many
connections in one, for a protocol that nothing else speaks any more and no kept library of Python's knows.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from urllib.parse import quote

import wsproto
from wsproto import events
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from minikf.kube.connections import proxy_headers, proxy_of
from minikf.kube.credentials import Address, Credentials, NoWayIn
from minikf.kube.forward.find import Place

SUBPROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_OF_THE_POD = (400, 404, 500)
"""What the API server answers where the pod, or the kubelet's view of it, is gone; 500 is the kubelet's own."""
_PIECE = 64 * 1024
OPEN_SECONDS = 10.0
SILENCE_SECONDS = 20.0
"""How long nothing may come before the other side is asked whether it is there."""
ANSWER_SECONDS = 10.0
"""How long it may take to answer that: what a sleeping laptop or an API server that is gone never does."""


class Broken(Exception):
    """The connection could not be made, or is gone; the text says why. `gone` is whether another pod may do."""

    def __init__(self, text: str, *, gone: bool = False) -> None:
        super().__init__(text)
        self.gone = gone


class Carry:
    """Made by `open`; one task reads, one writes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, socket: wsproto.WSConnection
    ) -> None:
        self._reader, self._writer, self._socket = reader, writer, socket
        self._seen = {_DATA: 0, _ERROR: 0}  # bytes of the port's number that came already
        self._partial = b""
        self._pong = asyncio.Event()
        self._waiting: list[bytes] = []
        self._over = False

    @classmethod
    async def open(cls, credentials: Credentials, place: Place) -> Carry:
        """Raises Broken. Who asks and whom to believe is looked up anew: a token or a certificate may have changed."""
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                address, trust, headers = await asyncio.to_thread(_way_in, credentials)
                reader, writer = await _connect(address, trust)
                try:
                    return await cls._upgraded(reader, writer, address, headers, place)
                except BaseException:
                    writer.close()
                    raise
        except TimeoutError as error:
            raise Broken(f"the API server did not answer within {OPEN_SECONDS:.0f} seconds") from error
        except (OSError, NoWayIn, asyncio.IncompleteReadError) as error:
            raise Broken(f"the API server cannot be reached: {error}") from error

    @classmethod
    async def _upgraded(
        cls,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        address: Address,
        headers: dict[str, str],
        place: Place,
    ) -> Carry:
        socket = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        pod = f"/api/v1/namespaces/{quote(place.namespace)}/pods/{quote(place.pod)}"
        request = events.Request(
            host=f"{address.name or address.host}:{address.port}",
            target=f"{address.base}{pod}/portforward?ports={place.port}",
            subprotocols=[SUBPROTOCOL],
            extra_headers=[(name.encode(), value.encode()) for name, value in headers.items()],
        )
        carry = cls(reader, writer, socket)
        writer.write(socket.send(request))
        await carry._accepted(place)
        return carry

    async def _accepted(self, place: Place) -> None:
        status, body, accepted = 0, b"", False
        while not accepted:
            if self._reader.at_eof():
                raise Broken("the API server closed the connection")
            for event in await self._events():
                if isinstance(event, events.AcceptConnection):
                    accepted = True
                elif accepted:  # came in the same piece
                    await self._handle(event)
                elif isinstance(event, events.RejectConnection):
                    status = event.status_code
                    if not event.has_body:
                        raise _refused(status, body, place)
                elif isinstance(event, events.RejectData):
                    body += bytes(event.data)
                    if event.body_finished:
                        raise _refused(status, body, place)

    @property
    def usable(self) -> bool:
        """Whether nothing is known that speaks against using it."""
        return not self._over and not self._reader.at_eof()

    async def alive(self) -> bool:
        """Whether it still leads to the pod: asks the other end, which closes where the pod has closed."""
        if not self.usable:
            return False
        try:
            async with asyncio.timeout(2.0):
                self._pong.clear()
                await self._send(events.Ping(payload=b""))
                while not self._pong.is_set():
                    if await self._more():
                        return False  # bytes that nobody asked for, or the end
            return not self._over
        except (TimeoutError, Broken):
            return False

    async def read(self) -> bytes:
        """What comes next; empty at the end. Raises Broken."""
        while not self._waiting:
            if self._over:
                return b""
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    await self._more()
            except TimeoutError:
                await self._send(events.Ping(payload=b""))
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await self._more()
                except TimeoutError as error:
                    raise Broken("the API server has gone silent", gone=True) from error
        piece = b"".join(self._waiting)
        self._waiting.clear()
        return piece

    async def write(self, data: bytes) -> None:
        """Raises Broken."""
        view = memoryview(data)
        for start in range(0, len(view), _PIECE):
            await self._send(events.BytesMessage(data=bytes((_DATA,)) + view[start : start + _PIECE]))

    def close(self) -> None:
        """Ends it now, whoever reads it."""
        if not self._over:
            self._over = True
            with contextlib.suppress(LocalProtocolError, OSError):
                self._writer.write(self._socket.send(events.CloseConnection(code=1000)))
        self._writer.close()

    async def _send(self, event: events.Event) -> None:
        try:
            self._writer.write(self._socket.send(event))
            async with asyncio.timeout(SILENCE_SECONDS + ANSWER_SECONDS):
                await self._writer.drain()
        except (OSError, TimeoutError, LocalProtocolError) as error:
            self._over = True
            raise Broken(f"the connection broke: {error or 'nothing is taken'}", gone=True) from error

    async def _more(self) -> bool:
        """Takes in what has come; True where it was bytes of the pod, or the end. Raises Broken."""
        had = len(self._waiting)
        for event in await self._events():
            await self._handle(event)
        return len(self._waiting) > had or self._over

    async def _handle(self, event: events.Event) -> None:
        if isinstance(event, events.Ping):
            await self._send(event.response())
        elif isinstance(event, events.Pong):
            self._pong.set()
        elif isinstance(event, events.CloseConnection):
            self._over = True
        elif isinstance(event, events.BytesMessage):
            self._partial += bytes(event.data)
            if event.message_finished:
                message, self._partial = self._partial, b""
                self._take(message)

    async def _events(self) -> list[events.Event]:
        try:
            data = await self._reader.read(_PIECE)
            self._socket.receive_data(data or None)
            return list(self._socket.events())
        except (OSError, RemoteProtocolError) as error:
            self._over = True
            raise Broken(f"the connection broke: {error}", gone=True) from error

    def _take(self, message: bytes) -> None:
        channel, body = message[0] if message else _DATA, message[1:]
        skip = min(2 - self._seen.get(channel, 2), len(body))
        if skip:
            self._seen[channel] += skip
            body = body[skip:]
        if body and channel == _DATA:
            self._waiting.append(body)
        elif body:
            self._over = True
            raise Broken(body.decode(errors="replace").strip(), gone=True)


def _way_in(credentials: Credentials) -> tuple[Address, ssl.SSLContext | None, dict[str, str]]:
    """Blocks: a kubeconfig may name a program that has to be run."""
    address = credentials.address()
    return address, credentials.trust() if address.tls else None, credentials.headers()


async def _connect(address: Address, trust: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    name = address.name or address.host
    if not address.proxy:
        if trust is None:
            return await asyncio.open_connection(address.host, address.port)
        return await asyncio.open_connection(address.host, address.port, ssl=trust, server_hostname=name)
    reader, writer = await asyncio.open_connection(*proxy_of(address.proxy))
    lines = [f"CONNECT {address.host}:{address.port} HTTP/1.1", f"Host: {address.host}:{address.port}"]
    lines += [f"{header}: {value}" for header, value in proxy_headers(address).items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    if answer.split(b" ", 2)[1:2] != [b"200"]:
        writer.close()
        raise NoWayIn(f"the proxy answers {answer.splitlines()[0].decode(errors='replace')}")
    if trust is not None:
        await writer.start_tls(trust, server_hostname=name)
    return reader, writer


def _refused(status: int, body: bytes, place: Place) -> Broken:
    with contextlib.suppress(ValueError, AttributeError):
        body = str(json.loads(body).get("message") or "").encode() or body
    said = body.decode(errors="replace").strip() or f"HTTP {status}"
    return Broken(
        f"the API server does not lead to pod {place.namespace}/{place.pod}: {said}", gone=status in _OF_THE_POD
    )
