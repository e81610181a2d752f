"""Starts, finds and ends the port-forward of a platform, and says what it is reached at."""

from minikf.engine.forwarding.addresses import addresses_now, is_page, link, reached, renewed, report
from minikf.engine.forwarding.manage import carry, carry_also, end, revive

__all__ = ["addresses_now", "carry", "carry_also", "end", "is_page", "link", "reached", "renewed", "report", "revive"]
