"""Run by a python that has torch: nodes of a PyTorchJob, or torchrun's workers on them, add up over gloo."""

import torch
from torch import distributed

distributed.init_process_group("gloo")
found = torch.tensor([float(distributed.get_rank() + 1)])
distributed.all_reduce(found)
print(f"rank {distributed.get_rank()} of {distributed.get_world_size()}: {found.item():.0f}", flush=True)
distributed.barrier()
distributed.destroy_process_group()
