"""A probe of servers that refuse, talk nonsense or do not answer: each is a gap, and none holds up the rest."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import MinikfError, Unreachable
from minikf.promote.targets import probe as probing
from minikf.promote.targets import way
from minikf.promote.targets.probe import nodes, storage
from minikf.promote.targets.probe.asking import Ask
from minikf.promote.targets.probe.selectors import matches
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import TargetSpec
from minikf.spec import Event

Answers = Callable[[str], tuple[int, Any]]
SPEC = TargetSpec("far", context="far", namespace="ml")


def kind(name: str, plural: str, namespaced: bool = False) -> dict[str, Any]:
    return {"resource": plural, "responseKind": {"kind": name}, "scope": "Namespaced" if namespaced else "Cluster"}


CORE = {
    "kind": "APIGroupDiscoveryList",
    "items": [
        {
            "metadata": {},
            "versions": [
                {
                    "version": "v1",
                    "resources": [
                        kind("Node", "nodes"),
                        kind("Secret", "secrets", True),
                        kind("ResourceQuota", "resourcequotas", True),
                    ],
                }
            ],
        }
    ],
}
GROUPS = {"kind": "APIGroupDiscoveryList", "items": [
    {"metadata": {"name": "storage.k8s.io"},
     "versions": [{"version": "v1", "resources": [kind("StorageClass", "storageclasses")]}]},
    {"metadata": {"name": "scheduling.k8s.io"},
     "versions": [{"version": "v1", "resources": [kind("PriorityClass", "priorityclasses")]}]},
    {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1", "freshness": "Stale", "resources": []}]},
    {"metadata": {"name": "a.example.com"}, "versions": [
        {"version": "v2", "resources": [kind("New", "news")]},
        {"version": "v1", "resources": [kind("New", "news"), kind("Old", "olds")]}]}]}  # fmt: skip


@contextmanager
def server(answers: Answers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An API server that says what `answers` has for a path, and the paths that were asked for, with their Accept."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers['Accept']}")
            code, body = answers(self.path)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            try:
                self.send_response(code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                pass  # who asked has gone

        def log_message(self, *words: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, daemon=True).start()
    for name in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    config = {
        "clusters": [{"name": "far", "cluster": {"server": f"http://127.0.0.1:{made.server_address[1]}"}}],
        "users": [{"name": "far", "user": {"token": "none"}}],
        "contexts": [{"name": "far", "context": {"cluster": "far", "user": "far"}}],
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config.json"))
    try:
        yield asked
    finally:
        made.shutdown()
        made.server_close()


def run(seconds: float = 30.0) -> TargetProfile:
    steps = probing.probe(SPEC, way.access(SPEC), seconds)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def known(path: str) -> tuple[int, Any] | None:
    found = {"/version": {"gitVersion": "v1.33.0"}, "/api": CORE, "/apis": GROUPS}.get(path)
    return (200, found) if found is not None else None


def test_refusals_and_nonsense_are_gaps_in_the_words_of_the_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers(path: str) -> tuple[int, Any]:
        if "storageclasses" in path:
            return 403, {"kind": "Status", "message": 'storageclasses is forbidden: User "me" cannot list', "code": 403}
        if path.startswith("/api/v1/nodes"):
            return 200, {"items": [{"metadata": {"name": "a"}, "status": {"allocatable": {"memory": "a lot"}}}]}
        if "resourcequotas" in path:
            return 200, b"<html>a proxy is here"
        return known(path) or (500, {"kind": "Status", "message": "the server is ill"})

    with server(answers, tmp_path, monkeypatch) as asked:
        profile = run()
    why = {gap.what: gap.why for gap in profile.gaps}
    assert 'User "me" cannot list' in why["storage"] and "not JSON" in why["quotas"]
    assert "in a form that is not known" in why["nodes"]
    assert why["cluster"] == "the server is ill" and "no SelfSubjectAccessReview" in why["rights"]
    assert any("metrics.k8s.io/v1 does not answer" in gap.why for gap in profile.gaps if gap.what == "kinds")
    assert [(one.version, one.preferred) for one in profile.serves("a.example.com", "New")] == [
        ("v2", True),
        ("v1", False),
    ]
    assert not profile.serves("a.example.com", "Old")[0].preferred
    listed = [line for line in asked if "/secrets" in line]
    assert listed and all("as=PartialObjectMetadataList" in line and "application/json," not in line for line in listed)


def test_a_topic_that_hangs_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def answers(path: str) -> tuple[int, Any]:
        if path.startswith(("/api/v1/nodes", "/apis/scheduling.k8s.io")):
            release.wait(20)
        return known(path) or (200, {"items": []})

    with server(answers, tmp_path, monkeypatch):
        begun = time.monotonic()
        profile = run(seconds=1.5)
        assert time.monotonic() - begun < 8
        release.set()
    assert [gap.why for gap in profile.gaps if gap.what == "nodes"] == ["no answer within 1.5 s"]
    assert profile.unknown("quotas") is None and profile.unknown("cluster") is not None
    for late in ("priority_classes", "gateway_classes"):
        gap = profile.unknown(late)
        assert gap is not None and gap.why == "no answer within 1.5 s"


def test_pages_are_read_to_the_end_and_anew_where_they_grew_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def node(name: str) -> dict[str, Any]:
        return {"metadata": {"name": name}, "status": {"allocatable": {"cpu": "1"}}}

    def answers(path: str) -> tuple[int, Any]:
        if path.startswith("/api/v1/nodes"):
            if "limit" not in path:
                return 200, {"items": [node("a"), node("b"), node("c")]}
            if "continue" in path:
                return 410, {"kind": "Status", "reason": "Expired", "message": "too old"}
            return 200, {"items": [node("a")], "metadata": {"continue": "x/y"}}
        if "storageclasses" in path:
            more = {"continue": "next"} if "continue" not in path else {}
            return 200, {"items": [{"metadata": {"name": f"c{len(path)}"}, "provisioner": "p"}], "metadata": more}
        return known(path) or (404, {"kind": "Status", "reason": "NotFound", "message": "no"})

    with server(answers, tmp_path, monkeypatch):
        profile = run()
    assert [group.count for group in profile.nodes] == [3] and len(profile.storage) == 2


@pytest.mark.parametrize("code", [401, 500])
def test_a_server_that_does_not_even_tell_its_version_ends_the_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    with (
        server(lambda _path: (code, {"kind": "Status", "message": "go away"}), tmp_path, monkeypatch),
        pytest.raises(MinikfError) as caught,
    ):
        run()
    assert "minikf up" not in caught.value.advice


def test_nothing_that_listens_is_unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda _path: (200, {}), tmp_path, monkeypatch):
        access = way.access(SPEC)
    steps, events = probing.probe(SPEC, access), list[Event]()

    def follow() -> None:
        while True:
            events.append(next(steps))

    with pytest.raises(Unreachable, match=r"target 'far' \(context 'far' of your kubeconfig\) does not answer"):
        follow()
    assert [event.state for event in events] == ["started", "failed"] and events[-1].cause


@pytest.mark.parametrize(
    ("selector", "labels", "result"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "b"}, True),
        ({"matchLabels": {"a": "b"}}, {"a": "c"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, {"a": "b"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {"a": "b"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Later"}]}, {}, True),
    ],
)
def test_selectors_take_what_kubernetes_takes(selector: Any, labels: dict[str, str], result: bool) -> None:
    assert matches(selector, labels) is result


def test_modes_come_from_a_named_source_or_are_not_known() -> None:
    assert set(storage.documented("rancher.io/local-path")) == {"ReadWriteOnce"}
    assert set(storage.documented("efs.csi.aws.com")) == {"ReadWriteOnce", "ReadWriteMany"}
    assert set(storage.documented("ebs.csi.aws.com")) == {"ReadWriteOnce"}
    assert storage.documented("cinder.csi.openstack.org") == {} == storage.documented("")
    assert all(storage.documented("rbd.csi.ceph.com").values())


class _Nodes(Ask):
    """Nodes as a list, without a server."""

    def listed(self, *_: Any, **__: Any) -> list[Any]:
        return [
            {
                "metadata": {"name": name, "labels": {"zone": zone, "id": name, "machine": f"m-{name}"}},
                "spec": {"providerID": f"cloud:///zone/m-{name}"},
                "status": {"allocatable": {"cpu": "4", "memory": memory}, "nodeInfo": {"architecture": "amd64"}},
            }
            for name, zone, memory in (("a", "1", "16000000Ki"), ("b", "1", "15999000Ki"), ("c", "2", "16000000Ki"))
        ]


def test_nodes_that_differ_by_name_and_some_memory_are_one_group() -> None:
    two, one = nodes.look(_Nodes(None, ("ml",)))["nodes"]  # type: ignore[arg-type]
    assert (two.count, two.labels, two.allocatable["memory"]) == (2, {"zone": "1"}, "15999000Ki")
    assert (one.count, one.labels) == (1, {"zone": "2"})
