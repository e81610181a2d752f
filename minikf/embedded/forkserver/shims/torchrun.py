"""`torchrun` on a pod's PATH: torch's own where torch is installed, else the same contract for plain functions.

Environment that a worker sees: torch 2, torch/distributed/elastic/agent/server/local_elastic_agent.py; options and
their PET_* variables: torch/distributed/run.py. Rendezvous is static: every node is started with its rank.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from minikf.embedded.forkserver.shims.place import NODES, OPENMP_THREADS, SPARE_THREADS

DEFAULT_PORT = 29500
_POLL_SECONDS = 0.02
_KILL_AFTER_SECONDS = 30.0


def main(words: list[str]) -> int:
    """The exit code of `torchrun *words`: 0 when every worker of this node ended well, else 1; 2 on bad words."""
    if os.environ.get(OPENMP_THREADS) == os.environ.get(SPARE_THREADS):
        os.environ.pop(OPENMP_THREADS, None)  # nobody asked for it, and torchrun has a rule of its own
    if importlib.util.find_spec("torch") is not None:
        python = str(Path(sys.prefix) / "bin" / "python")
        os.execv(python, [python, "-m", "torch.distributed.run", *words])
    options = _parser(os.environ).parse_args(words)
    if not options.script:
        _parser(os.environ).error("the following arguments are required: training_script")
    try:
        size = _processes(options.nproc_per_node)
    except ValueError:
        print(f"torchrun: --nproc-per-node {options.nproc_per_node!r} is no number", file=sys.stderr)
        return 2
    return Node(options, size, os.environ).run()


def _processes(text: str) -> int:
    """`auto`, `cpu` and `gpu` as torchrun counts them on a machine without accelerators (torch is not installed)."""
    if text in ("auto", "cpu"):
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if text == "gpu":
        raise SystemExit("torchrun: --nproc-per-node=gpu needs torch, which is not in this environment")
    return int(text)


def _parser(env: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="torchrun", allow_abbrev=False)

    def option(name: str, default: str) -> None:
        variable = f"PET_{name.upper()}"
        flags = {f"--{name}", f"--{name.replace('_', '-')}"}
        parser.add_argument(*sorted(flags), dest=name, default=env.get(variable) or default)

    option("nnodes", "1")
    option("nproc_per_node", "1")
    option("node_rank", "0")
    option("master_addr", "127.0.0.1")
    option("master_port", str(DEFAULT_PORT))
    option("max_restarts", "0")
    option("rdzv_id", "none")
    option("rdzv_backend", "static")
    option("rdzv_endpoint", "")
    option("rdzv_conf", "")
    option("role", "default")
    option("start_method", "spawn")
    option("monitor_interval", "0.1")
    option("log_dir", "")
    option("local_addr", "")
    parser.add_argument("--standalone", action="store_true", default=bool(env.get("PET_STANDALONE")))
    parser.add_argument("-m", "--module", action="store_true")
    parser.add_argument("--no-python", "--no_python", dest="no_python", action="store_true")
    parser.add_argument("script", nargs=argparse.REMAINDER, help="training script and its arguments")
    return parser


class Node:
    """The workers of one node: all end when one fails."""

    def __init__(self, options: argparse.Namespace, size: int, env: Mapping[str, str]) -> None:
        self._options = options
        self._size = size
        self._env = env
        self._workers: list[subprocess.Popen[bytes]] = []

    def run(self) -> int:
        """Starts the workers and waits; all over again after a failure, `--max-restarts` times."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        code = 0
        for attempt in range(int(self._options.max_restarts) + 1):
            self._workers = [
                subprocess.Popen(self._command(), env=self.worker_env(rank, attempt)) for rank in range(self._size)
            ]
            code = self._wait()
            if code == 0:
                return 0
        return code

    def worker_env(self, local_rank: int, attempt: int = 0) -> dict[str, str]:
        """The environment of one worker."""
        options, size = self._options, self._size
        _, colon, most = str(options.nnodes).rpartition(":")
        # Without torch nobody joins or leaves: an elastic job is as large as it was made.
        nodes, node = int((colon and self._env.get(NODES)) or most), int(options.node_rank)
        address, port = self._master()
        rank, world = node * size + local_rank, nodes * size
        env = {
            **self._env,
            "LOCAL_RANK": str(local_rank),
            "RANK": str(rank),
            "GROUP_RANK": str(node),
            "ROLE_RANK": str(rank),
            "ROLE_NAME": options.role,
            "LOCAL_WORLD_SIZE": str(size),
            "WORLD_SIZE": str(world),
            "GROUP_WORLD_SIZE": str(nodes),
            "ROLE_WORLD_SIZE": str(world),
            "MASTER_ADDR": address,
            "MASTER_PORT": port,
            "TORCHELASTIC_RESTART_COUNT": str(attempt),
            "TORCHELASTIC_MAX_RESTARTS": str(options.max_restarts),
            "TORCHELASTIC_RUN_ID": options.rdzv_id,
            "TORCHELASTIC_USE_AGENT_STORE": "False",
            "TORCH_NCCL_ASYNC_ERROR_HANDLING": self._env.get("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1"),
        }
        if size > 1:
            env.setdefault(OPENMP_THREADS, "1")  # torchrun does so, too: workers share the processors
        return env

    def _master(self) -> tuple[str, str]:
        options = self._options
        if options.standalone:
            return "127.0.0.1", str(_free_port())
        if options.rdzv_endpoint:
            address, _colon, port = options.rdzv_endpoint.rpartition(":")
            return (address, port) if address else (port, str(options.master_port))
        return options.master_addr, str(options.master_port)

    def _command(self) -> list[str]:
        if self._options.no_python:
            return list(self._options.script)
        # By name, so that each worker starts warm through the shim.
        return [sys.executable, "-u", *(["-m"] if self._options.module else []), *self._options.script]

    def _wait(self) -> int:
        while True:
            codes = [worker.poll() for worker in self._workers]
            failed = [(rank, code) for rank, code in enumerate(codes) if code]
            if failed:
                rank, code = failed[0]
                how = f"signal {-code}" if code < 0 else f"exit code {code}"
                print(f"torchrun: worker {rank} (pid {self._workers[rank].pid}) failed with {how}", file=sys.stderr)
                self._end_all()
                return 1  # as torchrun's own ChildFailedError
            if None not in codes:
                return 0
            time.sleep(_POLL_SECONDS)

    def _end_all(self) -> None:
        deadline = time.monotonic() + _KILL_AFTER_SECONDS
        for worker in self._workers:
            with contextlib.suppress(ProcessLookupError):
                worker.terminate()
        for worker in self._workers:
            try:
                worker.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()

    def _on_signal(self, number: int, _frame: object) -> None:
        self._end_all()
        sys.exit(128 + number)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
