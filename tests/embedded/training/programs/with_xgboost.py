"""Run by a python that has xgboost: the Master holds the tracker, and all replicas train one model on parts of it all.

As the Training Operator's own example does it (examples/xgboost/xgboost-dist of v1.9.0), with today's API of XGBoost.
"""

import json
import os
import threading

import numpy
import xgboost
from xgboost.tracker import RabitTracker

rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
address, port = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
if rank == 0:
    tracker = RabitTracker(n_workers=size, host_ip=address, port=port)
    tracker.start()
    waiting = threading.Thread(target=tracker.wait_for, daemon=True)
    waiting.start()
with xgboost.collective.CommunicatorContext(dmlc_tracker_uri=address, dmlc_tracker_port=port):
    numbers = numpy.arange(200).reshape(-1, 1)[rank::size]
    data = xgboost.DMatrix(numbers, label=(numbers[:, 0] >= 100))
    model = xgboost.train({"objective": "binary:logistic", "max_depth": 1}, data, num_boost_round=2)
    rows = xgboost.collective.allreduce(numpy.array([len(numbers)]), xgboost.collective.Op.SUM)
    tree = json.loads(model.get_dump(dump_format="json")[0])
    print(f"replica {rank} of {size}: {int(rows[0])} rows, cut at {tree['split_condition']:.0f}", flush=True)
if rank == 0:
    waiting.join(30)
