"""A port for each notebook: the same name gets the same one again, as long as nobody else has it."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Collection

from minikf.embedded.controllers.base import Key
from minikf.errors import Refused

# Between two ports that platforms have (30443 and 31443), beside those of model servers (20000 to 29999) and below what
# systems give to outgoing connections.
_FIRST, _COUNT = 30_444, 999


def choose_port(key: Key, platform: str, remembered: int, others: Collection[int]) -> int:
    """`remembered` if it is free, else the first free port from where the names hash to. Raises Refused."""
    digest = hashlib.sha256("/".join((platform, *key)).encode()).digest()
    begin = int.from_bytes(digest[:4], "big") % _COUNT
    wanted = [remembered] if remembered else []
    for port in (*wanted, *(_FIRST + (begin + step) % _COUNT for step in range(_COUNT))):
        if port not in others and is_free(port):
            return port
    raise Refused(
        f"no port is free for the notebook {key.namespace}/{key.name}",
        cause=f"all of {_FIRST} to {_FIRST + _COUNT - 1} of 127.0.0.1 are taken",
        advice="stop notebooks: minikf notebook stop NAME",
    )


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
