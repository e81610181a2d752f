"""Two jobs of the Training Operator from plain functions. Run it after `eval "$(minikf env)"`:

    pip install kubeflow-training
    python training_jobs.py

The package and `kubeflow` share a name, so it wants an environment of its own. The first job is a PyTorchJob of two
nodes that add up numbers over the network that the operator describes; it needs no torch, only the variables that torch
would read. The second is a TFJob whose tasks tell what TF_CONFIG says of them. The same file runs against any Kubeflow
with the Training Operator, given images with Python.
"""

from kubeflow.training import TrainingClient


def add_up(parameters: dict[str, int]) -> None:
    """Node 0 collects what the others have counted: an all-reduce in its plainest form."""
    import os
    import socket
    import time

    rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    address = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
    mine = sum(range(rank, parameters["parts"], world))
    print(f"rank {rank} of {world} has {mine}")
    if rank == 0:
        with socket.create_server(address) as server:
            for _ in range(world - 1):
                connection, _ = server.accept()
                with connection:
                    mine += int(connection.makefile().readline())
        print(f"total {mine}")
        return
    for _ in range(600):
        try:
            with socket.create_connection(address) as connection:
                connection.sendall(f"{mine}\n".encode())
            return
        except ConnectionRefusedError:
            time.sleep(0.1)  # node 0 is not there yet
    raise SystemExit("node 0 did not come")


def tell_task() -> None:
    """What tf.distribute would read."""
    import json
    import os

    config = json.loads(os.environ["TF_CONFIG"])
    print(f"{config['task']['type']} {config['task']['index']} of {len(config['cluster']['worker'])}")


def main() -> None:
    client = TrainingClient()

    client.create_job(
        name="add-up",
        job_kind="PyTorchJob",
        base_image="python:3.12",
        train_func=add_up,
        parameters={"parts": 1000},
        num_workers=2,
        num_procs_per_worker=1,
    )
    client.wait_for_job_conditions("add-up", job_kind="PyTorchJob", polling_interval=1, wait_timeout=120)
    logs, _ = client.get_job_logs("add-up", job_kind="PyTorchJob", is_master=False)
    for pod, text in sorted(logs.items()):
        for line in text.splitlines():
            print(f"{pod}: {line}")

    client.create_job(name="tell-task", job_kind="TFJob", base_image="python:3.12", train_func=tell_task, num_workers=2)
    client.wait_for_job_conditions("tell-task", job_kind="TFJob", polling_interval=1, wait_timeout=120)
    logs, _ = client.get_job_logs("tell-task", job_kind="TFJob")  # of the master: a TFJob ends with its first worker
    for pod, text in logs.items():
        print(f"{pod}: {text.strip()}")

    for name, kind in (("add-up", "PyTorchJob"), ("tell-task", "TFJob")):
        job = client.get_job(name, job_kind=kind)
        print(f"{kind} {name}: {job.status.conditions[-1].type}")
        client.delete_job(name, job_kind=kind)


if __name__ == "__main__":
    main()
