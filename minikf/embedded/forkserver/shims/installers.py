"""Fills a fresh environment: with uv, or with pip where there is no uv."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from minikf.embedded.environments import Base, ResolutionFailed, Wanted, canonical

# pip's way to say where packages come from, in uv's words; both take the next word as value.
_UV_OPTION = {
    "--index-url": "--default-index",
    "--extra-index-url": "--index",
    "--find-links": "--find-links",
    "--trusted-host": "--allow-insecure-host",
    "--no-index": "--no-index",
}
_UV_VARIABLE = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_NO_INDEX": "UV_NO_INDEX",
    "PIP_TRUSTED_HOST": "UV_INSECURE_HOST",
    "PIP_CERT": "SSL_CERT_FILE",
}


def find_uv() -> str:
    """The path of uv: beside the interpreter, in its `uv` package, on PATH; "" when there is none."""
    beside = Path(sys.prefix) / "bin" / "uv"
    if beside.exists():
        return str(beside)
    if importlib.util.find_spec("uv") is not None:
        return str(importlib.import_module("uv").find_uv_bin())
    return shutil.which("uv") or ""


def with_uv(uv: str, python: str, base: Base, wanted: Wanted) -> None:
    """Resolves with the platform's versions where possible, then installs what the platform lacks."""
    asked = {canonical(_name(text)) for text in wanted.requirements} if wanted.upgrade else set()
    kept = [f"{name}=={version}" for name, version in base.installed.items() if name not in asked]
    try:
        resolved = _compile(uv, python, wanted, kept)
    except ResolutionFailed:
        # A requirement contradicts what the platform has: then the environment brings its own version.
        resolved = _compile(uv, python, wanted, [])
    present = {f"{name}=={version}" for name, version in base.installed.items()}
    missing = [line for line in resolved if line not in present]
    if missing:
        command = [uv, "pip", "install", "--quiet", "--python", python, "--no-deps", *_uv_options(wanted)]
        with _file(missing) as path:
            _uv([*command, "--requirement", path])


def with_pip(_uv: str, python: str, base: Base, wanted: Wanted) -> None:
    """pip sees the platform's packages through the environment and leaves alone what satisfies."""
    if subprocess.run([python, "-c", "import pip"], check=False, capture_output=True).returncode:
        _say_no(subprocess.run([python, "-m", "ensurepip"], check=False, capture_output=True, text=True))
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
    command += [*wanted.index, *(["--no-deps"] if wanted.no_deps else []), *(["--pre"] if wanted.pre else [])]
    command += ["--upgrade"] if wanted.upgrade else []
    env = {name: value for name, value in os.environ.items() if name not in ("PIP_USER", "PIP_TARGET")}
    with _file(list(wanted.constraints)) as constraints:
        command += ["--constraint", constraints, *wanted.requirements]
        _say_no(subprocess.run(command, check=False, capture_output=True, text=True, env=env))


def _compile(uv: str, python: str, wanted: Wanted, kept: list[str]) -> list[str]:
    command = [uv, "pip", "compile", "--quiet", "--python", python, "--no-header", "--no-annotate", "--no-strip-extras"]
    command += [*_uv_options(wanted), *(["--no-deps"] if wanted.no_deps else [])]
    with _file([*wanted.constraints, *kept]) as constraints, _file(list(wanted.requirements)) as requirements:
        output = _uv([*command, "--constraints", constraints, requirements])
    return [line.strip() for line in output.splitlines() if line.strip() and not line.startswith(("#", "-"))]


def _uv_options(wanted: Wanted) -> list[str]:
    options = [_UV_OPTION.get(word, word) for word in wanted.index]
    # pip takes the best version of all indexes; so does uv when told.
    options += ["--index-strategy", "unsafe-best-match"]
    return options + (["--prerelease", "allow"] if wanted.pre else [])


def _uv(command: list[str]) -> str:
    env = dict(os.environ)
    for ours, theirs in _UV_VARIABLE.items():
        if ours in env:
            env.setdefault(theirs, env[ours])
    # The interpreter is the platform's; a downloaded one would not fit the platform's packages.
    env |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    env.setdefault("UV_CACHE_DIR", env.get("MINIKF_UV_CACHE", ""))
    if not env["UV_CACHE_DIR"]:
        del env["UV_CACHE_DIR"]
    return _say_no(subprocess.run(command, check=False, capture_output=True, text=True, env=env))


def _say_no(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        raise ResolutionFailed(
            "the requirements cannot be installed",
            cause=(done.stderr or done.stdout).strip(),
            advice="correct the requirement, or the index it should come from (--index-url), and run again",
        )
    return done.stdout


def _name(requirement: str) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(requirement).name
    except InvalidRequirement:
        return requirement


@contextlib.contextmanager
def _file(lines: list[str]) -> Iterator[str]:
    """The path of a temporary file of lines."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        yield file.name
