"""`minikf image build`: what is in the image, how it is called, and what is told when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engines.minikf import docker

from .sides import Kind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "said"
    made.mkdir()
    (made / "say.py").write_text("print('said')\n")
    (made / ".env").write_text("PASSWORD=secret\n")
    (made / ".git").mkdir()
    (made / ".git" / "config").write_text("[core]\n")
    return made


@pytest.fixture
def built(kind: Kind, folder: Path) -> Iterator[str]:
    """The image of the folder on the workloads' image, in the node; its name is what the command prints."""
    done = kind.home.minikf("image", "build", str(folder), "--from", kind.image, "--platform", kind.platform)
    assert done.code == 0, done.err
    yield done.out.strip()
    docker("rmi", done.out.strip())


def test_the_name_follows_the_content(kind: Kind, folder: Path, built: str) -> None:
    assert built.startswith("minikf/said:") and len(built) == len("minikf/said:") + 12
    words = ("image", "build", str(folder), "--from", kind.image, "--platform", kind.platform)
    assert kind.home.minikf(*words).out.strip() == built
    (folder / "say.py").write_text("print('said again')\n")
    other = kind.home.minikf(*words).out.strip()
    assert other != built
    docker("rmi", other)


def test_a_pod_runs_it_and_what_is_secret_is_not_in_it(kind: Kind, built: str) -> None:
    program = "import os, subprocess; print(sorted(os.listdir()), os.getuid()); subprocess.run(['python', 'say.py'])"
    container = {"name": "main", "image": built, "imagePullPolicy": "Never", "command": ["python", "-c", program]}
    spec = {"restartPolicy": "Never", "containers": [container]}
    kind.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "said"}, "spec": spec})
    ended = kind.until("pod", "pod", "said", condition=lambda pod: pod["status"]["phase"] in ("Succeeded", "Failed"))
    said = kind.kubectl("logs", "said")
    kind.kubectl("delete", "pod", "said")
    assert ended["status"]["phase"] == "Succeeded", said
    there, ran = said.splitlines()
    # What else is there is of the image below.
    assert there == "['requirements.txt', 'say.py', 'server.py'] 1000" and ran == "said"


def test_a_dockerfile_is_built_as_it_is(kind: Kind, folder: Path) -> None:
    (folder / "Dockerfile").write_text(f"FROM {kind.image}\nENV MARK=of-a-dockerfile\n")
    done = kind.home.minikf("image", "build", str(folder), "--tag", "minikf-lab/said:1", "--platform", kind.platform)
    try:
        assert (done.code, done.out.strip()) == (0, "minikf-lab/said:1"), done.err
        assert "MARK=of-a-dockerfile" in "".join(docker("inspect", "minikf-lab/said:1"))
    finally:
        docker("rmi", "minikf-lab/said:1")


def test_a_step_that_fails_is_told_in_its_own_words(kind: Kind, folder: Path) -> None:
    (folder / "requirements.txt").write_text("no-such-package-here\n")
    (folder / "wheels").mkdir()
    (folder / "wheels" / "none.txt").write_text("")
    words = ("image", "build", str(folder), "--from", kind.image, "--platform", kind.platform, "--json")
    done = kind.home.minikf(*words)
    assert done.code == 10
    assert "no-such-package-here" in done.error["cause"], done.error


def test_a_base_that_is_not_to_be_had(kind: Kind, folder: Path) -> None:
    words = ("image", "build", str(folder), "--from", "minikf.invalid/base:1", "--platform", kind.platform, "--json")
    done = kind.home.minikf(*words)
    assert done.code == 10
    assert "minikf.invalid" in done.error["cause"], done.error
