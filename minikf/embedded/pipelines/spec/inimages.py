"""Commands whose own program is here and whose code is not: a script or a module that only the image has. Pure but for
looks at the file system."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from minikf.embedded.pipelines.records import Json
from minikf.embedded.pipelines.spec.model import ContainerExecutor

_SHELL = re.compile(r"(?:/\S*/)?(?:ba|da|a|k|z)?sh")
_PYTHON = re.compile(r"(?:/\S*/)?python[0-9.]*")
_MARKS = ("{{$", '{"IfPresent"', '{"Concat"')
_MOUNTS = ("pvcMount", "secretAsVolume", "configMapAsVolume", "emptyDirMounts")
_WITH_VALUE = ("-W", "-X", "-o", "--check-hash-based-pycs")


def missing_code(executor: ContainerExecutor, platform: Mapping[str, Json]) -> str:
    """What the command needs and nobody but its image has, "" for nothing.

    A step starts in an empty folder of its own, so a relative script is never there; an absolute one may be in a volume
    of `platform`, the executor's configuration. A module counts by its first name.
    """
    words = [*executor.command, *executor.args]
    if not words:
        return ""
    is_python = _PYTHON.fullmatch(words[0]) is not None
    if not is_python and _SHELL.fullmatch(words[0]) is None:
        return ""
    kind, name = _code(words[1:], is_python)
    if kind == "module":
        top = name.partition(".")[0]
        return "" if "PYTHONPATH" in executor.env or _has_module(top) else f"the Python package {top!r}"
    if kind != "script" or _may_be_there(name, platform):
        return ""
    return f"the file {name!r}"


def _may_be_there(script: str, platform: Mapping[str, Json]) -> bool:
    return script.startswith("/") and (Path(script).exists() or any(platform.get(one) for one in _MOUNTS))


def _code(words: Sequence[str], is_python: bool) -> tuple[str, str]:
    """What an interpreter is to run: ("module" or "script", its name), ("", "") for code of its own or not known."""
    for index, word in enumerate(words):
        if any(mark in word for mark in _MARKS) or word in _WITH_VALUE or word in ("-", "--"):
            break
        if not word.startswith("-"):
            return "script", word
        if is_python and word == "-m":
            name = words[index + 1] if index + 1 < len(words) else ""
            return ("module", name) if re.fullmatch(r"[A-Za-z_][\w.]*", name) else ("", "")
        if "c" in word or ("s" in word and not is_python):  # code in the command, or on the standard input
            break
    return "", ""


def _has_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
