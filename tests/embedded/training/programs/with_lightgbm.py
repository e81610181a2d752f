"""Run by a python that has lightgbm: replicas of an XGBoostJob as LightGBM's machines, which all listen."""

import os

import lightgbm
import numpy

rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
workers = zip(os.environ["WORKER_ADDRS"].split(","), os.environ["WORKER_PORTS"].split(","), strict=True)
machines = [f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}", *(":".join(one) for one in workers)]
numbers = numpy.arange(2000, dtype=float).reshape(-1, 1)[rank::size]
told = {
    "objective": "binary",
    "tree_learner": "data",
    "num_machines": size,
    "machines": ",".join(machines),
    "local_listen_port": int(os.environ["MASTER_PORT" if rank == 0 else "WORKER_PORT"]),
    "pre_partition": True,
    "verbose": -1,
    "num_threads": 1,
}
model = lightgbm.train(told, lightgbm.Dataset(numbers, (numbers[:, 0] >= 1000)), num_boost_round=3)
print(f"replica {rank} of {size}: {float(model.predict([[1500.0]])[0]) > 0.5}", flush=True)
