"""Runs benchmarks by name (default: all) and prints a row for each figure; 8 when a promise is missed."""

from __future__ import annotations

import importlib
import os
import platform
import sys

from tests.bench.world import World

NAMES = (
    "commands",
    "api",
    "footprint",
    "training",
    "serving",
    "pipelines",
    "search",
    "tuning",
    "notebooks",
    "data",
    "clusters",
    "images",
    "move",
    "render",
    "install",
    "promote_apply",
    "tui",
)


def main() -> int:
    names = sys.argv[1:] or NAMES
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores", flush=True)
    missed = 0
    for name in names:
        module = importlib.import_module(f"tests.bench.bench_{name}")
        with World() as world:
            for row in module.rows(world):
                print(row.text(), flush=True)
                missed += not row.met
    return 8 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
