"""The engine `context` on a real cluster by kind: it is looked at, used and forgotten; and it stays as it was."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from clusters.cluster import Cluster, cluster
from clusters.names import new_name
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lab import Lab

from minikf.errors import NoProgress
from minikf.kube import cluster as clusters
from minikf.kube import kubeconfig
from minikf.paths import PlatformPaths

from .minikf import Home, docker, wait_for

DEFAULT = "storageclass.kubernetes.io/is-default-class"


WRITER = """
import subprocess
for number in range(60):
    words = {kubectl!r} + ["set", f"clusters.c{{number}}.server", f"https://{{number}}"]
    while subprocess.run(words, capture_output=True).returncode:
        pass
"""


@pytest.fixture(scope="module")
def existing(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One that somebody else has made, and uses; tests put back what they change."""
    with cluster("kind", new_name(), lab, tmp_path_factory.mktemp("existing")) as made:
        yield made


def up(home: Home, file: Path, *more: str) -> Any:
    return home.minikf("up", "--platform", "team", "--engine", "context", "--kubeconfig", str(file), "--json", *more)


def names(existing: Cluster) -> set[str]:
    """All objects of the kinds that something put on a cluster would consist of; Events and leases come and go."""
    kinds = (
        "namespaces,crds,clusterroles,clusterrolebindings,secrets,configmaps,serviceaccounts,deployments,services,sc"
    )
    return set(existing.kubectl("get", kinds, "-A", "--output", "name").split())


def with_user(existing: Cluster, file: Path, user: dict[str, Any]) -> Path:
    """The cluster's kubeconfig with another user."""
    config = yaml.safe_load(existing.kubeconfig.read_text())
    config["users"] = [{"name": config["users"][0]["name"], "user": user}]
    file.write_text(yaml.safe_dump(config))
    return file


@pytest.mark.core
def test_it_is_joined_used_and_forgotten_and_stays_as_it_was(existing: Cluster, home: Home) -> None:
    before, theirs = names(existing), existing.kubeconfig.read_bytes()
    done = up(home, existing.kubeconfig)
    assert done.code == 0, done.err
    events = [json.loads(line) for line in done.err.splitlines()]
    assert any(f"your current context '{existing.context}'" in event.get("message", "") for event in events)
    assert {"version", "rights", "storage"} <= {event["what"] for event in events if event["state"] == "done"}
    assert existing.node in home.kubectl("team", "get", "nodes").out
    status = home.minikf("status", "--platform", "team", "--json").json
    assert status["running"] and f"node {existing.node}" in {part["name"] for part in status["components"]}
    exported = home.minikf("env", "--platform", "team", "--json").json
    assert set(exported) == {"MINIKF_PLATFORM", "KUBECONFIG"}, "what has no meaning here is not exported"
    assert home.minikf("stop", "--platform", "team", "--json").error["exitCode"] == 10
    assert home.minikf("start", "--platform", "team").code == 0
    gone = home.minikf("down", "--platform", "team")
    assert gone.code == 0 and "is not MiniKF's: it and all in it stay" in gone.err
    assert names(existing) == before and existing.kubeconfig.read_bytes() == theirs
    assert home.minikf("status", "--platform", "team").code == 12


@pytest.mark.core
def test_who_has_few_rights_is_told_which_are_missing(existing: Cluster, home: Home, tmp_path: Path) -> None:
    name = "few-rights"
    existing.kubectl("create", "serviceaccount", name)
    existing.kubectl("create", "clusterrolebinding", name, "--clusterrole=view", f"--serviceaccount=default:{name}")
    try:
        token = existing.kubectl("create", "token", name).strip()
        error = up(home, with_user(existing, tmp_path / "few", {"token": token})).error
        assert error["exitCode"] == 10 and "you may not make what Kubeflow is made of" in error["message"]
        assert "create namespaces" in error["cause"] and "auth can-i --list" in error["advice"]
        assert home.record("team") == {}
    finally:
        existing.kubectl("delete", "clusterrolebinding", name)
        existing.kubectl("delete", "serviceaccount", name)


@pytest.mark.core
def test_a_plugin_of_a_cloud_gives_the_credential(existing: Cluster, home: Home, tmp_path: Path) -> None:
    name = "by-plugin"
    existing.kubectl("create", "serviceaccount", name)
    existing.kubectl(
        "create", "clusterrolebinding", name, "--clusterrole=cluster-admin", f"--serviceaccount=default:{name}"
    )
    try:
        token = existing.kubectl("create", "token", name).strip()
        answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}}
        plugin = tmp_path / "login"
        plugin.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n")
        plugin.chmod(0o755)
        user = {"exec": {"apiVersion": answer["apiVersion"], "command": "./login", "interactiveMode": "Never"}}
        done = up(home, with_user(existing, tmp_path / "plugged", user))
        assert done.code == 0, done.err
        own = Path(done.json["kubeconfig"]).read_text()
        assert token not in own and str(plugin) in own, "the plugin is kept, not what it said once"
        assert f"default:{name}" in home.kubectl("team", "auth", "whoami").out
        assert home.minikf("status", "--platform", "team").code == 0
    finally:
        existing.kubectl("delete", "clusterrolebinding", name)
        existing.kubectl("delete", "serviceaccount", name)


@pytest.mark.core
def test_a_certificate_that_is_out_of_date_is_said(existing: Cluster, home: Home, tmp_path: Path) -> None:
    """Signed by the cluster's own CA, for its administrator, until yesterday."""

    def pki(name: str) -> bytes:
        return "\n".join(docker("exec", existing.node, "cat", f"/etc/kubernetes/pki/{name}")).encode()

    ca, ca_key = x509.load_pem_x509_certificate(pki("ca.crt")), serialization.load_pem_private_key(pki("ca.key"), None)
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "system:masters"),
            x509.NameAttribute(NameOID.COMMON_NAME, "late"),
        ]
    )
    end = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=30))
        .not_valid_after(end)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(ca_key, hashes.SHA256())  # type: ignore[arg-type]
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    user = {
        "client-certificate-data": base64.b64encode(public).decode(),
        "client-key-data": base64.b64encode(private).decode(),
    }
    error = up(home, with_user(existing, tmp_path / "late", user)).error
    assert error["exitCode"] == 10 and f"out of date since {end:%Y-%m-%d %H:%M}" in error["cause"], error


@pytest.mark.core
def test_a_cluster_without_a_default_storage_class_is_refused_with_the_cure(existing: Cluster, home: Home) -> None:
    existing.kubectl("annotate", "storageclass", "standard", f"{DEFAULT}=false", "--overwrite")
    try:
        error = up(home, existing.kubeconfig).error
        assert error["exitCode"] == 10 and "no default storage class" in error["message"]
        assert "it has standard" in error["cause"]
        cure = subprocess.run(
            ["sh", "-c", error["advice"]], env=home.environment, capture_output=True, text=True, check=False
        )
        assert cure.returncode == 0, f"the advice does not work: {cure.stderr}"
        assert up(home, existing.kubeconfig).code == 0
    finally:
        existing.kubectl("annotate", "storageclass", "standard", f"{DEFAULT}=true", "--overwrite")


@pytest.mark.core
def test_an_api_that_hangs_is_told_within_seconds(existing: Cluster, home: Home) -> None:
    assert up(home, existing.kubeconfig).code == 0
    docker("pause", existing.node)
    try:
        for verb in ("status", "open", "up"):
            begun = time.monotonic()
            done = home.minikf(verb, "--platform", "team", "--json")
            assert done.code == 12 and time.monotonic() - begun < 20, (verb, done.err)
            assert "timed out" in (done.out if verb == "status" else done.err)
    finally:
        docker("unpause", existing.node)
    wait_for("the API", lambda: home.minikf("status", "--platform", "team").code == 0)


@pytest.mark.core
def test_verbs_say_what_an_empty_cluster_lacks(existing: Cluster, home: Home, tmp_path: Path) -> None:
    assert up(home, existing.kubeconfig).code == 0
    (tmp_path / "model.joblib").write_text("x")
    for words, lacks in (
        (("experiment", "list"), "Katib"),
        (("notebook", "create", "n"), "Kubeflow Notebooks"),
        (("runs", "list"), "Kubeflow Pipelines"),
        (("logs", "trainjob/x"), "Kubeflow Trainer"),
        (("serve", str(tmp_path / "model.joblib"), "--name", "m", "--format", "sklearn"), "KServe"),
        (("demo",), "Kubeflow"),
    ):
        error = home.minikf(*words, "--platform", "team", "--json").error
        assert f"has no {lacks}" in error["message"] and "profile none" in error["cause"], (words, error)
        assert error["exitCode"] == 10 and "--engine embedded" in error["advice"]
    assert home.minikf("open", "--platform", "team", "--json").code == 0


@pytest.mark.core
def test_merging_beside_kubectl_loses_nothing(existing: Cluster, home: Home) -> None:
    """kubectl changes the same file all the while; it gives up where the lock is held, and is told to try again."""
    assert up(home, existing.kubeconfig).code == 0
    file = home.folder / ".kube" / "config"
    file.parent.mkdir()
    kubectl = [str(home.bin / "kubectl"), "--kubeconfig", str(file), "config"]
    program = WRITER.format(kubectl=kubectl)
    writer = subprocess.Popen([sys.executable, "-c", program])
    merged = 0
    while writer.poll() is None:
        assert home.minikf("kubeconfig", "merge", "--platform", "team").code == 0
        assert home.minikf("kubeconfig", "unmerge", "--platform", "team").code == 0
        merged += 1
    assert writer.returncode == 0 and merged > 1
    done = home.minikf("kubeconfig", "merge", "--platform", "team", "--json")
    assert done.json["currentContext"] == ""
    config = yaml.safe_load(file.read_text())
    assert {entry["name"] for entry in config["clusters"]} == {"minikf-team", *(f"c{n}" for n in range(60))}
    seen = subprocess.run(
        [str(home.bin / "kubectl"), "--context", "minikf-team", "get", "nodes"],
        env=home.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert existing.node in seen.stdout, seen.stderr
    gone = home.minikf("down", "--platform", "team")
    assert gone.code == 0 and "kubeconfig unmerge" in gone.err and "minikf-team" in file.read_text()


@pytest.mark.core
def test_waiting_names_the_image_that_cannot_be_had(
    existing: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    access = kubeconfig.write_from(existing.kubeconfig.read_text(), PlatformPaths.of("team"), "kind")
    begun = time.monotonic()
    events = list(clusters.wait(access))
    assert time.monotonic() - begun < 2 and [event.state for event in events] == ["done"] * 3
    system = ("--namespace", "kube-system")
    image = existing.kubectl(*system, "get", "deployment", "coredns", "-o", "jsonpath={..image}")
    _put(existing, "nowhere.invalid/coredns:1", replicas=0)
    _put(existing, "nowhere.invalid/coredns:1", replicas=1)
    try:
        failed: list[str] = []
        with pytest.raises(NoProgress) as caught:
            for event in clusters.wait(access, patience=15):
                failed += [event.cause] if event.state == "failed" else []
        assert "pod kube-system/coredns-" in caught.value.message
        assert "nowhere.invalid" in caught.value.cause and failed == [caught.value.cause]
        assert "describe pod coredns-" in caught.value.advice
        parts = {part.name: part for part in clusters.report(access)}
        assert not parts["dns coredns"].healthy
        assert any("nowhere.invalid" in part.cause for name, part in parts.items() if name.startswith("pod "))
    finally:
        _put(existing, image, replicas=2)
    list(clusters.wait(access))


def _put(existing: Cluster, image: str, *, replicas: int) -> None:
    patch = {
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "coredns", "image": image}]}}}
    }
    existing.kubectl("--namespace", "kube-system", "patch", "deployment", "coredns", "-p", json.dumps(patch))
    if not replicas:
        pods: Callable[[], str] = lambda: existing.kubectl(  # noqa: E731
            "--namespace", "kube-system", "get", "pods", "-l", "k8s-app=kube-dns", "-o", "name"
        )
        wait_for("the end of CoreDNS", lambda: not pods())


def test_a_cluster_of_k3d_is_reached_at_loopback(k3d_cluster: Cluster, home: Home) -> None:
    """k3d writes the address that its port is bound to, which is every one of this machine."""
    done = up(home, k3d_cluster.kubeconfig)
    assert done.code == 0, done.err
    assert done.json["server"].startswith("https://127.0.0.1:")
    assert k3d_cluster.node in home.kubectl("team", "get", "nodes").out
    assert home.minikf("status", "--platform", "team").code == 0
    assert home.minikf("down", "--platform", "team").code == 0
    assert k3d_cluster.node in k3d_cluster.kubectl("get", "nodes")
