"""What to install where MiniKF cannot fetch a tool: one line to type for the system at hand."""

from __future__ import annotations

import platform
import shutil
import sys

from minikf.tools.table import pinned, release

# Package managers as the projects' own pages name them: k3d's README (Homebrew, MacPorts, AUR), kind's quick start
# (Homebrew, MacPorts), Kubernetes' page on kubectl (Homebrew, MacPorts, snap; its apt and dnf packages need a
# repository first, which is no one line).
_BY_MANAGER = {
    "brew": {
        "helm": "brew install helm",
        "k3d": "brew install k3d",
        "kind": "brew install kind",
        "kubectl": "brew install kubectl",
    },
    "port": {"k3d": "sudo port install k3d", "kind": "sudo port install kind", "kubectl": "sudo port install kubectl"},
    "yay": {"k3d": "yay -S rancher-k3d-bin"},
    "snap": {"helm": "sudo snap install helm --classic", "kubectl": "sudo snap install kubectl --classic"},
}
_DOCKER_MAC = "install Docker Desktop: https://docs.docker.com/desktop/setup/install/mac-install/"
_DOCKER_LINUX = "install Docker: https://docs.docker.com/engine/install/"


def package(name: str) -> str:
    """The command that installs a tool by a package manager that is here, "" where none has it."""
    for manager, lines in _BY_MANAGER.items():
        if name in lines and shutil.which(manager):
            return lines[name]
    if name == "kind" and shutil.which("go"):  # Go's checksum database verifies what it builds from
        return f"go install sigs.k8s.io/kind@v{pinned(name)}"
    return ""


def install(name: str) -> str:
    """How to get a tool here without MiniKF: by a package manager that is here, else by hand."""
    if found := package(name):
        return found
    wanted = release(name)
    if wanted is None:
        return f"put a '{name}' of version {pinned(name)} or newer for this machine into a folder of PATH"
    if sys.platform == "darwin":
        return f"install Homebrew (https://brew.sh), then: {_BY_MANAGER['brew'][name]}"
    what = f"its {wanted.member}" if wanted.member else "it"
    return f"get {wanted.url} by another way, and put {what} into a folder of PATH as '{name}', executable"


def docker() -> str:
    """How to get a Docker engine here."""
    if sys.platform == "darwin":
        return _DOCKER_MAC
    if "microsoft" in platform.release().lower():
        return "in Docker Desktop for Windows, Settings, Resources, WSL integration: switch this distribution on"
    if shutil.which("apt-get"):
        return 'sudo apt-get install docker.io && sudo usermod -aG docker "$USER", then log in again'
    return _DOCKER_LINUX
