"""Starts, finds and ends the port-forward of a platform, and says what it is reached at."""

from minikf.engine.forwarding.addresses import links, reached, report
from minikf.engine.forwarding.manage import carry, end, revive

__all__ = ["carry", "end", "links", "reached", "report", "revive"]
