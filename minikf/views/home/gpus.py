"""The GPUs of this machine, as NVIDIA's own program tells of them; where there is none, that is said."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

from minikf.views.text import plain

TIMEOUT_SECONDS = 5.0
# `nvidia-smi --help-query-gpu` names the fields; with nounits utilisation is in per cent and memory in MiB.
_FIELDS = ("index", "name", "utilization.gpu", "memory.used", "memory.total")
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Gpu:
    """`percent` is None where the driver does not measure it."""

    index: int
    name: str
    percent: float | None
    memory_bytes: int
    memory_total: int


def gpus() -> tuple[tuple[Gpu, ...], str]:
    """The GPUs, or why there are none to tell of. Raises nothing."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return (), "no nvidia-smi on this machine"
    command = [program, f"--query-gpu={','.join(_FIELDS)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return (), f"nvidia-smi does not answer: {error}"
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        return (), plain(f"nvidia-smi: {said[0] if said else f'exit code {done.returncode}'}")
    return parsed(done.stdout), ""


def parsed(text: str) -> tuple[Gpu, ...]:
    """What it prints as CSV; a line of another form is left out."""
    return tuple(found for line in text.splitlines() if (found := _gpu(line)) is not None)


def _gpu(line: str) -> Gpu | None:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != len(_FIELDS) or not parts[0].isdigit():
        return None
    percent, used, total = (_number(part) for part in parts[2:])
    return Gpu(int(parts[0]), plain(parts[1]), percent, int((used or 0) * _MIB), int((total or 0) * _MIB))


def _number(text: str) -> float | None:
    """None for `[N/A]` and `[Not Supported]`."""
    try:
        return float(text)
    except ValueError:
        return None
