"""A cluster without machines: etcd, kube-apiserver, controller manager and scheduler are real, kwok is its nodes.

Pods become ready without images. Their address is this machine's, so that a webhook that a test serves here answers
where its Service leads (the API server is told to call endpoints, `--enable-aggregator-routing`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apiserver.real import apiserver_command, etcd_command, etcd_ready
from apiserver.server import Server, answers, free_ports, running, wait_until, write_kubeconfig

from minikf.spec import Access

COMMANDS = ("etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "kube-scheduler", "kwok")
STAGES = Path(__file__).with_name("stages.yaml")
_NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "kwok-0",
        "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
        "labels": {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": "kwok-0"},
    },
    "status": {
        "allocatable": {"cpu": "64", "memory": "256Gi", "pods": "500"},
        "capacity": {"cpu": "64", "memory": "256Gi", "pods": "500"},
        "conditions": [{"type": "Ready", "status": "True", "reason": "Kwok"}],
    },
}


def own_address() -> str:
    """An address of this machine that is not loopback, which endpoints may not have. No packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737)
        return str(probe.getsockname()[0])


@dataclass
class Cluster:
    """`stop_api` and `start_api` are for faults: etcd goes on meanwhile."""

    server: Server
    access: Access
    folder: Path
    binaries: Path
    _command: list[str]
    _api: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _guard: subprocess.Popen[bytes] | None = None

    def start_api(self) -> None:
        log = self.folder / "kube-apiserver.log"
        self._guard = self._api.enter_context(running(self._command, log))
        wait_until(lambda: self.server.ca.exists() and answers(self.server), self._guard, log)

    def stop_api(self) -> None:
        """As if its machine had lost power."""
        assert self._guard is not None
        for pid in Path(f"/proc/{self._guard.pid}/task/{self._guard.pid}/children").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        self._api.close()

    def get(self, path: str) -> Any:
        return self.server.request("GET", path)[1]

    def count(self, path: str) -> int:
        return len(self.get(path).get("items", ()))


@contextlib.contextmanager
def cluster(
    binaries: Path,
    folder: Path,
    *,
    controllers: bool = True,
    more: Sequence[str] = (),
    mode: str = "",
    tokens: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """A running cluster with one node; without `controllers` only the API server. `more` are words for that, `mode` how
    it authorizes (all is allowed by default), `tokens` further users. Raises StartFailed."""
    etcd_port, peer_port, port = free_ports(3)
    with contextlib.ExitStack() as stack:
        etcd = stack.enter_context(running(etcd_command(binaries, folder, etcd_port, peer_port), folder / "etcd.log"))
        wait_until(lambda: etcd_ready(etcd_port), etcd, folder / "etcd.log")
        token = folder / "token"
        server = Server(
            name="real",
            url=f"https://127.0.0.1:{port}",
            ca=folder / "tls" / "apiserver.crt",
            token=secrets.token_urlsafe(24),
            kubeconfig=folder / "kubeconfig",
            kubectl=binaries / "kubectl",
            home=folder / "home",
        )
        token.write_text(server.token)
        write_kubeconfig(server.kubeconfig, server.url, server.ca, server.token)
        command = [*apiserver_command(binaries, folder, server, etcd_port, port), "--enable-aggregator-routing", *more]
        if mode:
            command = [f"--authorization-mode={mode}" if "--authorization-mode" in word else word for word in command]
        with (folder / "tokens.csv").open("a") as file:
            file.writelines(f"{word},{user},{user}\n" for user, word in (tokens or {}).items())
        access = Access("lab", "context", server.url, server.kubeconfig, server.ca, token)
        made = Cluster(server, access, folder, binaries, command)
        stack.callback(made._api.close)
        made.start_api()
        if controllers:
            for name, words in _controllers(binaries, folder, server).items():
                # Killed with the API server while it starts, a controller manager ends; kubelet would start it again.
                stack.enter_context(running(words, folder / f"{name}.log", again=True))
            code, said = server.request("POST", "/api/v1/nodes", _NODE)
            assert code == 201, said
        yield made


def _controllers(binaries: Path, folder: Path, server: Server) -> dict[str, list[str]]:
    stages = folder / "stages.yaml"
    stages.write_text(STAGES.read_text().replace("ADDRESS", own_address()))
    common = [f"--kubeconfig={server.kubeconfig}", "--leader-elect=false", "--secure-port=0"]
    return {
        "controller-manager": [
            str(binaries / "kube-controller-manager"),
            *common,
            f"--service-account-private-key-file={folder / 'service-account.key'}",
            f"--root-ca-file={server.ca}",
            "--node-monitor-grace-period=24h",  # nobody sends heartbeats of the node
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        ],
        "scheduler": [str(binaries / "kube-scheduler"), *common, "--kube-api-qps=200", "--kube-api-burst=400"],
        "kwok": [
            str(binaries / "kwok"),
            f"--kubeconfig={server.kubeconfig}",
            f"--config={stages}",
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=0",
        ],
    }
