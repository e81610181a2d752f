"""How a real cluster is, whether it will do, and waiting until it is well; asked of its own API, whoever made it."""

from minikf.kube.cluster.fitness import checks
from minikf.kube.cluster.report import report
from minikf.kube.cluster.wait import wait

__all__ = ["checks", "report", "wait"]
