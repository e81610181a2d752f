"""From locked files to objects, by kubectl's own kustomize, and by helm; each component once, then from
the cache."""

from minikf.bundle.render.documents import Document
from minikf.bundle.render.rendering import Rendered, render
from minikf.bundle.render.workshop import Wanted

__all__ = ["Document", "Rendered", "Wanted", "render"]
