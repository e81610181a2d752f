"""A probe of a real API server in the shape of a cloud: by its administrator, and by who has one namespace only."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from apiserver.real import real_server
from apiserver.server import Server, write_kubeconfig
from clusters.cluster import Cluster

from minikf.promote.targets import adding, probing, shelf
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import SecretSource, TargetSpec

from .cloud import SECRET, SPACE, admin_of_a_namespace, furnish, install_kserve, make

CHECKOUT = Path(__file__).resolve().parents[3]
_QUEUES = "kubernetes-sigs/kueue/v0.19.2/config/components/crd/bases/kueue.x-k8s.io_localqueues.yaml"


@dataclass(frozen=True)
class Cloud:
    server: Server
    team: Path


@pytest.fixture(scope="module", autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "STATE", "DATA", "CACHE"):
            patch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
        yield folder


@pytest.fixture(scope="module")
def cloud(lab_binaries: Path, crds: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder, token = tmp_path_factory.mktemp("cloud"), secrets.token_urlsafe(24)
    wanted = [one for one in crds if one["spec"]["group"] in ("serving.kserve.io", "trainer.kubeflow.org")]
    if not wanted:
        pytest.skip("there are no upstream CRDs: name the mirror with MINIKF_UPSTREAM")
    with real_server(lab_binaries, folder, wanted, {"team": token}) as server:
        furnish(server, _queues())
        install_kserve(server)
        admin_of_a_namespace(server, "team")
        team = folder / "team.kubeconfig"
        write_kubeconfig(team, server.url, server.ca, token)
        yield Cloud(server, team)


def _queues() -> dict[str, Any] | None:
    mirror = Path(os.environ.get("MINIKF_UPSTREAM") or CHECKOUT.parent / "shared" / "upstream")
    path = mirror / _QUEUES
    return dict(yaml.safe_load(path.read_bytes())) if path.exists() else None


def probed(name: str, kubeconfig: Path) -> TargetProfile:
    spec = TargetSpec(
        name, context="lab", kubeconfig=str(kubeconfig), namespace=SPACE, namespaces={"other": "elsewhere"},
        secrets={"db": SecretSource("existing", "db")}, pull_secrets=("absent",),
    )  # fmt: skip
    adding.add(spec)
    steps = probing.probe(name)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def whole(cloud: Cloud) -> TargetProfile:
    """What its administrator sees."""
    if _queues() is not None:
        queue = {"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "LocalQueue", "metadata": {"name": "gpu"},
                 "spec": {"clusterQueue": "all"}}  # fmt: skip
        active = {"type": "Active", "status": "True", "reason": "Ready", "message": "",
                  "lastTransitionTime": "2026-01-01T00:00:00Z"}  # fmt: skip
        path = f"/apis/kueue.x-k8s.io/v1beta1/namespaces/{SPACE}/localqueues"
        make(cloud.server, path, queue, {"conditions": [active]})
    return probed("whole", cloud.server.kubeconfig)


@pytest.fixture(scope="module")
def part(cloud: Cloud, whole: TargetProfile) -> TargetProfile:
    """What the administrator of one namespace sees."""
    return probed("part", cloud.team)


def test_an_administrator_sees_all_of_a_cloud(whole: TargetProfile) -> None:
    assert whole.version.startswith("v1.") and len(whole.cluster) == 36
    classes = {one.name: one for one in whole.storage}
    rwo, rwx, own = classes["standard-rwo"], classes["standard-rwx"], classes["own"]
    assert (rwo.default, rwo.binding, rwo.expands) == (True, "WaitForFirstConsumer", True)
    assert rwo.modes == ("ReadWriteOnce",) and "drivers.html" in rwo.proof["ReadWriteOnce"]
    assert rwx.modes == ("ReadWriteMany", "ReadWriteOnce") and not rwx.default
    assert own.proof == {  # nothing is documented of it; a volume that is free proves nothing
        "ReadWriteMany": "volume pv-1 is bound with it",
        "ReadWriteOnce": f"claim {SPACE}/data is bound with it",
    }
    gpu, plain = whole.nodes
    assert (gpu.count, gpu.allocatable["nvidia.com/gpu"], gpu.allocatable["memory"]) == (3, "1", "30000001Ki")
    assert gpu.labels["cloud.google.com/gke-accelerator"] == "nvidia-l4"
    assert [(one.key, one.value, one.effect) for one in gpu.taints] == [("nvidia.com/gpu", "present", "NoSchedule")]
    assert plain.count == 2 and "kubernetes.io/hostname" not in plain.labels
    assert "example.com/machine" not in gpu.labels, "it is another one on each node"
    assert whole.kserve_mode == "Standard"
    assert [(one.name, one.formats, one.picked) for one in whole.runtimes if one.formats] == [
        ("kserve-sklearnserver", ("sklearn", "joblib"), ("sklearn",))
    ]
    assert {"high", "low"} <= set(whole.priority_classes) and whole.ingress_classes == ("nginx",)


def test_its_namespaces_quotas_and_policies_are_known(whole: TargetProfile) -> None:
    team, elsewhere = whole.namespaces
    assert (team.name, team.security, elsewhere.security) == (SPACE, "restricted", "")
    assert team.secrets == {"db": ("password", "user"), "unnamed": ()} and team.claims == ("data",)
    (quota,) = whole.quotas
    assert quota.used["pods"] == quota.hard["pods"] == "5"
    policies = {one.name: one for one in whole.policies}
    assert set(policies) == {
        "no-latest", "hints", "inferenceservice.serving.kserve.io/inferenceservice.example.com"
    }, "a policy for others and one that only writes to the audit log refuse nothing here"  # fmt: skip
    refusing = policies["no-latest"]
    assert (refusing.kinds, refusing.namespaces, refusing.denies) == (("Deployment.apps", "Pod"), (SPACE,), True)
    assert refusing.says == "say which image" and not policies["hints"].denies
    assert all(one.allowed for one in whole.rights) and len(whole.rights) > 100
    assert {gap.what for gap in whole.gaps} <= {"gateway_classes", "queues"}, whole.gaps
    if _queues() is not None:
        assert [(one.namespace, one.name, one.cluster_queue, one.active) for one in whole.queues] == [
            (SPACE, "gpu", "all", True)
        ]


def test_who_has_one_namespace_gets_a_profile_that_is_of_use(part: TargetProfile, whole: TargetProfile) -> None:
    assert part.kinds == whole.kinds and part.version == whole.version
    team = part.namespaces[0]
    assert team.secrets == {"db": ("password", "user"), "unnamed": ()} and "settings" in team.config_maps
    assert [one.name for one in part.quotas] == ["small"]
    (known,) = part.storage  # classes may not be listed, but a claim of the namespace has one
    assert (known.name, known.provisioner, known.modes) == ("own", "storage.example.com", ("ReadWriteOnce",))
    for what in ("nodes", "storage", "cluster", "policies", "kserve_mode", "priority_classes"):
        gap = part.unknown(what)
        assert gap is not None and "forbidden" in gap.why and '"team"' in gap.why, (what, gap)
    assert part.unknown("quotas", "elsewhere") is not None and part.unknown("quotas", SPACE) is None
    rights = {(one.verb, one.resource, one.namespace): one for one in part.rights}
    assert rights["create", "configmaps", SPACE].allowed and rights["get", "secrets", SPACE].allowed
    assert rights["get", "pods/log", SPACE].allowed
    for denied in (("create", "configmaps", "elsewhere"), ("list", "nodes", ""), ("create", "namespaces", ""),
                   ("create", "inferenceservices", SPACE)):  # fmt: skip
        assert not rights[denied].allowed, denied


def test_no_value_of_a_secret_is_kept_whoever_asks(part: TargetProfile, whole: TargetProfile) -> None:
    for profile in (part, whole):
        text = shelf.profile_file(profile.target).read_text()
        assert json.loads(text)["profile"]["target"] == profile.target and shelf.profile(profile.target) == profile
        assert SECRET not in text and base64.b64decode(SECRET).decode() not in text


def test_a_real_cluster_proves_what_its_volumes_can(kind_cluster: Cluster, say: Callable[[str], None]) -> None:
    """With a kubelet and a provisioner: what the probe says of the class is what the class does."""
    spec = TargetSpec("kind", context=kind_cluster.context, kubeconfig=str(kind_cluster.kubeconfig))
    assert adding.add(spec).version.startswith("v1.")
    steps = probing.probe("kind")
    while True:
        try:
            event = next(steps)
            say(f"{event.what}: {event.message}")
        except StopIteration as end:
            profile: TargetProfile = end.value
            break
    (node,) = profile.nodes
    assert node.count == 1 and node.os == "linux" and "cpu" in node.allocatable
    (standard,) = profile.storage
    assert standard.default and standard.provisioner == "rancher.io/local-path" and standard.modes == ("ReadWriteOnce",)
    assert all(one.allowed for one in profile.rights)
    assert {gap.what for gap in profile.gaps} == {"queues", "runtimes", "gateway_classes", "kserve_mode"}
