"""What the embedded engine holds, a real cluster takes: the promise that objects can move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .accepted import RESOURCES, Resource, replay
from .cases import CASES
from .play import play
from .report import Report
from .server import Server

pytestmark = pytest.mark.core
# Cases that leave rich objects behind; they are played once more, in namespaces that nothing else touches.
_LEAVING = ("pod-defaults", "trainjob-defaults", "inferenceservice-defaults", "runtime-job-sets", "runtime-serving")
# Of each of these the demo makes at least one, or the platform is born with it.
_DEMO_KINDS = ("ClusterTrainingRuntime", "TrainJob", "Job", "Pod", "InferenceService", "PersistentVolumeClaim", "Event")


def test_the_real_server_takes_what_clients_wrote(
    embedded_apiserver: Server, fresh_apiserver: Server, crds: list[dict[str, Any]], report: Report
) -> None:
    for case in CASES:
        if case.name in _LEAVING and (crds or not case.needs_crds):
            play(embedded_apiserver, replace(case, name=f"moved-{case.name}"))
    replayed = replay(embedded_apiserver, fresh_apiserver, _resources(crds))
    report.notes.append(f"{sum(replayed.accepted.values())} objects that clients wrote: the real API server takes them")
    assert not replayed.refused, "\n".join(replayed.refused)
    assert replayed.accepted["Pod"] >= 3, replayed.accepted


def test_the_real_server_takes_what_the_demo_makes(
    demo_platform: Server, fresh_apiserver: Server, crds: list[dict[str, Any]], report: Report
) -> None:
    """Objects of the platform's own controllers too, with the status that they wrote."""
    resources = _resources(crds)
    replayed = replay(demo_platform, fresh_apiserver, resources)
    report.notes.append(f"{sum(replayed.accepted.values())} objects of a demo run: the real API server takes them")
    assert not replayed.refused, "\n".join(replayed.refused)
    missing = {resource.kind for resource in resources}.intersection(_DEMO_KINDS) - replayed.accepted.keys()
    assert not missing, f"the demo made no {missing}: {replayed.accepted}"


def _resources(crds: list[dict[str, Any]]) -> tuple[Resource, ...]:
    return tuple(resource for resource in RESOURCES if crds or not resource.custom)
