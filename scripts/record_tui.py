"""Records the terminal UI as SVG pictures for the README: the real program in tmux, with a platform made by it.

    python -m scripts.record_tui docs/images

The platform lives in a home of its own, which is removed afterwards.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from scripts.record_terminal import _FONT_FACE

WIDTH, HEIGHT = 112, 34
PATIENCE_SECONDS = 180.0


class Recorder:
    """A tmux server of its own with the terminal UI in it."""

    def __init__(self, folder: str, out: Path) -> None:
        self._socket = f"{folder}/tmux"
        self._out = out

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, "-f", os.devnull, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def sees(self, *words: str) -> None:
        """Waits for words. Raises TimeoutError with what is there instead."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if all(word in self.tmux("capture-pane", "-p") for word in words):
                return
            time.sleep(0.2)
        raise TimeoutError(f"{words} not seen on\n{self.tmux('capture-pane', '-p')}")

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def back(self) -> None:
        self.press("Escape")
        self.sees("1 Home")

    def take(self, name: str) -> None:
        """The screen as it is now, once it rests."""
        time.sleep(2)
        screen = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
        screen.print(Text.from_ansi(self.tmux("capture-pane", "-p", "-e").rstrip("\n")))
        picture = screen.export_svg(title="minikf tui")
        (self._out / f"tui-{name}.svg").write_text(_FONT_FACE.sub("", picture))


def walk(recorder: Recorder) -> None:
    """From no platform to a model that answers."""
    recorder.sees("New platform", "embedded")
    recorder.press("u")
    recorder.sees("Bring up embedded: done")
    recorder.back()
    recorder.press("R")
    recorder.sees("ok journey: has run")
    recorder.back()
    recorder.sees("healthy")
    recorder.take("home")
    recorder.press("2")
    recorder.sees("journey", "STEPS")
    recorder.press("Enter")
    recorder.sees("11/11 steps")
    recorder.take("run")
    recorder.back()
    recorder.press("3")
    recorder.sees("20/20")
    recorder.press("Enter")
    recorder.sees("best so far")
    recorder.take("experiment")
    recorder.back()
    recorder.press("5")
    recorder.sees("tumours", "Ready")
    recorder.press("t")
    recorder.sees('"instances"')
    recorder.press("C-s")
    recorder.sees("HTTP 200")
    recorder.take("model")


def main(argv: list[str]) -> int:
    if len(argv) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    out = Path(argv[0])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="minikf-tui-") as home:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "MINIKF_", "KUBE"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        env |= {"HOME": home, "PATH": path, "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
        recorder = Recorder(home, out)
        told = {**env, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none", "MINIKF_ENGINE": "embedded"}
        variables = [part for name in ("HOME", "PATH", "LANG", "COLORTERM", "TERM", "TEXTUAL_ANIMATIONS",
                                       "MINIKF_ENGINE") for part in ("-e", f"{name}={told[name]}")]  # fmt: skip
        size = ["-x", str(WIDTH), "-y", str(HEIGHT)]
        program = f"unset COLUMNS LINES; {sys.executable} -m minikf tui; sleep 600"
        recorder.tmux("new-session", "-d", *size, "-c", home, *variables, program)
        try:
            walk(recorder)
        finally:
            recorder.tmux("kill-server")
            subprocess.run([sys.executable, "-m", "minikf", "down", "--yes"], env=env, check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
