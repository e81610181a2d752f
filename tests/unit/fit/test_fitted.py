"""What is said before anything starts, and what is refused."""

from __future__ import annotations

import pytest

from minikf.errors import Refused
from minikf.install.demand import Asked
from minikf.install.estimate import BENCH, Estimate, Share
from minikf.install.fit import GIB, MIB, Demand, Room, lacks
from minikf.install.fitted import Fit, largest, left, pulled, refuse, told

ROOM = Room(1150, 6 * GIB, 30 * GIB, "amd64")
ABOUT = Estimate((Share("objects", 20.0, BENCH),), ("pulling 1 image of unknown size",))
SMALL = Demand(80, 512 * MIB, 0, {"a:1": 0, "b:1": 3 * MIB})
BIG = Demand(3400, 9 * GIB, 0, {"a:1": 0, "c:1": 40 * GIB}, {"c:1": ("linux/arm64",)})


def fit(name: str, demand: Demand) -> Fit:
    return Fit(name, Asked(demand, 246, 8 * MIB, 2 * MIB), lacks(demand, ROOM), ABOUT)


def test_what_fits_is_said_with_the_largest_that_does() -> None:
    small, big = fit("lite", SMALL), fit("full", BIG)
    said, pull, time = told(small, ROOM, (small, big))
    assert said.state == "done" and said.message.startswith("lite fits: it asks for 0.08 processors and 512 MiB")
    assert "6.0 GiB of memory, 30.0 GiB of disk are left; the largest profile that fits is lite" in said.message
    assert said.data["largest"] == "lite" and said.data["fit"]["images"]["unknown"] == 1
    assert pull.message == (
        "2 images, 3 MiB, size unknown of 1; 2 MiB of manifests to fetch; at least 11 MiB of disk are taken"
    )
    assert time.message == str(ABOUT)
    refuse(small, "kubeflow 26.03", "this machine")


def test_what_does_not_fit_is_refused_with_all_that_would_make_it_fit() -> None:
    big = fit("full", BIG)
    assert largest((fit("lite", SMALL), big)) == "lite" and largest((big,)) == ""
    said = next(iter(told(big, ROOM, (big,))))
    assert said.state == "failed" and "largest" not in said.message and said.cause.startswith("processors: 3.4 wanted")
    with pytest.raises(Refused) as caught:
        refuse(big, "kubeflow 26.03", "this machine")
    assert caught.value.message == "full of kubeflow 26.03 does not fit this machine"
    assert caught.value.cause.count(" wanted, ") == 4
    for words in ("3 more processors", "give the machine or Docker 3.0 GiB more", "free 10.0 GiB", "--force"):
        assert words in caught.value.advice


def test_what_nobody_knows_is_not_named() -> None:
    assert left(Room()) == "nobody knows what is left"
    assert left(Room(memory_bytes=GIB)) == "1.0 GiB of memory are left"
    assert pulled(fit("none", Demand())) == "no images"


def test_the_data_are_what_the_words_say() -> None:
    data = fit("full", BIG).as_dict()
    assert [one["what"] for one in data["lacks"]] == ["processors", "memory", "disk", "architecture"]
    assert data["requests"] == {"cpuMilli": 3400, "memoryBytes": 9 * GIB}
    assert data["manifests"] == {"bytes": 8 * MIB, "toFetch": 2 * MIB}
    assert data["about"]["seconds"] == 20.0 and data["about"]["unknown"]
