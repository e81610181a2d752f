"""code-server as the server of one notebook: found on the machine, run behind our front, asked when it was last used.

Options and behaviour: `code-server --help` of 4.93.1, its docs/FAQ.md, and what its `/healthz` answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from minikf.embedded.notebooks.folder import NotebookFolder, Settings
from minikf.embedded.notebooks.front import Front
from minikf.files import write_private

VARIABLE = "MINIKF_CODE_SERVER"
INSTALL = f"install it (npm install --global code-server) so that it is on PATH, or name it in {VARIABLE}"
_CANNOT_START = 4
# What the pod, or the shell in which the platform was started, could turn the program's door or its task with.
_NOT_PASSED = (
    *("PASSWORD", "HASHED_PASSWORD", "PORT", "CODE_SERVER_HOST", "CODE_SERVER_CONFIG", "CODE_SERVER_SESSION_SOCKET"),
    *("VSCODE_IPC_HOOK_CLI", "VSCODE_PROXY_URI"),
)


def program(env: Mapping[str, str] = os.environ) -> str:
    """The path of code-server on this machine, "" where there is none: MINIKF_CODE_SERVER, else the one on PATH."""
    if named := env.get(VARIABLE, ""):
        return shutil.which(named, path=env.get("PATH")) or ""
    return shutil.which("code-server", path=env.get("PATH")) or ""


def write_config(folder: NotebookFolder, settings: Settings) -> Path:
    """Its configuration: the token is the password, in a file that only its owner can read."""
    config = folder.runtime / "code-server.yaml"
    values = {
        "socket": settings.socket,
        "socket-mode": "600",
        "auth": "password",
        "password": settings.token,
        "cert": False,
        "disable-telemetry": True,
        "disable-update-check": True,
    }
    write_private(config, json.dumps(values) + "\n")  # JSON is YAML, too
    return config


def serve(settings: Settings, folder: NotebookFolder, listener: socket.socket, env: Mapping[str, str]) -> int:
    """Runs the program until SIGTERM or until it ends; its exit status, or 4 when it cannot be started."""
    config = write_config(folder, settings)
    # Its proxy would show pages of any local port as its own.
    own = {name: value for name, value in env.items() if name not in _NOT_PASSED} | {"CS_DISABLE_PROXY": "1"}
    words = [settings.program, "--config", str(config), "--ignore-last-opened", str(Path.cwd())]
    return asyncio.run(_serve(settings, listener, words, own))


async def _serve(settings: Settings, listener: socket.socket, words: list[str], env: dict[str, str]) -> int:
    behind = Path(settings.socket)
    behind.unlink(missing_ok=True)
    try:
        process = await asyncio.create_subprocess_exec(*words, env=env, stdin=asyncio.subprocess.DEVNULL)
    except OSError as error:
        print(f"{settings.program} cannot be started: {error.strerror}", file=sys.stderr)
        return _CANNOT_START
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, process.terminate)
    server = await Front(settings.prefix, behind).serve(listener)
    try:
        code = await process.wait()
    finally:
        server.close()
        behind.unlink(missing_ok=True)
    return code if code >= 0 else 128 - code
