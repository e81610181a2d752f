"""When nothing is left to hope for but an image that cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from minikf.install.causes import Causes, later
from minikf.kube.cluster.pods import Ailment
from minikf.spec import Access

_NO_IMAGE = Ailment("ns", "a", "ImagePullBackOff", "image a:1 cannot be pulled")
_CRASHES = Ailment("ns", "b", "CrashLoopBackOff", "container main ended with exit code 1")
_STARTS = Ailment("ns", "c", "ContainerCreating", "")
_NOT_READY = Ailment("ns", "d", "not ready", "")


@pytest.mark.parametrize(
    ("pods", "pulling", "hopeless"),
    [
        ([_NO_IMAGE], "", True),
        ([_NO_IMAGE, _CRASHES], "", True),
        ([_NO_IMAGE], "uid of another pod", False),
        ([_NO_IMAGE, _STARTS], "", False),
        ([_NO_IMAGE, _NOT_READY], "", False),
        ([_CRASHES], "", False),
        ([], "", False),
    ],
)
def test_an_image_that_cannot_be_had_is_all_that_is_missing(pods: list[Ailment], pulling: str, hopeless: bool) -> None:
    causes = Causes(Access("p", "kind", "https://x", Path("kubeconfig"), Path("ca")))
    causes.pods = {("apps", "Deployment", "ns", one.name): one for one in pods}
    causes.pulling = {pulling} if pulling else set()
    assert causes.no_image == hopeless


def _event(about: str, when: str, field: str = "lastTimestamp") -> dict[str, Any]:
    return {"involvedObject": {"uid": about}, field: when}


def test_who_pulls_is_who_has_begun_since_it_failed_last() -> None:
    failed = later([_event("a", "2026-01-01T00:00:05Z"), _event("a", "2026-01-01T00:00:01Z")], {})
    assert failed == {"a": "2026-01-01T00:00:05Z"}
    pulls = [_event("a", "2026-01-01T00:00:05Z"), _event("b", "2026-01-01T00:00:02Z", "eventTime")]
    assert later(pulls, failed).keys() == {"b"}, "a has failed within the same second"
    assert later([_event("a", "2026-01-01T00:00:06Z")], failed).keys() == {"a"}
