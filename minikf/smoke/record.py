"""The last result of each component's test, kept with the platform's state (0600)."""

from __future__ import annotations

import json
from dataclasses import fields

from minikf.files import write_private
from minikf.paths import PlatformPaths
from minikf.smoke.model import Result


def read(paths: PlatformPaths) -> dict[str, Result]:
    """By component; a file that is damaged tells nothing."""
    try:
        found = json.loads(paths.tests_file.read_text())
        names = {field.name for field in fields(Result)}
        return {
            str(one["component"]): Result(**{key: value for key, value in one.items() if key in names})
            for one in found["results"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write(paths: PlatformPaths, result: Result) -> None:
    """Replaces the component's result. Raises Refused where the file cannot be written."""
    found = read(paths) | {result.component: result}
    results = [one.as_dict() for _, one in sorted(found.items())]
    write_private(paths.tests_file, json.dumps({"results": results}, indent=1) + "\n")
