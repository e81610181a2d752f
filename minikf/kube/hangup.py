"""Ends a streamed answer from another thread: whoever reads it is blocked until the next line."""

from __future__ import annotations

import contextlib
import socket
from threading import Lock


class HangUp:
    """Calling it ends the stream that was opened with it, at once and for good, also before that stream is open."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._done = False

    @property
    def done(self) -> bool:
        """Whether it was called: what then fails in the stream is no failure."""
        return self._done

    def take(self, connected: socket.socket) -> None:
        """The connection that the stream is read from."""
        with self._lock:
            self._socket = connected
            if self._done:
                self._shut()

    def __call__(self) -> None:
        with self._lock:
            self._done = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the other side may have closed it already
                # Not ssl's own shutdown: it would take the TLS state from under the thread that reads.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
