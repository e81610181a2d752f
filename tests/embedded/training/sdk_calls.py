"""Run by the SDK's own python: every call of the TrainingClient that a job of one's own can be followed with."""

from kubeflow.training import (
    KubeflowOrgV1PyTorchJob,
    KubeflowOrgV1PyTorchJobSpec,
    KubeflowOrgV1ReplicaSpec,
    KubeflowOrgV1RunPolicy,
    TrainingClient,
)
from kubernetes.client import V1Container, V1ObjectMeta, V1PodSpec, V1PodTemplateSpec

WAIT = "import os, pathlib, time\nprint('begun', os.environ['RANK'], flush=True)\ntime.sleep(1)\nprint('over')"


def replica(code: str) -> KubeflowOrgV1ReplicaSpec:
    container = V1Container(name="pytorch", image="python:3.12", command=["python3", "-c", code])
    template = V1PodTemplateSpec(spec=V1PodSpec(containers=[container]))
    return KubeflowOrgV1ReplicaSpec(replicas=1, restart_policy="Never", template=template)


def job(name: str, code: str) -> KubeflowOrgV1PyTorchJob:
    return KubeflowOrgV1PyTorchJob(
        api_version="kubeflow.org/v1",
        kind="PyTorchJob",
        metadata=V1ObjectMeta(name=name, namespace="default"),
        spec=KubeflowOrgV1PyTorchJobSpec(
            run_policy=KubeflowOrgV1RunPolicy(clean_pod_policy="None"),
            pytorch_replica_specs={"Master": replica(code), "Worker": replica(code)},
        ),
    )


def main() -> None:
    client = TrainingClient(job_kind="PyTorchJob")
    client.create_job(job("follow", WAIT))
    client.wait_for_job_conditions("follow", expected_conditions={"Running"}, polling_interval=0.1, wait_timeout=60)
    print("running", client.is_job_running("follow"), client.is_job_created("follow"))
    logs, _ = client.get_job_logs("follow", follow=True)
    print("followed", logs)
    client.wait_for_job_conditions("follow", polling_interval=0.1, wait_timeout=60)
    print("succeeded", client.is_job_succeeded("follow"), client.is_job_failed("follow"))
    print("pods", sorted(client.get_job_pod_names("follow")), client.get_job_pod_names("follow", is_master=True))
    print("listed", [one.metadata.name for one in client.list_jobs() if one.metadata.name == "follow"])
    print("conditions", [one.type for one in client.get_job_conditions("follow")])
    changed = client.get_job("follow")
    changed.metadata.labels = {"team": "a"}
    client.update_job(changed, "follow")
    print("labels", client.get_job("follow").metadata.labels)
    _, events = client.get_job_logs("follow", verbose=True)
    print("events", any("successfully completed" in text for texts in events.values() for text in texts))
    client.delete_job("follow")

    client.create_job(job("fail", "raise SystemExit(3)"))
    try:
        client.wait_for_job_conditions("fail", polling_interval=0.1, wait_timeout=60)
    except RuntimeError as error:
        print("failed", "is Failed" in str(error))
    client.delete_job("fail")
    try:
        client.create_job(name="image", base_image="a/trainer:1", num_workers=1)
    except RuntimeError as error:
        print("refused", "has no command" in str(error))


if __name__ == "__main__":
    main()
