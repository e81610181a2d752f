"""Names that a pod gives itself, and what clients need to find them and the API server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from minikf.embedded.pods import environment
from minikf.embedded.pods.environment import SERVICE_ACCOUNT
from minikf.embedded.pods.hosts import hosts_mount, hosts_text
from minikf.embedded.pods.layout import PodFolder
from minikf.embedded.pods.mounting import NAMESPACE, TRANSLATE, Mount
from minikf.embedded.pods.settings import PodSettings
from minikf.paths import PlatformPaths

ALIASES = [{"ip": "127.64.0.1", "hostnames": ["db.kubeflow", "db.kubeflow.svc"]}, {"ip": "10.0.0.9"}]


def pod(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": {"containers": [], **spec}}


def test_the_machines_lines_come_first() -> None:
    text = hosts_text(ALIASES, "127.0.0.1 localhost")
    added = ["# Entries added by HostAliases.", "127.64.0.1\tdb.kubeflow\tdb.kubeflow.svc", "10.0.0.9"]
    assert text.splitlines() == ["127.0.0.1 localhost", "", *added]


def test_a_file_is_mounted_where_pods_have_mounts(tmp_path: Path) -> None:
    folder = PodFolder.of(tmp_path, pod()).container("main")
    folder.ensure()
    (mount,) = hosts_mount(pod(hostAliases=ALIASES), folder, NAMESPACE)
    assert mount.target == "/etc/hosts"
    assert "db.kubeflow.svc" in mount.source.read_text()
    assert hosts_mount(pod(hostAliases=ALIASES), folder, TRANSLATE) == hosts_mount(pod(), folder, NAMESPACE) == []


def variables(tmp_path: Path, made: dict[str, Any], mounts: list[Mount], **host: str) -> dict[str, str]:
    paths = PlatformPaths("test", *(tmp_path / one for one in ("config", "state", "data", "cache")))
    paths.platform_file.parent.mkdir(parents=True, exist_ok=True)
    paths.platform_file.write_text(json.dumps({"port": 4321}))
    folder = PodFolder.of(tmp_path, made).container("main")
    return environment.platform(made, {"name": "main"}, folder, paths, PodSettings(), "shims", mounts, host)


def test_the_api_servers_address_comes_with_a_service_accounts_files(tmp_path: Path) -> None:
    """Clients that find one without the other fail; those that find neither take the kubeconfig."""
    files = [Mount("account", tmp_path, SERVICE_ACCOUNT)]
    found = variables(tmp_path, pod(), files)
    assert (found["KUBERNETES_SERVICE_HOST"], found["KUBERNETES_SERVICE_PORT"]) == ("127.0.0.1", "4321")
    for made, mounts in ((pod(), []), (pod(automountServiceAccountToken=False), files)):
        assert "KUBERNETES_SERVICE_HOST" not in variables(tmp_path, made, mounts)


def test_no_proxy_is_asked_for_a_pods_own_names(tmp_path: Path) -> None:
    made = pod(hostAliases=ALIASES)
    assert "no_grpc_proxy" not in variables(tmp_path, made, [])
    assert "no_grpc_proxy" not in variables(tmp_path, pod(), [], https_proxy="http://proxy:1")
    found = variables(tmp_path, made, [], HTTPS_PROXY="http://proxy:1", no_proxy="localhost")
    assert found["no_grpc_proxy"] == "localhost,db.kubeflow,db.kubeflow.svc"
