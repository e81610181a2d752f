"""How pods are run on this machine."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from minikf.embedded.notebooks import PRELOAD as NOTEBOOKS
from minikf.embedded.serving import PRELOAD

# Imported by the platform's warm server; what is not installed is skipped. What training code, model servers and the
# official SDK import first; none may start a thread (onnxruntime does), since a fork would lose it.
WARM_MODULES = (
    "numpy",
    "pandas",
    "sklearn.linear_model",
    "sklearn.ensemble",
    "sklearn.datasets",
    "sklearn.model_selection",
    "kubeflow.trainer",
    "kfp.dsl.executor_main",
    "model_registry",
    "pandera",
    # What pandas and scikit-learn (1.9) import when a data frame is first written or given to an estimator.
    "pandas.io.formats.csvs",
    "narwhals.stable.v2._namespace",
    "narwhals._interchange.dataframe",
    "narwhals._pandas_like.namespace",
    "sklearn.datasets.data",
    "sklearn.datasets.descr",
    *PRELOAD,
    "packaging.requirements",
    "minikf.embedded.forkserver.shims.pip",
    "minikf.embedded.forkserver.shims.torchrun",
    "minikf.embedded.forkserver.rehearsal",
    *NOTEBOOKS,  # last: who trains or serves does not wait for them
)


@dataclass(frozen=True)
class PodSettings:
    """Defaults are Kubernetes'; tests shorten them.

    `backoff_base` and `backoff_cap` are the pauses before a restart, in seconds. `mounts` is "auto", "namespace" or
    "translate" (docs/design/0002). `warm_role` is "warm" or "pool". `log_cap` is how many bytes of a log are kept.
    """

    python: str = sys.executable
    site: str = ""
    warm: bool = True
    warm_role: str = "warm" if sys.platform == "linux" else "pool"
    warm_modules: tuple[str, ...] = WARM_MODULES
    mounts: str = "auto"
    cgroups: bool = True
    backoff_base: float = 10.0
    backoff_cap: float = 300.0
    backoff_reset: float = 600.0
    log_cap: int = 50 << 20
    extra_path: tuple[Path, ...] = ()

    @classmethod
    def from_environment(cls, env: Mapping[str, str] = os.environ) -> PodSettings:
        """Reads MINIKF_WARM, _WARM_ROLE, _MOUNTS, _USE_CGROUPS and _RESTART_BACKOFF (seconds), all optional."""
        return cls(
            site=sysconfig.get_path("purelib"),
            warm=env.get("MINIKF_WARM", "1") != "0",
            warm_role=env.get("MINIKF_WARM_ROLE") or cls.warm_role,
            mounts=env.get("MINIKF_MOUNTS") or "auto",
            cgroups=env.get("MINIKF_USE_CGROUPS", "1") != "0",
            backoff_base=float(env.get("MINIKF_RESTART_BACKOFF") or 10.0),
        )
