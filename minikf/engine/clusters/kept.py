"""What `down --keep-data` keeps of a cluster, and how the next `up` brings it back: its volumes, claim by claim.

Everything else in a cluster is made from manifests and comes back by applying them; what is in the volumes does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minikf.engine.clusters import owned
from minikf.engine.clusters.tool import Tool
from minikf.engine.docker.archives import fetch, put
from minikf.engine.docker.client import Docker
from minikf.engine.docker.facts import Container
from minikf.engine.protocol import Steps
from minikf.engine.record import Cluster
from minikf.errors import Refused
from minikf.files import make_folder, write_private
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event

_CLAIMS = "claims.json"
_CONFLICT = 409


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim, and where its volume is: `path` inside the node `node`."""

    namespace: str
    name: str
    storage: str
    modes: tuple[str, ...]
    storage_class: str
    node: str
    path: str

    @property
    def file(self) -> str:
        """Of its archive; neither a namespace nor a name has an underscore."""
        return f"{self.namespace}_{self.name}.tar"


def folder(paths: PlatformPaths) -> Path:
    """Where what is kept lies."""
    return paths.data / "kept"


def save(docker: Docker, tool: Tool, cluster: Cluster, access: Access, paths: PlatformPaths) -> Steps[int]:
    """Copies all bound volumes out of the nodes; returns how many. What was kept is whole when this has ended.

    Raises Refused for a volume that is not in a node's folders or a full disk, Unreachable, ApiAnswer.
    """
    claims = list(_claims(RestClient(access)))
    nodes = {node.name: node for node in owned.containers(docker, tool, cluster)}
    target = make_folder(folder(paths))
    for number, claim in enumerate(claims, 1):
        node = nodes.get(claim.node) or nodes[tool.server(cluster)]
        size = fetch(docker, node.id, claim.path, target / claim.file)
        message = f"kept {claim.namespace}/{claim.name}"
        yield Event("volumes", "progress", message, bytes_done=size, objects_done=number, objects_total=len(claims))
    write_private(target / _CLAIMS, json.dumps([asdict(claim) for claim in claims], indent=2) + "\n")
    return len(claims)


def restore(docker: Docker, tool: Tool, cluster: Cluster, access: Access, paths: PlatformPaths) -> Steps[None]:
    """Puts kept volumes into the control plane's node and makes their claims again, then forgets that they were kept.

    Safe to repeat. Raises Refused for a damaged list, Unreachable, ApiAnswer.
    """
    source = folder(paths)
    claims = _kept(source / _CLAIMS)
    if claims is None:
        return
    client, server = RestClient(access), _server(docker, tool, cluster)
    for number, claim in enumerate(claims, 1):
        path = f"{tool.volumes_path()}/kept_{claim.namespace}_{claim.name}"
        put(docker, server.id, source / claim.file, path)
        for where, obj in _objects(claim, path, server.name):
            _create(client, where, obj)
        message = f"brought back {claim.namespace}/{claim.name}"
        yield Event("volumes", "progress", message, objects_done=number, objects_total=len(claims))
    for file in (*(source / claim.file for claim in claims), source / _CLAIMS):
        file.unlink(missing_ok=True)
    source.rmdir()


def _claims(client: RestClient) -> Iterator[Claim]:
    """The claims of the cluster that are bound to a folder of a node."""
    volumes = client.get("/api/v1/persistentvolumes").get("items", [])
    for volume in volumes:
        spec = volume["spec"]
        path = (spec.get("hostPath") or spec.get("local") or {}).get("path", "")
        owner = spec.get("claimRef") or {}
        if not path or volume.get("status", {}).get("phase") != "Bound":
            continue
        yield Claim(
            namespace=str(owner["namespace"]),
            name=str(owner["name"]),
            storage=str(spec["capacity"]["storage"]),
            modes=tuple(spec["accessModes"]),
            storage_class=str(spec.get("storageClassName", "")),
            node=_node_of(spec),
            path=str(path),
        )


def _node_of(spec: dict[str, Any]) -> str:
    """The node that a volume's affinity names, "" where it names none."""
    terms = spec.get("nodeAffinity", {}).get("required", {}).get("nodeSelectorTerms", [])
    expressions = [one for term in terms for one in term.get("matchExpressions", [])]
    values = [one["values"] for one in expressions if one.get("key") == "kubernetes.io/hostname"]
    return str(values[0][0]) if values else ""


def _objects(claim: Claim, path: str, node: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The namespace, the volume and the claim, each with the collection to create it in."""
    name = f"kept-{claim.namespace}-{claim.name}"
    yield "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": claim.namespace}}
    yield (
        "/api/v1/persistentvolumes",
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            # The provisioner removes the folder of a volume of its own when the claim is deleted.
            "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": "rancher.io/local-path"}},
            "spec": {
                "capacity": {"storage": claim.storage},
                "accessModes": list(claim.modes),
                "storageClassName": claim.storage_class,
                "persistentVolumeReclaimPolicy": "Delete",
                "hostPath": {"path": path, "type": "DirectoryOrCreate"},
                "claimRef": {"namespace": claim.namespace, "name": claim.name},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]}},
            },
        },
    )  # fmt: skip
    yield (
        f"/api/v1/namespaces/{claim.namespace}/persistentvolumeclaims",
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": claim.name, "namespace": claim.namespace},
            "spec": {
                "accessModes": list(claim.modes),
                "storageClassName": claim.storage_class,
                "volumeName": name,
                "resources": {"requests": {"storage": claim.storage}},
            },
        },
    )


def _create(client: RestClient, where: str, obj: dict[str, Any]) -> None:
    try:
        client.call("POST", where, obj)
    except ApiAnswer as answer:
        if answer.status != _CONFLICT:  # an interrupted restoration made it
            raise


def _server(docker: Docker, tool: Tool, cluster: Cluster) -> Container:
    return owned.containers(docker, tool, cluster)[0]


def _kept(file: Path) -> list[Claim] | None:
    try:
        items = json.loads(file.read_text())
        return [Claim(**{**item, "modes": tuple(item["modes"])}) for item in items]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Refused(
            f"the list of kept volumes {file} cannot be read",
            cause=str(error),
            advice=f"move {file.parent} away and run the same command again; the archives in it are plain tar files",
        ) from error
