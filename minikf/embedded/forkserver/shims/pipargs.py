"""Reads the words after `pip install`.

Options: https://pip.pypa.io/en/stable/cli/pip_install/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from minikf.embedded.environments import Wanted

_SHORT = {"-i": "--index-url", "-f": "--find-links", "-r": "--requirement", "-c": "--constraint", "-q": "--quiet"}
_SHORT |= {"-U": "--upgrade", "-t": "--target", "-e": "--editable", "-v": "--verbose", "-I": "--ignore-installed"}
_INDEX = {"--index-url", "--extra-index-url", "--find-links", "--trusted-host"}
_ELSEWHERE = {"--target", "--prefix", "--root"}
# Take a value and change nothing about what has to be there.
_IGNORED_WITH_VALUE = {
    "--progress-bar", "--retries", "--timeout", "--default-timeout", "--log", "--cache-dir", "--root-user-action",
    "--exists-action", "--upgrade-strategy", "--proxy", "--cert", "--client-cert", "--python", "--report", "--src",
    "--no-binary", "--only-binary", "--config-settings", "--platform", "--python-version", "--implementation", "--abi",
    "--keyring-provider", "--use-feature", "--use-deprecated",
}  # fmt: skip


class PipUsageError(Exception):
    """The command line is wrong; the message is for the user."""


@dataclass
class Install:
    """`elsewhere` is where another folder than an environment was asked for; `private` names what cannot be shared."""

    requirements: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    index: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    elsewhere: str = ""
    private: str = ""

    def wanted(self) -> Wanted:
        return Wanted(
            tuple(self.requirements),
            tuple(self.index),
            tuple(self.constraints),
            no_deps="--no-deps" in self.flags,
            upgrade=bool(self.flags & {"--upgrade", "--ignore-installed", "--force-reinstall"}),
            pre="--pre" in self.flags,
        )


def parse(words: list[str]) -> Install:
    """Raises PipUsageError when a value or a file is missing."""
    found = Install()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            _requirement(found, word)
            continue
        name, equals, value = word.partition("=")
        if not name.startswith("--") and len(name) > 2 and name[:2] in _SHORT and not equals:
            name, equals, value = name[:2], "=", name[2:]  # -rfile, and -qq as -q with a value nobody reads
        name = _SHORT.get(name, name)
        if name in _INDEX | _ELSEWHERE | _IGNORED_WITH_VALUE | {"--requirement", "--constraint", "--editable"}:
            if not equals:
                if not rest:
                    raise PipUsageError(f"{name} option requires 1 argument")
                value = rest.pop(0)
            _valued(found, name, value)
        elif name == "--no-index":
            found.index.append(name)
        else:
            found.flags.add(name)
    return found


def _valued(found: Install, name: str, value: str) -> None:
    if name in _INDEX:
        found.index += [name, value]
    elif name in _ELSEWHERE:
        found.elsewhere = name
    elif name == "--requirement":
        for line in _lines(value):
            _line(found, line, Path(value).parent)
    elif name == "--constraint":
        found.constraints += [line for line in _lines(value) if not line.startswith("-")]
    elif name == "--editable":
        found.requirements.append(f"-e {_absolute(value)}")
        found.private = value


def _line(found: Install, line: str, folder: Path) -> None:
    if not line.startswith("-"):
        _requirement(found, line)
        return
    name, _blank, value = line.partition(" ") if "=" not in line.split(" ", maxsplit=1)[0] else line.partition("=")
    name = _SHORT.get(name, name)
    value = value.strip()
    if name in ("--requirement", "--constraint") and not value.startswith("/"):
        value = str(folder / value)
    if name == "--no-index":
        found.index.append(name)
    else:
        _valued(found, name, value)


def _requirement(found: Install, text: str) -> None:
    path = text.partition("[")[0]
    if path in (".", "..") or "/" in path.partition("@")[0] or path.endswith((".whl", ".tar.gz", ".zip")):
        if "://" in text:
            found.requirements.append(text)
            return
        if not Path(path).exists():
            raise PipUsageError(f"Invalid requirement: {text!r}: File {path!r} does not exist.")
        found.requirements.append(_absolute(text))
        found.private = text
        return
    found.requirements.append(text)


def _absolute(path: str) -> str:
    return path if "://" in path or path.startswith("/") else str(Path.cwd() / path)


def _lines(path: str) -> list[str]:
    """Requirements of a file: comments and blank lines dropped, continued lines joined."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise PipUsageError(f"Could not open requirements file: {error}") from error
    lines = (line.strip() for line in text.replace("\\\n", " ").splitlines())
    return [line.split(" #", maxsplit=1)[0].strip() for line in lines if line and not line.startswith("#")]
