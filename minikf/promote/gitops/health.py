"""One table of how Kubeflow's kinds tell that they are well. Lua for Argo CD and CEL for Flux are made from it.

It says what `minikf.kube.ready` says, which waits for the same objects where MiniKF applies them itself; tests hold the
two together. Kinds whose objects say nothing about themselves are in SILENT and get no rule: both tools take an
object without a status for healthy once the API server has taken it.
"""

from __future__ import annotations

from dataclasses import dataclass

from minikf.promote.model import Object, group_of

_V1 = "training-operator v1.8.1, pkg/apis/kubeflow.org/v1/common_types.go"


@dataclass(frozen=True)
class Stuck:
    """`status.<block>.<field>` says with one of `values` that it will not become well by itself."""

    block: str
    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class HealthRule:
    """Well once the condition `ready` is true; failed once the condition `failed` is, or it is `stuck`.

    With the annotation `stopped` it is meant not to run, and well. `ends` is whether it is well only at its end, as a
    training is, rather than once it serves. `source` is where the names stand.
    """

    group: str
    kind: str
    ready: str
    failed: str = ""
    stuck: Stuck | None = None
    stopped: str = ""
    ends: bool = False
    source: str = ""

    @property
    def key(self) -> str:
        """As Argo CD's keys have it."""
        return f"{self.group}_{self.kind}"


def _job(kind: str) -> HealthRule:
    return HealthRule("kubeflow.org", kind, "Succeeded", "Failed", ends=True, source=_V1)


RULES = (
    HealthRule(
        "trainer.kubeflow.org",
        "TrainJob",
        "Complete",
        "Failed",
        ends=True,
        source="trainer v2.1.0, pkg/apis/trainer/v1alpha1/trainjob_types.go",
    ),
    HealthRule(
        "jobset.x-k8s.io",
        "JobSet",
        "Completed",
        "Failed",
        ends=True,
        source="jobset v0.10.1, api/jobset/v1alpha2/jobset_types.go",
    ),
    HealthRule(
        "serving.kserve.io",
        "InferenceService",
        "Ready",
        stuck=Stuck("modelStatus", "transitionStatus", ("BlockedByFailedLoad", "InvalidSpec")),
        source="kserve v0.15.2, pkg/apis/serving/v1beta1/inference_service_status.go",
    ),
    HealthRule(
        "kubeflow.org",
        "Notebook",
        "Ready",
        stopped="kubeflow-resource-stopped",
        source="Kubeflow 26.03, notebook-controller: it copies the conditions of its pod",
    ),
    HealthRule(
        "kubeflow.org",
        "Experiment",
        "Succeeded",
        "Failed",
        ends=True,
        source="katib v0.19.0, pkg/apis/controller/experiments/v1beta1/util.go",
    ),
    *(_job(kind) for kind in ("PyTorchJob", "TFJob", "XGBoostJob", "PaddleJob", "JAXJob", "MPIJob")),
)
# They have no status, or one that tells nothing of health: the CustomResourceDefinitions of Kubeflow 26.03.
SILENT = frozenset(
    {
        ("pipelines.kubeflow.org", "Pipeline"),
        ("pipelines.kubeflow.org", "PipelineVersion"),
        ("kubeflow.org", "ScheduledWorkflow"),
        ("kubeflow.org", "PodDefault"),
        ("trainer.kubeflow.org", "TrainingRuntime"),
        ("trainer.kubeflow.org", "ClusterTrainingRuntime"),
        ("serving.kserve.io", "ServingRuntime"),
        ("serving.kserve.io", "ClusterServingRuntime"),
    }
)


def rule_of(obj: Object) -> HealthRule | None:
    """The rule of the object's kind, None where it has none."""
    found = (group_of(obj), str(obj["kind"]))
    return next((rule for rule in RULES if (rule.group, rule.kind) == found), None)
