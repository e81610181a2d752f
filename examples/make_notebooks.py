"""Makes each example's notebook out of its script, so that the two say the same.

    python examples/make_notebooks.py           writes the notebooks and the copies that the package carries
    python examples/make_notebooks.py --check   exit code 1 when one of them is out of date

A cell begins at each line `# %%`; the text after it becomes the heading above the cell, and the script's docstring the
first cell. A script without such lines is no notebook.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DEMO = HERE.parent / "minikf" / "demo"
PACKAGED = {"first_model.txt": "first-model/first_model.py", "journey.txt": "journey/journey.py"}


def notebook(script: str) -> str:
    """The notebook of a script, as JSON text (nbformat 4.5)."""
    head, *parts = script.split("\n# %% ")
    cells = [_cell("markdown", (ast.get_docstring(ast.parse(head)) or "").strip())]
    for part in parts:
        title, _, code = part.partition("\n")
        cells += [_cell("markdown", f"## {title}"), _cell("code", code.strip())]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _cell(kind: str, text: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()[:16]
    cell: dict[str, Any] = {"cell_type": kind, "id": digest, "metadata": {}, "source": text.splitlines(keepends=True)}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell


def wanted() -> dict[Path, str]:
    """What every made file should hold."""
    texts = {script: script.read_text() for script in sorted(HERE.glob("*/*.py"))}
    files = {script.with_suffix(".ipynb"): notebook(text) for script, text in texts.items() if "\n# %% " in text}
    # `minikf demo` works without a checkout, so the package carries the script as data.
    files |= {DEMO / name: (HERE / source).read_text() for name, source in PACKAGED.items()}
    return files


def main(check: bool) -> int:
    stale = [file for file, text in wanted().items() if not file.exists() or file.read_text() != text]
    for file in stale:
        if not check:
            file.write_text(wanted()[file])
        print(f"{'out of date' if check else 'written'}: {file.relative_to(HERE.parent)}")
    return int(bool(stale) and check)


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
