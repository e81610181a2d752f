"""Writes each step as a component file: `python -m minikf.bundles.steps.compiled FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from kfp import compiler

from minikf.bundles import steps


def write(folder: Path) -> list[Path]:
    """One YAML file for each step, named as it is. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.yaml" for name in steps.__all__]
    for file in files:
        compiler.Compiler().compile(getattr(steps, file.stem), str(file))
    return files


def main(arguments: list[str]) -> int:
    """Exit code 2 where the folder is not named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m minikf.bundles.steps.compiled FOLDER\n")
        return 2
    for file in write(Path(arguments[0])):
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
