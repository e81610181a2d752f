"""Ports for services: the same name gets the same ports again, as long as nobody else has them."""

from __future__ import annotations

import hashlib

from minikf.embedded.serving.holder import Ports, Service, SocketHolder

# Below what systems give to outgoing connections: ip_local_port_range begins at 32768 on Linux, macOS's at 49152.
_FIRST, _COUNT = 20_000, 10_000
_TRIES = 200


def take_ports(holder: SocketHolder, service: Service, platform: str) -> Ports:
    """Opens two neighbouring ports. Where they begin to be looked for is a hash of the names, so they stay the same.

    Raises OSError when none could be had.
    """
    digest = hashlib.sha256("/".join((platform, *service)).encode()).digest()
    begin = int.from_bytes(digest[:4], "big") % (_COUNT // 2)
    error = OSError("no port is free")
    for step in range(_TRIES):
        rest = _FIRST + 2 * ((begin + step) % (_COUNT // 2))
        ports = Ports(rest, rest + 1)
        try:
            holder.open(service, ports)
        except OSError as refused:
            error = refused
        else:
            return ports
    raise error
