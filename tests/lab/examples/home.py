"""The home of a user for these tests; the same as for those of the engines."""

from engines.minikf import Ended, Home

__all__ = ["Ended", "Home"]
