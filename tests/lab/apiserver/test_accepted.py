"""What the embedded engine holds, a real cluster takes: the promise that objects can move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .accepted import RESOURCES, replay
from .cases import CASES
from .play import play
from .report import Report
from .server import Server
from .specimens import Specimen

pytestmark = pytest.mark.core
# Cases that leave rich objects behind; they are played once more, in namespaces that nothing else touches.
_LEAVING = ("pod-defaults", "trainjob-defaults", "inferenceservice-defaults", "runtime-job-sets", "runtime-serving")
# Kinds of which a platform may have no object: an MPIJob is refused where Open MPI is not installed.
_PERHAPS = {"MPIJob"}


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


def test_the_real_server_takes_what_controllers_make(
    demo_platform: Server, fresh_apiserver: Server, crds: list[dict[str, Any]], report: Report
) -> None:
    """After the demo, and an object of every kind: what clients wrote and controllers made of it, with its status."""
    resources = _resources(crds)
    replayed = replay(demo_platform, fresh_apiserver, resources)
    report.notes.append(
        f"{replayed.accepted.total()} objects of {len(replayed.accepted)} kinds on a platform with "
        "controllers: the real API server takes them"
    )
    assert not replayed.refused, "\n".join(replayed.refused)
    missing = {resource.kind for resource in resources} - _PERHAPS - replayed.accepted.keys()
    assert not missing, f"nothing made an object of {missing}: {replayed.accepted}"


def _resources(crds: list[dict[str, Any]]) -> tuple[Specimen, ...]:
    return tuple(resource for resource in RESOURCES if crds or not resource.custom)
