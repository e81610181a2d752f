"""`pip` on a pod's PATH: nothing to do when requirements are met, else a shared environment for this container.

The platform's environment is shared by all pods, so no pod changes it.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from minikf.embedded.environments import Base, Environments, ResolutionFailed, Wanted, wanted_of
from minikf.embedded.forkserver.shims import installers, pipargs, satisfied
from minikf.embedded.forkserver.shims.place import CONTAINER_DIR, ENV_LINK

ENVIRONMENTS, BASE_PYTHON, BASE_SITE = "MINIKF_ENVIRONMENTS", "MINIKF_PYTHON", "MINIKF_SITE"
_READING = ("list", "freeze", "show", "check", "inspect")


def main(words: list[str]) -> int:
    """The exit code of `pip *words`."""
    commands = [word for word in words if not word.startswith("-")]
    if commands[:1] == ["install"]:
        place = words.index("install")
        return _install(words[:place] + words[place + 1 :])
    if commands[:1] == ["uninstall"]:
        print("ERROR: environments are shared by all pods, so nothing is taken out of one.", file=sys.stderr)
        print("Start the container without the package instead: leave it out of `pip install`.", file=sys.stderr)
        return 1
    return _real_pip(words, commands)


def _install(words: list[str]) -> int:
    try:
        asked = pipargs.parse(words)
        if not asked.requirements:
            raise pipargs.PipUsageError('You must give at least one requirement to install (see "pip help install")')
        if asked.elsewhere:
            return _install_elsewhere(words)
        wanted = asked.wanted()
        if not asked.private and satisfied.is_satisfied(wanted):
            _say(asked, f"Requirement already satisfied: {' '.join(asked.requirements)}")
            return 0
        environment = _make(wanted, shared=not asked.private)
    except pipargs.PipUsageError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    except ResolutionFailed as error:
        print(f"ERROR: {error.message}:\n{error.cause}\n{error.advice}", file=sys.stderr)
        return 1
    _say(asked, f"Successfully installed {' '.join(asked.requirements)} in {environment}")
    return 0


def _say(asked: pipargs.Install, text: str) -> None:
    if "--quiet" not in asked.flags:
        print(text, flush=True)


def _make(wanted: Wanted, *, shared: bool) -> Path:
    container = Path(os.environ[CONTAINER_DIR])
    link = container / ENV_LINK
    if link.is_symlink():
        wanted = wanted.with_earlier(wanted_of(link.readlink()))
    base = Base.current(
        os.environ.get(BASE_PYTHON) or sys.executable, os.environ.get(BASE_SITE) or sysconfig.get_path("purelib")
    )
    # What comes from a local folder may change under the same name, so it is this container's alone.
    root = Path(os.environ[ENVIRONMENTS]) if shared else container / "environments"
    environment = Environments(root).ensure(base, wanted)
    part = container / f"{ENV_LINK}.{os.getpid()}"
    part.symlink_to(environment)
    part.replace(link)
    return environment


def _install_elsewhere(words: list[str]) -> int:
    """`--target` and the like name a folder of the pod's own; the environment is not touched."""
    uv = installers.find_uv()
    if not uv:
        return _real_pip(["install", *words], ["install"])
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run([uv, "pip", "install", "--python", sys.prefix, *words], check=False, env=env).returncode


def _real_pip(words: list[str], commands: list[str]) -> int:
    python = str(Path(sys.prefix) / "bin" / "python")
    if importlib.util.find_spec("pip") is not None:
        os.execv(python, [python, "-m", "pip", *words])
    uv = installers.find_uv()
    if uv and commands[:1] and commands[0] in _READING:
        return subprocess.run([uv, "pip", *words, "--python", python], check=False).returncode
    if "--version" in words or "-V" in words:
        version = f"python {sys.version_info[0]}.{sys.version_info[1]}"
        print(f"pip of MiniKF's embedded engine from {Path(__file__).parent} ({version})")
        return 0
    print(f"ERROR: `pip {' '.join(words)}` needs pip itself, and this environment has none.", file=sys.stderr)
    print("Install it first: pip install pip", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
