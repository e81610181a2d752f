"""One run of `kubectl kustomize`: a folder in, YAML out. It asks no network and no cluster."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from minikf.bundle.render.tool import run
from minikf.errors import Refused

LIMIT_MIB = 700
"""What one run may take before its garbage collector begins, in MiB.

Without that limit the largest component of 26.03 (KServe, 2.1 MB of schemas) takes 1,640 MiB; with it a third of the
processor time of Go's default, measured by `python -m tests.bench render`.
"""


def build(kubectl: Path, folder: Path, what: str) -> str:
    """What kustomize makes of `folder`, which is `what` to people.

    Raises Refused with its own words, without the paths of the working folder.
    """
    done = _run([str(kubectl), "kustomize", str(folder)])
    if done.returncode:
        raise Refused(
            f"{what} cannot be rendered",
            cause=_innermost(done.stderr),
            advice="minikf bundle verify",
        )
    return done.stdout


def version(kubectl: Path) -> str:
    """The version of the kustomize within, as `v5.7.1`. Raises Refused where it does not tell."""
    done = _run([str(kubectl), "version", "--client", "--output=json"])
    try:
        return str(json.loads(done.stdout)["kustomizeVersion"])
    except (ValueError, KeyError) as error:
        raise Refused(
            f"{kubectl} does not say which kustomize it has",
            cause=done.stderr.strip()[-300:] or "its answer has no kustomizeVersion",
            advice="minikf doctor",
        ) from error


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    return run(words, " ".join(words[1:]), GOGC="off", GOMEMLIMIT=f"{LIMIT_MIB}MiB")


def _innermost(told: str) -> str:
    """kustomize wraps a cause in one sentence per folder on its way: the last of them says what is wrong."""
    lines = [line for line in told.splitlines() if line.strip() and not line.startswith("# Warning")]
    last = lines[-1] if lines else "it said nothing"
    return last.rpartition("accumulation err=")[2].rpartition("recursed accumulation of path ")[2].strip("'")[-400:]
