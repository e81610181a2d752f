"""Files are replaced whole; what cannot be written is said with its cure."""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.cli.main import main
from minikf.engine import parts
from minikf.errors import ExitCode, Refused
from minikf.files import make_folder, write_private

NOBODY = 65534


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "new" / "token"
    write_private(file, "first")
    write_private(file, "second")
    assert file.read_text() == "second"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert names(file.parent) == ["token"]


def test_a_file_where_a_folder_must_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "minikf").write_text("in the way")
    with pytest.raises(Refused, match="is in the way"):
        make_folder(tmp_path / "minikf" / "platforms")
    with pytest.raises(Refused, match="is in the way"):
        make_folder(tmp_path / "minikf")


@pytest.fixture
def someone_else() -> Iterator[None]:
    """Root may write anywhere; as another user the kernel says no."""
    if os.geteuid() != 0:
        yield
        return
    for module in ("minikf.cli.up", "minikf.up", "minikf.engine.embedded", *parts.NEEDED):
        importlib.import_module(module)  # root's Python may lie where the other user cannot read
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


def test_an_unwritable_home_is_refused_with_the_folders_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], someone_else: None
) -> None:
    home = Path("/nonexistent-here") if os.geteuid() == NOBODY else tmp_path / "locked"
    if os.geteuid() != NOBODY:
        home.mkdir(mode=0o500)
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(Refused) as caught:
        make_folder(home / ".local" / "state" / "minikf")
    assert "cannot be written" in caught.value.message and "XDG_STATE_HOME" in caught.value.advice
    assert main(["up"]) == ExitCode.REFUSED
    told = capsys.readouterr().err
    assert "cannot be written" in told and "Traceback" not in told


def test_a_full_disk_is_said_and_nothing_half_written_stays(tmp_path: Path) -> None:
    """A limit of the file size is the full disk that needs no root: the kernel refuses the write just so."""
    file = tmp_path / "token"
    write_private(file, "before")
    program = f"""
from pathlib import Path
from minikf.errors import Refused
from minikf.files import write_private
try:
    write_private(Path({str(file)!r}), "x" * 100_000)
except Refused as error:
    print(error.message, "|", error.advice)
"""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # noqa: E731
    done = subprocess.run([sys.executable, "-c", program], preexec_fn=limit, capture_output=True, text=True, check=True)
    assert "no space to write" in done.stdout
    assert "free some disk space" in done.stdout
    assert file.read_text() == "before" and names(tmp_path) == ["token"]


def test_a_really_full_file_system_gives_the_same_words(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    mounted = (
        shutil.which("mount")
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "minikf-test", str(full)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("no right to mount a small file system here; the test above shows the same by a limit")
    try:
        with pytest.raises(Refused, match="no space to write"):
            for number in range(100):
                write_private(full / f"file-{number}", "x" * 4096)
    finally:
        subprocess.run(["umount", str(full)], check=True)
