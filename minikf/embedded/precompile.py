"""Compiles what a platform loads at its start, so that the first start is as fast as later ones.

    python -m minikf.embedded.precompile

Modules are compiled by importing them: that takes exactly those that are needed, where compiling whole packages would
take minutes and a hundred megabytes. Two interpreters share the work. What is not installed is passed over.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

from minikf.embedded.pods.settings import WARM_MODULES

_ARRAYS = ("numpy", "pandas", "sklearn", "onnxruntime")
_OTHERS = ("minikf.embedded.platform", "minikf.embedded.daemon", "uvloop", "skl2onnx", "model_registry", "textual.app")
_KERNELS = ("ipykernel.kernelapp", "ipykernel.ipkernel", "minikf.embedded.notebooks.magics")


def shares() -> tuple[list[str], list[str]]:
    """The modules for each of the two interpreters: numbers on one side, servers and SDKs on the other."""
    wanted = [name for name in (*WARM_MODULES, *_OTHERS, *_KERNELS) if find_spec(name.partition(".")[0]) is not None]
    numbers = [name for name in wanted if name.partition(".")[0] in _ARRAYS]
    return numbers, [name for name in wanted if name not in numbers]


def main() -> int:
    """0 when both interpreters imported all of their share, else the exit code of the one that did not."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", "".join(f"import {name}\n" for name in share)],
            env=environment,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )
        for share in shares()
    ]
    return max(process.wait() for process in running)


if __name__ == "__main__":
    sys.exit(main())
