"""Records what real commands print on a terminal as an SVG picture for the README.

    python -m scripts.record_terminal docs/images/first-steps.svg

The commands run in a home of their own, which is removed afterwards; nothing on the picture is written by hand but
the prompt.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 112
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
ROWS = 50
COMMANDS = (
    "minikf up",
    "minikf demo",
    'eval "$(minikf env)"; kubectl get experiments,inferenceservices -A',
    "minikf lineage isvc/tumours | tail -6",
    "minikf status",
)


def on_a_terminal(command: str, env: dict[str, str]) -> str:
    """What a shell command prints on a terminal of `WIDTH` columns. Raises CalledProcessError."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, WIDTH, 0, 0))
    process = subprocess.Popen(["/bin/sh", "-c", command], stdin=follower, stdout=follower, stderr=follower, env=env)
    os.close(follower)
    parts = []
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the last writer is gone
            break
        if not part:
            break
        parts.append(part)
    os.close(leader)
    text = b"".join(parts).decode(errors="replace")
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command, text)
    return text


def settled(text: str) -> str:
    """What is left on the screen of lines that were written over."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.split("\r")[-1].replace("\x1b[K", "").replace("\x1b[2K", "") for line in lines).rstrip("\n")


def main(argv: list[str]) -> int:
    if len(argv) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    out = Path(argv[0])
    screen = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory(prefix="minikf-recording-") as home:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MINIKF_", "KUBE"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        env |= {"HOME": home, "PATH": path, "TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": str(ROWS)}
        try:
            for command in COMMANDS:
                screen.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
                printed = on_a_terminal(command, env)
                screen.print(Text.from_ansi(settled(printed)))
                screen.print()
        finally:
            subprocess.run(["minikf", "down", "--yes"], env=env, check=True, capture_output=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    picture = screen.export_svg(title="minikf")
    # The picture must not fetch a font from anywhere: a reader's own monospaced one will do.
    out.write_text(_FONT_FACE.sub("", picture))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
