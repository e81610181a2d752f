"""How long it takes is read from what was measured; what was not is said to be unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikf.install import measured
from minikf.install.estimate import BENCH, HERE, Share, duration, estimate
from minikf.install.fit import MIB, Demand
from minikf.install.measured import Measured, Took

NOTHING = Measured()
ALL = Measured(Took(10 * MIB, 5.0), Took(100, 20.0), {"kind": Took(1, 30.0)})


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_before_anything_was_measured_here_the_benchmark_counts_and_the_rest_is_unknown() -> None:
    about = estimate(Demand(images={"a:1": 0, "b:1": 5 * MIB}), 630, 8 * MIB, "kind", NOTHING)
    assert [(one.what, round(one.seconds, 1), one.source) for one in about.shares] == [
        ("cluster", 14.6, BENCH),
        ("objects", 14.7, BENCH),
    ]
    assert about.unknown == (
        "fetching 8 MiB of manifests",
        "pulling 1 image of unknown size",
        "pulling 5 MiB of images",
    )
    assert str(about).startswith(f"about 29 s ({BENCH}), and what was never measured: fetching 8 MiB")


def test_what_was_measured_here_counts() -> None:
    about = estimate(Demand(images={"b:1": 20 * MIB}), 200, 4 * MIB, "kind", ALL)
    assert about.shares == (
        Share("cluster", 30.0, HERE),
        Share("manifests", 2.0, HERE),
        Share("objects", 40.0, HERE),
        Share("images", 10.0, "measured here of other files"),
    )
    assert about.unknown == () and about.seconds == 82.0


def test_a_cluster_that_is_there_and_files_that_are_here_take_no_time() -> None:
    assert [one.what for one in estimate(Demand(), 10, 0, "", ALL).shares] == ["objects"]


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 s"), (119.4, "119 s"), (121, "2 min"), (600, "10 min")])
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_last_of_each_is_kept_and_what_says_little_is_not() -> None:
    assert measured.read() == Measured()
    measured.note_fetch(10 * MIB, 5.0)
    measured.note_install(100, 20.0)
    measured.note_cluster("kind", 30.0)
    assert measured.read() == ALL
    measured.note_fetch(100, 9.0)
    measured.note_install(3, 9.0)
    assert measured.read() == ALL
    measured.note_cluster("k3d", 7.0)
    assert set(measured.read().clusters) == {"kind", "k3d"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fetch": 1, "install": null, "clusters": {}}', "\x00"])
def test_a_file_that_is_none_of_ours_counts_as_nothing_measured(text: str) -> None:
    measured.file().parent.mkdir(parents=True)
    measured.file().write_text(text)
    assert measured.read() == Measured()
    measured.note_cluster("k3d", 7.0)
    assert measured.read().clusters == {"k3d": Took(1, 7.0)}


def test_nothing_took_no_time() -> None:
    """A clock that stood still is not a rate without end."""
    measured.note_cluster("kind", 0.0)
    assert measured.read().clusters == {}
