"""The rules of the operator's webhooks; pure. One cause for each violation, worded as upstream.

kubeflow/training-operator v1.9.0, pkg/webhooks, pkg/common/util/webhooks.go and, for MPIJobs, which have no webhook and
are checked when they begin there, pkg/apis/kubeflow.org/v1/mpi_validation.go.
"""

from __future__ import annotations

from minikf.embedded import names
from minikf.embedded.controllers.training.framework import Framework
from minikf.embedded.schema.fieldpath import forbidden, invalid, not_supported, required
from minikf.embedded.status import Cause, Object

_MANAGERS = ["kubeflow.org/training-operator", "kueue.x-k8s.io/multikueue"]
_MANAGED_BY = "spec.runPolicy.managedBy"
_POLICIES = ["Always", "ExitCode", "Never", "OnFailure"]
_CLEANING = ["All", "None", "Running"]


def check_job(framework: Framework, job: Object, old: Object | None) -> list[Cause]:
    """A job whose JSON types are right (its schema saw to that)."""
    spec, name = job["spec"], job["metadata"].get("name") or ""
    policy = spec.get("runPolicy") or {}
    causes = []
    if wrong := names.dns1035_label(name):
        causes.append(invalid("metadata.name", name, f"should match: {','.join(wrong)}"))
    manager = policy.get("managedBy")
    if old is not None and manager != ((old["spec"].get("runPolicy") or {}).get("managedBy")):
        causes.append(invalid(_MANAGED_BY, manager, "field is immutable"))
    if manager is not None and manager not in _MANAGERS:
        causes.append(not_supported(_MANAGED_BY, manager, _MANAGERS))
    causes += _check_words(framework, spec)
    specs = spec.get(framework.specs)
    if specs is None:
        return [*causes, required(f"spec.{framework.specs}", "must be required")]
    for type_, one in specs.items():
        causes += _check_replicas(framework, type_, one)
    for type_ in framework.required:
        if type_ not in specs:
            causes.append(required(f"spec.{framework.specs}[{type_}]", "must be present"))
    if framework.checks is not None:
        causes += framework.checks(spec)
    return causes


def _check_words(framework: Framework, spec: Object) -> list[Cause]:
    """Policies that the operator reads as if they were not there, or takes for others."""
    causes = []
    policy = spec.get("runPolicy") or {}
    for path, value in (
        ("spec.runPolicy.cleanPodPolicy", policy.get("cleanPodPolicy")),
        ("spec.cleanPodPolicy", spec.get("cleanPodPolicy")),
    ):
        if value and value not in _CLEANING:
            causes.append(not_supported(path, value, _CLEANING))
    for type_, one in (spec.get(framework.specs) or {}).items():
        if (value := one.get("restartPolicy")) and value not in _POLICIES:
            causes.append(not_supported(f"spec.{framework.specs}[{type_}].restartPolicy", value, _POLICIES))
    return causes


def _check_replicas(framework: Framework, type_: str, one: Object) -> list[Cause]:
    causes = []
    path = f"spec.{framework.specs}[{type_}]"
    where = f"{path}.template.spec.containers"
    # The names of a TFJob's types nobody checks there; a job with another type never ends.
    proper = {each.lower(): each for each in framework.types}
    if type_ not in framework.types and not (framework.one_container and type_.lower() in proper):
        causes.append(not_supported(path, type_, list(framework.types)))
    containers = ((one.get("template") or {}).get("spec") or {}).get("containers") or []
    if not containers:
        causes.append(required(where, "must be specified"))
    for index, container in enumerate(containers):
        if not container.get("image"):
            causes.append(required(f"{where}[{index}].image", "must be required"))
    if framework.port_name and not any(each["name"] == framework.container for each in containers):
        causes.append(required(where, f"must have at least one container with name {framework.container}"))
    replicas = one.get("replicas", framework.default_replicas.get(type_))
    if type_ in framework.single and replicas != 1:
        causes.append(forbidden(f"{path}.replicas", "must be 1"))
    return causes
