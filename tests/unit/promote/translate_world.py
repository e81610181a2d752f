"""What a user of a laptop would promote, of every root kind, and what a target is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from minikf.promote.evidence import Change, Finding, Level
from minikf.promote.model import Object, Placeholder
from minikf.promote.placeholders import detach
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import TargetSpec
from minikf.promote.translate import ImageFacts, Translation, translate
from tests.unit.promote.profiles_of_clouds import profile
from tests.unit.promote.promote_world import LAPTOP

DIGEST = f"sha256:{'a' * 64}"
SUM = "c0ffee" * 10 + "c0de"
IMAGES = {
    "localhost:5000/team/learn:1": ImageFacts(DIGEST, ("linux/amd64", "linux/arm64"), "1000"),
    "ghcr.io/kubeflow/notebook:v1": ImageFacts("", ("linux/amd64",), "jovyan"),
}
GPU = {"resources": {"limits": {"nvidia.com/gpu": "1"}}}


def bare(api_version: str, kind: str, name: str, **content: Any) -> Object:
    """An object as the cleaning leaves it: in no namespace."""
    metadata = {"name": name} | content.pop("metadata", {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def claim(name: str = "data", storage_class: str | None = "standard", *modes: str) -> Object:
    spec: Object = {"accessModes": list(modes or ("ReadWriteOnce",)), "resources": {"requests": {"storage": "1Gi"}}}
    spec |= {"storageClassName": storage_class} if storage_class is not None else {}
    return bare("v1", "PersistentVolumeClaim", name, spec=spec)


def pod(name: str = "p", image: str = "ghcr.io/a/b:1", **spec: Any) -> Object:
    container = {"name": "main", "image": image} | spec.pop("container", {})
    return bare("v1", "Pod", name, spec={"containers": [container], **spec})


def service(**predictor: Any) -> Object:
    model = {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/fraud"} | predictor.pop("model", {})
    spec = {"predictor": {"model": model, **predictor}}
    return bare("serving.kserve.io/v1beta1", "InferenceService", "fraud", spec=spec)


def train_job(name: str = "learn", runtime: str = "torch-distributed", **spec: Any) -> Object:
    metadata = spec.pop("metadata", {})
    spec = {"runtimeRef": {"name": runtime, "kind": "ClusterTrainingRuntime"}} | spec
    return bare("trainer.kubeflow.org/v1alpha1", "TrainJob", name, metadata=metadata, spec=spec)


def pipeline(container: Object | None = None, platform: Object | None = None, **ir: Any) -> Object:
    step = {"image": "python:3.11", "command": ["python"]} | (container or {})
    spec: Object = {
        "pipelineName": "churn",
        "pipelineSpec": {
            "pipelineInfo": {"name": "churn"},
            "schemaVersion": "2.1.0",
            "deploymentSpec": {"executors": {"exec-fit": {"container": step}}},
            "components": {"comp-fit": {"executorLabel": "exec-fit"}},
            "root": {"dag": {"tasks": {"fit": {"componentRef": {"name": "comp-fit"}}}}},
        }
        | ir,
    }
    if platform is not None:
        executors = {"deploymentSpec": {"executors": {"exec-fit": platform}}}
        spec["platformSpec"] = {"platforms": {"kubernetes": executors}}
    return bare("pipelines.kubeflow.org/v2beta1", "PipelineVersion", "churn-1", spec=spec)


def experiment() -> Object:
    container = {"name": "trial", "image": "localhost:5000/team/learn:1", **GPU}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {"template": {"spec": {"containers": [container], "restartPolicy": "Never"}}},
    }
    spec = {"trialTemplate": {"primaryContainerName": "trial", "trialSpec": job}}
    return bare("kubeflow.org/v1beta1", "Experiment", "tune", spec=spec)


def notebook() -> Object:
    mounts = [{"name": "w", "mountPath": "/w"}]
    container = {"name": "nb", "image": "ghcr.io/kubeflow/notebook:v1", "volumeMounts": mounts}
    volumes = [{"name": "w", "persistentVolumeClaim": {"claimName": "shared"}}]
    spec = {"containers": [container], "serviceAccountName": "default-editor", "volumes": volumes}
    return bare("kubeflow.org/v1beta1", "Notebook", "lab", spec={"template": {"spec": spec}})


def runtime() -> Object:
    container = {"name": "node", "image": "localhost:5000/team/learn:1", **GPU}
    jobs = [{"name": "node", "template": {"spec": {"template": {"spec": {"containers": [container]}}}}}]
    spec = {"mlPolicy": {"numNodes": 1}, "template": {"spec": {"replicatedJobs": jobs}}}
    return bare("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime", "ours", spec=spec)


def torch_job() -> Object:
    container = {"name": "pytorch", "image": "localhost:5000/team/learn:1", **GPU}
    template = {"spec": {"containers": [container], "initContainers": [{"name": "get", "image": "busybox:1"}]}}
    replicas = {"Master": {"replicas": 1, "restartPolicy": "Never", "template": template}}
    return bare("kubeflow.org/v1", "PyTorchJob", "old", spec={"pytorchReplicaSpecs": replicas})


def serving_runtime() -> Object:
    container = {"name": "kserve-container", "image": "localhost:5000/team/serve:1"}
    spec = {"supportedModelFormats": [{"name": "ours"}], "containers": [container]}
    return bare("serving.kserve.io/v1alpha1", "ServingRuntime", "ours", spec=spec)


def everything() -> tuple[tuple[Object, ...], tuple[Placeholder, ...], dict[str, str]]:
    """One of each, with their placeholders as the base of a promotion has them, and what those stood for."""
    queue = {"labels": {"kueue.x-k8s.io/queue-name": "local"}}
    env = [
        {"name": "MLFLOW_TRACKING_URI", "value": "http://127.0.0.1:5000"},
        {"name": "STORE", "value": "http://seaweedfs.kubeflow:8333"},
        {"name": "FEATURES", "value": "http://features.team.svc.cluster.local/v1"},
    ]
    launcher = {"defaultPipelineRoot": "minio://mlpipeline/v2/artifacts", "providers": "s3: {default: {endpoint: x}}\n"}
    subjects = [{"kind": "ServiceAccount", "name": "trainer", "namespace": "team"}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    step = {"resources": {"accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": "1"}}}
    objects = (
        service(canaryTrafficPercent=10, model={"storageUri": "file:///home/me/models/fraud"}),
        train_job(
            metadata=queue,
            trainer={"env": env, "numNodes": 1, "resourcesPerNode": {"limits": {"nvidia.com/gpu": 1}}},
            initializer={"dataset": {"storageUri": "file:///home/me/data"}},
        ),
        train_job("own", "ours"),
        runtime(),
        experiment(),
        torch_job(),
        serving_runtime(),
        notebook(),
        pipeline(step, {"imagePullPolicy": "Always"}, defaultPipelineRoot="minio://mlpipeline/churn"),
        claim("data"),
        claim("shared", "standard", "ReadWriteMany"),
        bare("v1", "ConfigMap", "kfp-launcher", data=launcher),
        bare("v1", "ServiceAccount", "trainer"),
        bare("rbac.authorization.k8s.io/v1", "RoleBinding", "rb", roleRef=role, subjects=subjects),
    )
    detached = detach(objects, LAPTOP)
    known = tuple(replace(one, sha256=SUM) if "_URI_" in one.name else one for one in detached.placeholders)
    return detached.objects, known, detached.origins


SPECS = {
    "eks": TargetSpec(
        name="eks",
        namespace="prod",
        registry="123456789012.dkr.ecr.eu-central-1.amazonaws.com/team",
        pull_secrets=("ecr",),
        store="s3://models-prod/kubeflow",
        store_options={"region": "eu-central-1", "endpoint": "https://s3.eu-central-1.amazonaws.com"},
        identity={"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/kubeflow"},
        queue="ml",
        answers={"MLFLOW_TRACKING_URI_LEARN": "http://mlflow.prod.svc:5000"},
    ),
    "gke": TargetSpec(
        name="gke",
        namespace="prod",
        registry="europe-docker.pkg.dev/project/team",
        store="gs://models-prod/kubeflow",
        store_options={"endpoint": "https://storage.googleapis.com"},
        identity={"iam.gke.io/gcp-service-account": "kubeflow@project.iam.gserviceaccount.com"},
        gpu={"cloud.google.com/gke-accelerator": "nvidia-l4"},
        queue="gpu-queue",
        answers={"MLFLOW_TRACKING_URI_LEARN": "http://mlflow.prod.svc:5000"},
    ),
    "aks": TargetSpec(
        name="aks",
        namespace="prod",
        registry="team.azurecr.io/kubeflow",
        store="az://models/kubeflow",
        store_options={"account": "teammodels"},
        identity={"azure.workload.identity/client-id": "00000000-0000-0000-0000-000000000000"},
        queue="ml",
    ),
    "openshift": TargetSpec(
        name="openshift",
        namespace="prod",
        registry="image-registry.openshift-image-registry.svc:5000/prod",
        store="s3://models-prod",
        service_accounts={"default-editor": "default"},
        queue="ml",
    ),
    "onprem": TargetSpec(
        name="onprem",
        namespaces={"team": "prod"},
        storage_classes={"standard": "rook-ceph-block"},
        answers={"MLFLOW_TRACKING_URI_LEARN": "http://mlflow:5000"},
    ),
}


def run(*objects: Object, spec: TargetSpec | None = None, at: TargetProfile | None = None, **more: Any) -> Translation:
    """A translation without placeholders, to EKS unless told otherwise; it must translate to itself."""
    spec = spec or TargetSpec("t", namespace="prod")
    at = at or profile("eks")
    done = translate(objects, (), spec, at, here="team", **more)
    again = translate(done.objects, (), spec, at, here="team", **more)
    assert again.objects == done.objects
    assert not again.changes
    return done


def by(done: Translation, rule: str) -> tuple[list[Change], list[Finding]]:
    """The changes and findings of one rule."""
    return [one for one in done.changes if one.rule == rule], [one for one in done.findings if one.rule == rule]


def errors(done: Translation, rule: str = "") -> list[Finding]:
    return [one for one in done.findings if one.level is Level.ERROR and rule in ("", one.rule)]
