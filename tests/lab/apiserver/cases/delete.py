"""Deletion: grace, cascades, finalizers, preconditions, whole collections."""

from __future__ import annotations

from typing import Any

from ..case import Case, Http, Kubectl
from . import objects as o

_A = f"{o.CONFIG_MAPS}/a"
_T = f"{o.TRAIN_JOBS}/t"
_UID = {"uid": "metadata.uid", "rv": "metadata.resourceVersion"}


def _options(**fields: Any) -> o.Object:
    return {"apiVersion": "v1", "kind": "DeleteOptions", **fields}


def _release(path: str) -> Http:
    return Http("PATCH", path, {"metadata": {"finalizers": None}}, content_type=o.MERGE)


def _cascades(name: str, path: str, make: Any, custom: bool) -> Case:
    one = f"{path}/x"
    steps: list[Any] = []
    for policy in ("Background", "Foreground", "Orphan"):
        steps += [
            Http("POST", path, make("x"), expect=201),
            Http("DELETE", f"{one}?propagationPolicy={policy}"),
        ]
        if policy != "Background":
            steps += [Http("GET", one), _release(one)]
        steps.append(Http("GET", one, expect=404))
    return Case(
        f"delete-cascade-{name}",
        (
            *steps,
            Http("POST", path, make("x"), expect=201),
            Http("DELETE", f"{one}?propagationPolicy=Nothing", expect=422),
            Http("DELETE", one, _options(propagationPolicy="Background", orphanDependents=True), expect=422),
            Http("DELETE", one, _options(orphanDependents=True)),
            _release(one),
            Http("GET", one, expect=404),
        ),
        needs_crds=custom,
    )


CASES = (
    _cascades("configmap", o.CONFIG_MAPS, o.config_map, False),
    _cascades("trainjob", o.TRAIN_JOBS, o.train_job, True),
    Case(
        "delete-finalizers",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a", finalizers=["example.com/a", "example.com/b"]), expect=201),
            Http("DELETE", _A),
            Http("DELETE", _A),
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=409),
            Kubectl("get cm a -o yaml"),
            Http("PATCH", _A, {"metadata": {"finalizers": ["example.com/c"]}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _A, {"metadata": {"finalizers": ["example.com/b"]}}, content_type=o.MERGE),
            Http("PATCH", _A, {"data": {"still": "here"}}, content_type=o.MERGE),
            Http("PATCH", _A, {"metadata": {"deletionTimestamp": None}}, content_type=o.MERGE),
            _release(_A),
            Http("GET", _A, expect=404),
            Http("POST", o.CONFIG_MAPS, o.config_map("a", finalizers=["unqualified"]), expect=422),
            Http("POST", o.CONFIG_MAPS, o.config_map("a", finalizers=["bad name/x"]), expect=422),
            Http("POST", o.CONFIG_MAPS, o.config_map("a", deletionTimestamp="2001-01-01T00:00:00Z"), expect=201),
        ),
    ),
    Case(
        "delete-finalizers-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("t", finalizers=["example.com/a"]), expect=201),
            Http("DELETE", _T),
            Http("PATCH", _T, {"spec": {"suspend": True}}, content_type=o.MERGE),
            Kubectl("get trainjob t -o yaml"),
            Http("PATCH", _T, {"metadata": {"finalizers": ["example.com/c"]}}, content_type=o.MERGE, expect=422),
            _release(_T),
            Http("GET", _T, expect=404),
        ),
        needs_crds=True,
    ),
    Case(
        "delete-preconditions",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201, save=_UID),
            Http("DELETE", _A, _options(preconditions={"uid": "11111111-1111-1111-1111-111111111111"}), expect=409),
            Http("DELETE", _A, _options(preconditions={"resourceVersion": "1"}), expect=409),
            Http("DELETE", _A, _options(preconditions={"uid": "$uid", "resourceVersion": "$rv"})),
            Http("DELETE", _A, _options(preconditions={"uid": "$uid"}), expect=404),
        ),
    ),
    Case(
        "delete-options",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201),
            Http("DELETE", f"{_A}?dryRun=All"),
            Http("DELETE", _A, _options(dryRun=["All"])),
            Http("DELETE", f"{_A}?dryRun=Nothing", expect=422),
            Http("DELETE", _A, "{", expect=500),
            Http("DELETE", _A, {"kind": "Nothing", "apiVersion": "v9"}, expect=500),
            Http("DELETE", f"{_A}?gracePeriodSeconds=x", expect=400),
            Http("GET", _A),
            Http("DELETE", f"{_A}?gracePeriodSeconds=30"),
            Http("GET", _A, expect=404),
        ),
    ),
    Case(
        "delete-collection",
        (
            Kubectl(
                "create -f -",
                stdin=[o.config_map(name, labels={"odd": str(index % 2)}) for index, name in enumerate("abcd")],
            ),
            Http("DELETE", f"{o.CONFIG_MAPS}?labelSelector=odd=1"),
            Http("GET", o.CONFIG_MAPS),
            Http("DELETE", f"{o.CONFIG_MAPS}?fieldSelector=metadata.name=a"),
            Http("DELETE", f"{o.CONFIG_MAPS}?dryRun=All"),
            Kubectl("get cm -o name"),
            Http("DELETE", f"{o.CONFIG_MAPS}?labelSelector=,", expect=400),
            Http("DELETE", o.CONFIG_MAPS, _options(propagationPolicy="Foreground")),
            Http("GET", o.CONFIG_MAPS),
            _release(f"{o.CONFIG_MAPS}/c"),
            Http("DELETE", "/api/v1/configmaps", expect=405),
        ),
    ),
    Case(
        "delete-collection-custom",
        (
            Kubectl("create -f -", stdin=[o.train_job("a", labels={"x": "y"}), o.train_job("b")]),
            Http("DELETE", "/apis/trainer.kubeflow.org/v1alpha1/trainjobs?labelSelector=no=where", expect=404),
            Http("DELETE", f"{o.TRAIN_JOBS}?labelSelector=x=y"),
            Http("DELETE", o.TRAIN_JOBS),
            Http("DELETE", o.TRAIN_JOBS),
        ),
        needs_crds=True,
    ),
    Case(
        "delete-pod-grace",
        (
            Http("POST", o.PODS, o.pod("free"), expect=201),
            Http("DELETE", f"{o.PODS}/free"),
            Http("GET", f"{o.PODS}/free", expect=404),
            Http("POST", o.PODS, o.pod("bound", {"nodeName": "node"}), expect=201),
            Http("DELETE", f"{o.PODS}/bound"),
            Http("GET", f"{o.PODS}/bound"),
            Http("DELETE", f"{o.PODS}/bound?gracePeriodSeconds=5"),
            Http("DELETE", f"{o.PODS}/bound?gracePeriodSeconds=-1"),
            Kubectl("get pod bound"),
            Http("DELETE", f"{o.PODS}/bound?gracePeriodSeconds=0"),
            Http("GET", f"{o.PODS}/bound", expect=404),
            Http("POST", o.PODS, o.pod("done", {"nodeName": "node"}), expect=201),
            Http("PATCH", f"{o.PODS}/done/status", {"status": {"phase": "Succeeded"}}, content_type=o.MERGE),
            Http("DELETE", f"{o.PODS}/done"),
            Http("GET", f"{o.PODS}/done", expect=404),
        ),
    ),
    Case(
        "delete-kubectl",
        (
            Kubectl("create -f -", stdin=[o.config_map(name, labels={"app": "x"}) for name in "abcdef"]),
            Kubectl("delete cm a"),
            Kubectl("delete cm a", expect=1),
            Kubectl("delete cm a --ignore-not-found"),
            Kubectl("delete cm b c"),
            Kubectl("delete cm d --dry-run=server"),
            Kubectl("delete cm d --cascade=orphan --wait=false"),
            Kubectl('patch cm d --type=merge -p \'{"metadata":{"finalizers":null}}\''),
            Kubectl("delete cm e --cascade=foreground --wait=false"),
            Kubectl('patch cm e --type=merge -p \'{"metadata":{"finalizers":null}}\''),
            Kubectl("delete cm -l app=x"),
            Kubectl("delete cm --all"),
            Kubectl("delete cm,secret --all"),
            Kubectl("delete nothing a", expect=1),
            Kubectl("create -f -", stdin=o.pod("p")),
            Kubectl("delete pod p --now"),
            Kubectl("create -f -", stdin=o.pod("p", {"nodeName": "node"})),
            Kubectl("delete pod p --force --grace-period=0"),
            Kubectl("get pods"),
        ),
    ),
    Case(
        "delete-owners",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("owner"), expect=201, save=_UID),
            Http(
                "POST",
                o.CONFIG_MAPS,
                o.config_map(
                    "owned",
                    ownerReferences=[
                        {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": "$uid", "controller": True}
                    ],
                ),
                expect=201,
            ),
            Http(
                "POST",
                o.CONFIG_MAPS,
                o.config_map("wrong", ownerReferences=[{"apiVersion": "v1", "kind": "ConfigMap"}]),
                expect=422,
            ),
            Http(
                "POST",
                o.CONFIG_MAPS,
                o.config_map(
                    "two",
                    ownerReferences=[
                        {"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": "$uid", "controller": True}
                        for name in ("owner", "other")
                    ],
                ),
                expect=422,
            ),
            Http("PATCH", f"{o.CONFIG_MAPS}/owned", {"metadata": {"ownerReferences": None}}, content_type=o.MERGE),
        ),
    ),
)
