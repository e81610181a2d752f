"""What a promotion carries over: models and data to an object store, images to a registry. By checksum, never twice."""

from minikf.promote.move.address import content_address
from minikf.promote.move.copy import copy
from minikf.promote.move.model import Copied

__all__ = ["Copied", "content_address", "copy"]
