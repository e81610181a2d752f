"""The files as an administrator uses them, taken with strict validation by a real API server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from apiserver.real import real_server
from apiserver.server import Server
from keep import Unavailable

from minikf.promote.gitops import Delivery, write
from minikf.promote.gitops.health import RULES
from minikf.promote.gitops.kept import KINDS

from .upstream import definitions

Object = dict[str, Any]
URL = "ssh://git@git.example.com:2222/team/models.git"


def _obj(version: str, kind: str, name: str = "fraud", **more: Any) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **more}


OBJECTS = (
    *(_obj(f"{rule.group}/v1", rule.kind) for rule in RULES),
    *(_obj(version, kind, "kept") for kind, version in KINDS.items()),
    _obj("apps/v1", "Deployment"),
)


@pytest.fixture(scope="module")
def server(
    lab_binaries: Path, no_lab: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gitops")
    try:
        crds = definitions(folder)
    except Unavailable as why:
        no_lab(f"no definitions of Argo CD and Flux here: {why}")
        raise  # not reached: the test is skipped or fails
    with real_server(lab_binaries, folder, crds) as server:
        for name in ("argocd", "flux-system"):
            code, told = server.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
            assert code == 201, told
        yield server


def _kubectl(server: Server, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "HOME": str(server.home), "KUBECONFIG": str(server.kubeconfig)}
    command = [str(server.kubectl), *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def _written(delivery: Delivery, folder: Path, objects: tuple[Object, ...] = OBJECTS) -> Path:
    for name, text in write(delivery, objects).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / "gitops" / delivery.target


def _commands(page: str) -> list[list[str]]:
    """Every kubectl that the page tells to type."""
    return [line.split()[1:] for line in page.splitlines() if line.strip().startswith("kubectl ")]


def test_all_files_are_taken_strictly(server: Server, tmp_path: Path) -> None:
    folder = _written(Delivery.of("cloud", "team", {}, "fraud", URL), tmp_path)
    for name in ("argo/application.yaml", "flux/git-repository.yaml", "flux/sync.yaml"):
        done = _kubectl(server, folder, "apply", "--server-side", "--validate=strict", "-f", name)
        assert done.returncode == 0 and "arning" not in done.stderr, done.stderr
        sent = yaml.safe_load((folder / name).read_text())
        got = _kubectl(server, folder, "get", "-f", name, "-o", "yaml")
        stored = yaml.safe_load(got.stdout)["spec"]
        assert stored == stored | sent["spec"]  # defaults aside


@pytest.mark.parametrize(
    "answers",
    [{"GIT_REVISION": "refs/tags/v1"}, {"GIT_REVISION": "a" * 40, "ARGO_CLUSTER": "cloud"}, {"GIT_FOLDER": "."}],
)
def test_other_answers_are_taken_too(server: Server, tmp_path: Path, answers: dict[str, str]) -> None:
    folder = _written(Delivery.of("cloud", "team", answers, "other", URL), tmp_path)
    files = ("argo/application.yaml", "flux/git-repository.yaml", "flux/sync.yaml")
    words = [word for name in files for word in ("-f", name)]
    done = _kubectl(server, folder, "apply", "--validate=strict", "--dry-run=server", *words)
    assert done.returncode == 0, done.stderr


def test_without_an_address_flux_is_refused(server: Server, tmp_path: Path) -> None:
    folder = _written(Delivery.of("nowhere", "team", {}, "fraud"), tmp_path)
    done = _kubectl(server, folder, "apply", "--validate=strict", "-f", "flux/git-repository.yaml")
    assert done.returncode != 0 and "spec.url" in done.stderr and "${GIT_URL}" in done.stderr
    assert _kubectl(server, folder, "apply", "--validate=strict", "-f", "argo/application.yaml").returncode == 0


def test_the_page_is_right_and_argocd_cm_keeps_its_own_keys(server: Server, tmp_path: Path) -> None:
    """Every command of the README, as it stands there, twice."""
    own = {"url": "https://argo.example.com", "resource.customizations.health.example.com_Thing": "return {}"}
    settings = _obj("v1", "ConfigMap", "argocd-cm", data=own)
    code, told = server.request("POST", "/api/v1/namespaces/argocd/configmaps", settings)
    assert code == 201, told
    folder = _written(Delivery.of("paged", "team", {}, "fraud", URL), tmp_path)
    commands = _commands((folder / "README.md").read_text())
    assert len(commands) == 4
    for words in commands * 2:
        done = _kubectl(server, folder, *words)
        assert done.returncode == 0, (words, done.stderr)
    _, found = server.request("GET", "/api/v1/namespaces/argocd/configmaps/argocd-cm")
    patch = yaml.safe_load((folder / "argo/argocd-cm.patch.yaml").read_text())
    assert found["data"] == own | patch["data"]


@pytest.mark.parametrize("tool", ["argo/application.yaml", "flux/sync.yaml"])
def test_what_holds_data_is_marked_to_be_kept(server: Server, tmp_path: Path, tool: str) -> None:
    """The patches of both tools, put over a folder by kustomize as these do it."""
    told = yaml.safe_load((_written(Delivery("cloud", "team"), tmp_path) / tool).read_text())["spec"]
    patches = told.get("patches") or told["source"]["kustomize"]["patches"]
    base = tmp_path / "base"
    base.mkdir()
    (base / "all.yaml").write_text(yaml.safe_dump_all(OBJECTS))
    (base / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["all.yaml"], "patches": patches}))
    done = _kubectl(server, tmp_path, "kustomize", "base")
    assert done.returncode == 0, done.stderr
    built = {one["kind"]: one for one in yaml.safe_load_all(done.stdout)}
    assert set(built) == {obj["kind"] for obj in OBJECTS}
    for obj in OBJECTS:
        found = built[obj["kind"]]
        marks = found["metadata"].pop("annotations", {})
        assert found == obj
        wanted = {"argo": "Prune=false,Delete=false", "flux": "disabled"}[tool.partition("/")[0]]
        assert list(marks.values()) == ([wanted] if obj["kind"] in KINDS else [])
