"""A range of addresses for a cluster's nodes that collides with nothing this machine reaches."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from pathlib import Path

from minikf.errors import Refused

Network = ipaddress.IPv4Network

# Docker's own default pools are 172.17.0.0/16 to 172.31.0.0/16 and 192.168.0.0/20s, office and VPN networks prefer
# 10.0.0.0/8 and 192.168.0.0/16, and Kubernetes' pods and services take parts of 10.0.0.0/8 inside the node. What is
# tried first is the upper half of 172.16.0.0/12, in blocks of 256 addresses: a cluster has a handful of nodes, and a
# small block leaves Docker's pools to others. 198.18.0.0/15 is for tests of network devices (RFC 2544), so no VPN
# routes it; it is the last resort.
_POOLS = ("172.31.0.0/16", "172.30.0.0/16", "172.29.0.0/16", "172.28.0.0/16", "192.168.128.0/17", "198.18.0.0/15")
_PREFIX = 24


def choose(taken: Iterable[Network]) -> Network:
    """The first block of the pools that overlaps nothing in `taken`. Raises Refused where there is none."""
    occupied = [network for network in taken if network.prefixlen > 0]
    for pool in _POOLS:
        for block in ipaddress.IPv4Network(pool).subnets(new_prefix=_PREFIX):
            if not any(block.overlaps(other) for other in occupied):
                return block
    raise Refused(
        "no range of addresses is free for a cluster's nodes",
        cause=f"all of {', '.join(_POOLS)} overlap networks of Docker or routes of this machine",
        advice="docker network ls; docker network rm one that you do not need",
    )


def parse(texts: Iterable[str]) -> list[Network]:
    """The IPv4 networks among `texts`; what is none (IPv6, damaged) is left out, since it cannot overlap one."""
    found = []
    for text in texts:
        try:
            found.append(ipaddress.IPv4Network(text, strict=False))
        except ValueError:
            continue
    return found


def routes(table: Path = Path("/proc/net/route")) -> list[Network]:
    """The networks that this machine has routes to, VPNs among them; [] where the system shows no such table.

    proc_net_route: destination and mask are columns 2 and 8, hexadecimal in the machine's byte order.
    """
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return []
    found = []
    for line in lines:
        columns = line.split()
        destination, mask = (bytes.fromhex(columns[column])[::-1] for column in (1, 7))
        length = bin(int.from_bytes(mask, "big")).count("1")
        found.append(Network((destination, length)))
    return found
