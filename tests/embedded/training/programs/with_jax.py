"""Run by a python that has jax: processes of a JAXJob add up over the network."""

import os

import jax
import numpy

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(
    f"{os.environ['COORDINATOR_ADDRESS']}:{os.environ['COORDINATOR_PORT']}",
    num_processes=int(os.environ["NUM_PROCESSES"]),
    process_id=int(os.environ["PROCESS_ID"]),
)
from jax.experimental import multihost_utils  # noqa: E402

found = multihost_utils.process_allgather(numpy.array([jax.process_index() + 1]))
print(f"process {jax.process_index()} of {jax.process_count()}: {int(found.sum())}", flush=True)
