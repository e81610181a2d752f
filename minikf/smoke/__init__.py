"""Does a component do its work? One small test each, by the Kubernetes API alone, so that it runs on any engine."""

from minikf.smoke.model import FAILED, SIMULATED, TESTED, Result, Smoke

__all__ = ["FAILED", "SIMULATED", "TESTED", "Result", "Smoke"]
