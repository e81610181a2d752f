"""A cluster of the lab: real kind's or real k3d's, in the Docker engine, until the test that asked for it is over."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import Lab

LABELS = {"kind": "io.x-k8s.kind.cluster", "k3d": "k3d.cluster"}  # so the engines mark a cluster's containers
KEEPER = Path(__file__).with_name("keeper.py")
_DNS_SECONDS = 240


class ClusterFailed(Exception):
    """A cluster did not come up or did not go; the message holds what the engine said."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up. `engine` is "kind" or "k3d"; `kubeconfig` is a file of its own with one context."""

    name: str
    engine: str
    kubeconfig: Path
    lab: Lab

    @property
    def context(self) -> str:
        """The name of its context: the engine's own word, a dash, and the name."""
        return f"{self.engine}-{self.name}"

    @property
    def node(self) -> str:
        """The container that is its node."""
        return f"{self.name}-control-plane" if self.engine == "kind" else f"k3d-{self.name}-server-0"

    def kubectl(self, *words: str, stdin: str | None = None) -> str:
        """What kubectl prints. Raises CalledProcessError, with its words in the traceback, when it fails."""
        command = [str(self.lab.bin / "kubectl"), "--kubeconfig", str(self.kubeconfig), *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        if done.returncode:
            error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
            error.add_note(done.stderr.strip())
            raise error
        return done.stdout

    def get(self, *words: str) -> Any:
        """`kubectl get WORDS` as data."""
        return json.loads(self.kubectl("get", *words, "--output", "json"))

    def apply(self, *objects: dict[str, Any]) -> None:
        """Applies objects given as data."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--filename", "-", stdin=json.dumps(items))


@contextlib.contextmanager
def coming(engine: str, name: str, lab: Lab, folder: Path) -> Iterator[Callable[[], Cluster]]:
    """Begins a fresh cluster; the function that it gives waits until cluster DNS answers and returns the cluster.

    It is deleted with the block, or with this program however that ends. Files go into the folder. Raises
    ClusterFailed.
    """
    kubeconfig, log = folder / f"{name}.kubeconfig", folder / f"{name}.log"
    plan = {
        "create": _create(engine, name, lab, kubeconfig),
        "delete": _delete(engine, name, kubeconfig),
        "label": f"{LABELS[engine]}={name}",
    }
    env = os.environ | {"PATH": f"{lab.bin}{os.pathsep}{os.environ['PATH']}", "KUBECONFIG": str(kubeconfig)}
    env["K3D_IMAGE_TOOLS"] = lab.tools_image
    with log.open("wb") as out:
        keeper = subprocess.Popen(
            [sys.executable, str(KEEPER), json.dumps(plan)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=out,
            env=env,
            start_new_session=True,  # Ctrl-C is for the tests; they then let the cluster go
        )
    assert keeper.stdin is not None and keeper.stdout is not None
    said = keeper.stdout

    def up() -> Cluster:
        if said.readline().strip() != b"created":
            raise ClusterFailed(_tail(f"{engine} cluster {name} did not come up", log))
        if engine == "k3d":
            _k3d_kubeconfig(name, lab, kubeconfig)
        made = Cluster(name, engine, kubeconfig, lab)
        # kind says "Ready" before cluster DNS works, and k3d as well.
        seconds = f"--timeout={_DNS_SECONDS}s"
        made.kubectl("--namespace", "kube-system", "rollout", "status", "deployment/coredns", seconds)
        return made

    try:
        yield up
    finally:
        keeper.stdin.close()
        code = keeper.wait()
        said.close()
        if code != 0 and sys.exc_info()[0] is None:
            raise ClusterFailed(_tail(f"{engine} cluster {name} was not deleted", log))


@contextlib.contextmanager
def cluster(engine: str, name: str, lab: Lab, folder: Path) -> Iterator[Cluster]:
    """A fresh cluster that is up, as `coming` makes it."""
    with coming(engine, name, lab, folder) as up:
        yield up()


def _create(engine: str, name: str, lab: Lab, kubeconfig: Path) -> list[str]:
    if engine == "kind":
        words = ["create", "cluster", "--name", name, "--image", lab.node_image, "--kubeconfig", str(kubeconfig)]
        return [str(lab.bin / "kind"), *words, "--wait", "240s"]
    words = ["cluster", "create", name, "--image", lab.k3s_image, "--no-lb", "--timeout", "400s"]
    return [str(lab.bin / "k3d"), *words, "--kubeconfig-update-default=false"]


def _delete(engine: str, name: str, kubeconfig: Path) -> list[str]:
    if engine == "kind":
        return ["kind", "delete", "cluster", "--name", name, "--kubeconfig", str(kubeconfig)]
    return ["k3d", "cluster", "delete", name]


def _k3d_kubeconfig(name: str, lab: Lab, kubeconfig: Path) -> None:
    told = subprocess.run([lab.bin / "k3d", "kubeconfig", "get", name], capture_output=True, text=True, check=False)
    if told.returncode:
        raise ClusterFailed(f"k3d tells no kubeconfig of {name}: {told.stderr.strip()}")
    with os.fdopen(os.open(kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(told.stdout)


def _tail(what: str, log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-20:]
    return f"{what}; the end of {log}:\n" + "\n".join(lines)
