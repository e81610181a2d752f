"""Where the outputs of a run go: what its `pipeline_root` says, where that is a folder of this machine.

KFP puts them below `<root>/<pipeline's name>/<run id>`, where the root is the run's, else the pipeline's
(`defaultPipelineRoot`), else that of the ConfigMap `kfp-launcher`; so do we with a root of a run or pipeline. A root in
object storage is a cluster's: outputs are kept here, and the run's first pod has an Event that says so.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from minikf.embedded.pipelines.execution.content import local
from minikf.embedded.pipelines.execution.place import STAGING, file_name
from minikf.embedded.pipelines.execution.tools import Tools
from minikf.embedded.pipelines.records import RunRecord

EVENT = "PipelineRootNotUsed"


def asked_root(run: RunRecord) -> str:
    return run.pipeline_root or str(run.pipeline_spec.get("defaultPipelineRoot") or "")


def at_root(tools: Tools, run: RunRecord) -> Tools:
    """The tools of a run: `artifacts` is the platform's folder, or the run's own root."""
    root = local(asked_root(run))
    if root is None or not root.is_absolute():
        return tools
    return replace(tools, artifacts=root / run.pipeline_spec["pipelineInfo"]["name"])


def notice(tools: Tools, run: RunRecord) -> str:
    """What the user should know, "" for nothing. `tools` are those of `at_root`."""
    asked = asked_root(run)
    root = local(asked) if asked else None
    if not asked or (root is not None and root.is_absolute()):
        return ""
    return f"pipeline_root {asked} is not used on the embedded engine: outputs are kept in {tools.artifacts / run.id}"


def tidy(artifacts: Path, run_id: str) -> None:
    """Removes the staging folders that a run, which is over, leaves in a root of its own. Blocking."""
    staging = artifacts / STAGING
    shutil.rmtree(staging / file_name(run_id), ignore_errors=True)
    if staging.is_dir() and not any(staging.iterdir()):
        staging.rmdir()
