"""Creates the notebook of notebook.yaml with the official Kubernetes client, stops it, starts it, deletes it.

    minikf up
    eval "$(minikf env)"
    python examples/notebook/notebook.py

`minikf open notebook explore` opens it in the browser while it is there (`--keep`).
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config, watch

KIND: dict[str, Any] = {"group": "kubeflow.org", "version": "v1", "plural": "notebooks"}
# What Kubeflow's dashboard sets when it stops a notebook.
STOPPED = "kubeflow-resource-stopped"


def wait(api: client.CustomObjectsApi, namespace: str, name: str, ready: int) -> None:
    """Returns when as many servers of the notebook answer."""
    field = f"metadata.name={name}"
    stream = watch.Watch().stream(
        api.list_namespaced_custom_object, namespace=namespace, field_selector=field, timeout_seconds=120, **KIND
    )
    for event in stream:
        if event["object"].get("status", {}).get("readyReplicas") == ready:
            return
    raise SystemExit(f"notebook {name} has not {ready} servers after two minutes")


def annotate(api: client.CustomObjectsApi, namespace: str, name: str, value: str | None) -> None:
    body = {"metadata": {"annotations": {STOPPED: value}}}
    api.patch_namespaced_custom_object(namespace=namespace, name=name, body=body, **KIND)


def main(keep: bool) -> None:
    config.load_kube_config()
    namespace = "default"
    claim, notebook = yaml.safe_load_all(Path(__file__).with_name("notebook.yaml").read_text())
    name = notebook["metadata"]["name"]
    core, api = client.CoreV1Api(), client.CustomObjectsApi()
    core.create_namespaced_persistent_volume_claim(namespace, claim)
    api.create_namespaced_custom_object(namespace=namespace, body=notebook, **KIND)
    wait(api, namespace, name, 1)
    print(f"notebook {name} is ready: minikf open notebook {name}")
    if keep:
        return
    annotate(api, namespace, name, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    wait(api, namespace, name, 0)
    print(f"notebook {name} is stopped")
    annotate(api, namespace, name, None)
    wait(api, namespace, name, 1)
    print(f"notebook {name} is ready again")
    api.delete_namespaced_custom_object(namespace=namespace, name=name, **KIND)
    core.delete_namespaced_persistent_volume_claim(claim["metadata"]["name"], namespace)
    print(f"notebook {name} and its workspace are deleted")


if __name__ == "__main__":
    main(keep="--keep" in sys.argv[1:])
