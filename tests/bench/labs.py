"""The lab of tests/lab for benchmarks: real kind and k3d, made where they are missing (tests/lab/README.md)."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path
from typing import Any

_LAB = Path(__file__).resolve().parents[1] / "lab"
CACHE = os.environ.get("MINIKF_LAB_CACHE") or f"{pwd.getpwuid(os.getuid()).pw_dir}/.cache/minikf-lab"


def lab() -> Any:
    """What the lab has, with its commands on PATH and its tools image for k3d."""
    if str(_LAB) not in sys.path:
        sys.path.insert(0, str(_LAB))
    os.environ["MINIKF_LAB_CACHE"] = CACHE  # the home folder of a benchmark's world is empty
    from lab import ensure  # type: ignore[import-not-found]

    made = ensure(lambda line: print(f"lab: {line}", flush=True))
    os.environ["PATH"] = f"{made.bin}{os.pathsep}{os.environ['PATH']}"
    os.environ["K3D_IMAGE_TOOLS"] = made.tools_image
    return made
