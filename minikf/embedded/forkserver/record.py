"""What is written to disk about a started process: it lets a daemon that comes back learn the truth."""

from __future__ import annotations

import os
import sys

from minikf.embedded.forkserver import lean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

RUN = ".run.json"
EXIT = ".exit.json"


def start_token(pid: int) -> str:
    """What tells this process from a later one with the same pid; "" when there is no such process.

    On Linux the boot's id and the start in clock ticks since boot: neither moves when the wall clock is set.
    """
    if sys.platform == "darwin":
        import psutil

        try:
            return repr(psutil.Process(pid).create_time())
        except psutil.Error:
            return ""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - no pathlib in the launcher
            stat = file.read()
    except OSError:
        return ""
    # The second field is the program's name in parentheses and may itself hold blanks and parentheses.
    fields = stat[stat.rindex(b")") + 2 :].split()
    if fields[0] in (b"Z", b"X"):
        return ""
    return f"{_boot_id()}/{int(fields[19])}"


def is_alive(pid: int, token: str) -> bool:
    """Whether the very process that was recorded still runs (a zombie does not)."""
    return pid > 0 and bool(token) and start_token(pid) == token


def write(path: str, data: dict[str, Any]) -> None:
    """Writes JSON so that a reader sees all of it or nothing."""
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(lean.dumps(data))
        os.replace(part, path)  # noqa: PTH105
    except OSError:
        try:  # noqa: SIM105 - contextlib is another import for each shim
            os.unlink(part)  # noqa: PTH108
        except OSError:
            pass  # it was never made, or its folder is gone
        raise


def read(path: str) -> dict[str, Any] | None:
    """The JSON object at `path`, or None when there is none or it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            data = lean.loads(file.read())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def _boot_id() -> str:
    global _boot  # noqa: PLW0603 - one value for the life of the machine
    if not _boot:
        try:
            with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123
                _boot = file.read().strip()
        except OSError:  # some sandboxes hide it; ticks since boot alone are nearly as good
            _boot = "boot"
    return _boot


_boot = ""
