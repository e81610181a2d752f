"""What the verbs of pipelines print with --dry-run: requests of v2beta1, which are no Kubernetes objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def show_requests(requests: Sequence[Mapping[str, Any]], output: str) -> None:
    """The bodies in the order in which they are sent: YAML documents, or JSON (a list where there are several)."""
    from minikf.cli import render

    if output == "json":
        render.data(dict(requests[0]) if len(requests) == 1 else [dict(one) for one in requests])
        return
    import yaml

    render.text("---\n".join(yaml.safe_dump(dict(one), sort_keys=False) for one in requests).rstrip("\n"))
