"""What kind's own module holds for a node: its files, and the manifest of its default storage class."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from binaries.recipe import HERE as MODULES
from children import run
from keep import Unavailable

_STORAGE = Path("pkg/build/nodeimage/const_storage.go")
_EXECUTABLE = ("usr/local/bin", "kind/bin")


def module(go: str = "go") -> Path:
    """kind's source in Go's module cache, fetched if it is not there, its hash checked against go.sum."""
    env = os.environ | {"GOWORK": "off", "GOFLAGS": ""}
    told = run(go, "mod", "download", "-json", "sigs.k8s.io/kind", cwd=MODULES / "kind", env=env)
    return Path(json.loads(told)["Dir"])


def lay(source: Path, root: Path) -> None:
    """kind's node files over the system's: scripts can be run, all else is data."""
    files = source / "images" / "base" / "files"
    for file in sorted(path for path in files.rglob("*") if path.is_file()):
        inside = file.relative_to(files)
        place = root / inside
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
        place.chmod(0o755 if inside.parent.as_posix() in _EXECUTABLE else 0o644)


def storage(source: Path, provisioner: str, helper: str) -> str:
    """kind's manifest of local-path storage, with these two images. In Go's source it is a constant in three parts."""
    text = (source / _STORAGE).read_text()
    try:
        manifest = text.split("const defaultStorageManifest = `", 1)[1].rsplit("`", 1)[0]
    except IndexError as error:
        raise Unavailable(f"kind's {_STORAGE} is not what it was: no defaultStorageManifest in it") from error
    for constant, image in (("storageProvisionerImage", provisioner), ("storageHelperImage", helper)):
        if f"` + {constant} + `" not in manifest:
            raise Unavailable(f"kind's {_STORAGE} is not what it was: no {constant} in its manifest")
        manifest = manifest.replace(f"` + {constant} + `", f'"{image}"')
    return manifest
