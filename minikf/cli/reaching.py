"""How a command reaches the platform that it was called for. Imports what asks only when something is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from minikf.cli.options import platform_of

if TYPE_CHECKING:
    from minikf.kube.rest import RestClient
    from minikf.spec import Access


def reached(context: typer.Context, platform: str) -> tuple[Access, RestClient]:
    """Raises Unreachable where the platform does not run."""
    from minikf.kube.rest import RestClient
    from minikf.status import access

    found = access(platform_of(context, platform))
    return found, RestClient(found)
