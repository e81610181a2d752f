"""What is kept is checked: a changed byte, a missing checksum and an interrupted build are all built again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from keep import alone, put, scratch, sound

pytestmark = pytest.mark.core
LAB = Path(__file__).parent


def _kept(folder: Path) -> Path:
    made = folder / "made"
    made.write_text("all of it")
    place = folder / "kept"
    put(made, place)
    return place


def test_what_was_put_is_sound_until_a_byte_changes(tmp_path: Path) -> None:
    place, said = _kept(tmp_path), list[str]()
    assert sound(place, said.append) and not said
    place.write_text("all of It")
    assert not sound(place, said.append)
    assert "is damaged: its sha256 is" in said[0]
    assert subprocess.run(["sha256sum", "--check", "--quiet", "kept.sha256"], cwd=tmp_path, check=False).returncode == 1


def test_a_file_without_its_checksum_is_not_trusted(tmp_path: Path) -> None:
    place = _kept(tmp_path)
    place.with_name("kept.sha256").unlink()
    assert not sound(place, lambda _: None)
    assert not sound(tmp_path / "nothing", lambda _: None)


def test_a_killed_builders_scratch_goes_and_its_lock_is_free(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from keep import alone, scratch\n"
        "with alone(Path(sys.argv[1]), print), scratch(Path(sys.argv[1])) as part:\n"
        "    (part / 'half').write_text('ha'); print('half', flush=True); time.sleep(600)"
    )
    builder = subprocess.Popen([sys.executable, "-c", script, tmp_path], cwd=LAB, stdout=subprocess.PIPE)
    assert builder.stdout is not None and builder.stdout.readline() == b"half\n"
    builder.kill()
    builder.wait()
    builder.stdout.close()
    assert [path.name for path in tmp_path.glob(".part-*/*")] == ["half"]
    said: list[str] = []
    with alone(tmp_path, said.append), scratch(tmp_path) as part:
        assert list(tmp_path.glob(".part-*")) == [part]
    assert not said, "the lock died with its holder"


def test_the_second_builder_waits_and_says_so(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from keep import alone\n"
        "with alone(Path(sys.argv[1]), print): print('mine', flush=True); time.sleep(1)"
    )
    builder = subprocess.Popen([sys.executable, "-c", script, tmp_path], cwd=LAB, stdout=subprocess.PIPE)
    assert builder.stdout is not None and builder.stdout.readline() == b"mine\n"
    started, said = time.monotonic(), list[str]()
    with alone(tmp_path, said.append):
        assert time.monotonic() - started > 0.5
    assert "another build is running" in said[0]
    builder.wait()
    builder.stdout.close()
