"""`%minikf` in a notebook: the program's verbs, on the platform that the notebook belongs to.

    %minikf status
    %minikf logs POD
    %%minikf run        the cell's text is the file

It is the `minikf` program itself, so what it prints is what a terminal shows. Every notebook has it loaded; elsewhere:
`%load_ext minikf.embedded.notebooks.magics`.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What IPython calls to load this extension."""
    register: Any = shell.register_magic_function  # its decorator hides its signature
    register(minikf, magic_kind="line_cell", magic_name="minikf")


def minikf(line: str, cell: str | None = None) -> None:
    """Runs `minikf LINE` and shows what it prints as it comes; `%%minikf` hands over the cell as a Python file.

    Raises UsageError, which IPython shows as one line, when the program fails.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"%minikf {line}: {error}") from error
    if cell is None:
        _run(words or ["--help"])
        return
    with tempfile.TemporaryDirectory(prefix="minikf-cell-") as folder:
        file = Path(folder) / "cell.py"
        file.write_text(cell)
        _run([*words, str(file)])


def _run(words: list[str]) -> None:
    program = shutil.which("minikf")
    if program is None:
        raise UsageError("the program minikf is not on PATH: was this kernel started by a notebook of MiniKF?")
    with subprocess.Popen(
        [program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        try:
            for text in running.stdout:
                print(text, end="", flush=True)
        except KeyboardInterrupt:
            running.terminate()
            raise
    if running.returncode:
        raise UsageError(f"minikf {shlex.join(words)}: exit status {running.returncode}")
