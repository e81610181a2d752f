"""Run by a python that has tensorflow: Workers of a TFJob add up by what TF_CONFIG says."""

import json
import os

import tensorflow

strategy = tensorflow.distribute.MultiWorkerMirroredStrategy()


@tensorflow.function
def total():
    def one():
        context = tensorflow.distribute.get_replica_context()
        mine = tensorflow.cast(context.replica_id_in_sync_group, tensorflow.float32) + 1.0
        return context.all_reduce(tensorflow.distribute.ReduceOp.SUM, mine)

    return strategy.run(one)


(found, *_) = strategy.experimental_local_results(total())
rank = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
print(f"rank {rank} of {strategy.num_replicas_in_sync}: {float(found):.0f}", flush=True)
