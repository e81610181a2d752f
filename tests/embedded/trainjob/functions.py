"""Training functions: the SDK sends their source, so each brings all that it needs."""


def say(word: str = "nothing", times: int = 1) -> None:
    import os

    for _ in range(int(times)):
        print(f"{word} {os.environ.get('FLAVOUR', 'plain')}", flush=True)


def fail() -> None:
    print("about to fail", flush=True)
    raise ValueError("no such luck")


def wait_long() -> None:
    import time

    print("waiting", flush=True)
    time.sleep(600)


def meet() -> None:
    """All nodes meet at the master's address: rank 0 listens, the others call, and everybody learns who came."""
    import os
    import socket
    import time

    env = {name: os.environ[name] for name in ("PET_NODE_RANK", "PET_NNODES", "PET_MASTER_ADDR", "PET_MASTER_PORT")}
    rank, size = int(env["PET_NODE_RANK"]), int(env["PET_NNODES"])
    address = (env["PET_MASTER_ADDR"], int(env["PET_MASTER_PORT"]))
    if rank == 0:
        server = socket.create_server(address)
        others = [server.accept()[0] for _ in range(size - 1)]
        ranks = str(sorted([0, *(int(other.makefile().readline()) for other in others)]))
        for other in others:
            other.sendall(f"{ranks}\n".encode())
    else:
        for _ in range(200):
            try:
                link = socket.create_connection(address)
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        link.sendall(f"{rank}\n".encode())
        ranks = link.makefile().readline().strip()
    print(f"rank {rank} of {size} met {ranks}", flush=True)


def workers() -> None:
    """Each of a node's processes says who it is, as torchrun's variables have it."""
    import os
    import sys

    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR")
    sys.stdout.write(" ".join(os.environ[name] for name in names) + "\n")


def all_reduce() -> None:
    """Two nodes add their ranks up with gloo."""
    import torch
    import torch.distributed

    torch.distributed.init_process_group("gloo")
    value = torch.tensor([float(torch.distributed.get_rank() + 1)])
    torch.distributed.all_reduce(value)
    print(f"sum {value.item()} of {torch.distributed.get_world_size()}", flush=True)
    torch.distributed.destroy_process_group()


def mpi_rank() -> None:
    """Each rank says who it is, and that its file is its own."""
    import os
    import sys
    from pathlib import Path

    names = ("RANK", "SIZE", "LOCAL_RANK", "LOCAL_SIZE")
    told = [os.environ[f"OMPI_COMM_WORLD_{name}"] for name in names]
    # In one piece: unbuffered, print writes each word by itself, and the ranks write to one log.
    sys.stdout.write(f"rank {' '.join(told)} {Path(__file__).parent.name}\n")


def mpi_wait() -> None:
    import os
    import time

    print("rank", os.environ["OMPI_COMM_WORLD_RANK"], "waits", flush=True)
    time.sleep(600)


def mpi_fail() -> None:
    import os
    import time

    if os.environ["OMPI_COMM_WORLD_RANK"] == "1":
        raise ValueError("no such luck")
    time.sleep(600)


def mpi_add_up() -> None:
    """All ranks add up what they have, by MPI itself."""
    import sys

    from mpi4py import MPI

    world = MPI.COMM_WORLD
    total = world.allreduce(world.rank + 1)
    sys.stdout.write(f"sum {total} at rank {world.rank} of {world.size}\n")


def mpi_hold() -> None:
    """As mpi_add_up, and then holds on to what MPI has opened."""
    import time

    from mpi4py import MPI

    MPI.COMM_WORLD.allreduce(1)
    print(f"rank {MPI.COMM_WORLD.rank} waits", flush=True)
    time.sleep(600)
