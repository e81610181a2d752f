"""The pod and the Service of an InferenceService."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.controllers.serving.build import Wanted, build_pod, build_service, host_names, ports_of
from minikf.embedded.controllers.serving.runtimes import Runtime, seeded_runtimes
from minikf.embedded.controllers.serving.spec import InvalidSpec, read
from minikf.embedded.serving.holder import Ports
from tests.unit.serving.test_spec import service

PORTS = Ports(20000, 20001)
SKLEARN = Runtime("kserve-sklearnserver", True, seeded_runtimes()[0]["spec"])


def _wanted(obj: dict[str, Any], runtime: Runtime | None = SKLEARN) -> Wanted:
    return Wanted.of(obj, read(obj), runtime, PORTS)


def _pod(obj: dict[str, Any], runtime: Runtime | None = SKLEARN, model: Path | None = Path("/x/m")) -> dict[str, Any]:
    return build_pod(obj, _wanted(obj, runtime), Path("/run/c.sock"), model)


def test_our_server_gets_paths_and_ports_by_arguments() -> None:
    model = {
        "storageUri": "file:///m",
        "args": ["--grpc_max_receive_message_length=5"],
        "env": [{"name": "PREDICT_PROBA", "value": "true"}],
        "resources": {"limits": {"memory": "1Gi"}},
    }
    pod = _pod(service({"sklearn": model}))
    (container,) = pod["spec"]["containers"]
    assert container["name"] == "kserve-container"
    assert container["command"] == ["python", "-m", "minikf.embedded.serving.server"]
    assert container["args"][:4] == [
        "--model_name=digits",
        "--model_dir=/x/m",
        "--model_format=sklearn",
        "--grpc_max_receive_message_length=5",
    ]
    assert "--control=/run/c.sock" in container["args"]
    assert [one["containerPort"] for one in container["ports"]] == [20000, 20001]
    assert {one["name"]: one["value"] for one in container["env"]} == {
        "PREDICT_PROBA": "true",
        "INFERENCE_SERVICE_NAME": "digits",
    }
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}
    assert "volumes" not in pod["spec"], "the server needs no mount"
    meta = pod["metadata"]
    assert meta["labels"]["serving.kserve.io/inferenceservice"] == "digits"
    assert (meta["labels"]["component"], meta["labels"]["app"]) == ("predictor", "isvc.digits-predictor")
    assert meta["ownerReferences"][0]["kind"] == "InferenceService"
    assert meta["name"].startswith("digits-predictor-")


def test_probes_ask_the_ports_that_it_has_here() -> None:
    (container,) = _pod(service({"sklearn": {"storageUri": "file:///m"}}))["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/v2/models/digits/ready", "port": 20000}
    probes = {
        "readinessProbe": {"httpGet": {"path": "/", "port": 8080}},
        "livenessProbe": {"tcpSocket": {"port": 8081}},
        "startupProbe": {"httpGet": {"path": "/", "port": "http1"}},
    }
    (container,) = _pod(service({"sklearn": {"storageUri": "file:///m", **probes}}))["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"]["port"] == 20000
    assert container["livenessProbe"]["tcpSocket"]["port"] == 20001
    assert container["startupProbe"]["httpGet"]["port"] == "http1"


def test_a_program_of_the_users_own_gets_a_front_and_a_mount() -> None:
    container = {
        "name": "kserve-container",
        "image": "x",
        "command": ["run"],
        "args": ["--x"],
        "ports": [{"containerPort": 9000}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 9000}},
    }
    pod = _pod(service({"containers": [container, {"name": "agent", "image": "y", "command": ["z"]}]}), None)
    own, agent = pod["spec"]["containers"]
    command = own["command"]
    assert command[:3] == ["python", "-m", "minikf.embedded.serving.front"]
    assert command[command.index("--") + 1 :] == ["run"]
    assert own["args"] == ["--x"]
    assert {"--declared_port=9000", "--ready_path=/ready", "--control=/run/c.sock"} <= set(command)
    assert "readinessProbe" not in own
    assert own["volumeMounts"][0]["mountPath"] == "/mnt/models"
    assert pod["spec"]["volumes"][0]["hostPath"]["path"] == "/x/m"
    assert agent["command"] == ["z"]


def test_placeholders_of_a_runtime_are_filled() -> None:
    spec = {
        "containers": [
            {"name": "kserve-container", "command": ["run"], "args": ["{{.Name}}-{{ .Namespace }}", "{{.Labels.tier}}"]}
        ]
    }
    obj = service({"sklearn": {"storageUri": "file:///m"}})
    obj["metadata"]["labels"] = {"tier": "gold"}
    pod = _pod(obj, Runtime("mine", False, spec))
    assert pod["spec"]["containers"][0]["args"] == ["digits-team", "gold"]
    obj["metadata"]["labels"] = {}
    with pytest.raises(InvalidSpec, match=r"\{\{.Labels.tier\}\}"):
        _pod(obj, Runtime("mine", False, spec))


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"containers": []}, "no container 'kserve-container'"),
        ({"containers": [{"name": "kserve-container", "image": "x"}]}, "has no command"),
    ],
)
def test_runtimes_that_cannot_run_here(spec: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidSpec, match=text):
        _pod(service({"sklearn": {"storageUri": "file:///m"}}), Runtime("mine", False, spec))


def test_a_revision_changes_with_what_needs_a_new_pod_only() -> None:
    base = service({"sklearn": {"storageUri": "file:///m"}, "minReplicas": 1})
    same = service({"sklearn": {"storageUri": "file:///m"}, "minReplicas": 2, "timeout": 3})
    assert _wanted(base).revision == _wanted(same).revision
    for other in (
        service({"sklearn": {"storageUri": "file:///n"}}),
        service({"sklearn": {"storageUri": "file:///m", "env": [{"name": "A", "value": "1"}]}}),
        service({"sklearn": {"storageUri": "file:///m"}, "annotations": {"a": "b"}}),
        service({"sklearn": {"storageUri": "file:///m"}}, {"minikf/model-sha256": "0" * 64}),
    ):
        assert _wanted(other).revision != _wanted(base).revision
    moved = Wanted.of(base, read(base), SKLEARN, Ports(1, 2))
    assert moved.revision != _wanted(base).revision


def test_the_service_remembers_the_ports() -> None:
    built = build_service(service({}), PORTS)
    assert built["metadata"]["name"] == "digits-predictor"
    assert ports_of(built) == PORTS
    assert [one["port"] for one in built["spec"]["ports"]] == [80, 81]
    built["spec"]["ports"] = [{"name": "http", "port": 80}]
    assert ports_of(built) is None


def test_a_long_name_stays_a_label() -> None:
    obj = service({"sklearn": {"storageUri": "file:///m"}})
    obj["metadata"]["name"] = "n" * 60
    label = _pod(obj)["metadata"]["labels"]["app"]
    assert len(label) == 63
    assert build_service(obj, PORTS)["spec"]["selector"] == {"app": label}


def test_host_names_are_those_of_a_cluster() -> None:
    names = host_names(service({}))
    assert {"digits.team.svc.cluster.local", "digits-predictor.team", "digits-team.example.com"} <= set(names)
