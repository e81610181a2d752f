"""What Argo CD and Flux are told, to take a promotion out of a git repository and to judge its health as we do."""

from minikf.promote.gitops.place import Delivery, Repository
from minikf.promote.gitops.writer import write

__all__ = ["Delivery", "Repository", "write"]
