"""Finds a model's file and says what a file looks like when it is not what it should be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from minikf.errors import MinikfError

# How files begin: pickle's PROTO opcode with its protocol 2 to 5, and the signatures that the formats define.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x80\x02", "a pickle"),
    (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"),
    (b"\x80\x05", "a pickle"),
    (b"PK\x03\x04", "a zip archive (a PyTorch, Keras or NumPy file, perhaps)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"<", "an XML or HTML page"),
    (b"{", "a JSON text"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
)


class ModelLoadFailed(MinikfError):
    """A model cannot be served; the name is that of KServe's failure reason."""


def find(source: Path, extensions: Sequence[str], name: str) -> Path:
    """The one model file of a folder (or the file that `source` itself is), by extension.

    A folder must hold exactly one, as kserve's sklearnserver demands (python/sklearnserver/sklearnserver/model.py).
    Raises ModelLoadFailed.
    """
    wanted = ", ".join(extensions)
    if source.is_file():
        return source
    if not source.is_dir():
        raise ModelLoadFailed(
            f"model '{name}' has no files",
            cause=f"{source} does not exist",
            advice="set storageUri to a model file or to the folder that holds it",
        )
    found = sorted(path for path in source.iterdir() if path.is_file() and path.name.endswith(tuple(extensions)))
    if not found:
        there = ", ".join(sorted(path.name for path in source.iterdir())[:10]) or "nothing"
        raise ModelLoadFailed(
            f"model '{name}' has no model file",
            cause=f"a file that ends in {wanted} is needed, the folder holds {there}",
            advice="set storageUri to the folder that holds the model file, and modelFormat to its format",
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ModelLoadFailed(
            f"model '{name}' has more than one model file",
            cause=f"only one is allowed, the folder holds {names}",
            advice="keep one of them in the folder, or set storageUri to the one to serve",
        )
    return found[0]


def looks_like(path: Path) -> str:
    """What the file's beginning says it is, as a noun with its article, or ""."""
    with path.open("rb") as file:
        head = file.read(32)
    if not head:
        return "an empty file"
    return next((name for signature, name in _SIGNATURES if head.startswith(signature)), "")


def size_text(path: Path) -> str:
    return f"{path.stat().st_size:,} bytes"
