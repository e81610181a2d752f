"""Images of the local Docker engine, or of archives, for the nodes of a cluster."""

from minikf.engine.images.load import load

__all__ = ["load"]
