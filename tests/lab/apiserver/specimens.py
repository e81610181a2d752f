"""A specimen of every kind that the engine serves: the least object of it, and what can be done with one.

Every kind lives the same life in the table (`cases/every_kind.py`). A kind without a specimen fails the suite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from minikf.embedded.patching import merge_patch

Object = dict[str, Any]
NONE: Object = {}
LONG_AGO = "2001-01-01T00:00:00Z"  # a fixed time stays as it is in what is compared
_KUBEFLOW, _TRAINER, _SERVING = "kubeflow.org", "trainer.kubeflow.org", "serving.kserve.io"
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Specimen:
    """One kind in one version. `rest` is what its least object has beside metadata.

    `change` is a merge patch that a client may make of it; `mistyped` one that gives a field a value of another type,
    and `missing` one that takes away what it must have: {} where the kind refuses nothing of that sort. `status` is
    what its status subresource is given, {} where it has none, and `scale` the path of the replicas that its scale
    subresource counts, "" where it has none. `edit` is a text of its YAML, and the one that an editor puts there.
    """

    api_version: str
    plural: str
    kind: str
    rest: Object
    change: Object
    mistyped: Object
    missing: Object = field(default_factory=dict)
    status: Object = field(default_factory=dict)
    scale: str = ""
    edit: tuple[str, str] = ("tier: one", "tier: ten")
    namespaced: bool = True
    view: bool = False

    @property
    def id(self) -> str:
        """What its cases are called: `pytorchjob`, or `notebook-v1beta1` for a version beside the stored one."""
        return f"{self.kind.lower()}-{self.version}" if self.view else self.kind.lower()

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        return self.api_version.rpartition("/")[2]

    @property
    def custom(self) -> bool:
        return self.group.endswith((_KUBEFLOW, _SERVING))

    @property
    def typed(self) -> bool:
        """Whether its schema says anything: those of Katib keep whatever they are given."""
        return self.kind not in ("Experiment", "Suggestion", "Trial")

    @property
    def any_name(self) -> bool:
        """Whether a name may be whatever can stand in a path."""
        return self.group == _RBAC or self.kind == "Event"

    @property
    def resource(self) -> str:
        """The kind as kubectl can be told of it without doubt: `notebooks.v1beta1.kubeflow.org`."""
        return f"{self.plural}.{self.version}.{self.group}" if self.group else self.plural

    @property
    def path(self) -> str:
        """Its collection in the case's namespace."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        return f"{root}/namespaces/$ns/{self.plural}" if self.namespaced else f"{root}/{self.plural}"

    def named(self, name: str) -> str:
        """What an object of a case is called; names of cluster-wide kinds must not meet those of other cases."""
        return name if self.namespaced else f"$ns-{name}"

    def one(self, name: str) -> str:
        """The path of an object."""
        return f"{self.path}/{self.named(name)}"

    def make(self, name: str, tier: str = "one", change: Object = NONE, **meta: Any) -> Object:
        """The least object. It carries the case's namespace as label `lab`, to be found by, and a `tier`."""
        labels = {"lab": "$ns", "tier": tier}
        metadata = {"name": self.named(name), "labels": labels, **meta}
        body = {"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata, **self.rest}
        return merge_patch(body, change) if change else body


def _pods(container: str = "main", **more: Any) -> Object:
    return {"spec": {"containers": [{"name": container, "image": "python:3.11", "command": ["python"]}], **more}}


_CONDITION = {"type": "Ready", "status": "True", "reason": "Since", "message": "m", "lastTransitionTime": LONG_AGO}
_CORE = (
    Specimen(
        *("v1", "namespaces", "Namespace", NONE),
        change={"metadata": {"annotations": {"note": "changed"}}},
        mistyped={"spec": {"finalizers": "x"}},
        status={"conditions": [_CONDITION]},
        namespaced=False,
    ),
    Specimen(
        *("v1", "pods", "Pod", _pods(serviceAccountName="default")),
        change={"spec": {"activeDeadlineSeconds": 100}},
        mistyped={"spec": {"activeDeadlineSeconds": "x"}},
        missing={"spec": {"containers": None}},
        status={"phase": "Running"},
    ),
    Specimen(
        *("v1", "configmaps", "ConfigMap", {"data": {"a": "1"}}),
        change={"data": {"a": "2"}},
        mistyped={"data": {"a": 1}},
    ),
    Specimen(
        *("v1", "secrets", "Secret", {"data": {"a": "MQ=="}}),
        change={"data": {"a": "Mg=="}},
        mistyped={"data": {"a": 1}},
    ),
    Specimen(
        *("v1", "serviceaccounts", "ServiceAccount", {"automountServiceAccountToken": False}),
        change={"automountServiceAccountToken": True},
        mistyped={"automountServiceAccountToken": "x"},
    ),
    Specimen(
        *("v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
        {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
        change={"spec": {"volumeName": "volume"}},
        mistyped={"spec": {"accessModes": "x"}},
        missing={"spec": {"resources": None}},
        status={"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}},
    ),
    Specimen(
        *("v1", "services", "Service"),
        {"spec": {"clusterIP": "None", "selector": {"app": "x"}, "ports": [{"port": 80}]}},
        change={"spec": {"publishNotReadyAddresses": True}},
        mistyped={"spec": {"ports": [{"port": "x"}]}},
        missing={"spec": {"ports": [{"port": None}]}},
        status={"conditions": [_CONDITION]},
    ),
    Specimen(
        *("v1", "events", "Event"),
        {
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "p", "namespace": "$ns"},
            **{"type": "Normal", "reason": "Since", "message": "told", "count": 1, "source": {"component": "lab"}},
            **{"firstTimestamp": LONG_AGO, "lastTimestamp": LONG_AGO},
        },
        change={"count": 2},
        mistyped={"count": "x"},
        missing={"involvedObject": None},
    ),
    Specimen(
        *("v1", "resourcequotas", "ResourceQuota", {"spec": {"hard": {"pods": "9", "limits.cpu": "4"}}}),
        change={"spec": {"hard": {"pods": "8"}}},
        mistyped={"spec": {"hard": {"pods": "many"}}},
        status={"hard": {"pods": "9"}, "used": {"pods": "1"}},
    ),
    Specimen(
        *("v1", "limitranges", "LimitRange", {"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}}]}}),
        change={"spec": {"limits": [{"type": "Container", "max": {"cpu": "3"}}]}},
        mistyped={"spec": {"limits": "x"}},
    ),
    Specimen(
        *("batch/v1", "jobs", "Job", {"spec": {"template": _pods(restartPolicy="Never")}}),
        change={"spec": {"parallelism": 2}},
        mistyped={"spec": {"parallelism": "x"}},
        missing={"spec": {"template": None}},
        status={"active": 1, "startTime": LONG_AGO},
    ),
)
_RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
_ROLES = tuple(
    Specimen(
        *(f"{_RBAC}/v1", f"{kind.lower()}s", kind, {"rules": [_RULE]}),
        change={"rules": [_RULE | {"verbs": ["get", "list"]}]},
        mistyped={"rules": "x"},
        missing={"rules": [{"verbs": ["get"]}]},
        namespaced=kind == "Role",
    )
    for kind in ("Role", "ClusterRole")
)
_USER = {"kind": "User", "name": "somebody", "apiGroup": _RBAC}
_BINDINGS = tuple(
    Specimen(
        *(f"{_RBAC}/v1", f"{kind.lower()}s", kind),
        {"roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "view"}, "subjects": [_USER]},
        change={"subjects": [_USER | {"name": "another"}]},
        mistyped={"subjects": "x"},
        missing={"roleRef": None},
        namespaced=kind == "RoleBinding",
    )
    for kind in ("RoleBinding", "ClusterRoleBinding")
)
_RUNTIME_JOB = {"name": "node", "template": {"spec": {"template": _pods("node")}}}
_TRAINER_KINDS = (
    Specimen(
        *(f"{_TRAINER}/v1alpha1", "trainjobs", "TrainJob", {"spec": {"runtimeRef": {"name": "plain-python"}}}),
        change={"spec": {"suspend": True}},
        mistyped={"spec": {"suspend": "x"}},
        missing={"spec": {"runtimeRef": None}},
        status={"conditions": [_CONDITION]},
    ),
    *(
        Specimen(
            *(f"{_TRAINER}/v1alpha1", f"{kind.lower()}s", kind),
            {"spec": {"template": {"spec": {"replicatedJobs": [_RUNTIME_JOB]}}}},
            change={"spec": {"mlPolicy": {"numNodes": 2}}},
            mistyped={"spec": {"mlPolicy": {"numNodes": "x"}}},
            missing={"spec": {"template": {"spec": {"replicatedJobs": [{"name": "node"}]}}}},
            namespaced=kind == "TrainingRuntime",
        )
        for kind in ("TrainingRuntime", "ClusterTrainingRuntime")
    ),
)
_MODEL = {"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://models/iris"}
_SERVING_KINDS = (
    Specimen(
        *(f"{_SERVING}/v1beta1", "inferenceservices", "InferenceService", {"spec": {"predictor": {"model": _MODEL}}}),
        change={"spec": {"predictor": {"minReplicas": 2}}},
        mistyped={"spec": {"predictor": {"minReplicas": "x"}}},
        missing={"spec": {"predictor": None}},
        status={"conditions": [_CONDITION], "url": "http://there"},
    ),
    *(
        Specimen(
            *(f"{_SERVING}/v1alpha1", f"{kind.lower()}s", kind),
            {"spec": {"supportedModelFormats": [{"name": "sklearn"}], **_pods("kserve-container")["spec"]}},
            change={"spec": {"disabled": True}},
            mistyped={"spec": {"disabled": "x"}},
            missing={"spec": {"containers": None}},
            namespaced=kind == "ServingRuntime",
        )
        for kind in ("ServingRuntime", "ClusterServingRuntime")
    ),
)
_PIPELINE_KINDS = (
    Specimen(
        *(f"pipelines.{_KUBEFLOW}/v2beta1", "pipelines", "Pipeline", {"spec": {"description": "told"}}),
        change={"spec": {"description": "told anew"}},
        mistyped={"spec": {"description": 1}},
    ),
    Specimen(
        *(f"pipelines.{_KUBEFLOW}/v2beta1", "pipelineversions", "PipelineVersion"),
        {"spec": {"pipelineName": "p", "pipelineSpec": {"pipelineInfo": {"name": "p"}, "root": {}}}},
        change={"spec": {"description": "told"}},
        mistyped={"spec": {"description": 1}},
        missing={"spec": {"pipelineSpec": None}},
        status={"conditions": [{key: value for key, value in _CONDITION.items() if key != "lastTransitionTime"}]},
    ),
)
_NOTEBOOK = Specimen(
    *(f"{_KUBEFLOW}/v1", "notebooks", "Notebook", {"spec": {"template": _pods()}}),
    change={"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 5}}}},
    mistyped={"spec": {"template": {"spec": {"terminationGracePeriodSeconds": "x"}}}},
    missing={"spec": {"template": {"spec": {"containers": [{"name": "main"}]}}}},
    status={"conditions": [], "readyReplicas": 1, "containerState": {"running": {"startedAt": LONG_AGO}}},
)
_KATIB_KINDS = tuple(
    Specimen(
        *(f"{_KUBEFLOW}/v1beta1", f"{kind.lower()}s", kind),
        rest={"spec": spec},
        change={"spec": {"added": {"by": "change"}}},
        mistyped=NONE,
        status={"conditions": [_CONDITION]},
    )
    for kind, spec in (
        (
            "Experiment",
            {
                "objective": {"type": "maximize", "objectiveMetricName": "loss"},
                "algorithm": {"algorithmName": "random"},
                **{"maxTrialCount": 2, "parallelTrialCount": 1},
            },
        ),
        ("Suggestion", {"algorithm": {"algorithmName": "random"}, "requests": 1}),
        ("Trial", {"objective": {"type": "maximize"}, "parameterAssignments": [{"name": "lr", "value": "0.1"}]}),
    )
)


def _replicas(field_: str, names: Mapping[str, Object], container: str) -> Object:
    return {"spec": {field_: {name: {"template": _pods(container), **more} for name, more in names.items()}}}


def _training(kind: str, field_: str, container: str, roles: tuple[str, ...], scale: bool = False) -> Specimen:
    """A kind of the Training Operator; the last role is the one whose replicas change."""
    last = roles[-1]
    roles_with = {role: {"replicas": 1, "restartPolicy": "Never"} for role in roles}
    return Specimen(
        *(f"{_KUBEFLOW}/v1", f"{kind.lower()}s", kind, _replicas(field_, roles_with, container)),
        change={"spec": {field_: {last: {"replicas": 2}}}},
        mistyped={"spec": {field_: {last: {"replicas": "x"}}}},
        missing={"spec": {field_: None}},
        status={
            "conditions": [_CONDITION],
            "replicaStatuses": {last: {"active": 2, "selector": f"training.kubeflow.org/replica-type={last.lower()}"}},
        },
        scale=f"spec.{field_}.{last}.replicas" if scale else "",
    )


_TRAINING_KINDS = (
    _training("PyTorchJob", "pytorchReplicaSpecs", "pytorch", ("Master", "Worker"), scale=True),
    _training("TFJob", "tfReplicaSpecs", "tensorflow", ("Worker",)),
    _training("XGBoostJob", "xgbReplicaSpecs", "xgboost", ("Master", "Worker")),
    _training("PaddleJob", "paddleReplicaSpecs", "paddle", ("Worker",), scale=True),
    _training("JAXJob", "jaxReplicaSpecs", "jax", ("Worker",), scale=True),
    _training("MPIJob", "mpiReplicaSpecs", "mpi", ("Launcher", "Worker")),
)
_POD_DEFAULT = Specimen(
    *(f"{_KUBEFLOW}/v1alpha1", "poddefaults", "PodDefault"),
    {"spec": {"selector": {"matchLabels": {"a": "b"}}, "env": [{"name": "A", "value": "1"}]}},
    change={"spec": {"desc": "told"}},
    mistyped={"spec": {"desc": 1}},
    missing={"spec": {"selector": None}},
)
SPECIMENS: tuple[Specimen, ...] = (
    *_CORE,
    *_ROLES,
    *_BINDINGS,
    *_TRAINER_KINDS,
    *_SERVING_KINDS,
    *_PIPELINE_KINDS,
    _NOTEBOOK,
    *(replace(_NOTEBOOK, api_version=f"{_KUBEFLOW}/{version}", view=True) for version in ("v1beta1", "v1alpha1")),
    *_KATIB_KINDS,
    *_TRAINING_KINDS,
    _POD_DEFAULT,
)
