"""The kinds that the embedded engine serves, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property


@dataclass(frozen=True)
class Scale:
    """Where the scale subresource of a kind finds its numbers and its label selector: names of fields, from the top."""

    replicas: tuple[str, ...]
    current: tuple[str, ...]
    selector: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Kind:
    """One resource of the API in one version. Each exists once, so kinds are compared by identity.

    `stored_only` is why an object of this kind changes nothing here (sent to clients as a warning), or "".
    `also` are further versions that the same objects are served in, with the same fields: a CRD whose conversion is
    `None`. Each of them is a kind too, a view that `shows` the one that is stored.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    has_status: bool = True
    scale: Scale | None = None
    stored_only: str = ""
    also: tuple[str, ...] = ()
    shows: Kind | None = None

    @cached_property
    def storage(self) -> Kind:
        """The kind under which objects are stored: itself, but for a view."""
        return self.shows or self

    @cached_property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @cached_property
    def singular(self) -> str:
        return self.kind.lower()

    @cached_property
    def is_custom(self) -> bool:
        """Whether a CRD defines it on a real cluster: no strategic merge patch, schema without merge keys."""
        return self.group.endswith((".kubeflow.org", ".kserve.io")) or self.group == "kubeflow.org"

    @cached_property
    def has_generation(self) -> bool:
        """Whether `metadata.generation` counts changes of the spec, as in Kubernetes 1.34."""
        return self.is_custom or self.kind in ("Pod", "Job")

    @cached_property
    def made_by_put(self) -> bool:
        """Whether a PUT makes what is not there: AllowCreateOnUpdate in k8s.io/kubernetes v1.34.4, pkg/registry."""
        return self.group == "rbac.authorization.k8s.io" or self.kind in ("Event", "LimitRange", "Service")


_ONE_USER = "one user owns this platform: the rule is kept, not enforced"
_TRAINER = "trainer.kubeflow.org"


def _workers(specs: str) -> Scale:
    """Of a kind of the Training Operator: the replicas of its role Worker, in the field `specs` of its spec."""
    status = ("status", "replicaStatuses", "Worker")
    return Scale(("spec", specs, "Worker", "replicas"), (*status, "active"), (*status, "selector"))


_KATIB = ("all", "kubeflow", "katib")
_PIPELINES = "pipelines.kubeflow.org"
_RBAC = "rbac.authorization.k8s.io"

KINDS: tuple[Kind, ...] = (
    Kind("", "v1", "namespaces", "Namespace", namespaced=False, short_names=("ns",)),
    Kind("", "v1", "pods", "Pod", short_names=("po",), categories=("all",)),
    Kind("", "v1", "configmaps", "ConfigMap", short_names=("cm",), has_status=False),
    Kind("", "v1", "secrets", "Secret", has_status=False),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", short_names=("sa",), has_status=False),
    Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", short_names=("pvc",)),
    Kind("", "v1", "services", "Service", short_names=("svc",), categories=("all",)),
    Kind("", "v1", "events", "Event", short_names=("ev",), has_status=False),
    Kind("", "v1", "resourcequotas", "ResourceQuota", short_names=("quota",)),
    Kind("", "v1", "limitranges", "LimitRange", short_names=("limits",), has_status=False),
    Kind("batch", "v1", "jobs", "Job", categories=("all",)),
    Kind(_RBAC, "v1", "roles", "Role", has_status=False, stored_only=_ONE_USER),
    Kind(_RBAC, "v1", "rolebindings", "RoleBinding", has_status=False, stored_only=_ONE_USER),
    Kind(_RBAC, "v1", "clusterroles", "ClusterRole", False, has_status=False, stored_only=_ONE_USER),
    Kind(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False, has_status=False, stored_only=_ONE_USER),
    Kind(_TRAINER, "v1alpha1", "trainjobs", "TrainJob"),
    Kind(_TRAINER, "v1alpha1", "trainingruntimes", "TrainingRuntime", has_status=False),
    Kind(_TRAINER, "v1alpha1", "clustertrainingruntimes", "ClusterTrainingRuntime", False, has_status=False),
    Kind(_PIPELINES, "v2beta1", "pipelines", "Pipeline", has_status=False),
    Kind(_PIPELINES, "v2beta1", "pipelineversions", "PipelineVersion"),
    Kind("serving.kserve.io", "v1beta1", "inferenceservices", "InferenceService", short_names=("isvc",)),
    Kind("serving.kserve.io", "v1alpha1", "servingruntimes", "ServingRuntime", has_status=False),
    Kind("serving.kserve.io", "v1alpha1", "clusterservingruntimes", "ClusterServingRuntime", False, has_status=False),
    # Before the betas of its group: discovery prefers a group's first version, as a kube-apiserver does a stable one.
    Kind("kubeflow.org", "v1", "notebooks", "Notebook", also=("v1beta1", "v1alpha1")),
    Kind("kubeflow.org", "v1", "pytorchjobs", "PyTorchJob", scale=_workers("pytorchReplicaSpecs")),
    Kind("kubeflow.org", "v1", "tfjobs", "TFJob"),
    Kind("kubeflow.org", "v1", "xgboostjobs", "XGBoostJob"),
    Kind("kubeflow.org", "v1", "paddlejobs", "PaddleJob", scale=_workers("paddleReplicaSpecs")),
    Kind("kubeflow.org", "v1", "jaxjobs", "JAXJob", scale=_workers("jaxReplicaSpecs")),
    Kind("kubeflow.org", "v1", "mpijobs", "MPIJob"),
    Kind("kubeflow.org", "v1beta1", "experiments", "Experiment", categories=_KATIB),
    Kind("kubeflow.org", "v1beta1", "suggestions", "Suggestion", categories=_KATIB),
    Kind("kubeflow.org", "v1beta1", "trials", "Trial", categories=_KATIB),
    Kind("kubeflow.org", "v1alpha1", "poddefaults", "PodDefault", has_status=False),
)
VIEWS: tuple[Kind, ...] = tuple(
    replace(kind, version=version, also=(), shows=kind) for kind in KINDS for version in kind.also
)
SERVED = (*KINDS, *VIEWS)

_BY_PATH = {(k.group, k.version, k.plural): k for k in SERVED}
_BY_KIND = {(k.group, k.kind): k for k in KINDS}


def by_path(group: str, version: str, plural: str) -> Kind | None:
    """The kind at `/apis/<group>/<version>/<plural>`, or None outside the subset."""
    return _BY_PATH.get((group, version, plural))


def other_versions(group: str, plural: str) -> list[str]:
    """The versions in which a resource is served, for who asks for another one."""
    return [kind.version for kind in SERVED if (kind.group, kind.plural) == (group, plural)]


def of(api_version: str, kind: str) -> Kind | None:
    """The kind, as it is stored, that an object's `apiVersion` and `kind` name, or None outside the subset."""
    group, _, version = api_version.rpartition("/")
    found = _BY_KIND.get((group, kind))
    return found if found is not None and version in (found.version, *found.also) else None


def groups() -> dict[str, list[str]]:
    """Versions by API group in the order of the table; the core group is ""."""
    out: dict[str, list[str]] = {}
    for kind in SERVED:
        versions = out.setdefault(kind.group, [])
        if kind.version not in versions:
            versions.append(kind.version)
    return out


def in_version(group: str, version: str) -> Iterable[Kind]:
    """The kinds of an API version, views among them."""
    return (k for k in SERVED if (k.group, k.version) == (group, version))


NAMESPACE = _BY_KIND["", "Namespace"]
POD = _BY_KIND["", "Pod"]
CONFIG_MAP = _BY_KIND["", "ConfigMap"]
SECRET = _BY_KIND["", "Secret"]
PVC = _BY_KIND["", "PersistentVolumeClaim"]
SERVICE = _BY_KIND["", "Service"]
EVENT = _BY_KIND["", "Event"]
SERVICE_ACCOUNT = _BY_KIND["", "ServiceAccount"]
RESOURCE_QUOTA = _BY_KIND["", "ResourceQuota"]
LIMIT_RANGE = _BY_KIND["", "LimitRange"]
JOB = _BY_KIND["batch", "Job"]
TRAIN_JOB = _BY_KIND["trainer.kubeflow.org", "TrainJob"]
TRAINING_RUNTIME = _BY_KIND["trainer.kubeflow.org", "TrainingRuntime"]
CLUSTER_TRAINING_RUNTIME = _BY_KIND["trainer.kubeflow.org", "ClusterTrainingRuntime"]
PIPELINE = _BY_KIND[_PIPELINES, "Pipeline"]
PIPELINE_VERSION = _BY_KIND[_PIPELINES, "PipelineVersion"]
INFERENCE_SERVICE = _BY_KIND["serving.kserve.io", "InferenceService"]
SERVING_RUNTIME = _BY_KIND["serving.kserve.io", "ServingRuntime"]
CLUSTER_SERVING_RUNTIME = _BY_KIND["serving.kserve.io", "ClusterServingRuntime"]
EXPERIMENT = _BY_KIND["kubeflow.org", "Experiment"]
SUGGESTION = _BY_KIND["kubeflow.org", "Suggestion"]
TRIAL = _BY_KIND["kubeflow.org", "Trial"]
NOTEBOOK = _BY_KIND["kubeflow.org", "Notebook"]
POD_DEFAULT = _BY_KIND["kubeflow.org", "PodDefault"]
PYTORCH_JOB = _BY_KIND["kubeflow.org", "PyTorchJob"]
TF_JOB = _BY_KIND["kubeflow.org", "TFJob"]
XGBOOST_JOB = _BY_KIND["kubeflow.org", "XGBoostJob"]
PADDLE_JOB = _BY_KIND["kubeflow.org", "PaddleJob"]
JAX_JOB = _BY_KIND["kubeflow.org", "JAXJob"]
MPI_JOB = _BY_KIND["kubeflow.org", "MPIJob"]
# The kinds of the Training Operator, each named after its framework.
TRAINING_KINDS = (PYTORCH_JOB, TF_JOB, XGBOOST_JOB, PADDLE_JOB, JAX_JOB, MPI_JOB)
