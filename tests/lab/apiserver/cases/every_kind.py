"""The same life for every kind that the engine serves, raw: made, read, changed, applied, refused, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..case import Case, Events, Http, Modify, Step, Watch
from ..specimens import SPECIMENS, Object, Specimen
from . import objects as o

_OTHER = "11111111-1111-1111-1111-111111111111"
_SEEN = {"uid": "metadata.uid", "rv": "metadata.resourceVersion"}
_MINE = "labelSelector=lab=$ns"
# Kinds whose PUT makes an object that is not there: AllowCreateOnUpdate in kubernetes v1.34.4, pkg/registry.
_MADE_BY_PUT = frozenset(("Event", "LimitRange", "Service", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"))
# Kinds that something holds when they are deleted: a finalizer, or for a Job that its pods are orphaned unasked.
_HELD = ("Namespace", "PersistentVolumeClaim", "Job")


def _patch(path: str, body: Any, content_type: str = o.MERGE, expect: int = 200) -> Http:
    return Http("PATCH", path, body, content_type=content_type, expect=expect)


def _label(tier: str) -> list[Object]:
    return [{"op": "replace", "path": "/metadata/labels/tier", "value": tier}]


def _gone(s: Specimen, name: str, body: Any = None) -> Iterator[Step]:
    """A deletion, and what ends whatever holds the object."""
    yield Http("DELETE", s.one(name), body)
    if s.kind == "Namespace":
        yield Http("PUT", f"{s.one(name)}/finalize", s.make(name) | {"spec": {"finalizers": []}})
    elif s.kind in _HELD:
        yield _patch(s.one(name), {"metadata": {"finalizers": None}})


def _note(text: str) -> Object:
    return {"metadata": {"annotations": {"note": text}}}


def _life(s: Specimen) -> Iterator[Step]:
    path, one = s.path, s.one("a")
    yield Http("POST", f"{path}?dryRun=All&fieldValidation=Strict", s.make("a"), expect=201)
    yield Http("GET", one, expect=404)
    yield Http("POST", f"{path}?fieldValidation=Strict", s.make("a"), expect=201, save=_SEEN | {"old": _SEEN["rv"]})
    yield Http("POST", path, s.make("a"), expect=409)
    yield Http("POST", f"{path}?dryRun=All", s.make("a"), expect=409)
    yield Http("POST", path, s.make("b", "two", annotations={"note": "x"}), expect=201)
    yield from _reads(s)
    yield Http("GET", f"{path}?{_MINE}", save=o.RV)
    yield Watch("w", f"{path}?{_MINE}&resourceVersion=$rv")
    yield _patch(one, s.change)
    yield _patch(one, s.change)
    yield _patch(one, _label("json"), o.JSON_PATCH)
    yield _patch(one, _note("strategic"), o.STRATEGIC, expect=415 if s.custom else 200)
    yield _patch(f"{one}?dryRun=All", _note("dry"))
    yield _patch(one, "{", expect=400)
    yield _patch(one, [], expect=400)
    yield _patch(s.one("nothing"), _note("x"), expect=404)
    yield from _puts(s)
    yield Events("w", (3 if s.custom else 5) + 2 * (s.kind in _MADE_BY_PUT))
    yield from _deletes(s)
    yield Events("w", 2 if s.kind in _HELD else 1)
    yield Http("GET", f"{path}?{_MINE}")


def _reads(s: Specimen) -> Iterator[Step]:
    path, one = s.path, s.one("a")
    yield Http("GET", one)
    yield Http("GET", one, accept=o.PARTIAL)
    yield Http("GET", one, accept=o.TABLE)
    yield Http("GET", one, accept="application/yaml")
    yield Http("GET", f"{path}?{_MINE}")
    yield Http("GET", f"{path}?{_MINE},tier=two")
    yield Http("GET", f"{path}?{_MINE},tier!=two", accept=o.PARTIAL_LIST)
    yield Http("GET", f"{path}?{_MINE}&limit=1")
    yield Http("GET", f"{path}?{_MINE}&fieldSelector=metadata.name={s.named('b')}")
    yield Http("GET", f"{path}?fieldSelector=spec.nothing=x", expect=400)
    yield Http("GET", f"{path}?{_MINE}", accept=o.TABLE)
    yield Http("GET", s.one("nothing"), expect=404)
    if s.namespaced:
        everywhere = path.replace("/namespaces/$ns", "")
        yield Http("GET", f"{everywhere}?{_MINE}")
        yield Http("POST", everywhere, s.make("a"), expect=404 if s.custom else 405)


def _puts(s: Specimen) -> Iterator[Step]:
    one = s.one("a")
    made = s.kind in _MADE_BY_PUT
    yield Modify(one, _note("put"))
    yield Modify(f"{one}?dryRun=All", _note("dry"))
    yield Http("PUT", one, s.make("a", resourceVersion="$old"), expect=409)
    unconditional = {"metadata": {"annotations": {"note": "unconditional"}, "resourceVersion": None}}
    yield Modify(one, unconditional, expect=422 if s.custom else 200)
    yield Http("PUT", one, s.make("b"), expect=400)
    yield Http("PUT", s.path, s.make("a"), expect=400 if s.custom else 405)
    yield Http("POST", one, s.make("a"), expect=409 if s.custom else 405)
    yield Http("PUT", s.one("put"), s.make("put"), expect=201 if made else 404)
    if made:
        yield Http("DELETE", s.one("put"))


def _deletes(s: Specimen) -> Iterator[Step]:
    one = s.one("a")
    yield Http("GET", one, save=_SEEN)
    yield Http("DELETE", f"{one}?dryRun=All")
    yield Http("DELETE", one, {"preconditions": {"uid": _OTHER}}, expect=409)
    yield Http("DELETE", one, {"preconditions": {"resourceVersion": "1"}}, expect=409)
    yield from _gone(s, "a", {"preconditions": {"uid": "$uid", "resourceVersion": "$rv"}})
    yield Http("GET", one, expect=404)
    yield Http("DELETE", one, expect=404)


def _apply(path: str, body: Object, manager: str, expect: int = 200, force: bool = False) -> Http:
    query = f"fieldManager={manager}" + ("&force=true" if force else "")
    return Http("PATCH", f"{path}?{query}", body, content_type=o.APPLY, expect=expect)


def _applies(s: Specimen) -> Iterator[Step]:
    one = s.one("a")
    yield Http("PATCH", f"{one}?fieldManager=one&dryRun=All", s.make("a"), content_type=o.APPLY, expect=201)
    yield _apply(one, s.make("a"), "one", 201)
    yield _apply(one, s.make("a"), "one")
    yield _apply(one, s.make("a", change=s.change), "one")
    yield _apply(one, s.make("a", "two", change=s.change), "two", 409)
    yield _apply(one, s.make("a", "two", change=s.change), "two", force=True)
    yield _apply(one, s.make("a", "one", change=s.change), "one", 409)
    yield _patch(f"{one}?fieldManager=three", _note("three"))
    yield _apply(one, s.make("a", "two", change=s.change, annotations={"note": "one"}), "one", 409)
    yield Modify(f"{one}?fieldManager=four", _note("four"))
    yield Http("GET", one)
    bare = {"apiVersion": s.api_version, "kind": s.kind, "metadata": {"name": s.named("a")}}
    yield _apply(one, bare | {"unknownField": 1}, "two", 500 if s.typed else 200)
    yield _apply(one, s.make("a") | {"apiVersion": "v9"}, "two", 400)
    yield Http("PATCH", one, s.make("a"), content_type=o.APPLY, expect=422)
    yield Http("GET", one)


def _refusals(s: Specimen) -> Iterator[Step]:
    path = s.path
    unknown = s.make("a", extraField=1) | {"unknownField": {"deep": 1}}
    yield Http("POST", f"{path}?fieldValidation=Strict", unknown, expect=400)
    yield Http("POST", f"{path}?fieldValidation=Warn", unknown, expect=201)
    yield from _gone(s, "a")
    yield Http("POST", f"{path}?fieldValidation=Ignore", s.make("b") | {"unknownField": 1}, expect=201)
    yield _patch(f"{s.one('b')}?fieldValidation=Strict", {"unknownField": 1}, expect=422 if s.typed else 200)
    yield _patch(f"{s.one('b')}?fieldValidation=Warn", {"unknownField": 2})
    if s.mistyped:
        yield Http("POST", path, s.make("c", change=s.mistyped), expect=422 if s.custom else 400)
        yield _patch(s.one("b"), s.mistyped, expect=422)
    if s.missing:
        yield Http("POST", path, s.make("c", change=s.missing), expect=422)
    yield Http("POST", path, s.make("c") | {"kind": "Nothing"}, expect=422 if s.custom else 400)
    yield Http("POST", path, s.make("c") | {"apiVersion": "nothing.example.com/v1"}, expect=400)
    yield from _names(s)
    yield Http("POST", path, s.make("c", labels={"bad key": "x"}), expect=422)
    yield Http("POST", path, s.make("c", labels={"a": 1}), expect=400)
    yield Http("POST", path, s.make("c", finalizers=["a b"]), expect=422)
    yield Http("POST", path, s.make("c", ownerReferences=[{"kind": "Pod"}]), expect=422)
    yield Http("POST", path, s.make("c", resourceVersion="5"), expect=500)
    yield Http("POST", path, "{", expect=400)
    yield Http("POST", path, "[]", expect=400)
    yield Http("GET", f"{path}?{_MINE}")
    yield Http("DELETE", f"{path}?{_MINE}", expect=405 if s.kind == "Namespace" else 200)


def _names(s: Specimen) -> Iterator[Step]:
    """What an object may be called, and where it may be."""
    path, label = s.path, {"labels": {"lab": "$ns"}}
    yield Http("POST", path, s.make("bad/name"), expect=422)
    yield Http("POST", path, s.make("Bad_Name"), expect=201 if s.any_name else 422)
    if not s.any_name:
        yield Http("POST", path, s.make("a" * 254), expect=422)
    if s.kind == "LimitRange":  # which gets a random name
        yield Http("POST", path, s.make("c") | {"metadata": label}, expect=201, save={"made": "metadata.name"})
        yield Http("DELETE", f"{path}/$made")
    else:
        yield Http("POST", path, s.make("c") | {"metadata": label}, expect=422)
    generated = label | {"generateName": f"{s.named('g')}-"}
    yield Http("POST", path, s.make("c") | {"metadata": generated}, expect=201)
    if s.namespaced:
        yield Http("POST", path, s.make("c", namespace="other"), expect=400)
        yield Http("POST", path.replace("$ns", "no-such-namespace"), s.make("c"), expect=404)


def _ends(s: Specimen) -> Iterator[Step]:
    path = s.path
    release = {"metadata": {"finalizers": None}}
    yield Http("POST", path, s.make("held", finalizers=["example.com/a"]), expect=201)
    yield Http("DELETE", s.one("held"))
    yield Http("DELETE", s.one("held"))
    yield _patch(s.one("held"), _note("while it ends"))
    yield Http("POST", path, s.make("held"), expect=409)
    yield _patch(s.one("held"), release)
    yield Http("GET", s.one("held"), expect=404)
    for policy in ("Foreground", "Orphan"):
        yield Http("POST", path, s.make("held"), expect=201)
        yield Http("DELETE", f"{s.one('held')}?propagationPolicy={policy}")
        yield _patch(s.one("held"), release, expect=404 if s.kind == "Event" else 200)
        yield Http("GET", s.one("held"), expect=404)
    yield Http("POST", path, s.make("background"), expect=201)
    yield Http("DELETE", s.one("background"), {"propagationPolicy": "Background"})
    for name, tier in (("a", "one"), ("b", "two"), ("c", "two")):
        yield Http("POST", path, s.make(name, tier), expect=201)
    yield Http("DELETE", f"{path}?{_MINE},tier=two&dryRun=All")
    yield Http("DELETE", f"{path}?{_MINE},tier=two")
    yield Http("GET", f"{path}?{_MINE}")
    yield Http("DELETE", f"{path}?{_MINE}&fieldSelector=metadata.name={s.named('a')}")
    yield Http("GET", f"{path}?{_MINE}")


def _subresources(s: Specimen) -> Iterator[Step]:
    one, status = s.one("a"), f"{s.one('a')}/status"
    yield Http("POST", s.path, s.make("a") | ({"status": s.status} if s.status else {}), expect=201)
    served = 200 if s.status else 404
    yield Http("GET", status, expect=served)
    yield _patch(status, {"status": s.status, "metadata": {"labels": {"tier": "status"}}}, expect=served)
    yield _patch(status, {"status": s.status}, expect=served)
    if s.status:
        yield _patch(one, {"status": {}, **s.change})
        yield Modify(f"{status}?dryRun=All", {**_note("dry"), "status": s.status})
        yield Modify(status, {**_note("status"), "status": s.status})
        yield Http("GET", one)
        yield Http("GET", status, accept=o.TABLE)
        yield Http("DELETE", status, expect=405)
        yield Http("POST", status, s.make("a"), expect=405)
        body = {"apiVersion": s.api_version, "kind": s.kind, "metadata": {"name": s.named("a")}, "status": s.status}
        yield _apply(status, body, "controller", force=True)
        yield Http("GET", f"{s.one('nothing')}/status", expect=404)
    yield Http("GET", f"{one}/nothing", expect=404)
    yield from _gone(s, "a")


def _scale(s: Specimen) -> Iterator[Step]:
    """The scale subresource, or that there is none."""
    one, scale = s.one("a"), f"{s.one('a')}/scale"
    yield Http("POST", s.path, s.make("a"), expect=201)
    if not s.scale:
        yield Http("GET", scale, expect=404)
        yield _patch(scale, {"spec": {"replicas": 2}}, expect=404)
        yield Http("PUT", scale, {"spec": {"replicas": 2}}, expect=404)
        yield from _gone(s, "a")
        return
    yield Http("GET", scale, save={"old": "metadata.resourceVersion"})
    yield Http("GET", scale, accept=o.TABLE)
    yield _patch(scale, {"spec": {"replicas": 2}})
    yield _patch(scale, {"spec": {"replicas": 2}})
    yield Http("GET", one)
    yield _patch(scale, [{"op": "replace", "path": "/spec/replicas", "value": 3}], o.JSON_PATCH)
    yield _patch(f"{scale}?dryRun=All", {"spec": {"replicas": 9}})
    yield Modify(f"{scale}?fieldManager=two", {"spec": {"replicas": 4}})
    yield Modify(scale, {"spec": {"replicas": 5}, "metadata": {"resourceVersion": "$old"}}, expect=409)
    yield Modify(scale, {"spec": {"replicas": 5}, "metadata": {"resourceVersion": None}})
    yield Modify(scale, {"spec": {"replicas": -1}}, expect=422)
    yield Modify(scale, {"spec": {"replicas": "x"}}, expect=400)
    yield Modify(f"{scale}?fieldValidation=Strict", {"spec": {"unknownField": 1}}, expect=400)
    yield Modify(scale, {"kind": "Nothing"}, expect=400)
    yield Modify(scale, {"metadata": {"name": "b"}}, expect=400)
    yield _patch(scale, {"spec": {"replicas": 1}}, o.STRATEGIC, expect=415)
    body = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": s.named("a")}}
    yield _apply(scale, body | {"spec": {"replicas": 6}}, "scaler", expect=500, force=True)
    yield Http("GET", one)
    yield _patch(f"{one}/status", {"status": s.status})
    yield Http("GET", scale)
    yield Http("GET", f"{s.one('nothing')}/scale", expect=404)
    yield _patch(f"{s.one('nothing')}/scale", {"spec": {"replicas": 2}}, expect=404)
    yield Http("DELETE", scale, expect=405)
    above, _, last = s.scale.rpartition(".")
    gone: Object = {last: None}
    for part in reversed(above.split(".")):
        gone = {part: gone}
    yield _patch(one, gone)
    yield Http("GET", scale, expect=500)
    yield _patch(scale, {"spec": {"replicas": 2}})
    yield _patch(one, s.mistyped, expect=422)
    yield _patch(scale, {"spec": {"replicas": None}})
    yield from _gone(s, "a")


_PARTS = {
    "life": _life,
    "apply": _applies,
    "refused": _refusals,
    "ends": _ends,
    "status": _subresources,
    "scale": _scale,
}
CASES = tuple(
    Case(f"every-{specimen.id}-{part}", tuple(steps(specimen)), needs_crds=specimen.custom)
    for specimen in SPECIMENS
    for part, steps in _PARTS.items()
    if not (specimen.kind == "Namespace" and part == "ends")  # its end is another one: cases/namespaces.py
)
