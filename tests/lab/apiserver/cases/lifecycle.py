"""The same life for each kind: made, made again, read, listed, changed, replaced, deleted, gone."""

from __future__ import annotations

from collections.abc import Callable

from ..case import Case, Http, Kubectl
from . import objects as o


def _life(name: str, path: str, make: Callable[..., o.Object], custom: bool) -> Case:
    labelled = make("b", labels={"tier": "two"}, annotations={"note": "x"})
    return Case(
        f"life-{name}",
        (
            Http("POST", path, make("a"), expect=201),
            Http("POST", path, make("a"), expect=409),
            Http("GET", f"{path}/a", save=o.RV),
            Http("GET", path),
            Http("POST", path, labelled, expect=201),
            Http("GET", f"{path}?labelSelector=tier=two"),
            Http("PATCH", f"{path}/a", {"metadata": {"labels": {"tier": "one"}}}, content_type=o.MERGE, save=o.RV),
            Http("PATCH", f"{path}/a", {"metadata": {"labels": {"tier": "one"}}}, content_type=o.MERGE),
            Http("PUT", f"{path}/a", make("a", resourceVersion="$rv", labels={"tier": "one"})),
            Http("PUT", f"{path}/a", make("a", labels={"tier": "three"}), expect=422 if custom else 200),
            Http("PUT", f"{path}/c", make("c"), expect=404),
            Http("PUT", f"{path}/a", make("b"), expect=400),
            Http("GET", path, accept=o.TABLE),
            Kubectl(f"get {path.rsplit('/', 1)[1]}"),
            Kubectl(f"get {path.rsplit('/', 1)[1]} a -o yaml --show-managed-fields"),
            Http("DELETE", f"{path}/a"),
            Http("GET", f"{path}/a", expect=404),
            Http("DELETE", f"{path}/a", expect=404),
            Http("DELETE", path),
            Http("GET", path),
        ),
        needs_crds=custom,
    )


def _pod(name: str, **meta: object) -> o.Object:
    """With the account that admission would fill in: a PUT without it changes what a pod may not change."""
    return o.pod(name, {"serviceAccountName": "default"}, **meta)


CASES = (
    _life("configmap", o.CONFIG_MAPS, o.config_map, False),
    _life("secret", o.SECRETS, o.secret, False),
    _life("pod", o.PODS, _pod, False),
    _life("trainjob", o.TRAIN_JOBS, o.train_job, True),
    _life("inferenceservice", o.INFERENCE_SERVICES, o.inference_service, True),
    _life("trainingruntime", o.TRAINING_RUNTIMES, o.training_runtime, True),
    _life("servingruntime", o.SERVING_RUNTIMES, o.serving_runtime, True),
)
