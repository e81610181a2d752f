"""`full` is upstream's example, object by object; what it has beyond that is said here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from minikf.bundle.closure import Closure
from minikf.bundle.lock import LockedFile
from minikf.bundle.model import STANDARD
from minikf.bundle.origin import Origin
from minikf.bundle.render.documents import split
from minikf.bundle.render.kustomize import build
from minikf.bundle.selection import select
from minikf.bundle.sources import Folder
from minikf.bundle.tree import plant
from tests.unit.bundle.conftest import kubectl, upstream
from tests.unit.bundles_data.conftest import Renders
from tests.unit.bundles_data.rendering import Key, Object, key

# The mirror lacks a program that pipelines for many users are made with; its README names what is rendered instead.
MANY_USERS = re.compile(r"^- \.\./applications/pipeline/(overlays|upstream/env/cert-manager/\S+)", re.MULTILINE)
ONE_USER = "- ../applications/pipeline/upstream/env/platform-agnostic"

# Objects that are not as in an example, and why.
STEPS = "pipelines of one user run their steps there: `baseline`, as upstream has it for one"
BY_ACCIDENT = "a variable that the example fills with a certificate of the volume viewer's; nothing reads it"
NAMED = "its service account, which the example lacks, is named with its namespace"
OTHER = {
    ("Namespace", "", "kubeflow"): STEPS,
    ("CustomResourceDefinition", "", "jobsets.jobset.x-k8s.io"): BY_ACCIDENT,
    ("RoleBinding", "kubeflow", "kubeflow-pipelines-cache-deployer-rolebinding"): NAMED,
}

# Objects that no example has, by component: the kinds of Argo Workflows and of Pipelines and the service account of its
# cache, which upstream has in pipeline/upstream/cluster-scoped-resources (14), what lets pipelines of one user through
# the mesh (2), and Model Registry.
ADDED = {"pipelines": 16, "model-registry": 12, "model-registry-ui": 12}


@dataclass(frozen=True)
class Example:
    """What an example renders, and how many objects, CRDs, webhook configurations and Deployments are in it."""

    version: str
    found: dict[Key, Object]

    @property
    def counted(self) -> tuple[int, int, int, int]:
        kinds = [kind for kind, _, _ in self.found]
        return (
            len(kinds),
            kinds.count("CustomResourceDefinition"),
            sum(kind.endswith("WebhookConfiguration") for kind in kinds),
            kinds.count("Deployment"),
        )


# That of 26.03 is what the mirror's README counted.
COUNTED = {"26.03": (614, 61, 27, 49), "v1.11.0": (592, 57, 26, 48)}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=COUNTED)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Example:
    """Upstream's example, with pipelines for one user."""
    mirror, tool = upstream(), kubectl()
    if mirror is None or tool is None:
        pytest.skip("no mirror of Kubeflow's files, or no kubectl; name the mirror with MINIKF_UPSTREAM")
    origin = Origin("kubeflow/manifests", request.param, "example")
    folder = tmp_path_factory.mktemp("example")
    changed = folder / "mirror" / origin.address / "kustomization.yaml"
    changed.parent.mkdir(parents=True)
    text, times = MANY_USERS.subn(ONE_USER, (mirror / origin.address / "kustomization.yaml").read_text())
    assert times == 1
    changed.write_text(text)
    source = Laid(mirror, folder / "mirror")
    closure = Closure(source.read)
    assert list(closure.follow([origin]))
    closure.check()
    contents = {one.address: source.read(one) for one in closure.files([origin])}
    files = {name: LockedFile(hashlib.sha256(data).hexdigest(), len(data)) for name, data in contents.items()}
    plant(contents.items(), files, [origin.address], folder / "tree")
    found = split(build(tool, folder / "tree" / origin.address, "example"), "example")
    return Example(request.param, {key(one.parsed): one.parsed for one in found})


class Laid:
    """A mirror with a few files in front of it."""

    def __init__(self, mirror: Path, front: Path) -> None:
        self._mirror, self._front = Folder(mirror), front

    def read(self, origin: Origin) -> bytes:
        file = self._front / origin.address
        return file.read_bytes() if file.is_file() else self._mirror.read(origin)


@pytest.fixture
def full(example: Example, rendering: Renders) -> Mapping[str, list[Object]]:
    found = rendering(example.version)
    return found.of([one.id for one in select(found.bundle, "full").components], STANDARD)


def test_an_example_is_what_was_counted(example: Example) -> None:
    print(example.version, example.counted)
    assert example.counted == COUNTED[example.version]


def test_full_is_the_example_and_what_is_said(example: Example, full: Mapping[str, list[Object]]) -> None:
    ours = {key(one): (name, one) for name, found in full.items() for one in found}
    assert len(ours) == sum(map(len, full.values()))
    assert not example.found.keys() - ours.keys()
    added: dict[str, int] = {}
    for place in ours.keys() - example.found.keys():
        added[ours[place][0]] = added.get(ours[place][0], 0) + 1
    print(example.version, len(ours), "objects, added are", added)
    assert added == ADDED
    assert {place for place, one in example.found.items() if ours[place][1] != one} == OTHER.keys()
