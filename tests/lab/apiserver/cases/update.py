"""PUT: conflicts, generations, the status subresource and what an update may not touch."""

from __future__ import annotations

from ..case import Case, Http, Kubectl
from . import objects as o

_A = f"{o.CONFIG_MAPS}/a"
_T = f"{o.TRAIN_JOBS}/t"
_CONDITION = {
    "type": "Complete",
    "status": "True",
    "reason": "Done",
    "message": "",
    "lastTransitionTime": "2001-01-01T00:00:00Z",
}
_OTHER = "11111111-1111-1111-1111-111111111111"
_UID = {"uid": "metadata.uid", "rv": "metadata.resourceVersion"}

CASES = (
    Case(
        "update-conflicts",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201, save={"old": "metadata.resourceVersion"}),
            Http("PUT", _A, o.config_map("a", {"a": "2"}), save=o.RV),
            Http("PUT", _A, o.config_map("a", {"a": "3"}, resourceVersion="$old"), expect=409),
            Http("PUT", _A, o.config_map("a", {"a": "3"}, resourceVersion="$rv"), save=o.RV),
            Http("PUT", _A, o.config_map("a", {"a": "3"}, resourceVersion="$rv")),
            Http("PUT", _A, o.config_map("a", {"a": "4"}, resourceVersion="x"), expect=500),
            Http("PUT", _A, o.config_map("a", {"a": "4"}, resourceVersion="0")),
            Http("PUT", _A, o.config_map("a", uid="11111111-1111-1111-1111-111111111111"), expect=409),
            Http("PUT", _A, o.config_map("a", namespace="other"), expect=400),
            Http("PUT", _A, o.secret("a"), expect=400),
            Http("PUT", f"{o.CONFIG_MAPS}/nothing", o.config_map("nothing"), expect=404),
            Http("PUT", f"{o.CONFIG_MAPS}/nothing", o.config_map("nothing", resourceVersion="5"), expect=404),
            Http("PUT", f"{o.CONFIG_MAPS}/none", o.config_map("none", resourceVersion="5"), expect=404),
            Http("PUT", o.CONFIG_MAPS, o.config_map("a"), expect=405),
            Http("POST", _A, o.config_map("a"), expect=405),
        ),
    ),
    Case(
        "update-conflicts-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("t"), expect=201, save=_UID),
            Http("PUT", _T, o.train_job("t", {"suspend": True}), expect=422),
            Http("PUT", _T, o.train_job("t", {"suspend": True}, resourceVersion="$rv")),
            Http("PUT", _T, o.train_job("t", {"suspend": False}, resourceVersion="$rv"), expect=409),
            Http("PUT", f"{o.TRAIN_JOBS}/none", o.train_job("none", resourceVersion="5"), expect=404),
            Http("PUT", _T, o.train_job("t", resourceVersion="x"), expect=500),
            Http("PUT", _T, o.train_job("t", resourceVersion="0"), expect=422),
            Http("GET", _T, save=_UID),
            Http("PUT", _T, o.train_job("t", resourceVersion="$rv", uid=_OTHER), expect=409),
            Http("PATCH", _T, {"metadata": {"uid": _OTHER}}, content_type=o.MERGE, expect=422),
            Http("DELETE", _T, {"preconditions": {"uid": _OTHER}}, expect=409),
            Http("DELETE", _T, {"preconditions": {"resourceVersion": "1"}}, expect=409),
            Http("DELETE", _T, {"preconditions": {"uid": "$uid", "resourceVersion": "$rv"}}),
        ),
        needs_crds=True,
    ),
    Case(
        "update-generation-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("t", generation=7, uid="x"), expect=201),
            Http("PATCH", _T, {"metadata": {"labels": {"a": "b"}}}, content_type=o.MERGE),
            Http("PATCH", _T, {"spec": {"suspend": True}}, content_type=o.MERGE),
            Http("PATCH", _T, {"spec": {"suspend": True}}, content_type=o.MERGE),
            Http("PATCH", _T, {"metadata": {"generation": 9}}, content_type=o.MERGE),
            Http("PATCH", f"{_T}/status", {"status": {"conditions": [_CONDITION]}}, content_type=o.MERGE),
            Http("PATCH", _T, {"metadata": {"annotations": {"a": "b"}}}, content_type=o.MERGE),
            Http("DELETE", _T),
        ),
        needs_crds=True,
    ),
    Case(
        "update-generation-core",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a", generation=7), expect=201),
            Http("PATCH", _A, {"data": {"b": "2"}}, content_type=o.MERGE),
            Http("POST", o.PODS, o.pod("p", generation=7), expect=201),
            Http("PATCH", f"{o.PODS}/p", {"spec": {"activeDeadlineSeconds": 9}}, content_type=o.MERGE),
            Http("PATCH", f"{o.PODS}/p", {"metadata": {"labels": {"a": "b"}}}, content_type=o.MERGE),
        ),
    ),
    Case(
        "update-status-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("t") | {"status": {"conditions": [_CONDITION]}}, expect=201),
            Http("GET", f"{_T}/status"),
            Http("PATCH", _T, {"status": {"conditions": [_CONDITION]}}, content_type=o.MERGE),
            Http(
                "PATCH",
                f"{_T}/status",
                {"status": {"conditions": [_CONDITION]}, "spec": {"suspend": True}, "metadata": {"labels": {"a": "b"}}},
                content_type=o.MERGE,
            ),
            Http("PATCH", _T, {"spec": {"suspend": True}, "status": {"conditions": []}}, content_type=o.MERGE),
            Http(
                "PATCH", f"{_T}/status", {"status": {"conditions": [{"type": "x"}]}}, content_type=o.MERGE, expect=422
            ),
            Http(
                "PATCH",
                f"{_T}/status",
                {"status": {"conditions": [_CONDITION | {"status": "Maybe"}]}},
                content_type=o.MERGE,
                expect=422,
            ),
            Http(
                "PATCH",
                f"{_T}/status",
                [{"op": "remove", "path": "/status/conditions"}],
                content_type=o.JSON_PATCH,
                expect=422,
            ),
            Http("GET", _T, save=o.RV),
            Http(
                "PUT",
                f"{_T}/status",
                o.train_job("t", resourceVersion="$rv", labels={"b": "c"}) | {"status": {"conditions": [_CONDITION]}},
            ),
            Kubectl("get trainjob t"),
            Kubectl("get trainjob t --subresource=status"),
            Kubectl("patch trainjob t --subresource=status --type=merge -p '{\"status\":null}'"),
            Kubectl("wait trainjob/t --for=condition=Complete --timeout=2s", expect=1),
            Http("GET", f"{o.TRAIN_JOBS}/nothing/status", expect=404),
            Http("DELETE", f"{_T}/status", expect=405),
        ),
        needs_crds=True,
    ),
    Case(
        "update-status-core",
        (
            Http("POST", o.PODS, o.pod("p") | {"status": {"phase": "Running"}}, expect=201),
            Http("PATCH", f"{o.PODS}/p", {"status": {"phase": "Running"}}, content_type=o.MERGE),
            Http("PATCH", f"{o.PODS}/p/status", {"status": {"phase": "Running"}}, content_type=o.MERGE),
            Http(
                "PATCH",
                f"{o.PODS}/p/status",
                {"metadata": {"labels": {"a": "b"}}, "spec": {"activeDeadlineSeconds": 5}},
                content_type=o.MERGE,
            ),
            Http(
                "PATCH",
                f"{o.PODS}/p/status",
                {"status": {"conditions": [{"type": "Ready", "status": "True"}]}},
                content_type=o.STRATEGIC,
            ),
            Http(
                "PATCH",
                f"{o.PODS}/p/status",
                {"status": {"conditions": [{"type": "PodScheduled", "status": "True"}]}},
                content_type=o.STRATEGIC,
            ),
            Kubectl("get pod p"),
            Http("GET", f"{o.CONFIG_MAPS}/a/status", expect=404),
        ),
    ),
)
