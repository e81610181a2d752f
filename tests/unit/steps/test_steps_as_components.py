"""The steps are complete in themselves: as files they load, say what they take, and ask for what they import."""

from __future__ import annotations

import ast
import inspect
import shlex
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import components
from packaging.requirements import Requirement

from minikf.bundles import steps
from minikf.bundles.steps import compiled
from minikf.embedded.environments import Wanted
from minikf.embedded.forkserver.shims.satisfied import is_satisfied

PLATFORM_ONLY = {"minikf"}  # said in the docstrings of the steps that need `minikf data`


def spec(name: str) -> Any:
    return getattr(steps, name).component_spec


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("steps")
    compiled.write(made)
    return made


@pytest.mark.parametrize("name", steps.__all__)
def test_a_step_is_a_file_that_loads_with_the_same_inputs_and_outputs(folder: Path, name: str) -> None:
    loaded = components.load_component_from_file(str(folder / f"{name}.yaml")).component_spec
    assert set(loaded.inputs or {}) == set(spec(name).inputs or {})
    assert set(loaded.outputs or {}) == set(spec(name).outputs or {})
    assert yaml.safe_load((folder / f"{name}.yaml").read_text())["schemaVersion"] == "2.1.0"


@pytest.mark.parametrize("name", steps.__all__)
def test_every_input_of_a_step_is_documented(name: str) -> None:
    text = inspect.getdoc(getattr(steps, name).python_func) or ""
    for one in (*(spec(name).inputs or {}), *(one for one in spec(name).outputs or {} if one != "Output")):
        if name != "compare_and_gate" or one in (spec(name).inputs or {}) or one == "metrics":
            assert f"    {one}: " in text, f"{name} does not say what {one} is"


@pytest.mark.parametrize("name", steps.__all__)
def test_a_step_installs_what_it_imports_and_the_platform_has_it_already(name: str) -> None:
    function = getattr(steps, name).python_func
    asked = _asked(name)
    tree = ast.parse(inspect.getsource(function))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    providers = metadata.packages_distributions()
    brought = {_plain(Requirement(one).name) for one in asked}
    for module in imported - set(sys.stdlib_module_names) - PLATFORM_ONLY:
        owners = {_plain(owner) for owner in providers[module]}
        needed = {_plain(Requirement(text).name) for one in brought for text in metadata.requires(one) or []}
        assert owners & (brought | needed), f"{name} imports {module} and asks for {sorted(brought)}"
    if asked:
        assert is_satisfied(Wanted(requirements=tuple(asked)))


def _asked(name: str) -> list[str]:
    """What the step's own `pip install` names, beside the SDK's."""
    prelude = spec(name).implementation.container.command[2]
    for part in prelude.split("-m pip install")[1:]:
        words = [word for word in shlex.split(part.partition("&&")[0]) if not word.startswith("--")]
        if not any(word.startswith("kfp==") for word in words):
            return words
    return []


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")
