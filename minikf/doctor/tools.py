"""Checks of other programs: Docker and the tools that engines and environments use."""

from __future__ import annotations

import shutil

from minikf.doctor.finding import Finding, Level
from minikf.engine import docker

_TOOLS = {
    "k3d": "clusters in Docker by k3d",
    "kind": "clusters in Docker by kind",
    "kubectl": "looking at objects from the shell; `minikf tui` and the SDKs work without",
    "uv": "making Python environments for jobs with requirements; pip does it where uv is missing",
}


def container_engine() -> Finding:
    answer = docker.ask()
    if answer.version:
        return Finding("docker", Level.OK, f"{answer.version} at {answer.address}")
    return Finding(
        "docker",
        Level.INFO,
        "does not answer",
        f"{answer.cause}; only cluster engines need it, the embedded engine does not",
        "start Docker, or use: minikf up --engine embedded",
    )


def on_path() -> list[Finding]:
    """Which of the tools are there. None is needed by the embedded engine."""
    found = []
    for name, use in _TOOLS.items():
        path = shutil.which(name)
        if path:
            found.append(Finding(name, Level.OK, path))
        else:
            found.append(Finding(name, Level.INFO, "not on PATH", f"needed for {use}"))
    return found
