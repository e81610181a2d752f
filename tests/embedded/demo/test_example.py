"""The example's script, its notebook and the copy in the package say the same, and training cannot cheat."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "examples" / "first-model" / "first_model.py"


def load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_made_from_the_script_is_out_of_date() -> None:
    maker = load(ROOT / "examples" / "make_notebooks.py")
    wanted = maker.wanted()
    assert {file.name for file in wanted} == {"first_model.ipynb", "first_model.txt", "journey.txt"}
    stale = [file for file, text in wanted.items() if file.read_text() != text]
    assert not stale, "run: python examples/make_notebooks.py"


def test_the_notebook_holds_all_of_the_scripts_code() -> None:
    notebook = json.loads(SCRIPT.with_suffix(".ipynb").read_text())
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    script = ast.parse(SCRIPT.read_text())
    without_docstring = [ast.dump(node) for node in script.body[1:]]
    assert [ast.dump(node) for cell in code for node in ast.parse(cell).body] == without_docstring
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])


def test_the_held_out_digits_are_no_digits_to_learn_from() -> None:
    example = load(SCRIPT)
    learn_x, learn_y, held_x, held_y = example.load()
    assert (len(learn_y), len(held_y)) == (1437, 360)
    learnt = {image.tobytes() for image in learn_x}
    assert not any(image.tobytes() in learnt for image in held_x)
    again = example.load()
    assert all((one == other).all() for one, other in zip((learn_x, learn_y, held_x, held_y), again, strict=True))


def test_training_knows_nothing_but_the_data_it_is_given() -> None:
    source = inspect.getsource(load(SCRIPT).train)
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert not names & {"load", "held_x", "held_y", "load_digits", "NAME", "VERSION"}
    assert "load_digits" not in source


@pytest.mark.parametrize("word", ["/home", "/tmp", "localhost", "127.0.0.1", "minikf.embedded", ".local/share"])
def test_it_would_run_on_a_cluster(word: str) -> None:
    assert word not in SCRIPT.read_text()
