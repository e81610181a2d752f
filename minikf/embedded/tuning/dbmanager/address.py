"""Where a platform's db-manager listens: Katib's port, at an address of loopback that is the platform's own; pure.

The names are those of Katib's Service (kubeflow/katib v0.19.0, sdk/python/v1beta1/kubeflow/katib/constants):
`katib-db-manager.kubeflow:6789` is the SDK's default and in no argument of a trial, so the name has to resolve in pods.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

PORT = 6789
NAMES = (
    "katib-db-manager.kubeflow",
    "katib-db-manager.kubeflow.svc",
    "katib-db-manager.kubeflow.svc.cluster.local",
)


def host_of(state: Path) -> str:
    """One of 127.64.0.1 to 127.127.255.254, by the platform's folder: two platforms have two addresses."""
    digest = hashlib.sha256(str(state).encode()).digest()
    return f"127.{64 + digest[0] % 64}.{digest[1]}.{1 + digest[2] % 254}"
