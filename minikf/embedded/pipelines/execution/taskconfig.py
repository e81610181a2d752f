"""The TaskConfig of a step: what was asked for its pod, handed to its program for a workload that it starts itself.

Fields, and which of them stay on the pod, are those of `getTaskConfigOptions` and `extendPodSpecPatch` in
`backend/src/v2/driver` of KFP 2.17: without a passthrough the config is empty and all is the pod's. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from minikf.embedded.pipelines.execution.platform import PodParts
from minikf.embedded.pipelines.execution.steppod import resources
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.model import ParameterType, Resources
from minikf.embedded.status import Object

# Volumes of other kinds (emptyDir) are the pod's own in any case.
_PASSED = ("persistentVolumeClaim", "secret", "configMap")
_SPEC = {
    "KUBERNETES_AFFINITY": "affinity",
    "KUBERNETES_TOLERATIONS": "tolerations",
    "KUBERNETES_NODE_SELECTOR": "nodeSelector",
}


def config_inputs(work: Work) -> list[str]:
    """The inputs of a step that are a TaskConfig."""
    inputs = work.component.inputs.parameters
    return [name for name, spec in inputs.items() if spec.type is ParameterType.TASK_CONFIG]


def pass_through(work: Work, parts: PodParts, text: Callable[[str], str]) -> tuple[Mapping[str, Json], Work]:
    """The TaskConfig, and the work without what only its own workload is to have; `parts` loses that as well.

    `text` puts values into placeholders. Raises PipelineError.
    """
    config: dict[str, Json] = dict.fromkeys(
        ("affinity", "tolerations", "nodeSelector", "env", "volumes", "volumeMounts")
    )
    config["resources"] = {}
    executor = work.executor
    for field, stays in work.component.passthroughs.items():
        if field == "RESOURCES":
            config["resources"] = resources(executor.resources, text)
            executor = executor if stays else replace(executor, resources=Resources())
        elif field == "ENV":
            own = [{"name": name, "value": text(value)} for name, value in executor.env.items()]
            config["env"] = [*own, *parts.env] or None
            if not stays:
                executor, parts.env = replace(executor, env={}), []
        elif field == "KUBERNETES_VOLUMES":
            _pass_volumes(config, parts, stays=stays)
        elif field in _SPEC:
            config[_SPEC[field]] = parts.spec.get(_SPEC[field])
            if not stays:
                parts.spec.pop(_SPEC[field], None)
    return config, replace(work, executor=executor)


def _pass_volumes(config: dict[str, Json], parts: PodParts, *, stays: bool) -> None:
    volumes: list[Object] = [one for one in parts.volumes if any(kind in one for kind in _PASSED)]
    names = {one["name"] for one in volumes}
    config["volumes"] = volumes or None
    config["volumeMounts"] = [one for one in parts.mounts if one["name"] in names] or None
    if not stays:
        parts.volumes = [one for one in parts.volumes if one["name"] not in names]
        parts.mounts = [one for one in parts.mounts if one["name"] not in names]
