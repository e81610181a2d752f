"""Room for a cluster is asked for before anything of it is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from minikf.engine.clusters.space import GIB, needed, require
from minikf.errors import Refused


def test_what_is_needed_grows_with_nodes_and_with_an_image_that_must_be_pulled() -> None:
    assert needed(1, image_is_here=True) < needed(2, image_is_here=True) < needed(2, image_is_here=False)


def test_too_little_is_refused_with_both_figures(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(Refused) as caught:
        require(str(tmp_path), free + GIB)
    assert (
        f"{free / GIB:.0f}"[0] in caught.value.message
        and f"{(free + GIB) / GIB:.1f} GiB needed" in caught.value.message
    )
    assert str(tmp_path) in caught.value.cause and "docker" in caught.value.advice


def test_enough_is_told_and_a_folder_of_another_machine_cannot_be_looked_at(tmp_path: Path) -> None:
    assert "GiB free" in require(str(tmp_path), 1)
    assert require(str(tmp_path / "not-here"), 1 << 60) == require("", 1 << 60) == ""
