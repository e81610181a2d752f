"""An engine is started where none answers, and only that one is ended."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from keep import Unavailable
from lab import Lab

from .engine import Place, answers, ensure, ours, stop

pytestmark = pytest.mark.core


@pytest.fixture
def elsewhere(lab: Lab) -> Iterator[Place]:
    """A place for a second engine, with a network of its own: two would take each other's bridge and rules away.

    Its folder has a short name, since containerd's socket is deep in it and a socket's path has at most 107 bytes.
    """
    with tempfile.TemporaryDirectory(prefix="lab-") as name:
        folder = Path(name)
        yield Place(folder / "socket", folder / "data", folder / "run", folder / "log", ("unshare", "--net"))
        subprocess.run(
            ["umount", "--recursive", str(folder / "data")], capture_output=True, check=False
        )  # of one that failed


def test_an_engine_starts_where_none_answers_and_ends(elsewhere: Place) -> None:
    said: list[str] = []
    assert not answers(elsewhere)
    try:
        assert ensure(said.append, elsewhere) is True
        assert "no Docker engine answers: starting one" in said[0] and str(elsewhere.log) in said[0]
        pid = ours(elsewhere)
        assert answers(elsewhere) and pid is not None
        assert ensure(said.append, elsewhere) is False and len(said) == 1, "one that answers is left alone"
    finally:
        assert stop(said.append, elsewhere) is True
    assert not answers(elsewhere)
    assert not Path(f"/proc/{pid}").exists()
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(elsewhere.run) not in processes, "its containerd goes with it"
    assert stop(said.append, elsewhere) is False


def test_an_engine_that_cannot_start_says_why(elsewhere: Place) -> None:
    elsewhere.data.write_text("not a folder")
    with pytest.raises(Unavailable, match=r"dockerd ended with 1; the end of .*\n(.|\n)*points to a file"):
        ensure(lambda _: None, elsewhere)
    assert ours(elsewhere) is None


def test_another_process_is_never_taken_for_the_engine(elsewhere: Place) -> None:
    """Process ids come again; one that started at another time is not ours."""
    elsewhere.run.mkdir()
    elsewhere.record.write_text('{"pid": 1, "started": "1"}')
    assert ours(elsewhere) is None
    assert stop(lambda _: None, elsewhere) is False
