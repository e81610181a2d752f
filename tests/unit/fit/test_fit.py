"""What fits, what lacks, and the smallest change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.install.fit import GIB, MIB, Demand, Lack, Room, cores, lacks, largest, size

ROOM = Room(2000, 8 * GIB, 20 * GIB, "amd64")


def test_what_fits_lacks_nothing() -> None:
    assert lacks(Demand(2000, 8 * GIB, 100 * GIB, {"a:1": 20 * GIB}, {"a:1": ("linux/amd64",)}), ROOM) == ()


def test_each_lack_has_its_figures_and_the_smallest_change() -> None:
    demand = Demand(3100, 9 * GIB, 0, {"a:1": 21 * GIB, "b:1": 0}, {"a:1": ("linux/arm64",), "b:1": ()})
    assert lacks(demand, ROOM) == (
        Lack("processors", "3.1", "2", "give the machine or Docker 2 more processors"),
        Lack("memory", "9.0 GiB", "8.0 GiB", "give the machine or Docker 1.0 GiB more"),
        Lack("disk", "21.0 GiB", "20.0 GiB", "free 1.0 GiB on the disk of the nodes"),
        Lack(
            "architecture",
            "1 image for linux/amd64",
            "none of a:1",
            "leave the components out that want them, or use a machine of another kind",
        ),
    )
    assert demand.unknown == 1


def test_what_nobody_knows_refuses_nothing() -> None:
    assert lacks(Demand(10**6, 10**15, 0, {"a:1": 10**15}, {"a:1": ("linux/arm64",)}), Room()) == ()
    assert Room().less(1000, GIB) == Room()


def test_room_that_others_have_taken_is_less_and_never_unknown() -> None:
    assert ROOM.less(850, 170 * MIB) == Room(1150, 8 * GIB - 170 * MIB, 20 * GIB, "amd64")
    assert lacks(Demand(cpu_milli=2), ROOM.less(5000))


def test_the_largest_profile_that_fits() -> None:
    demands = {"lite": Demand(500, GIB), "standard": Demand(1500, 6 * GIB), "full": Demand(4000, 12 * GIB)}
    assert largest(demands, ROOM) == "standard"
    assert largest(demands, Room(100, GIB)) == ""


@pytest.mark.parametrize(("count", "text"), [(1, "1 MiB"), (GIB - 1, "1024 MiB"), (GIB + 1, "1.1 GiB"), (0, "0 MiB")])
def test_sizes_are_rounded_up(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(("milli", "text"), [(850, "0.85"), (2000, "2"), (12_000, "12"), (3100, "3.1")])
def test_processors_are_told_short(milli: int, text: str) -> None:
    assert cores(milli) == text


@given(st.integers(1, 10**6), st.integers(1, 10**13), st.integers(1, 10**6), st.integers(1, 10**13))
def test_the_change_that_is_named_is_enough(cpu: int, memory: int, has_cpu: int, has_memory: int) -> None:
    """Processors and memory are told rounded up, so who gives as much is not asked again."""
    demand, room = Demand(cpu, memory), Room(has_cpu, has_memory)
    for lack in lacks(demand, room):
        words = lack.change.split()
        if lack.what == "processors":
            room = Room(room.cpu_milli + 1000 * int(words[5]), room.memory_bytes)
        else:
            unit = {"GiB": GIB, "MiB": MIB}[words[6]]
            room = Room(room.cpu_milli, room.memory_bytes + int(float(words[5]) * unit) + 1)
    assert lacks(demand, room) == ()
