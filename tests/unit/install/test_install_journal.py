"""What is written down survives, and nothing else is believed."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.errors import Refused
from minikf.install.inventory import _by_component
from minikf.install.journal import Journal
from minikf.install.record import Record

ONE = Record("a", "v1", "ConfigMap", "ns", "one", False, "u", "h", "o")
TWO = replace(ONE, name="two")


def _journal(path: Path, cluster: str = "here") -> Journal:
    return Journal(path, cluster)


def _written(path: Path) -> None:
    journal = _journal(path)
    journal.begin({ONE.id: "h", TWO.id: "h"})
    journal.add(ONE)
    journal.add(TWO)
    journal.close()


def test_what_was_added_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "journal"
    _written(path)
    assert path.stat().st_mode & 0o777 == 0o600
    journal = _journal(path)
    assert journal.records == {ONE.id: ONE, TWO.id: TWO}
    journal.begin({})
    journal.add(replace(ONE, uid="v"))
    journal.close()
    assert _journal(path).records == {ONE.id: replace(ONE, uid="v"), TWO.id: TWO}, "the last line counts"


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path, cut: int) -> None:
    _written(tmp_path / "journal")
    data = (tmp_path / "journal").read_bytes()
    (tmp_path / "journal").write_bytes(data[:-cut])
    assert _journal(tmp_path / "journal").records == ({ONE.id: ONE} if cut > 1 else {ONE.id: ONE, TWO.id: TWO})


def test_of_another_cluster_nothing_is_believed(tmp_path: Path) -> None:
    _written(tmp_path / "journal")
    assert _journal(tmp_path / "journal", "elsewhere").records == {}


def test_a_file_of_something_else_is_none(tmp_path: Path) -> None:
    for text in ("", "what\n", "[]\n", "\x00\x00"):
        (tmp_path / "journal").write_text(text)
        journal = _journal(tmp_path / "journal")
        assert journal.records == {}
        journal.close()


def test_two_at_a_time_are_refused(tmp_path: Path) -> None:
    held = _journal(tmp_path / "journal")
    with pytest.raises(Refused, match="another installation works on this platform"):
        _journal(tmp_path / "journal")
    held.end()
    held.close()
    assert not (tmp_path / "journal").exists()


def test_a_full_disk_leaves_no_half_of_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = _journal(tmp_path / "journal")
    journal.begin({})
    journal.add(ONE)
    monkeypatch.setattr(os, "write", _full(os.write))
    with pytest.raises(Refused, match="no space to write"):
        journal.add(TWO)
    monkeypatch.undo()
    journal.close()
    assert _journal(tmp_path / "journal").records == {ONE.id: ONE}


def _full(write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """A disk that has room for ten bytes more."""
    left = [10]

    def some(handle: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = write(handle, data[: left[0]])
        left[0] -= done
        return done

    return some


def test_the_inventory_has_a_key_per_component() -> None:
    other = replace(ONE, component="common/istio")
    assert _by_component([TWO, ONE, other]) == {
        "a.jsonl": f"{ONE.line}\n{TWO.line}",
        "common.istio.jsonl": other.line,
    }
    assert Record.of(ONE.line) == ONE
