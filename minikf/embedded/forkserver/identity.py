"""Makes a forked child look like itself in /proc: whose it is (environ) and what it runs (cmdline, comm).

/proc/<pid>/environ and cmdline show the memory where execve put them; a child of a fork server shows the
server's. The server is started with room to spare there, and the child writes its own over it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# The server's first variable: nothing but room.
ROOM = "MINIKF_ROOM"
ROOM_SIZE = 256
POD_UID, CONTAINER, WARM = "MINIKF_POD_UID", "MINIKF_CONTAINER", "MINIKF_WARM_SERVER"


def assume(env: Mapping[str, str], argv: list[str], server: int) -> None:
    """Shows whose this process is and what it runs; without /proc (macOS) there is nothing to show it in."""
    try:
        with open("/proc/self/stat", "rb") as file:  # noqa: PTH123
            stat = file.read()
    except OSError:
        return
    # Fields 48 to 51 of proc_pid_stat(5): arg_start, arg_end, env_start, env_end.
    fields = stat[stat.rindex(b")") + 2 :].split()
    arg_start, arg_end, env_start, env_end = (int(field) for field in fields[45:49])
    marks = [f"{name}={env[name]}" for name in (POD_UID, CONTAINER) if name in env]
    mark = b"\0".join(os.fsencode(text) for text in [*marks, f"{WARM}={server}"])
    room = min(env_end - env_start, len(ROOM) + 1 + ROOM_SIZE)
    title = b"\0".join(os.fsencode(arg) for arg in argv)
    try:
        with open("/proc/self/mem", "r+b", buffering=0) as memory:  # noqa: PTH123
            memory.seek(env_start)
            memory.write(mark[: room - 1].ljust(room, b"\0"))
            memory.seek(arg_start)
            memory.write(title[: arg_end - arg_start - 1].ljust(arg_end - arg_start, b"\0"))
        with open("/proc/self/comm", "wb") as file:  # noqa: PTH123
            file.write(b"python")
    except OSError:
        # Some sandboxes forbid it. The pod's processes are then found by parentage and session alone.
        return
