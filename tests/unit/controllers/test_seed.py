"""What a platform is born with."""

from __future__ import annotations

from minikf.embedded.controllers.seed import seed
from minikf.embedded.kinds import CLUSTER_TRAINING_RUNTIME, CONFIG_MAP, NAMESPACE
from tests.unit.controllers.conftest import Plane


async def test_namespaces_runtimes_and_the_public_config_map(plane: Plane) -> None:
    names = plane.names(NAMESPACE)
    assert {"default", "kube-system", "kubeflow", "kubeflow-system"} <= set(names)
    assert plane.names(CLUSTER_TRAINING_RUNTIME) == ["mpi-distributed", "plain-python", "torch-distributed"]
    public = plane.the(CONFIG_MAP, "kubeflow-trainer-public", "kubeflow-system")
    assert public["data"]["kubeflow_trainer_version"].startswith("v2.")
    for name in plane.names(CLUSTER_TRAINING_RUNTIME):
        labels = plane.the(CLUSTER_TRAINING_RUNTIME, name)["metadata"]["labels"]
        assert labels["trainer.kubeflow.org/framework"], "the SDK leaves out runtimes without it"


async def test_seeding_again_changes_nothing_and_keeps_what_users_changed(plane: Plane) -> None:
    before = plane.the(CLUSTER_TRAINING_RUNTIME, "torch-distributed")
    await plane.change(CLUSTER_TRAINING_RUNTIME, "plain-python", lambda obj: obj["spec"]["mlPolicy"].update(numNodes=4))
    await seed(plane.objects)
    assert plane.the(CLUSTER_TRAINING_RUNTIME, "torch-distributed") == before
    assert plane.the(CLUSTER_TRAINING_RUNTIME, "plain-python")["spec"]["mlPolicy"]["numNodes"] == 4
    await plane.objects.delete(CLUSTER_TRAINING_RUNTIME, "", "plain-python")
    await seed(plane.objects)
    assert plane.the(CLUSTER_TRAINING_RUNTIME, "plain-python")["spec"]["mlPolicy"]["numNodes"] == 1
