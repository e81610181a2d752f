"""A notebook's own Python environment, laid over the platform's packages, and what its kernels and terminals see.

`pip install` writes to the environment alone; what the platform has is seen through it. It lies in the notebook's
folder, so it outlives stops of the notebook.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from minikf.embedded.notebooks.folder import NotebookFolder, Settings
from minikf.files import write_private

MAGICS = "minikf.embedded.notebooks.magics"
# JupyterLab asks each new user whether it may fetch news of its makers; here nobody is asked, and the settings decide.
_SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
# Written last: an environment without it was not finished, and is completed.
_MARKER = "minikf.json"
_CONFIG = "etc/jupyter"
_BASE = "minikf-base.pth"


def ensure(folder: NotebookFolder, settings: Settings) -> Path:
    """The environment, made where it is missing; what was installed in it stays. Raises OSError."""
    place = folder.environment
    about: dict[str, object] = {
        "settings": _SETTINGS,
        "python": settings.python,
        "site": settings.site,
        "xdg": settings.xdg,
        "version": sys.version,
    }
    marker = place / _MARKER
    if marker.exists() and json.loads(marker.read_text()) == about:
        return place
    venv.EnvBuilder(symlinks=True, with_pip=False).create(place)
    site = next((place / "lib").glob(f"python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"))
    (site / _BASE).write_text(f"import site; site.addsitedir({settings.site!r})\n")
    python = shlex.quote(str(place / "bin" / "python"))
    for name in ("pip", "pip3"):
        _script(place / "bin" / name, f'exec {python} -m pip "$@"')
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in settings.xdg.items())
    _script(place / "bin" / "minikf", f'{exports}exec {shlex.quote(settings.python)} -P -m minikf "$@"')
    _write_kernel(place)
    _write_settings(place)
    marker.write_text(json.dumps(about))
    return place


def variables(folder: NotebookFolder, settings: Settings, env: Mapping[str, str]) -> dict[str, str]:
    """What kernels and terminals get beside what the pod has: the environment, and how clients reach the platform.

    What the pod's own spec says to a client stays.
    """
    config = Path(settings.config)
    own = {
        "PATH": os.pathsep.join((str(folder.environment / "bin"), env.get("PATH", os.defpath))),
        "VIRTUAL_ENV": str(folder.environment),
        "JUPYTER_RUNTIME_DIR": str(folder.runtime),
        "JUPYTER_PATH": str(folder.environment / "share" / "jupyter"),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(
            filter(None, (str(folder.environment / _CONFIG), env.get("JUPYTER_CONFIG_PATH")))
        ),
        "SHELL": env.get("SHELL") or "/bin/bash",
    }
    reach = {
        "MINIKF_PLATFORM": settings.platform,
        "MINIKF_NAMESPACE": settings.namespace,
        "MODEL_REGISTRY_URL": settings.server,
        "KF_PIPELINES_SA_TOKEN_PATH": str(config / "token"),
    }
    if (config / "ca-bundle.crt").exists():
        reach["SSL_CERT_FILE"] = str(config / "ca-bundle.crt")
    found = own | {name: value for name, value in reach.items() if name not in env}
    # A pod whose account's credential is not to be mounted has no kubeconfig, and gets none here.
    if env.get("KUBECONFIG") == str(config / "kubeconfig"):
        found["KUBECONFIG"] = str(_write_kubeconfig(folder, settings))
    return found


def _write_kubeconfig(folder: NotebookFolder, settings: Settings) -> Path:
    """The platform's kubeconfig with the notebook's namespace, which clients then take without being told."""
    config = json.loads((Path(settings.config) / "kubeconfig").read_text())
    for entry in config["contexts"]:
        entry["context"]["namespace"] = settings.namespace
    write_private(folder.kubeconfig, json.dumps(config, indent=2) + "\n")
    return folder.kubeconfig


def _write_kernel(place: Path) -> None:
    """The kernel `python3` is the environment's interpreter, with the magics loaded."""
    kernel = place / "share" / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True, exist_ok=True)
    python = str(place / "bin" / "python")
    spec = {
        "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}", f"--ext={MAGICS}"],
        "display_name": "Python 3 (MiniKF)",
        "language": "python",
        "metadata": {"debugger": True, "supported_encryption": ["curve"]},
        "kernel_protocol_version": "5.5",
    }
    (kernel / "kernel.json").write_text(json.dumps(spec, indent=1))


def _write_settings(place: Path) -> None:
    """Defaults of JupyterLab's settings, which its user may change (jupyterlab_server, settings_utils.py)."""
    file = place / _CONFIG / "labconfig" / "default_setting_overrides.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(_SETTINGS, indent=1))


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
