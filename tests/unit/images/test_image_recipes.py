"""What an image is made of, before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikf.engine.images.recipe import BASE, recipe
from minikf.errors import Refused, UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "My Trainer"
    made.mkdir()
    (made / "train.py").write_text("print(1)\n")
    return made


def test_a_program_and_its_requirements(folder: Path) -> None:
    (folder / "requirements.txt").write_text("scikit-learn\n")
    found = recipe(folder)
    assert found.name == "my-trainer" and found.tag == ""
    assert found.text.startswith(f"FROM {BASE} AS made\n")
    assert "-r /build/requirements.txt" in found.text and "--no-index" not in found.text
    assert found.text.index("requirements.txt") < found.text.index("COPY . /app")  # packages are kept when code changes
    assert "USER 1000:1000" in found.text
    assert ".git" in found.left_out and "**/.env" in found.left_out


def test_wheels_are_all_that_is_taken(folder: Path) -> None:
    (folder / "requirements.txt").write_text("scikit-learn\n")
    (folder / "wheels").mkdir()
    assert "--no-index --find-links /build/wheels" in recipe(folder, base="my/python:1").text
    assert recipe(folder, base="my/python:1").text.count("FROM my/python:1") == 2


def test_a_program_without_requirements(folder: Path) -> None:
    assert "pip" not in recipe(folder).text


def test_a_dockerfile_is_taken_as_it_is(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / ".dockerignore").write_text("data\n*.csv\n")
    found = recipe(folder, "team/trainer:1")
    assert (found.text, found.left_out, found.tag) == ("", ("data", "*.csv"), "team/trainer:1")
    with pytest.raises(UsageError, match="says itself"):
        recipe(folder, base="python:3")


@pytest.mark.parametrize("tag", ["trainer", "trainer:latest", "registry:5000/trainer"])
def test_a_name_that_kubernetes_would_pull_is_refused(folder: Path, tag: str) -> None:
    with pytest.raises(UsageError, match="no version"):
        recipe(folder, tag)


@pytest.mark.parametrize("tag", ["Trainer:1", "a b:1", ":1", "-x:1"])
def test_what_names_no_image_is_refused(folder: Path, tag: str) -> None:
    with pytest.raises(UsageError, match="cannot name an image"):
        recipe(folder, tag)


def test_a_home_folder_is_not_sent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    for one in (folder, Path("/")):
        with pytest.raises(Refused, match="would be sent"):
            recipe(one)


def test_nothing_to_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is empty"):
        recipe(tmp_path)
    with pytest.raises(UsageError, match="there is no folder"):
        recipe(tmp_path / "not-there")
