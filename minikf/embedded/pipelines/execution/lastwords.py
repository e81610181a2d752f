"""What else there is to say of a step that failed: the end of its log, and inputs that are not on this machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

from minikf.embedded.pipelines.execution.content import local
from minikf.embedded.pipelines.execution.steppod import CONTAINER
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.spec.workspace import FLAG
from minikf.embedded.pods.layout import PodFolder
from minikf.embedded.status import Object

# Bytes and lines of a log in which its end is looked for, and characters of it that are told.
_TAIL, _LINES, _ROOM = 4096, 12, 300
# `ValueError: ...` of Python's, qualified or not, `error: ...` and `fatal: ...` of programs.
_ERROR = re.compile(r"[\w.]*(?:Error|Exception|Interrupt)\b|(?i:error|fatal)\b")


def log_end(pods: Path, pod: Object) -> str:
    """How a step's log ends, in one line: from the last line that names an error, else the last line that is not empty.
    `pods` is the folder of all pods. Blocking."""
    folder = PodFolder.of(pods, pod).container(CONTAINER)
    try:
        with folder.attempt(max(0, folder.latest())).log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    line = _end([line for line in lines if line.strip()])
    printable = "".join(letter if letter.isprintable() else " " for letter in line)
    return printable if len(printable) <= _ROOM else f"{printable[: _ROOM - 1]}…"


def _end(lines: list[str]) -> str:
    found = [index for index, line in enumerate(lines[-_LINES:]) if _ERROR.match(line)]
    return " ".join(line.strip() for line in lines[-_LINES:][found[-1] if found else -1 :])


def remote_inputs(work: Work) -> str:
    """A sentence on input artifacts that lie elsewhere, "" for none: KFP's launcher downloads them before a step."""
    found = [
        f"'{name}' is {one.uri}"
        for name, several in work.inputs.artifacts.items()
        for one in several
        if one.uri and local(one.uri) is None and one.metadata.get(FLAG) is not True
    ]
    if not found:
        return ""
    told = ", ".join(found[:3])
    return f"its input {told}, and the embedded engine downloads no artifacts: import a local copy (file:///…)"
