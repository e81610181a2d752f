"""A range of addresses for nodes that nothing else on this machine has."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikf.engine.clusters.subnet import choose, parse, routes
from minikf.errors import Refused


def test_the_first_free_block_is_taken() -> None:
    assert str(choose([])) == "172.31.0.0/24"
    assert str(choose(parse(["172.31.0.0/24", "172.31.1.7/24"]))) == "172.31.2.0/24"


def test_a_wide_route_of_a_vpn_moves_the_cluster_elsewhere() -> None:
    assert str(choose(parse(["172.16.0.0/12"]))) == "192.168.128.0/24"
    assert str(choose(parse(["172.16.0.0/12", "192.168.0.0/16"]))) == "198.18.0.0/24"


def test_a_default_route_is_in_nobodys_way_and_what_is_no_network_is_left_out() -> None:
    assert str(choose(parse(["0.0.0.0/0", "fc00::/7", "nonsense", ""]))) == "172.31.0.0/24"


def test_nothing_left_is_refused_with_what_to_do() -> None:
    with pytest.raises(Refused) as caught:
        choose(parse(["128.0.0.0/1"]))
    assert "docker network" in caught.value.advice


def test_routes_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    table = tmp_path / "route"
    table.write_text(
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "tun0\t00001FAC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )
    assert [str(route) for route in routes(table)] == ["0.0.0.0/0", "172.31.0.0/24"]
    assert routes(tmp_path / "none") == []
    assert str(choose(routes(table))) == "172.31.1.0/24"
