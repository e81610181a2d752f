"""A connection to a pod that speaks TLS: the same bytes, inside of it."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache

from minikf.kube.forward.carry import Broken, Carry

_PIECE = 64 * 1024
HANDSHAKE_SECONDS = 10.0


class Secured:
    """As `Carry`. Made by `open`; one task reads, one writes."""

    def __init__(self, carry: Carry) -> None:
        self._carry = carry
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _unverified().wrap_bio(self._incoming, self._outgoing)

    @classmethod
    async def open(cls, carry: Carry) -> Secured:
        """Shakes hands; closes the connection where that fails. Raises Broken."""
        made = cls(carry)
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await made._shake_hands()
        except (ssl.SSLError, TimeoutError) as error:
            carry.close()
            why = getattr(error, "reason", "") or "it does not answer as TLS does"
            raise Broken(f"the pod speaks no TLS there: {why}", gone=True) from error
        except BaseException:
            carry.close()
            raise
        return made

    async def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
        await self._flush()

    @property
    def usable(self) -> bool:
        return self._carry.usable

    async def alive(self) -> bool:
        """As of the connection below; what TLS itself sends unasked would make it look broken, and is."""
        return await self._carry.alive()

    async def read(self) -> bytes:
        """What comes next; empty at the end. Raises Broken."""
        while True:
            try:
                return self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                await self._flush()
                if not await self._feed():
                    return b""
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                raise Broken(f"the pod's TLS broke: {error.reason or error}", gone=True) from error

    async def write(self, data: bytes) -> None:
        """Raises Broken."""
        try:
            for start in range(0, len(data), _PIECE):
                self._tls.write(data[start : start + _PIECE])
                await self._flush()
        except ssl.SSLError as error:
            raise Broken(f"the pod's TLS broke: {error.reason or error}", gone=True) from error

    def close(self) -> None:
        self._carry.close()

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            await self._carry.write(data)

    async def _feed(self) -> bool:
        """Takes in what comes next; False at the end. Raises Broken where that is in the middle of a handshake."""
        data = await self._carry.read()
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
        return bool(data)


@cache
def _unverified() -> ssl.SSLContext:
    """Whoever answers in the pod: its certificate is its own. That it is the pod the API server vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
