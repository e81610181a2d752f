"""A pipeline's Python file as its compiled form, made by a Python of its own that has the SDK.

The file is code: it may print, raise, or end the process. So it runs in a child, and only the child imports kfp.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from minikf.errors import Refused
from minikf.verbs.ir import Documents, read

LIMIT_SECONDS = 120.0
_LINES = 12  # of what the file printed before it failed


def compiled(file: Path, pipeline: str = "") -> Documents:
    """The documents of the file's pipeline; `pipeline` chooses among several, by its name or its function's.

    Raises Refused for a file that fails, hangs, has no pipeline, or several where none is chosen.
    """
    with tempfile.TemporaryDirectory(prefix="minikf-compile-") as folder:
        answer = Path(folder) / "answer.json"
        command = [sys.executable, "-P", "-m", "minikf.verbs.compilefile", str(file), pipeline, str(answer)]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise Refused(
                f"{file} was not compiled within {LIMIT_SECONDS:.0f} s",
                cause="something at its top level takes that long",
                advice='put what is not the pipeline under: if __name__ == "__main__"',
            ) from error
        printed = (done.stdout + done.stderr).decode(errors="replace").strip()
        if not answer.exists():
            raise Refused(
                f"{file} ended Python with exit code {done.returncode} while it was imported",
                cause="\n".join(printed.splitlines()[-_LINES:]),
                advice=f"python {file}",
            )
        told = json.loads(answer.read_text())
        if "error" in told:
            raise Refused(told["error"], cause=told["cause"], advice=told["advice"])
        return read(Path(told["file"]).read_bytes(), str(file))
