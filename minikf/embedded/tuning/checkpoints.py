"""The folders in which trials of Population Based Training hand over their checkpoints: one claim for an Experiment.

kubeflow/katib v0.19.0: mutateSuggestionVolume of pkg/webhook/v1beta1/pod (mount at the algorithm's setting
`suggestion_trial_dir`, folder EXPERIMENT/TRIAL of the claim EXPERIMENT-ALGORITHM) and pkg/suggestion/v1beta1/pbt (a
trial's folder begins as a copy of its parent's).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import owner_reference
from minikf.embedded.status import Object
from minikf.embedded.tuning.problem import settings_of
from minikf.embedded.tuning.search.pbt import PARENT

if TYPE_CHECKING:
    from minikf.paths import PlatformPaths

VOLUME = "suggestion-volume"
_SETTING = "suggestion_trial_dir"
_SIZE = "5Gi"  # Katib's configuration for pbt; nothing here is measured by it


def trial_folder(experiment: Object) -> str:
    """Where a trial finds its checkpoints, or "" where the experiment has none."""
    return settings_of(experiment["spec"]["algorithm"]).get(_SETTING, "")


def claim_name(experiment: Object) -> str:
    return f"{experiment['metadata']['name']}-{experiment['spec']['algorithm']['algorithmName']}"


def build_claim(experiment: Object, suggestion: Object) -> Object:
    """The claim, which goes with the Suggestion."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": claim_name(experiment),
            "namespace": experiment["metadata"]["namespace"],
            "ownerReferences": [owner_reference(suggestion)],
        },
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": _SIZE}}},
    }


def mount(experiment: Object, trial: str) -> tuple[Object, Object]:
    """(volume, volumeMount) of a trial's primary container."""
    volume = {"name": VOLUME, "persistentVolumeClaim": {"claimName": claim_name(experiment)}}
    sub_path = f"{experiment['metadata']['name']}/{trial}"
    return volume, {"name": VOLUME, "mountPath": trial_folder(experiment), "subPath": sub_path}


def prepare(paths: PlatformPaths, experiment: Object, trial: Object) -> None:
    """Makes the trial's folder, once: a copy of its parent's, or an empty one. Raises OSError."""
    meta = trial["metadata"]
    base = paths.volumes / meta["namespace"] / claim_name(experiment) / experiment["metadata"]["name"]
    if (base / meta["name"]).exists():
        return
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    parent = base / str((meta.get("labels") or {}).get(PARENT) or "")
    # Moved into place when it is whole, so that a kill leaves no half of a copy.
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=base))
    if parent != base and parent.is_dir():
        shutil.copytree(parent, fresh, symlinks=True, dirs_exist_ok=True)
    fresh.replace(base / meta["name"])
