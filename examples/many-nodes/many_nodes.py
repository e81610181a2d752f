"""One function on several nodes: a TrainJob whose nodes each learn from a part of the data. Run it after
`eval "$(minikf env)"`:

    python many_nodes.py 2

Each node takes its share of the handwritten digits, fits a model to it and prints how well that does on digits that no
node has seen. It finds the platform by KUBECONFIG and runs on any Kubeflow that has the runtime plain-python.
"""

import json
import sys
import time

from kubeflow.trainer import CustomTrainer, TrainerClient
from kubeflow.trainer.options import Name

SECONDS_TO_WAIT = 300


def learn(nodes):
    """Runs on every node, so it brings its own imports; Kubernetes numbers the pods of a job."""
    import json
    import os

    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split

    node = int(os.environ["JOB_COMPLETION_INDEX"])
    images, labels = load_digits(return_X_y=True)
    learn_x, held_x, learn_y, held_y = train_test_split(images / 16, labels, test_size=0.2, random_state=0)
    mine_x, mine_y = learn_x[node::nodes], learn_y[node::nodes]
    accuracy = LogisticRegression(max_iter=1000).fit(mine_x, mine_y).score(held_x, held_y)
    print("report", json.dumps({"node": node, "learned": len(mine_y), "accuracy": accuracy}), flush=True)


def main(nodes):
    """Starts the TrainJob, waits for its end and prints what each node reported."""
    trainer, job = TrainerClient(), f"many-nodes-{time.strftime('%Y%m%d-%H%M%S')}"
    trainer.train(
        runtime=trainer.get_runtime("plain-python"),
        trainer=CustomTrainer(func=learn, func_args={"nodes": nodes}, num_nodes=nodes),
        options=[Name(job)],
    )
    ended = trainer.wait_for_job_status(job, {"Complete", "Failed"}, SECONDS_TO_WAIT, polling_interval=1)
    print(f"TrainJob {job}: {ended.status}")
    for node in range(nodes):
        lines = list(trainer.get_job_logs(job, step=f"node-{node}"))
        reports = [line.removeprefix("report ") for line in lines if line.startswith("report ")]
        if ended.status != "Complete" or not reports:
            sys.exit(f"node {node} of {job} reported nothing: {lines[-1] if lines else 'it left no log'}")
        found = json.loads(reports[-1])
        print(f"node {found['node']} learned from {found['learned']} digits, accuracy {found['accuracy']:.3f}")
    trainer.delete_job(job)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
