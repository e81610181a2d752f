"""Adding a target: what was typed is checked, then whether the cluster is there, and only then is it written down."""

from __future__ import annotations

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

from minikf.errors import MinikfError
from minikf.promote.targets import shelf, way, yamlfile
from minikf.promote.targets.spec import TargetSpec


@dataclass(frozen=True)
class Added:
    """`version` is what the target's API server told, "" where it was not asked."""

    file: Path
    way: str
    version: str = ""


def add(spec: TargetSpec, *, replace: bool = False, offline: bool = False) -> Added:
    """Writes the target down. Raises UsageError for what cannot be meant; unless `offline`, Refused where there is no
    such context, Unreachable and ApiAnswer where the cluster does not let in; then nothing is left of it."""
    spec = _absolute(spec)
    yamlfile.check(spec, "")
    shelf.check_free(spec, replace=replace)
    version = ""
    if not offline:
        known = shelf.is_there(spec.name)
        try:
            version = way.version(spec)
        except MinikfError:
            if not known:
                shutil.rmtree(shelf.folder_of(spec.name), ignore_errors=True)
            raise
    return Added(shelf.add(spec, replace=replace), way.words(spec), version)


def _absolute(spec: TargetSpec) -> TargetSpec:
    """The kubeconfig as it is found from any folder: the user may type the next command in another."""
    if not spec.kubeconfig:
        return spec
    return dataclasses.replace(spec, kubeconfig=str(Path(spec.kubeconfig).expanduser().absolute()))
