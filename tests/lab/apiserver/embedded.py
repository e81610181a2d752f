"""The embedded side: MiniKF's daemon without its controllers, in a home of its own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from .server import Server, answers, running, wait_until

PLATFORM = "lab"


@contextlib.contextmanager
def embedded_server(kubectl: Path, folder: Path) -> Iterator[Server]:
    """A running daemon. Raises StartFailed with the end of its log."""
    home = folder / "home"
    home.mkdir()
    kubeconfig = home / ".config" / "minikf" / "platforms" / PLATFORM / "kubeconfig"
    log = folder / "daemon.log"
    env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "MINIKF_"))}
    env |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(folder / "run")}
    (folder / "run").mkdir(mode=0o700)
    command = [sys.executable, "-m", "minikf.embedded.daemon", "--platform", PLATFORM, "--no-controllers"]
    with running(command, log, env) as process:
        wait_until(kubeconfig.exists, process, log)
        server = _server(kubectl, folder, kubeconfig)
        wait_until(lambda: answers(server), process, log)
        yield server


def _server(kubectl: Path, folder: Path, kubeconfig: Path) -> Server:
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    client_home = folder / "client"
    client_home.mkdir()
    ca = client_home / "ca.crt"
    ca.write_text(_ca(cluster))
    return Server(
        name="embedded",
        url=cluster["server"],
        ca=ca,
        token=user["token"],
        kubeconfig=kubeconfig,
        kubectl=kubectl,
        home=client_home,
    )


def _ca(cluster: dict[str, str]) -> str:
    if "certificate-authority" in cluster:
        return Path(cluster["certificate-authority"]).read_text()
    import base64

    return base64.b64decode(cluster["certificate-authority-data"]).decode()
