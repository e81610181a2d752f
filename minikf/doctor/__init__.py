"""Facts about this machine that decide whether MiniKF works well here; each with its cause and its cure."""

from minikf.doctor.check import examine
from minikf.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
