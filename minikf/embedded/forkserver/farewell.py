"""Tells the server how a program ended, before the kernel has taken the process down.

A forked child shares some hundred megabytes with its server, and taking these mappings down costs ten milliseconds or
more in which nobody would know that the program is over. So the child says its exit code itself, as the last thing it
does. What others could still notice of it is given back first: files, locks and ports; from its `_exit` on it counts as
gone (`processes.py`).
"""

from __future__ import annotations

import os
import resource
import socket
import threading

from minikf.embedded.forkserver import protocol, record

# The server answers within this time or learns of the end as it learns of any other.
_SECONDS = 0.5
_MOST_DESCRIPTORS = 1 << 20


def tell(path: str, code: int) -> None:
    """Says at the server's socket `path` that this process ends with `code`; nothing may use a file after this.

    Where that cannot be said, nothing is lost: the server sees the end itself.
    """
    if threading.active_count() > 1:  # daemon threads still use files; they end with the process
        return
    token = record.start_token(os.getpid())
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(_SECONDS)
        sock.connect(path)
        own = sock.fileno()
        os.closerange(0, own)
        os.closerange(own + 1, _MOST_DESCRIPTORS)
        protocol.send(sock, {"verb": "ended", "token": token, "code": code, "maxRss": used})
    except OSError:
        return
