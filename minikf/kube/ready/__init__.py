"""Whether an object does what it is for, by its kind, in the words of its own status."""

from minikf.kube.ready.rules import State, Verdict, verdict

__all__ = ["State", "Verdict", "verdict"]
