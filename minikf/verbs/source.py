"""What a user names as the pipeline to run: a Python file, a compiled file, or a pipeline that was uploaded."""

from __future__ import annotations

from pathlib import Path

from minikf.errors import UsageError
from minikf.verbs.ir import Documents, read

LIMIT_BYTES = 32 * 1024 * 1024  # the platform takes no larger request
_COMPILED = (".yaml", ".yml", ".json")


def documents(file: Path, pipeline: str = "") -> Documents:
    """The documents of a file. Raises UsageError for one that is not there or not readable, Refused for its content."""
    try:
        if not file.is_file():
            raise UsageError(f"there is no file {file}", advice=f"ls {file.parent}")
        if file.suffix == ".py":
            from minikf.verbs.compiling import compiled

            return compiled(file, pipeline)
        if file.stat().st_size > LIMIT_BYTES:
            raise UsageError(f"{file} is too large for a compiled pipeline", cause=f"more than {LIMIT_BYTES} bytes")
        found = read(file.read_bytes(), str(file))
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise UsageError(f"{file} cannot be read", cause=str(error)) from error
    if pipeline and pipeline != found.name:
        raise UsageError(f"{file} has no pipeline '{pipeline}'", cause=f"it has {found.name}")
    return found


def is_file_name(text: str) -> bool:
    """Whether a text means a file rather than an uploaded pipeline."""
    return Path(text).suffix in (".py", *_COMPILED) or "/" in text
