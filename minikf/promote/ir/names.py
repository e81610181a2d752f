"""Names of pipelines and versions as names of objects and files: Kubeflow Pipelines allows more than Kubernetes."""

from __future__ import annotations

import re

# A DNS subdomain (RFC 1123) as Kubernetes takes it for the name of an object.
_LONGEST = 253


def object_name(name: str) -> str:
    """`name` where Kubernetes takes it, else the nearest that it takes."""
    near = re.sub(r"[^a-z0-9.-]+", "-", name.lower())
    near = re.sub(r"\.[.-]+|-+\.", ".", near).strip("-.")[:_LONGEST].rstrip("-.")
    return near or "pipeline"


def version_name(pipeline: str, version: str) -> str:
    """Versions of all pipelines of a namespace share one list of objects, so the pipeline's name comes first."""
    one, other = object_name(pipeline), object_name(version)
    return other if other == one or other.startswith(f"{one}-") else object_name(f"{one}-{other}")
