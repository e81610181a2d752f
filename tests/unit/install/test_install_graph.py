"""What waits for what, from the objects alone."""

from __future__ import annotations

import json

import pytest

from minikf.errors import Refused
from minikf.install.graph import Node, graph
from minikf.install.look import definition as read_definition
from minikf.install.objects import Item, Part
from minikf.install.progress import Progress
from minikf.kube.ready import State, Verdict
from tests.unit.install import bodies as b

NS = b.namespace("ns", team="blue")
SERVER = (b.service("hook", "ns"), b.deployment("hook", "ns"))
THING = b.item("a.b/v1", "Thing", "one", "ns")


def _node(parts: list[Part], item: Item) -> Node:
    return graph(parts).nodes[item.id]


def test_an_object_waits_for_its_namespace_and_its_kind() -> None:
    crd = b.definition("Thing")
    node = _node([b.part("a", THING, crd, NS)], THING)
    assert (node.after, node.served, node.answering) == ({NS.id}, {crd.id}, frozenset())
    assert _node([b.part("a", THING)], THING).after == frozenset(), "a namespace that is there already"


def test_a_workload_waits_for_what_its_pods_are_refused_without() -> None:
    account, web = b.item("v1", "ServiceAccount", "runner", "ns"), b.deployment("web", "ns", account="runner")
    assert _node([b.part("a", account, web)], web).after == {account.id}
    assert _node([b.part("a", web)], web).after == frozenset()


def test_a_workload_waits_for_the_services_beside_it() -> None:
    """Its pods are told their addresses once, when they are made."""
    web, beside, elsewhere = b.deployment("web", "ns"), b.service("till", "ns"), b.service("till", "other")
    parts = [b.part("a", web, beside, elsewhere), b.part("b", b.service("lamp", "ns"))]
    assert _node(parts, web).after == {beside.id}


def test_a_webhook_waits_for_its_server_and_what_it_guards_for_the_webhook() -> None:
    guard = b.guard("guard", ("ns", "hook"), "a.b", "things")
    parts = [b.part("hooks", NS, *SERVER, guard, b.definition("Thing")), b.part("uses", THING, needs=("hooks",))]
    found = graph(parts)
    assert found.nodes[guard.id].answering == {("ns", "hook")}
    assert found.behind == {("ns", "hook"): {SERVER[1].id}}
    assert guard.id in found.nodes[THING.id].after
    parts = [parts[0], b.part("uses", THING)]
    assert guard.id not in _node(parts, THING).after, "its component does not need that webhook"


@pytest.mark.parametrize(
    ("selectors", "waits"),
    [
        ({}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "blue"}}}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "red"}}}, False),
        (
            {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["blue"]}]}},
            False,
        ),
        (
            {"namespaceSelector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "Exists"}]}},
            True,
        ),
        ({"objectSelector": {"matchLabels": {"mesh": "yes"}}}, True),
        ({"objectSelector": {"matchExpressions": [{"key": "mesh", "operator": "DoesNotExist"}]}}, False),
    ],
)
def test_a_workload_is_guarded_as_its_pods_are(selectors: dict[str, object], waits: bool) -> None:
    guard = b.guard("guard", ("ns", "hook"), "", "pods", **selectors)
    web = b.deployment("web", "ns", mesh="yes")
    node = _node([b.part("mesh", NS, *SERVER, guard, web)], web)
    assert (guard.id in node.after) is waits


def test_who_answers_for_a_webhook_never_waits_for_it() -> None:
    guard = b.guard("guard", ("ns", "hook"), "", "pods")
    assert guard.id not in _node([b.part("mesh", NS, *SERVER, guard)], SERVER[1]).after


def test_a_custom_resource_waits_for_who_converts_its_kind() -> None:
    crd = b.definition("Thing", converter=("ns", "hook"))
    assert _node([b.part("a", NS, *SERVER, crd, THING)], THING).answering == {("ns", "hook")}
    assert _node([b.part("a", NS, *SERVER, crd, THING)], crd).answering == frozenset()


def test_a_cycle_of_objects_is_named() -> None:
    """Two webhooks that each want to see the pods behind the other."""
    one, two = b.guard("one", ("ns", "left"), "", "pods"), b.guard("two", ("ns", "right"), "", "pods")
    left = (b.service("left", "ns"), b.deployment("left", "ns"))
    right = (b.service("right", "ns"), b.deployment("right", "ns"))
    with pytest.raises(Refused, match="wait for each other in a circle") as caught:
        graph([b.part("mesh", NS, *left, *right, one, two)])
    for name in ("MutatingWebhookConfiguration one", "Deployment ns/right", "Deployment ns/left"):
        assert f"{name} waits for " in caught.value.cause
    names = caught.value.cause.split(" waits for ")
    assert names[0] == names[-1]


def test_components_that_need_each_other_are_named() -> None:
    with pytest.raises(Refused, match="circle") as caught:
        graph([b.part("a", needs=("b",)), b.part("b", needs=("c",)), b.part("c", needs=("a",))])
    assert caught.value.cause == "a needs b needs c needs a"
    with pytest.raises(Refused, match="component a needs z, which is not among those to install"):
        graph([b.part("a", needs=("z",))])
    with pytest.raises(Refused, match="component a is there twice"):
        graph([b.part("a"), b.part("a")])


def test_an_object_that_is_there_twice_is_named_also_in_two_versions() -> None:
    other = b.item("a.b/v2", "Thing", "one", "ns")
    with pytest.raises(Refused, match="Thing ns/one is there twice") as caught:
        graph([b.part("a", THING), b.part("b", other)])
    assert caught.value.cause == "in component a and b"


def test_text_that_is_no_object_is_refused() -> None:
    bad = Item("v1", "Service", "ns", "x", "a: [")
    with pytest.raises(Refused, match="Service ns/x is not written as an object"):
        graph([b.part("a", bad)])


def test_of_a_definition_only_the_head_is_read() -> None:
    """What kustomize writes has the versions last; they are never parsed."""
    text = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things.a.b\n"
        "spec:\n  group: a.b\n  names:\n    kind: Thing\n    plural: things\n  scope: Cluster\n  versions: [no YAML"
    )
    spec = read_definition(Item("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "things.a.b", text))
    assert (spec["group"], spec["names"]["plural"], spec["scope"]) == ("a.b", "things", "Cluster")
    assert read_definition(b.definition("Thing"))["names"]["plural"] == "things"


def test_progress_frees_what_waits_for_nothing_more() -> None:
    guard = b.guard("guard", ("ns", "hook"), "a.b", "things")
    crd = b.definition("Thing")
    found = graph([b.part("a", NS, *SERVER, guard, crd, THING)])
    progress = Progress(found, frozenset(found.nodes))
    assert {node.item.id for node in progress.free()} == {NS.id, crd.id}
    assert [node.item.id for node in progress.done(NS.id)] == [SERVER[0].id]
    assert [node.item.id for node in progress.done(SERVER[0].id)] == [SERVER[1].id]
    assert progress.open(("served", crd.id)) == []
    assert [node.item.id for node in progress.open(("answering", ("ns", "hook")))] == [guard.id]
    assert progress.open(("answering", ("ns", "hook"))) == [], "only once"
    assert progress.awaited("applied") == {guard.id}
    assert [node.item.id for node in progress.done(guard.id)] == [THING.id]
    for id in (crd.id, THING.id, *(one.id for one in SERVER)):
        progress.done(id)
    assert progress.over
    progress.verdicts[SERVER[1].id] = Verdict(State.PROGRESSING)
    assert not progress.over and not progress.finished([SERVER[1].id])


def test_what_is_there_already_is_not_waited_for() -> None:
    found = graph([b.part("a", NS, THING, b.definition("Thing"))])
    progress = Progress(found, frozenset({THING.id}))
    assert progress.gates[THING.id] == {("served", b.definition("Thing").id)}


def test_items_are_told_apart_by_group_and_not_by_version() -> None:
    assert THING.id == ("a.b", "Thing", "ns", "one")
    assert THING.hash != b.item("a.b/v1", "Thing", "one", "ns", spec=1).hash
    assert json.loads(THING.text)["kind"] == "Thing"
