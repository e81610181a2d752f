"""The real code-server for tests: the machine's, or one of npm's built into a folder that outlives the tests.

Its packages come from npm, its native modules are built against the node headers of the machine (NODE_HEADERS, where
they are not with node itself). What the package's own set-up would download from elsewhere (ripgrep, prebuilt modules)
is left out: the search in files does not work in it, all else does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

VERSION = "4.93.1"  # its packages are all on npm, and it is made for node 20
_NODE = "v20."
_NATIVE = ("node-pty", "@vscode/spdlog", "native-watchdog", "@parcel/watcher")
_SECONDS = 900


# Read when the tests are collected: later HOME is one of theirs.
_FOLDER = Path(os.environ.get("MINIKF_LAB_CACHE") or "~/.cache/minikf-lab").expanduser() / f"code-server-{VERSION}"


def code_server(home: Path) -> str:
    """The path of a program that works. Raises LookupError with the reason why there is none."""
    found = os.environ.get("MINIKF_CODE_SERVER") or shutil.which("code-server")
    if found:
        return found
    program = _FOLDER / "node_modules" / ".bin" / "code-server"
    if not (_FOLDER / "ready").exists():
        _install(_FOLDER, home)
    return str(program)


def _install(folder: Path, home: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise LookupError("no code-server on PATH, and neither node nor npm to get one with")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if not version.startswith(_NODE):
        raise LookupError(f"no code-server on PATH, and node is {version}: code-server {VERSION} needs node 20")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    headers = os.environ.get("NODE_HEADERS") or str(Path(node).resolve().parents[1])
    env = {**os.environ, "HOME": str(home), "npm_config_nodedir": headers, "npm_config_fund": "false"}
    production = ("--ignore-scripts", "--no-audit", "--legacy-peer-deps", "--omit=dev")

    def run(place: Path, *words: str) -> None:
        try:
            done = subprocess.run(
                [str(npm), *words], cwd=place, env=env, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise LookupError(f"code-server cannot be made here in time: npm {' '.join(words)}") from error
        if done.returncode:
            raise LookupError(f"code-server cannot be made here: npm {' '.join(words)}: {done.stderr[-800:]}")

    run(folder, "install", "--prefix", ".", "--ignore-scripts", "--no-audit", f"code-server@{VERSION}")
    run(folder, "rebuild", "argon2")
    code = folder / "node_modules" / "code-server" / "lib" / "vscode"
    for place in (code, code / "extensions"):
        run(place, "install", *production)
        # What the package's postinstall.sh does beside.
        (place / "node_modules.asar").symlink_to("node_modules")
    run(code, "rebuild", *_NATIVE)
    (code / "bin" / "remote-cli" / "code-server").symlink_to("code-linux.sh")
    (code / "bin" / "helpers" / "browser.sh").symlink_to("browser-linux.sh")
    (folder / "ready").touch()
