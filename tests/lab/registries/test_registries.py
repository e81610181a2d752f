"""A real registry is asked for digests, platforms and sizes; with tokens, with passwords, and after a tag has moved."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from keep import Unavailable

from minikf.bundle.lock import Lock, LockedImage
from minikf.bundle.registry.asking import Answers, ask
from minikf.bundle.registry.look import look
from minikf.bundle.registry.moved import compare
from registries.push import INDEX, LIST, Pushed, image, index
from registries.realm import serving
from registries.server import program, registry
from tests.unit.bundle.locking import ran

pytestmark = pytest.mark.core
NODES = ("linux/amd64", "linux/arm64")


@pytest.fixture(scope="session")
def binary(say: Callable[[str], None], no_lab: Callable[[str], None]) -> Path:
    try:
        return program(say)
    except Unavailable as why:
        no_lab(f"no real registry here: {why}")
        raise  # not reached: the test is skipped or fails


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def name(binary: Path, tmp_path: Path, storage: Path) -> Iterator[str]:
    """A registry that everybody may write to."""
    with registry(binary, tmp_path / "open", storage) as name:
        yield name


def asked(*images: str) -> Answers[LockedImage]:
    return ran(ask(images, lambda registry, reference: look(registry, reference, NODES)))


@pytest.mark.parametrize("kind", [INDEX, LIST])
def test_digests_platforms_and_sizes_are_those_that_were_pushed(name: str, kind: str) -> None:
    parts = {
        one: image(name, "kubeflow/app", one, kind=kind, layer=1000 + len(one)) for one in ("amd64", "arm64", "s390x")
    }
    about = image(name, "kubeflow/app", "unknown", kind=kind)
    about.descriptor["platform"] = {"os": "unknown", "architecture": "unknown"}
    digest = index(name, "kubeflow/app", "v1", *parts.values(), about, kind=kind)
    one = image(name, "single", "arm64", kind=kind, tag="v1")
    app, single, gone = f"{name}/kubeflow/app:v1", f"{name}/single:v1", f"{name}/gone:v1"

    found = asked(app, single, gone)
    sizes = {"linux/amd64": parts["amd64"].size, "linux/arm64": parts["arm64"].size, "linux/s390x": 0}
    assert found.learnt == {
        app: LockedImage(digest, sizes),
        single: LockedImage(one.descriptor["digest"], {"linux/arm64": one.size}),
    }
    assert [(silence.images, silence.cause) for silence in found.silent] == [
        ((gone,), "it answers 404 MANIFEST_UNKNOWN")
    ]
    assert asked(f"{name}/kubeflow/app@{digest}").learnt[f"{name}/kubeflow/app@{digest}"].digest == digest

    lock = Lock("small", "1", images=dict(found.learnt))
    assert ran(compare(lock)).findings == ()
    moved = index(name, "kubeflow/app", "v1", parts["amd64"], kind=kind)
    (finding,) = ran(compare(lock)).findings
    assert (finding.kind, finding.name) == ("changed", app)
    assert finding.cause == f"its tag has the digest {moved} now; {digest} was locked"


def test_tokens_are_those_that_a_real_registry_takes(binary: Path, name: str, storage: Path, tmp_path: Path) -> None:
    shown: Pushed = image(name, "shown", "amd64", tag="v1")
    image(name, "hidden", "amd64", tag="v1")
    with serving(tmp_path, ("shown",)) as realm, registry(binary, tmp_path / "closed", storage, realm.auth) as closed:
        found = asked(f"{closed}/shown:v1", f"{closed}/hidden:v1")
        assert found.learnt == {
            f"{closed}/shown:v1": LockedImage(shown.descriptor["digest"], {"linux/amd64": shown.size})
        }
        (silence,) = found.silent
        assert silence.images == (f"{closed}/hidden:v1",) and silence.cause == "it answers 401 UNAUTHORIZED"
        # One for what is shown, though it took three questions; what is hidden is asked for once more and then left.
        assert sorted(realm.scopes) == ["repository:hidden:pull"] * 2 + ["repository:shown:pull"]


def test_a_registry_that_wants_a_password_is_said(binary: Path, storage: Path, tmp_path: Path) -> None:
    (tmp_path / "htpasswd").write_text("")
    auth = {"htpasswd": {"realm": "the cellar", "path": str(tmp_path / "htpasswd")}}
    with registry(binary, tmp_path / "closed", storage, auth) as closed:
        (silence,) = asked(f"{closed}/app:v1", f"{closed}/other:v1").silent
        assert silence.cause == "it wants a user's name and password" and len(silence.images) == 2


def test_the_command_names_what_is_there(name: str, tmp_path: Path, lab_binaries: Path) -> None:
    """`minikf bundle lock --images`, with kustomize in a real kubectl."""
    image(name, "app", "amd64", tag="v1")
    folder, files = tmp_path / "small", tmp_path / "mirror" / "acme" / "manifests" / "v1" / "app"
    folder.mkdir()
    files.mkdir(parents=True)
    (files / "kustomization.yaml").write_text("resources: [pod.yaml]\n")
    (files / "pod.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app}\nspec: {template: {spec: {containers: "
        f"[{{name: app, image: '{name}/app:v1'}}, {{name: b, image: 'nowhere.invalid/b:v1'}}]}}}}}}\n"
    )
    (folder / "bundle.yaml").write_text(
        'bundle: small\nversion: "1"\nsources:\n  here: {repo: acme/manifests, ref: v1}\ncomponents:\n- id: app\n'
        "  title: App\n  group: Parts\n  does: nothing\n  licence: {spdx: Apache-2.0, source: nobody}\n"
        "  standard: {paths: [here/app]}\n"
    )
    words = ["minikf", "bundle", "lock", "--images", "--bundle", f"{folder}/", "--mirror", str(tmp_path / "mirror")]
    env = {"PATH": f"{lab_binaries}:/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "2 images, 1 with a digest, 1 by their tag only" in done.stdout
    assert "nowhere.invalid did not answer for 1 image: nowhere.invalid cannot be reached" in done.stderr
    assert f'"{name}/app:v1": {{"bytes": {{"linux/amd64": ' in (folder / "bundle.lock").read_text()
