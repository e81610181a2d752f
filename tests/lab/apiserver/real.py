"""The real side: etcd and kube-apiserver as two plain processes on loopback, prepared as a controller manager would."""

from __future__ import annotations

import contextlib
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .server import Server, answers, free_ports, running, wait_until, write_kubeconfig


@contextlib.contextmanager
def real_server(
    binaries: Path, folder: Path, crds: list[dict[str, Any]], users: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A running kube-apiserver with the CRDs established. Everything is allowed to everybody; with `users`, tokens by
    name, these may do what roles (RBAC) say. Raises StartFailed with the end of the log."""
    etcd_port, peer_port, port = free_ports(3)
    with contextlib.ExitStack() as stack:
        etcd = stack.enter_context(running(etcd_command(binaries, folder, etcd_port, peer_port), folder / "etcd.log"))
        wait_until(lambda: etcd_ready(etcd_port), etcd, folder / "etcd.log")
        server = Server(
            name="real",
            url=f"https://127.0.0.1:{port}",
            ca=folder / "tls" / "apiserver.crt",  # self-signed by kube-apiserver at its first start, CA included
            token=secrets.token_urlsafe(24),
            kubeconfig=folder / "kubeconfig",
            kubectl=binaries / "kubectl",
            home=folder / "home",
        )
        server.home.mkdir()
        write_kubeconfig(server.kubeconfig, server.url, server.ca, server.token)
        command = apiserver_command(binaries, folder, server, etcd_port, port, users)
        log = folder / "kube-apiserver.log"
        process = stack.enter_context(running(command, log))
        wait_until(lambda: server.ca.exists() and answers(server), process, log)
        for crd in crds:
            _create(server, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crd)
        for crd in crds:
            name = crd["metadata"]["name"]
            wait_until(lambda: _established(server, name), process, log)  # noqa: B023 - used before the next turn
        yield server


def etcd_command(binaries: Path, folder: Path, port: int, peer_port: int) -> list[str]:
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    return [
        str(binaries / "etcd"),
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",  # the data is thrown away with the folder
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--log-level=warn",
    ]


def apiserver_command(
    binaries: Path, folder: Path, server: Server, etcd_port: int, port: int, users: Mapping[str, str] | None = None
) -> list[str]:
    tokens = folder / "tokens.csv"
    others = "".join(f"{token},{name},{name}\n" for name, token in (users or {}).items())
    tokens.write_text(f'{server.token},admin,admin,"system:masters"\n{others}')
    tokens.chmod(0o600)
    key = folder / "service-account.key"
    key.write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    key.chmod(0o600)
    return [
        str(binaries / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--cert-dir={folder / 'tls'}",
        f"--token-auth-file={tokens}",
        "--anonymous-auth=false",
        f"--authorization-mode={'RBAC' if users else 'AlwaysAllow'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--endpoint-reconciler-type=none",  # nothing else writes, so resourceVersions move only by the played calls
    ]


def etcd_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _create(server: Server, path: str, body: dict[str, Any]) -> None:
    code, answer = server.request("POST", path, body)
    if code != 201:
        raise RuntimeError(
            f"{server.name}: creating {body['metadata']['name']} answered {code}: {answer.get('message')}"
        )


def _established(server: Server, name: str) -> bool:
    _, crd = server.request("GET", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")
    conditions = {c["type"]: c["status"] for c in crd.get("status", {}).get("conditions") or ()}
    if conditions.get("Established") != "True":
        return False
    group, version = crd["spec"]["group"], crd["spec"]["versions"][0]["name"]
    code, _ = server.request("GET", f"/apis/{group}/{version}/{crd['spec']['names']['plural']}")
    return code == 200
