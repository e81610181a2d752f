"""What is wrong on a target before anything is written there: from data alone, so also without network.

What only the target itself can say, a dry run of every object, comes after it (minikf.promote.apply).
"""

from minikf.promote.preflight.check import check

__all__ = ["check"]
