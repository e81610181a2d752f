"""What is told of a cluster, and waiting for one: real progress counts, and what blocks is named."""

from __future__ import annotations

import importlib
import json
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from minikf.errors import NoProgress, Unreachable
from minikf.kube import cluster as clusters
from minikf.kube.cluster.pods import ailing
from minikf.kube.rest import ApiAnswer
from minikf.spec import Access, ComponentStatus, Event
from tests.unit.kube.fakecluster import FakeCluster, coredns, node, now, pod, status, waiting, warning
from tests.unit.kube.tlsserver import Authority, Served, serve

waiting_module = importlib.import_module("minikf.kube.cluster.wait")  # the package shows the function of that name


def parts(access: Access, **options: Any) -> dict[str, ComponentStatus]:
    return {part.name: part for part in clusters.report(access, **options)}


def test_a_well_cluster_is_well_in_all_parts(cluster: FakeCluster, way_in: Access) -> None:
    cluster.pods = [pod("a"), pod("job", "Succeeded", ready=False)]
    found = parts(way_in)
    assert all(part.healthy for part in found.values())
    assert {name: part.state for name, part in found.items()} == {
        "kubernetes": "v1.34.4",
        "node n1": "ready, v1",
        "dns coredns": "1 of 1 ready",
        "storage": "standard",
    }


def test_each_part_that_fails_says_why(cluster: FakeCluster, way_in: Access) -> None:
    cluster.nodes = [node("n1", "False", "container runtime network not ready"), node("n2")]
    cluster.nodes[1]["status"]["conditions"].append({"type": "DiskPressure", "status": "True", "message": "full"})
    cluster.nodes[1]["spec"]["unschedulable"] = True
    cluster.dns, cluster.classes = [], {"slow": False}
    cluster.pods = [pod("p", "Pending", ready=False, containerStatuses=waiting("ErrImagePull", "no such host"))]
    found = parts(way_in)
    assert found["node n1"].cause == "KubeletNotReady: container runtime network not ready"
    assert (found["node n2"].state, found["node n2"].cause) == ("ready, cordoned, v1", "DiskPressure: full")
    assert "k8s-app=kube-dns" in found["dns"].cause and "default" in found["storage"].cause
    assert found["pod kube-system/p"].cause == "no such host"
    assert not any(part.healthy for name, part in found.items() if name != "kubernetes")
    assert "dns" not in parts(way_in, dns_needed=False)


@pytest.mark.parametrize(
    ("reason", "message", "why"),
    [
        ("ImagePullBackOff", 'Back-off pulling image "a:1"', ""),
        (
            "ImagePullBackOff",
            'Back-off pulling image "a:1": ErrImagePull: failed to pull and unpack image "docker.io/library/a:1": '
            'failed to resolve reference "docker.io/library/a:1": docker.io/library/a:1: not found',
            ": docker.io/library/a:1: not found",
        ),
        (
            "ErrImagePull",
            'rpc error: code = Unknown desc = failed to pull and unpack image "x/a:1": failed to do request: '
            'Head "https://x/v2/a/manifests/1": dial tcp: lookup x: no such host',
            ': Head "https://x/v2/a/manifests/1": dial tcp: lookup x: no such host',
        ),
    ],
)
def test_why_an_image_cannot_be_had_stands_before_all_that_is_round_it(reason: str, message: str, why: str) -> None:
    (found,) = ailing([pod("p", "Pending", ready=False, containerStatuses=waiting(reason, message, image="a:1"))], [])
    assert found.no_image and (found.state, found.cause) == (reason, f"image a:1 cannot be pulled{why}")


def test_what_may_not_be_read_is_a_part_that_fails(cluster: FakeCluster, way_in: Access) -> None:
    cluster.nodes = status(403, "Forbidden", 'nodes is forbidden: User "dev" cannot list resource "nodes"')
    found = parts(way_in)
    assert 'User "dev"' in found["nodes"].cause and not found["nodes"].healthy and found["storage"].healthy


def test_a_pod_that_only_starts_is_not_told(cluster: FakeCluster, way_in: Access) -> None:
    cluster.pods = [pod("mirror", ready=False)]
    cluster.pods[0]["metadata"]["creationTimestamp"] = now()
    assert "pod kube-system/mirror" not in parts(way_in)
    cluster.pods[0]["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    assert parts(way_in)["pod kube-system/mirror"].state == "not ready"


CRASHED = waiting(
    "CrashLoopBackOff",
    "back-off 5m0s restarting failed container",
    restartCount=7,
    lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
)
UNSCHEDULED = [
    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes: no memory"}
]


@pytest.mark.parametrize(
    ("ill", "events", "said"),
    [
        (pod("p", containerStatuses=CRASHED, ready=False), [], "exit code 137 (OOMKilled), restarted 7 times"),
        (pod("p", "Pending", ready=False, conditions=UNSCHEDULED), [], "Unschedulable: 0/1 nodes: no memory"),
        (pod("p", "Failed", ready=False, reason="Evicted", message="low on disk"), [], "Evicted: low on disk"),
        (
            pod("p", "Pending", ready=False, containerStatuses=waiting("CreateContainerConfigError", "no secret s")),
            [],
            "CreateContainerConfigError: no secret s",
        ),
        (
            pod("p", "Pending", ready=False, containerStatuses=waiting("ContainerCreating")),
            [warning("p", "FailedMount", "old", "2026-01-01T00:00:00Z"), warning("p", "Failed", "new", now())],
            "ContainerCreating: Failed: new",
        ),
        (
            pod("p", ready=False),
            [warning("p", "Unhealthy", "Readiness probe failed: 503")],
            "not ready: Unhealthy: Readiness probe failed: 503",
        ),
        (pod("p", ready=False), [warning("p", "FailedMount", "of the past")], "pod kube-system/p: not ready"),
        (pod("p", ready=False), [warning("q", "Unhealthy", "another")], "pod kube-system/p: not ready"),
        (
            pod("p", ready=False, initContainerStatuses=[{"name": "i", "state": {"terminated": {"exitCode": 2}}}]),
            [],
            "container i ended with exit code 2",
        ),
    ],
)  # fmt: skip
def test_what_ails_a_pod(ill: dict[str, Any], events: list[dict[str, Any]], said: str) -> None:
    (found,) = ailing([ill, pod("well")], events)
    assert said in str(found) and "\n" not in str(found)
    if said.endswith("not ready"):
        assert str(found) == said


def heard(access: Access, **options: Any) -> tuple[list[Event], Exception | None]:
    events: list[Event] = []
    try:
        for event in clusters.wait(access, **options):
            events.append(event)
    except (NoProgress, ApiAnswer, Unreachable) as error:
        return events, error
    return events, None


def test_a_cluster_that_is_well_is_not_waited_for(cluster: FakeCluster, way_in: Access, server: Served) -> None:
    begun = time.monotonic()
    events, failure = heard(way_in)
    assert failure is None and time.monotonic() - begun < 1
    assert [(event.what, event.state) for event in events] == [("nodes", "done"), ("dns", "done"), ("storage", "done")]
    assert len(server.seen) == 3, "three questions tell that a cluster is well"


def test_it_waits_for_each_part_in_turn(cluster: FakeCluster, way_in: Access) -> None:
    cluster.nodes, cluster.dns, cluster.classes = [], [], {}

    def grow() -> None:
        for name, value in (
            ("nodes", [node("n1", "False")]),
            ("nodes", [node("n1")]),
            ("nodes", [node("n1"), node("n2")]),
            ("dns", [coredns(0, 2)]),
            ("dns", [coredns(1, 2)]),
            ("classes", {"standard": True}),
        ):
            time.sleep(0.3)
            setattr(cluster, name, value)

    thread = threading.Thread(target=grow)
    thread.start()
    events, failure = heard(way_in, nodes=2, patience=5)
    thread.join()
    assert failure is None
    assert [(e.what, e.message) for e in events if e.state == "done"] == [
        ("nodes", "2 of 2 ready"),
        ("dns", "coredns: 1 of 2 ready"),
        ("storage", "standard"),
    ]
    told = [(e.what, e.message, e.objects_done, e.objects_total) for e in events if e.what == "nodes"]
    assert told[0] == ("nodes", "0 of 2 ready", 0, 2) and ("nodes", "1 of 2 ready", 1, 2) in told


def test_one_dns_replica_of_one_has_to_be_there(cluster: FakeCluster, way_in: Access) -> None:
    cluster.dns = [coredns(0, 1)]
    cluster.pods = [pod("coredns-1", "Pending", ready=False, containerStatuses=waiting("ErrImagePull", "no such host"))]
    events, failure = heard(way_in, patience=0.5)
    assert isinstance(failure, NoProgress)
    assert "pod kube-system/coredns-1" in failure.message and failure.cause == "ErrImagePull: no such host"
    assert failure.advice.endswith("-n kube-system describe pod coredns-1") and str(way_in.kubeconfig) in failure.advice
    assert (events[-1].what, events[-1].state, events[-1].cause) == ("dns", "failed", failure.cause)
    assert any("ErrImagePull" in e.message for e in events if e.state == "progress"), "told while it waits"


def test_a_pod_that_starts_over_and_over_is_no_progress(
    cluster: FakeCluster, server: Served, way_in: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_module, "PODS_SECONDS", 0.05)
    cluster.dns, looks = [coredns(0, 1)], iter(range(1000))

    def flapping(*_: object) -> tuple[int, bytes]:
        number = next(looks)
        shown = pod(
            "coredns-1", "Running", ready=False, containerStatuses=waiting("CrashLoopBackOff", restartCount=number)
        )
        shown["status"]["conditions"].append({"type": "ContainersReady", "status": "True" if number % 2 else "False"})
        return 200, json.dumps({"items": [shown]}).encode()

    server.answers["/api/v1/namespaces/kube-system/pods"] = flapping
    begun = time.monotonic()
    _, failure = heard(way_in, patience=1.0)
    assert isinstance(failure, NoProgress) and time.monotonic() - begun < 4


def test_an_api_that_dies_in_the_middle_is_named(authority: Authority, way_in: Access) -> None:
    with serve(authority, authority.pair("mortal")) as mortal:
        dying = FakeCluster(dns=[])
        dying.install(mortal)
        steps = clusters.wait(replace(way_in, server=mortal.url), patience=1.0)
        assert next(steps).what == "nodes"
    with pytest.raises(NoProgress) as caught:
        list(steps)
    assert "does not answer" in caught.value.message and "refused" in caught.value.cause


def test_who_may_not_look_is_told_soon(cluster: FakeCluster, way_in: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_module, "REFUSED_SECONDS", 0.3)
    cluster.nodes = status(403, "Forbidden", 'User "dev" cannot list resource "nodes"')
    events, failure = heard(way_in)
    assert isinstance(failure, ApiAnswer) and 'User "dev"' in failure.message and events[-1].state == "failed"


def test_the_storage_class_that_is_missing_is_named(cluster: FakeCluster, way_in: Access) -> None:
    cluster.classes = {"a": False}
    _, failure = heard(way_in, patience=0.3)
    assert isinstance(failure, NoProgress) and "no storage class" in failure.message
    cluster.nodes = [node("n1", "False", "cni plugin not initialized")]
    _, failure = heard(way_in, patience=0.3)
    assert isinstance(failure, NoProgress)
    assert "node n1" in failure.message and "cni plugin not initialized" in failure.cause
    cluster.nodes = [node("n1")]
    _, failure = heard(way_in, nodes=3, patience=0.3)
    assert isinstance(failure, NoProgress) and "2 of 3 nodes have not joined" in failure.message
