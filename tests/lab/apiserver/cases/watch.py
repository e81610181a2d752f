"""Watches: what they send, from where, in which form, and when they end."""

from __future__ import annotations

from ..case import Case, Events, Http, Kubectl, Watch
from . import objects as o

_LABEL = {"metadata": {"labels": {"tier": "one"}}}
_UNLABEL = {"metadata": {"labels": {"tier": None}}}


def _patch(path: str, body: o.Object) -> Http:
    return Http("PATCH", path, body, content_type=o.MERGE)


CASES = (
    Case(
        "watch-from-list",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201),
            Http("GET", o.CONFIG_MAPS, save=o.RV),
            Watch("w", f"{o.CONFIG_MAPS}?resourceVersion=$rv"),
            Http("POST", o.CONFIG_MAPS, o.config_map("b"), expect=201),
            _patch(f"{o.CONFIG_MAPS}/a", _LABEL),
            _patch(f"{o.CONFIG_MAPS}/a", _LABEL),
            Http("DELETE", f"{o.CONFIG_MAPS}/a"),
            Events("w", 3, quiet=0.3),
        ),
    ),
    Case(
        "watch-history",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201, save=o.RV),
            _patch(f"{o.CONFIG_MAPS}/a", {"data": {"a": "2"}}),
            Http("POST", o.CONFIG_MAPS, o.config_map("b"), expect=201),
            Http("DELETE", f"{o.CONFIG_MAPS}/b"),
            Watch("w", f"{o.CONFIG_MAPS}?resourceVersion=$rv&timeoutSeconds=2"),
            Events("w", 3, closed=True),
        ),
    ),
    Case(
        "watch-from-now",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201),
            Http("POST", o.CONFIG_MAPS, o.config_map("b"), expect=201),
            Watch("zero", f"{o.CONFIG_MAPS}?resourceVersion=0"),
            Events("zero", 2),
            Watch("none", o.CONFIG_MAPS),
            Events("none", 2),
            Http("DELETE", f"{o.CONFIG_MAPS}/a"),
            Events("zero", 1, quiet=0.2),
            Events("none", 1, quiet=0.2),
        ),
    ),
    Case(
        "watch-selectors",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201),
            Http("GET", o.CONFIG_MAPS, save=o.RV),
            Watch("label", f"{o.CONFIG_MAPS}?resourceVersion=$rv&labelSelector=tier%3Done"),
            Watch("field", f"{o.CONFIG_MAPS}?resourceVersion=$rv&fieldSelector=metadata.name%3Da"),
            _patch(f"{o.CONFIG_MAPS}/a", _LABEL),
            _patch(f"{o.CONFIG_MAPS}/a", {"data": {"z": "9"}}),
            _patch(f"{o.CONFIG_MAPS}/a", _UNLABEL),
            Http("POST", o.CONFIG_MAPS, o.config_map("b"), expect=201),
            Http("DELETE", f"{o.CONFIG_MAPS}/a"),
            Events("label", 3, quiet=0.3),
            Events("field", 4, quiet=0.3),
        ),
    ),
    Case(
        "watch-initial-events",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201),
            Http("POST", o.CONFIG_MAPS, o.config_map("b"), expect=201),
            Watch(
                "w",
                f"{o.CONFIG_MAPS}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                "&allowWatchBookmarks=true&resourceVersion=",
            ),
            Events("w", 3),
            Http("POST", o.CONFIG_MAPS, o.config_map("c"), expect=201),
            Events("w", 1, quiet=0.2),
            Watch("bad", f"{o.CONFIG_MAPS}?sendInitialEvents=true", expect=422),
            Watch("worse", f"{o.CONFIG_MAPS}?resourceVersionMatch=Exact&resourceVersion=5", expect=422),
        ),
    ),
    Case(
        "watch-initial-events-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("a"), expect=201),
            Watch(
                "w",
                f"{o.TRAIN_JOBS}?sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
                "&allowWatchBookmarks=true&resourceVersion=0",
            ),
            Events("w", 2),
            Http("DELETE", f"{o.TRAIN_JOBS}/a"),
            Events("w", 1),
        ),
        needs_crds=True,
    ),
    Case(
        "watch-too-old",
        (
            Watch("w", f"{o.TRAIN_JOBS}?resourceVersion=1"),
            Events("w", 1, closed=True),
            Watch("bad", f"{o.TRAIN_JOBS}?resourceVersion=x", expect=500),
        ),
        needs_crds=True,
    ),
    Case(
        "watch-bookmark-at-end",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201, save=o.RV),
            Watch("w", f"{o.CONFIG_MAPS}?resourceVersion=$rv&allowWatchBookmarks=true&timeoutSeconds=3"),
            Http("DELETE", f"{o.CONFIG_MAPS}/a"),
            Events("w", 2, bookmarks=True),  # a bookmark comes before the end; how many come is the server's affair
        ),
    ),
    Case(
        "watch-tables",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("a"), expect=201),
            Http("GET", o.TRAIN_JOBS, save=o.RV),
            Watch("w", f"{o.TRAIN_JOBS}?resourceVersion=$rv", accept=o.TABLE),
            _patch(f"{o.TRAIN_JOBS}/a", _LABEL),
            Http("DELETE", f"{o.TRAIN_JOBS}/a"),
            Events("w", 2, quiet=0.2),
            Watch("partial", f"{o.TRAIN_JOBS}?resourceVersion=$rv", accept=o.PARTIAL),
            Events("partial", 2, quiet=0.2),
        ),
        needs_crds=True,
    ),
    Case(
        "watch-one",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201),
            Http("POST", o.CONFIG_MAPS, o.config_map("b"), expect=201),
            Http("GET", f"{o.CONFIG_MAPS}/a?watch=true"),  # a watch of one object needs a field selector
            Watch("w", f"{o.CONFIG_MAPS}?resourceVersion=0&fieldSelector=metadata.name%3Da"),
            _patch(f"{o.CONFIG_MAPS}/b", _LABEL),
            _patch(f"{o.CONFIG_MAPS}/a", _LABEL),
            Events("w", 2, quiet=0.2),
        ),
    ),
    Case(
        "watch-finalizers",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a", finalizers=["example.com/wait"]), expect=201),
            Http("GET", o.CONFIG_MAPS, save=o.RV),
            Watch("w", f"{o.CONFIG_MAPS}?resourceVersion=$rv"),
            Http("DELETE", f"{o.CONFIG_MAPS}/a"),
            _patch(f"{o.CONFIG_MAPS}/a", {"metadata": {"finalizers": None}}),
            Events("w", 2, quiet=0.2),
        ),
    ),
    Case(
        "watch-kubectl",
        (
            Kubectl("create -f -", stdin=[o.config_map("a"), o.config_map("b", labels={"x": "y"})]),
            Kubectl("get cm --watch --request-timeout=2s"),
            Kubectl("get cm -w -o name -l x=y --request-timeout=2s"),
            Kubectl("wait cm/a --for=jsonpath='{.data.a}'=1 --timeout=5s"),
            Kubectl("wait cm/a --for=jsonpath='{.data.a}'=2 --timeout=2s", expect=1),
            Kubectl("wait cm/a --for=delete --timeout=2s", expect=1),
            Kubectl("wait cm/nothing --for=delete --timeout=1s"),
            Kubectl("wait cm/nothing --for=condition=Ready --timeout=1s", expect=1),
        ),
    ),
)
