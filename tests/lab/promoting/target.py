"""A target: a real kube-apiserver with RBAC and an audit log, and who may do what there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apiserver.server import write_kubeconfig
from install.cluster import Cluster, cluster

from minikf.kube.apply import Calls
from minikf.spec import Access

COMMANDS = ("etcd", "kube-apiserver", "kubectl")
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
_USER = "promoter"
_WRITES = ("create", "update", "patch", "delete", "deletecollection")
# What the built-in ClusterRole `admin` lacks, as the roles that Kubeflow aggregates into it have it.
_RULES = [
    {
        "apiGroups": ["lab.minikf.invalid", "serving.kserve.io", "trainer.kubeflow.org"],
        "resources": ["*"],
        "verbs": ["*"],
    }
]


@dataclass(frozen=True)
class Target:
    """`access` is the namespace admin's, `admin` may do everything."""

    cluster: Cluster
    access: Access
    namespace: str

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers. Fails where that is no success."""
        end = time.monotonic() + 20
        while (found := self.cluster.server.request(method, path, body))[0] == 429 and time.monotonic() < end:
            time.sleep(0.2)  # it has only just started
        code, said = found
        assert 200 <= code < 300, (method, path, code, said)
        return said

    def get(self, plural: str, name: str, root: str = "/api/v1") -> Any:
        """An object, None where there is none."""
        code, said = self.cluster.server.request("GET", f"{root}/namespaces/{self.namespace}/{plural}/{name}")
        return said if code == 200 else None

    def audited(self) -> list[dict[str, Any]]:
        """The calls of the user that would persist something, dry runs and reviews of rights aside."""
        lines = (self.cluster.folder / "audit.log").read_text().splitlines()
        found = []
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue  # it is being written
            if event["user"]["username"] != _USER or event["verb"] not in _WRITES or "dryRun" in event["requestURI"]:
                continue
            if event["objectRef"].get("resource") != "selfsubjectaccessreviews":
                found.append(event)
        return found

    def everything(self) -> dict[tuple[str, str], Any]:
        """Every object of the namespace."""
        found: dict[tuple[str, str], Any] = {}
        for root in ("/api/v1", "/apis/apps/v1", "/apis/lab.minikf.invalid/v1", "/apis/rbac.authorization.k8s.io/v1"):
            for one in self.admin("GET", root)["resources"]:
                if one["namespaced"] and "list" in one["verbs"] and one["kind"] != "Event":
                    listing = self.admin("GET", f"{root}/namespaces/{self.namespace}/{one['name']}")
                    for item in listing["items"]:
                        found[one["kind"], item["metadata"]["name"]] = item
        return found


@contextmanager
def target(binaries: Path, folder: Path) -> Iterator[Target]:
    """A running one. Raises StartFailed."""
    folder.mkdir(parents=True, exist_ok=True)
    policy = folder / "audit.yaml"
    policy.write_text(json.dumps(_AUDIT))
    more = [f"--audit-policy-file={policy}", f"--audit-log-path={folder / 'audit.log'}"]
    token = "promoter-of-the-lab"
    with cluster(binaries, folder, controllers=False, more=more, mode="RBAC", tokens={_USER: token}) as made:
        kubeconfig, file = folder / "promoter.kubeconfig", folder / "promoter.token"
        write_kubeconfig(kubeconfig, made.server.url, made.server.ca, token)
        file.write_text(token)
        access = replace(made.access, kubeconfig=kubeconfig, token=file)
        yield Target(made, access, "")


def room(on: Target, name: str) -> Target:
    """A namespace of a test's own there, with the user as its admin."""
    on.admin("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    mine = f"/api/v1/namespaces/{name}"
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{name}"
    subjects = [{"kind": "User", "name": _USER, "apiGroup": "rbac.authorization.k8s.io"}]
    group = "rbac.authorization.k8s.io"
    on.admin("POST", f"{rbac}/roles", {"metadata": {"name": "kubeflow"}, "rules": _RULES})
    # What the ClusterRole `admin` collects, by a controller that does not run here.
    parts = [("ClusterRole", f"system:aggregate-to-{part}") for part in ("admin", "edit", "view")]
    for number, (kind, role) in enumerate([*parts, ("Role", "kubeflow")]):
        body = {"metadata": {"name": f"{_USER}-{number}"}, "subjects": subjects}
        on.admin("POST", f"{rbac}/rolebindings", {**body, "roleRef": {"apiGroup": group, "kind": kind, "name": role}})
    on.admin("POST", f"{mine}/serviceaccounts", {"metadata": {"name": "default"}})
    here, end = replace(on, namespace=name), time.monotonic() + 20
    calls, asked = Calls(here.access), (f"/apis/lab.minikf.invalid/v1/namespaces/{name}/pieces", f"{mine}/configmaps")
    while any(calls.send("GET", path).status in (403, 429) for path in asked):
        assert time.monotonic() < end, "the API server does not take the roles"
        time.sleep(0.05)
    return here
