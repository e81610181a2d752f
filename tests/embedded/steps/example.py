"""Examples called in this process, which has loaded what they import already."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import kubernetes.config
import pytest

from minikf import environment
from minikf.spec import Access
from tests.embedded.wire import Wire

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def load(path: str) -> ModuleType:
    """The example as a module; KFP reads its source, so it has to have a file."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, EXAMPLES / path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def as_a_user(access: Access, patch: pytest.MonkeyPatch) -> None:
    """What `minikf env` exports; official clients read KUBECONFIG once, when they are imported."""
    for name, value in environment.variables(access).items():
        patch.setenv(name, value)
    for module in (kubernetes.config, kubernetes.config.kube_config):
        patch.setattr(module, "KUBE_CONFIG_DEFAULT_LOCATION", str(access.kubeconfig))
    patch.delenv("MINIKF_DATASETS", raising=False)


async def tasks(access: Access, run_id: str) -> dict[str, str]:
    """The state of each task of a run, by name."""
    found = (await Wire(access).ask("GET", f"/apis/v2beta1/runs/{run_id}")).json
    return {task["display_name"]: task["state"] for task in found["run_details"]["task_details"]}


async def pods(access: Access, run_id: str) -> set[str]:
    """The tasks of a run that had a pod: those that did not come from the cache."""
    found = await Wire(access).ask("GET", f"/api/v1/pods?labelSelector=pipeline%2Frunid%3D{run_id}")
    return {
        pod["metadata"]["annotations"]["pipelines.kubeflow.org/task_path"].rpartition("/")[2]
        for pod in found.json["items"]
    }


async def runs(access: Access) -> list[str]:
    """The ids of all runs, the newest first."""
    path = "/apis/v2beta1/runs?page_size=100&sort_by=created_at%20desc"
    return [run["run_id"] for run in (await Wire(access).ask("GET", path)).json["runs"]]


async def wait_until_warm(access: Access, seconds: float = 90.0) -> None:
    """Steps are quick once the platform has loaded what they import."""
    from minikf.kube.health import STATUS_PATH

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        components = (await Wire(access).ask("GET", STATUS_PATH)).json.get("components", [])
        if not any(one["name"].startswith("warm") and one["state"] == "starting" for one in components):
            return
        time.sleep(0.2)
