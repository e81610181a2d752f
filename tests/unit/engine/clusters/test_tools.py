"""What k3d and kind are told, and what of their words a user hears."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minikf.engine.clusters import labels
from minikf.engine.clusters.decide import _name
from minikf.engine.clusters.k3d import K3d
from minikf.engine.clusters.kind import Kind
from minikf.engine.record import Cluster

CLUSTER = Cluster("me", "minikf-me", "0f3a", "node:1", "minikf-me-0f3a", "172.31.0.0/24", 8080, 8443, agents=2)
FOLDER = Path("/home/me/.local/state/minikf/platforms/me")


def test_kind_gets_loopback_ports_our_network_and_agents() -> None:
    told = Kind().config(CLUSTER, 26443, FOLDER)
    assert (told["apiVersion"], told["kind"], told["name"]) == ("kind.x-k8s.io/v1alpha4", "Cluster", "minikf-me")
    assert told["networking"] == {"apiServerAddress": "127.0.0.1", "apiServerPort": 26443}
    assert [node["role"] for node in told["nodes"]] == ["control-plane", "worker", "worker"]
    assert all(node["image"] == "node:1" and node["labels"] == {labels.PLATFORM: "me"} for node in told["nodes"])
    ports = told["nodes"][0]["extraPortMappings"]
    assert [(one["containerPort"], one["hostPort"], one["listenAddress"]) for one in ports] == [
        (80, 8080, "127.0.0.1"),
        (443, 8443, "127.0.0.1"),
    ]
    made = Kind().create("/bin/kind", CLUSTER, Path("/c"), Path("/k"))
    assert made.environment == {"KIND_EXPERIMENTAL_DOCKER_NETWORK": "minikf-me-0f3a"}
    assert "--kubeconfig" in made.command and "/k" in made.command


def test_kinds_patches_lie_where_its_configuration_says() -> None:
    (name, text), *flags = Kind().files().items()
    told = Kind().config(CLUSTER, 26443, FOLDER)
    mount = told["nodes"][0]["extraMounts"][0]
    assert mount["hostPath"] == str((FOLDER / name).parent) and mount["readOnly"] is True
    assert json.loads(told["kubeadmConfigPatches"][0])["patches"]["directory"] == mount["containerPath"]
    assert json.loads(text)["spec"]["template"]["spec"]["containers"][0]["name"] == "coredns"
    assert [Path(name).name for name, _ in flags] == ["kube-controller-manager0+json.json", "kube-scheduler0+json.json"]
    manager = [one["value"] for one in json.loads(flags[0][1])]
    assert manager == ["--leader-elect=false", "--kube-api-qps=200", "--kube-api-burst=400"]


def test_k3ds_controllers_may_ask_as_often_as_kinds() -> None:
    arguments = [one["arg"] for one in K3d("5.8.3").config(CLUSTER, 26443, FOLDER)["options"]["k3s"]["extraArgs"]]
    assert "--kube-controller-manager-arg=kube-api-qps=200" in arguments


def test_k3d_gets_loopback_ports_our_network_our_marks_and_leaves_kubeconfigs_alone() -> None:
    told = K3d("5.8.3").config(CLUSTER, 26443, FOLDER)
    assert (told["apiVersion"], told["kind"]) == ("k3d.io/v1alpha5", "Simple")
    assert (told["servers"], told["agents"], told["image"], told["network"]) == (1, 2, "node:1", "minikf-me-0f3a")
    assert told["kubeAPI"] == {"host": "127.0.0.1", "hostIP": "127.0.0.1", "hostPort": "26443"}
    assert [one["port"] for one in told["ports"]] == ["127.0.0.1:8080:80", "127.0.0.1:8443:443"]
    assert told["options"]["kubeconfig"] == {"updateDefaultKubeconfig": False, "switchCurrentContext": False}
    marks = {one["label"] for one in told["options"]["runtime"]["labels"]}
    assert marks == {f"{labels.PLATFORM}=me", f"{labels.UID}=0f3a"}


def test_k3ds_helper_image_is_the_one_that_k3d_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("K3D_IMAGE_TOOLS", "K3D_HELPER_IMAGE_TAG"):
        monkeypatch.delenv(variable, raising=False)
    assert K3d("5.8.3").other_images() == ("ghcr.io/k3d-io/k3d-tools:5.8.3",)
    monkeypatch.setenv("K3D_HELPER_IMAGE_TAG", "5.8")
    assert K3d("5.8.3").other_images() == ("ghcr.io/k3d-io/k3d-tools:5.8",)
    monkeypatch.setenv("K3D_IMAGE_TOOLS", "mine:1")
    assert K3d("5.8.3").other_images() == ("mine:1",)


def test_what_a_kubeconfig_prints_is_written_down_nowhere() -> None:
    for tool in (Kind(), K3d("5.8.3")):
        assert tool.kubeconfig("/bin/x", CLUSTER).secret


def test_lines_of_the_tools_as_people_read_them() -> None:
    kind, k3d = Kind(), K3d("5.8.3")
    assert kind.told(" \u2022 Preparing nodes \U0001f4e6   ...") == "Preparing nodes"
    assert kind.told(" \u2713 Preparing nodes \U0001f4e6 ") == ""
    assert kind.told(" \u2022 Ensuring node image (lab/node:v1.34.4) \U0001f5bc\ufe0f  ...") == (
        "Ensuring node image (lab/node:v1.34.4)"
    )
    assert kind.told("Have a nice day! \U0001f44b") == ""
    assert k3d.told("\x1b[36mINFO\x1b[0m[0001] Creating node 'k3d-me-server-0'") == "Creating node 'k3d-me-server-0'"
    assert k3d.told("kubectl cluster-info") == ""


def test_names_that_k3d_would_refuse_are_cut_and_stay_apart() -> None:
    assert _name("default") == "minikf-default" and _name("default", "0f3a99") == "minikf-default-0f3a"
    long, longer = _name("a" * 39 + "b"), _name("a" * 39 + "c")
    assert len(long) <= 32 and long != longer and _name("x" * 40, "1234") != _name("x" * 40, "5678")
