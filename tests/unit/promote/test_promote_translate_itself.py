"""What was translated translates to itself, whatever the target says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from minikf.promote.model import Object, Placeholder, Target
from minikf.promote.targets.profile import StorageClass, TargetProfile
from minikf.promote.targets.spec import SecretSource, TargetSpec
from minikf.promote.translate import ImageFacts, translate
from tests.unit.promote.profiles_of_clouds import CLOUDS, profile
from tests.unit.promote.translate_world import (
    IMAGES,
    SPECS,
    bare,
    claim,
    everything,
    pipeline,
    pod,
    runtime,
    service,
    train_job,
)

NAMES = st.sampled_from(["team", "prod", "default", "dev"])
CLASSES = st.sampled_from(["", "standard", "gp3", "fast", "efs-sc", "standard-rwx"])
MODES = st.sampled_from([(), ("ReadWriteOnce",), ("ReadWriteOnce", "ReadWriteMany")])
ACCOUNTS = st.sampled_from(["default", "trainer", "default-editor", "ml"])
SECRETS = st.sampled_from(["pull", "a", "key", "there"])
IMAGE_NAMES = st.sampled_from(
    ["python:3.11", "localhost:5000/team/learn:1", "kind-registry:5000/x", "ghcr.io/a/b:1", "reg.example.com/t/x:1"]
)
RESOURCES = st.sampled_from(["nvidia.com/gpu", "nvidia.com/mig-1g.5gb", "amd.com/gpu"])
LABELS = st.sampled_from(["cloud.google.com/gke-accelerator", "nvidia.com/gpu.product", "zone"])
TEXTS = st.sampled_from(
    [
        "http://a.team.svc/x",
        "http://a.dev.svc.cluster.local b.prod.svc",
        "minio://mlpipeline/x",
        "seaweedfs.kubeflow:8333",
        "${A}",
        "see ${A} and ${B}",
        "plain",
        "s3://mlpipeline/a b",
        "minio://other/y",
    ]
)


@st.composite
def specs(draw: st.DrawFn) -> TargetSpec:
    resources = draw(st.dictionaries(RESOURCES, RESOURCES, max_size=2))
    labels = draw(st.dictionaries(LABELS, st.sampled_from(["nvidia-l4", "t4"]), max_size=1))
    return TargetSpec(
        name="t",
        namespace=draw(NAMES),
        namespaces=draw(st.dictionaries(NAMES, NAMES, max_size=3)),
        registry=draw(st.sampled_from(["", "reg.example.com/t", "localhost:5001", "plain"])),
        pull_secrets=draw(st.sampled_from([(), ("pull",), ("a", "b", "a")])),
        store=draw(st.sampled_from(["", "s3://b/p", "gs://b/", "az://c/p", "minio://mlpipeline/z", "file:///x"])),
        store_options=draw(st.sampled_from([{}, {"endpoint": "http://minio.kubeflow:9000"}, {"account": "acc"}])),
        storage_classes=draw(st.dictionaries(CLASSES, CLASSES, max_size=3)),
        service_accounts=draw(st.dictionaries(ACCOUNTS, ACCOUNTS, max_size=3)),
        identity=draw(st.sampled_from([{}, {"x/role": "r"}, {"azure.workload.identity/client-id": "0"}])),
        secrets=draw(st.dictionaries(SECRETS, SECRETS.map(lambda name: SecretSource("existing", name)), max_size=2)),
        queue=draw(st.sampled_from(["", "ml"])),
        gpu=resources | labels,
        answers=draw(st.dictionaries(st.sampled_from(["A", "B"]), TEXTS, max_size=2)),
        pipeline_documents=draw(st.sampled_from([1, 2])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Object, ...]:
    limits = {"resources": {"limits": draw(st.dictionaries(RESOURCES, st.sampled_from(["1", "2", "99"]), max_size=2))}}
    context = st.sampled_from(
        [{}, {"runAsUser": 0}, {"runAsUser": 7}, {"runAsNonRoot": True}, {"seccompProfile": {"type": "Unconfined"}}]
    )
    key = {"secretKeyRef": {"name": draw(SECRETS), "key": "k"}}
    text = [{"name": "T", "value": draw(TEXTS)}, {"name": "K", "valueFrom": key}]
    container = limits | {"env": text, "image": draw(IMAGE_NAMES), "securityContext": draw(context)}
    selector = draw(st.dictionaries(LABELS, st.sampled_from(["nvidia-l4", "t4"]), max_size=2))
    account = draw(ACCOUNTS)
    one = pod(container=container, nodeSelector=selector, serviceAccountName=account, securityContext=draw(context))
    queued = {"labels": {"kueue.x-k8s.io/queue-name": "local"}} if draw(st.booleans()) else {}
    job = train_job(trainer={"resourcesPerNode": limits["resources"], "image": draw(IMAGE_NAMES)}, metadata=queued)
    objects = [
        one,
        job,
        train_job("own", "ours"),
        runtime(),
        service(model={"storageUri": draw(TEXTS)}, canaryTrafficPercent=5, serviceAccountName=account),
        claim("a", draw(st.none() | CLASSES), *draw(MODES)),
        pipeline({"image": draw(IMAGE_NAMES)}, draw(st.none() | st.just({})), defaultPipelineRoot=draw(TEXTS)),
        bare("v1", "ServiceAccount", account),
        bare("v1", "ConfigMap", "kfp-launcher", data={"defaultPipelineRoot": draw(TEXTS), "providers": draw(TEXTS)}),
    ]
    for obj in objects:
        namespace = draw(st.none() | NAMES)
        if namespace:
            obj["metadata"]["namespace"] = namespace
    chosen = draw(st.sets(st.integers(0, len(objects) - 1), min_size=1))
    return tuple(obj for index, obj in enumerate(objects) if index in chosen)


def asked(objects: tuple[Object, ...]) -> tuple[Placeholder, ...]:
    """Placeholders A and B, wherever the pod's variable or the model's address holds them."""
    places: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
        ("", "Pod", "p", ("spec", "containers", 0, "env", 0, "value")),
        ("serving.kserve.io", "InferenceService", "fraud", ("spec", "predictor", "model", "storageUri")),
    )
    targets = tuple(Target(group, "v1", kind, name, path) for group, kind, name, path in places)
    return tuple(Placeholder(name, f"${{{name}}}", "an address of this machine", targets) for name in ("A", "B"))


@settings(max_examples=75, deadline=None)
@given(worlds(), specs(), st.sampled_from(CLOUDS), st.sampled_from(["", "baseline", "restricted"]), NAMES, MODES)
def test_a_translation_translates_to_itself(
    objects: tuple[Object, ...],
    spec: TargetSpec,
    cloud: str,
    level: str,
    here: str,
    modes: tuple[str, ...],
) -> None:
    at = varied(profile(cloud), level, modes)
    images = IMAGES | {"reg.example.com/t/x:1": ImageFacts("sha256:b", (), "root")}
    first = translate(objects, asked(objects), spec, at, here=here, images=images)
    again = translate(first.objects, asked(objects), spec, at, here=here, images=images)
    assert [(one.rule, one.path, one.old, one.new) for one in again.changes] == []
    assert again.objects == first.objects
    assert len(first.objects) == len(objects)


def varied(at: TargetProfile, level: str, modes: tuple[str, ...]) -> TargetProfile:
    namespaces = tuple(replace(one, security=level) for one in at.namespaces)
    return replace(at, namespaces=namespaces, storage=(*at.storage, StorageClass("fast", "x", modes=modes)))


def test_nothing_that_is_given_is_changed() -> None:
    objects, placeholders, origins = everything()
    copy = everything()[0]
    translate(objects, placeholders, SPECS["eks"], profile("eks"), here="team", images=IMAGES, origins=origins)
    assert objects == copy


def test_the_same_in_is_the_same_out() -> None:
    objects, placeholders, origins = everything()
    runs = [
        translate(objects, placeholders, SPECS["onprem"], profile("onprem"), here="team", origins=origins)
        for _each in range(2)
    ]
    assert runs[0] == runs[1]
