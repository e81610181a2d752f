"""The two places where an example is run: a platform of the embedded engine, and one on a cluster by kind."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .home import Home

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
_SECONDS = 400
_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
Object = Mapping[str, Any]


@dataclass(frozen=True)
class Side:
    """A platform and its name; `image` is what pods run, where images are run."""

    home: Home
    platform: str
    image: str = "python"

    def kubectl(self, *words: str, stdin: str = "") -> str:
        """What kubectl prints; fails with its words."""
        done = self.home.kubectl(self.platform, *words, stdin=stdin)
        assert done.code == 0, f"kubectl {' '.join(words)}: {done.err}"
        return done.out

    def apply(self, *objects: Object) -> None:
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def get(self, *words: str) -> Any:
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def until(self, what: str, *words: str, condition: Any) -> Any:
        """The object when `condition` is true of it; fails with how it is after _SECONDS."""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            found = self.get(*words)
            if condition(found):
                return found
            time.sleep(0.5)
        raise AssertionError(f"{what}: {json.dumps(found.get('status'))[:1500]}")

    def run(self, script: str, *arguments: str) -> str:
        """What a script of examples/ prints, run as its users do on this side; fails with it."""
        raise NotImplementedError


class Embedded(Side):
    """Scripts run on this machine, with what `minikf env` exports."""

    def run(self, script: str, *arguments: str) -> str:
        told = self.home.minikf("env", "--json", "--platform", self.platform)
        assert told.code == 0, told.err
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / script), *arguments], env=self.home.environment | told.json,
            capture_output=True, text=True, timeout=_SECONDS, check=False, cwd=self.home.folder,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}: {done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        return done.stdout


class Kind(Side):
    """Scripts run as pods: a cluster's services have addresses for pods only."""

    def run(self, script: str, *arguments: str) -> str:
        name = f"example-{secrets.token_hex(4)}"
        content = {"example.py": (EXAMPLES / script).read_text(), "kubeconfig": yaml.safe_dump(_inside())}
        self.apply(
            *_may_do_all(name),
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": content},
            _pod(name, self.image, arguments),
        )
        ended = self.until(
            script, "pod", name, condition=lambda pod: pod["status"].get("phase") in ("Succeeded", "Failed")
        )
        said = self.kubectl("logs", name)
        self.kubectl(
            "delete", f"pod/{name}", f"configmap/{name}", f"clusterrolebinding/{name}", f"serviceaccount/{name}"
        )
        assert ended["status"]["phase"] == "Succeeded", f"{script}: {said[-3000:]}"
        return said


def _may_do_all(name: str) -> tuple[Object, Object]:
    """The SDKs take the pod's own account when they are in a cluster."""
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
        },
    )


def _inside() -> Object:
    """A kubeconfig for pods, for scripts that load one."""
    where = {"server": "https://kubernetes.default.svc", "certificate-authority": f"{_TOKEN}/ca.crt"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "pod",
        "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod", "namespace": "default"}}],
        "clusters": [{"name": "pod", "cluster": where}],
        "users": [{"name": "pod", "user": {"tokenFile": f"{_TOKEN}/token"}}],
    }


def _pod(name: str, image: str, arguments: tuple[str, ...]) -> Object:
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["python", "/example/example.py", *arguments],
        "env": [{"name": "KUBECONFIG", "value": "/example/kubeconfig"}],
        "volumeMounts": [{"name": "example", "mountPath": "/example"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "serviceAccountName": name,
            "restartPolicy": "Never",
            "containers": [container],
            "volumes": [{"name": "example", "configMap": {"name": name}}],
        },
    }
