"""What has to be applied, and whose an object is."""

from __future__ import annotations

import dataclasses

import pytest

from minikf.errors import Refused
from minikf.install.graph import graph
from minikf.install.plan import check_namespaces, todo
from minikf.install.record import Record
from minikf.install.yielding import may_lose, without, yields
from minikf.kube.apply import Conflict
from minikf.kube.apply.survey import Seen
from tests.unit.install import bodies as b

ITEM = b.item("v1", "ConfigMap", "one", "ns", data={"a": "1"})
GRAPH = graph([b.part("a", ITEM)])


def _record(**more: object) -> Record:
    known = {"adopted": False, "uid": "u", "hash": ITEM.hash, "owned": "f"} | more
    return Record("a", "v1", "ConfigMap", "ns", "one", **known)  # type: ignore[arg-type]


def _seen(uid: str = "u", owned: str = "f", deleting: bool = False) -> Seen:
    return Seen(ITEM.id, uid, owned, deleting, (), ())


@pytest.mark.parametrize(
    ("record", "seen", "same", "adopted"),
    [
        (_record(), _seen(), True, False),
        (_record(adopted=True), _seen(), True, True),
        (_record(owned=""), _seen(owned=""), True, False),  # it has no field but its name
        (_record(hash="other"), _seen(), False, False),  # we want something else
        (_record(), _seen(owned="g"), False, False),  # somebody has changed a field of ours
        (_record(), _seen(uid="v"), False, True),  # ours was deleted; this one is somebody else's
        (_record(), None, False, False),  # it was deleted
        (_record(), _seen(deleting=True), False, False),
        (None, _seen(), False, True),  # it was there before us
        (None, None, False, False),
        (_record(uid="", hash="", owned=""), _seen(), False, False),  # killed before the answer was written down
        (_record(uid="", hash="", owned="", adopted=True), _seen(), False, True),
    ],
)
def test_what_is_applied_and_whose_it_is(record: Record | None, seen: Seen | None, same: bool, adopted: bool) -> None:
    found = todo(GRAPH, {ITEM.id: record} if record else {}, {ITEM.id: seen} if seen else {})
    assert found.same == (frozenset({ITEM.id}) if same else frozenset())
    assert found.changes | found.same == {ITEM.id}
    assert found.records[ITEM.id].adopted is adopted


def test_a_namespace_that_nobody_makes() -> None:
    with pytest.raises(Refused, match="ConfigMap ns/one of component a has no namespace to be in"):
        check_namespaces(GRAPH, {})
    check_namespaces(GRAPH, {("", "Namespace", "", "ns"): _seen()})
    check_namespaces(graph([b.part("a", ITEM, b.namespace("ns"))]), {})


def test_fields_that_others_take_by_design_are_left_to_them() -> None:
    guard = b.guard("g", ("ns", "s"), "", "pods")
    owners = (('.webhooks[name="g"].clientConfig.caBundle', "cainjector"),)
    assert yields(guard, *owners[0]) and may_lose(guard)
    text = without(guard, Conflict("x", owners))
    assert text is not None and b"caBundle" not in text and b'"service"' in text
    role = b.item("rbac.authorization.k8s.io/v1", "ClusterRole", "r", rules=[], aggregationRule={})
    text = without(role, Conflict("x", ((".rules", "clusterrole-aggregation-controller"),)))
    assert text is not None and b"rules" not in text
    plain = b.item("rbac.authorization.k8s.io/v1", "ClusterRole", "r", rules=[])
    assert without(plain, Conflict("x", ((".rules", "somebody"),))) is None and not may_lose(plain)
    assert not may_lose(b.definition("Lamp")) and not may_lose(b.definition("Lamp", converter=("ns", "s")))
    trusted = b.definition("Lamp", converter=("ns", "s"))
    trusted = dataclasses.replace(trusted, text=trusted.text.replace('"service"', '"caBundle": "eA==", "service"'))
    assert may_lose(trusted)
    web = b.deployment("w", "ns")
    assert yields(web, ".spec.replicas", "kube-controller-manager") and not yields(web, ".spec.replicas", "kubectl")
    assert without(guard, Conflict("x", (*owners, (".webhooks", "somebody")))) is None, "all of them or none"
