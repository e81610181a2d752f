"""Whether an object does what it is for, by its kind, in the words of its own status."""

from minikf.kube.ready.rules import State, Verdict, verdict
from minikf.kube.ready.started import goes_on, started

__all__ = ["State", "Verdict", "goes_on", "started", "verdict"]
