"""A kubeconfig of the platform's own; the user's file and current context are never touched."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from minikf.files import write_private
from minikf.spec import Access


def context_name(platform: str) -> str:
    """What the platform's cluster, user and context are called."""
    return f"minikf-{platform}"


def write(access: Access, credential: Path) -> Path:
    """Writes `access.kubeconfig` (0600) with the CA and the credential inside, so that it works when copied.

    JSON is YAML too, and kubectl and the official clients read it; so no YAML library is loaded by `minikf up`.
    Fields as in k8s.io/client-go/tools/clientcmd/api/v1 `Config`.
    """
    name = context_name(access.platform)
    authority = base64.b64encode(access.ca.read_bytes()).decode()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": access.server, "certificate-authority-data": authority}}],
        "users": [{"name": name, "user": {"token": credential.read_text().strip()}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": "default"}}],
        "current-context": name,
    }
    text = json.dumps(config, indent=2) + "\n"
    if not access.kubeconfig.exists() or access.kubeconfig.read_text() != text:
        write_private(access.kubeconfig, text)
    return access.kubeconfig
