"""The names by which Trainer finds things in a runtime."""

from __future__ import annotations

import copy

from minikf.embedded.status import Object

ANCESTOR = "trainer.kubeflow.org/trainjob-ancestor-step"
TRAINER = "trainer"
NODE = "node"
DATASET_INITIALIZER = "dataset-initializer"
MODEL_INITIALIZER = "model-initializer"
INITIALIZERS = {"dataset": DATASET_INITIALIZER, "model": MODEL_INITIALIZER}
# Which container a ReplicatedJob with that ancestor must have.
CONTAINER_OF = {
    TRAINER: NODE,
    DATASET_INITIALIZER: DATASET_INITIALIZER,
    MODEL_INITIALIZER: MODEL_INITIALIZER,
}


def template_of(runtime: Object) -> Object:
    """A copy of the runtime's JobSet template in which every level that the schema lets people leave out is there."""
    template: Object = copy.deepcopy(runtime["spec"].get("template") or {})
    jobs = template.setdefault("spec", {}).setdefault("replicatedJobs", [])
    for replicated in jobs:
        pod = replicated.setdefault("template", {}).setdefault("spec", {}).setdefault("template", {})
        pod.setdefault("spec", {}).setdefault("containers", [])
    return template


def ancestor(replicated: Object) -> str:
    """Which step of the TrainJob configures this ReplicatedJob, or ""."""
    labels = (replicated["template"].get("metadata") or {}).get("labels") or {}
    return str(labels.get(ANCESTOR, ""))


def pod_spec(replicated: Object) -> Object:
    spec: Object = replicated["template"]["spec"]["template"]["spec"]
    return spec


def containers(replicated: Object, name: str) -> list[Object]:
    """The containers of that name (one, or none)."""
    return [one for one in pod_spec(replicated)["containers"] if one["name"] == name]


def set_variables(container: Object, variables: list[Object]) -> None:
    """Sets environment variables in place: same name replaced, new ones at the end."""
    env = container.setdefault("env", [])
    for variable in variables:
        for place, old in enumerate(env):
            if old["name"] == variable["name"]:
                env[place] = variable
                break
        else:
            env.append(variable)
