"""How long to wait before a container is started again. Rule: kubelet v1.34, pkg/kubelet/kuberuntime, doBackOff."""

from __future__ import annotations

from collections.abc import Sequence

from minikf.embedded.pods.settings import PodSettings
from minikf.embedded.pods.state import STOPPED, Terminated


def restart_pause(history: Sequence[Terminated], settings: PodSettings) -> float:
    """Seconds between the last end and the next start, by all ends so far, oldest first.

    The first restart is immediate; then the base, doubling up to the cap; a run that lasted long begins
    anew, and so does one that was ended because the platform was stopped.
    """
    failures = 0
    for ended in reversed(history):
        if ended.reason == STOPPED or (
            ended.started_at and ended.finished_at - ended.started_at >= settings.backoff_reset
        ):
            break
        failures += 1
    if failures <= 1:
        return 0.0
    return float(min(settings.backoff_cap, settings.backoff_base * 2.0 ** min(failures - 2, 30)))
