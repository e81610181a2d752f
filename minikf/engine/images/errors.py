"""What can go wrong with loading an image, besides a Refused before anything was sent."""

from __future__ import annotations

from minikf.errors import ExitCode, MinikfError


class ImageNotLoaded(MinikfError):
    """An image did not reach a node, or not whole; the message names both."""

    exit_code = ExitCode.APPLY_FAILED


class NotThisWay(Exception):
    """One route to the node is closed; the next one is taken. Never leaves this package."""
