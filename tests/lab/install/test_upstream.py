"""All of the distribution's example, with webhooks that are asked and answer. Minutes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from minikf.install.run import install
from minikf.install.uninstall import uninstall
from minikf.kube.apply import Calls, Discovery
from minikf.kube.apply.survey import survey
from minikf.paths import PlatformPaths
from minikf.spec import Event

from .cluster import Cluster, own_address
from .doing import done
from .upstream import EXAMPLE, PORTS, example, example_parts, mirror, services, volumes
from .webhook import webhook


def test_the_whole_example(fresh: Cluster, paths: PlatformPaths, tmp_path: Path, no_lab: Callable[[str], None]) -> None:
    """Nothing is sent twice, a second run writes nothing, and removing leaves the cluster as it was found."""
    where = mirror()
    if where is None:
        no_lab("no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM")
        return
    prepared = example(where, fresh.binaries)
    names = services(example_parts(fresh.access, paths, prepared, ""))
    volumes(fresh)
    before = _all(fresh)
    with webhook(tmp_path, own_address(), names, PORTS) as hook:
        parts = example_parts(fresh.access, paths, prepared, hook.bundle)
        assert sum(len(part.objects) for part in parts) == EXAMPLE
        events: list[Event] = []
        begin = time.monotonic()
        found = done(install(fresh.access, paths, parts, patience=120), events)
        first = time.monotonic() - begin
        assert (found.applied, found.adopted, found.retried) == (EXAMPLE, 0, 0)
        assert {name for kind, name in hook.asked if kind == "Certificate"}, "admission was asked"
        assert sum(kind == "Pod" for kind, _ in hook.asked) > 20, "and pods went through the mesh's webhook"
        components = {event.what for event in events if event.what.startswith("component ")}
        assert len(components) == len(parts)

        begin = time.monotonic()
        again = done(install(fresh.access, paths, parts, patience=120))
        assert (again.applied, again.unchanged) == (0, EXAMPLE)
        assert time.monotonic() - begin <= first / 10

        removed = done(uninstall(fresh.access, paths, data=True, patience=120))
        assert removed.kept == ()
    assert _all(fresh) == before


def _all(cluster: Cluster) -> set[tuple[str, str, str, str]]:
    """Every object that there is, but those that come and go by themselves."""
    calls = Calls(cluster.access)
    discovery = Discovery(calls)
    discovery.refresh()
    found: set[tuple[str, str, str, str]] = set()
    kinds = {
        (one.api_version.rpartition("/")[0], one.kind): one for one in discovery.all()
        if "list" in one.verbs and one.kind not in ("Event", "Lease", "PersistentVolume")
    }  # fmt: skip
    for resource in kinds.values():
        found |= {one.id for one in survey(calls, resource, "minikf")}
    return found
