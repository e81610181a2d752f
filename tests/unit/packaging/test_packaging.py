"""What is in the wheel and the sdist, how an editable checkout imports, and that the locks name no address."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
LOCKS = ("minikf/requirements.lock", "requirements-dev.lock")
FOLDERS = {"minikf": "minikf", "gpu": "minikf/gpu", "tui": "minikf/tui", "bundles": "minikf/bundles"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(sdist, wheel): the wheel is built from what the sdist holds, as PyPI's users get it."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
    shutil.copytree(CHECKOUT, source, ignore=ignored, symlinks=True)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    (wheel,) = (folder / "dist").glob("*.whl")
    return sdist, wheel


def sources() -> set[str]:
    """The files of the packages in the checkout, by their names in the wheel."""
    found = set()
    for folder, package in FOLDERS.items():
        for file in (CHECKOUT / folder).rglob("*"):
            inside = file.relative_to(CHECKOUT / folder)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            if file.is_file() and not hidden and file.suffix != ".pyc":
                found.add(f"{package}/{inside.as_posix()}")
    return found


def test_the_wheel_holds_every_file_of_the_packages_and_no_other(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == sources()


def test_the_wheel_has_data_types_and_licence_and_no_top_level_strangers(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        names = wheel.namelist()
    assert {"minikf/py.typed", "minikf/requirements.lock", "minikf/tui/__init__.py", "minikf/gpu/__init__.py"} <= set(
        names
    )
    assert any(re.fullmatch(r"minikf/embedded/schemas/.+\.json", name) for name in names)
    assert {f"minikf/bundles/kubeflow/26.03/{file}" for file in ("bundle.yaml", "bundle.lock")} <= set(names)
    assert any(re.fullmatch(r"minikf/bundles/kubeflow/patches/.+\.yaml", name) for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"minikf"}


def test_the_sdist_can_install_itself_and_holds_no_tests(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"install.sh", "LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "setup.py"} <= names
    assert not [name for name in names if name.startswith(("tests", "scripts", "docs"))]
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_says_what_it_needs(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = wheel.read(name).decode()
    assert "Requires-Python: <3.15,>=3.11" in metadata and "License-Expression: Apache-2.0" in metadata
    base = [line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra ==" not in line]
    names = {re.split(r"[<>=!~\[; ]", line.removeprefix("Requires-Dist: "))[0] for line in base}
    clusters = {"bcrypt", "h11", "wsproto"}  # small, and a platform on a cluster is not reached without them
    ui = {"textual", "textual-serve"}
    promotion = {"obstore"}
    assert names == {"typer", "kubernetes", "docker", "requests", "pyyaml", "cryptography"} | clusters | ui | promotion


def test_a_wheel_on_a_path_of_its_own_leaks_no_module(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Unpacked beside nothing but the dependencies of this interpreter: the checkout is not on the path."""
    with zipfile.ZipFile(built[1]) as wheel:
        wheel.extractall(tmp_path / "site")
    site = tmp_path / "site"
    program = (
        "import importlib.util, minikf, minikf.tui, minikf.gpu, minikf.bundles\n"
        "from importlib.resources import files\n"
        "for module in (minikf, minikf.tui, minikf.gpu, minikf.bundles):\n"
        f"    assert module.__file__.startswith({str(site)!r}), module.__file__\n"
        "assert files('minikf').joinpath('requirements.lock').is_file()\n"
        "print([name for name in ('gpu', 'tui', 'bundles', 'tests') if importlib.util.find_spec(name)])"
    )
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-P", "-c", program]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_an_editable_checkout_imports_each_folder_once() -> None:
    program = (
        "import importlib.util, minikf.tui, minikf.gpu, minikf.bundles\n"
        "print(minikf.tui.__file__, [name for name in ('gpu', 'tui', 'bundles') if importlib.util.find_spec(name)])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{CHECKOUT / 'tui' / '__init__.py'} []"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_versions_with_hashes_and_no_address(lock: str) -> None:
    text = (CHECKOUT / lock).read_text()
    assert "://" not in text and "--index" not in text and "--find-links" not in text
    entries = re.split(r"\n(?=\S)", text.split("\n", 1)[1])
    assert len(entries) > 90
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9.-]*==\S+", entry), entry.splitlines()[0]
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for lock, wanted in (
        (LOCKS[0], project["dependencies"] + extras["embedded"]),
        (LOCKS[1], project["dependencies"] + extras["embedded"] + extras["dev"]),
    ):
        locked = set(re.findall(r"^([a-z0-9.-]+)==", (CHECKOUT / lock).read_text(), re.M))
        names = {re.split(r"[<>=!~\[; ]", item)[0].lower().replace("_", "-") for item in wanted}
        assert names <= locked, f"run: make lock (missing: {names - locked})"
