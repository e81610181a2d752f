"""An archive of a folder, given another name on its way back into a container."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from minikf.engine.docker.archives import _renamed

LONG = "deep/" * 40 + "name-" + "x" * 120
BIG = bytes(range(256)) * 20_000  # several pieces of reading, and no whole number of blocks


def archive(folder: Path) -> Path:
    target = folder / "a.tar"
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for name, kind, more in (
            ("pvc-1_team_work", tarfile.DIRTYPE, {"mode": 0o777}),
            ("pvc-1_team_work/file", tarfile.REGTYPE, {"uid": 70_000, "gid": 3, "mode": 0o640}),
            ("pvc-1_team_work/" + LONG, tarfile.REGTYPE, {}),
            ("pvc-1_team_work/hard", tarfile.LNKTYPE, {"linkname": "pvc-1_team_work/file"}),
            ("pvc-1_team_work/soft", tarfile.SYMTYPE, {"linkname": "/pvc-1_team_work/file"}),
            ("pvc-1_team_work/empty", tarfile.REGTYPE, {}),
        ):
            member = tarfile.TarInfo(name)
            member.type = kind
            for key, value in more.items():
                setattr(member, key, value)
            content = {"file": BIG[:-100], "empty": b""}.get(name.rsplit("/", 1)[-1], b"text")
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(member, io.BytesIO(content) if kind == tarfile.REGTYPE else None)
    return target


def test_only_the_first_folder_has_another_name(tmp_path: Path) -> None:
    moved = b"".join(_renamed(archive(tmp_path), "kept_team_work"))
    with tarfile.open(fileobj=io.BytesIO(moved)) as tar:
        found = {member.name: member for member in tar}
        assert set(found) == {
            "kept_team_work", *(f"kept_team_work/{name}" for name in ("file", LONG, "hard", "soft", "empty"))
        }  # fmt: skip
        file = found["kept_team_work/file"]
        assert (file.uid, file.gid, file.mode) == (70_000, 3, 0o640)
        assert found["kept_team_work"].mode == 0o777
        content = tar.extractfile(file)
        assert content is not None and content.read() == BIG[:-100]
        assert found["kept_team_work/hard"].linkname == "kept_team_work/file"
        assert found["kept_team_work/soft"].linkname == "/pvc-1_team_work/file", "what a link says is the user's"
