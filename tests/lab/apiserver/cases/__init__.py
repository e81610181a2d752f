"""The table: every case, from one module a subject."""

from __future__ import annotations

from ..case import Case
from . import (
    apply,
    bad_input,
    config_map,
    delete,
    discovery,
    inference_service,
    kubectl_apply,
    kubectl_verbs,
    lifecycle,
    namespaces,
    patch,
    pod,
    python_client,
    read,
    secret,
    strict,
    train_job,
    training_runtime,
    update,
    watch,
)

CASES: tuple[Case, ...] = (
    *discovery.CASES,
    *lifecycle.CASES,
    *read.CASES,
    *watch.CASES,
    *patch.CASES,
    *update.CASES,
    *apply.CASES,
    *kubectl_apply.CASES,
    *kubectl_verbs.CASES,
    *delete.CASES,
    *strict.CASES,
    *bad_input.CASES,
    *namespaces.CASES,
    *config_map.CASES,
    *secret.CASES,
    *pod.CASES,
    *train_job.CASES,
    *training_runtime.CASES,
    *inference_service.CASES,
    *python_client.CASES,
)
