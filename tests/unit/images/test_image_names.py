"""References to images, as Docker and the kubelet complete them."""

from __future__ import annotations

import pytest

from minikf.engine.images.model import Platform, chain_ids, digest
from minikf.engine.images.names import is_id, whole

SHA = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("library/nginx", "docker.io/library/nginx:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/library/nginx:1", "docker.io/library/nginx:1"),
        ("kubeflow/trainer:2.1", "docker.io/kubeflow/trainer:2.1"),
        ("localhost/mine", "localhost/mine:latest"),
        ("localhost:5000/mine:a", "localhost:5000/mine:a"),
        ("registry:5000/mine", "registry:5000/mine:latest"),
        ("ghcr.io/a/b/c:v1", "ghcr.io/a/b/c:v1"),
        (f"ghcr.io/a/b@{SHA}", f"ghcr.io/a/b@{SHA}"),
        (f"ghcr.io/a/b:v1@{SHA}", f"ghcr.io/a/b@{SHA}"),
        (f"nginx@{SHA}", f"docker.io/library/nginx@{SHA}"),
    ],
)
def test_a_reference_is_completed(reference: str, expected: str) -> None:
    assert whole(reference) == expected


@pytest.mark.parametrize(
    ("reference", "is_one"),
    [(SHA, True), (SHA[7:19], True), (SHA[7:], True), ("abab:latest", False), ("abab", False), ("c0ffeec0ffee", False)],
)
def test_an_id_is_told_from_a_name(reference: str, is_one: bool) -> None:
    assert is_id(reference, SHA) is is_one


def test_chain_ids_are_those_of_the_image_specification() -> None:
    first, second = digest(b"1"), digest(b"2")
    assert chain_ids([]) == ()
    assert chain_ids([first, second]) == (first, digest(f"{first} {second}".encode()))


@pytest.mark.parametrize(
    ("node", "image", "runs"),
    [
        ("amd64", "amd64", True),
        ("amd64", "386", True),
        ("arm64", "arm", True),
        ("amd64", "arm64", False),
        ("arm64", "amd64", False),
    ],
)
def test_what_a_node_runs(node: str, image: str, runs: bool) -> None:
    assert Platform("linux", node).runs(Platform("linux", image)) is runs
    assert not Platform("linux", node).runs(Platform("windows", image))
