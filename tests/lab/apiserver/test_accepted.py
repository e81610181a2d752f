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

pytestmark = pytest.mark.core
# Cases that leave rich objects behind; they are played once more, in namespaces that nothing else touches. What the
# daemon seeds by itself comes on top.
_LEAVING = ("pod-defaults", "trainjob-defaults", "inferenceservice-defaults", "runtime-job-sets", "runtime-serving")


def test_the_real_server_takes_every_object_unchanged(
    embedded_apiserver: Server, fresh_apiserver: Server, crds: list[dict[str, Any]], report: Report
) -> None:
    for case in CASES:
        if case.name in _LEAVING and (crds or not case.needs_crds):
            play(embedded_apiserver, replace(case, name=f"moved-{case.name}"))
    resources = tuple(resource for resource in RESOURCES if crds or not resource.custom)
    accepted, refused = replay(embedded_apiserver, fresh_apiserver, resources)
    report.notes.append(f"{accepted} objects of the embedded engine accepted by a fresh real API server")
    assert not refused, "\n".join(refused)
    assert accepted >= len(_LEAVING)
