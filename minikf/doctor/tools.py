"""Checks of other programs: Docker and the tools that engines and environments use."""

from __future__ import annotations

import shutil

from minikf.doctor.finding import Finding, Level
from minikf.engine import docker
from minikf.engine.facts import gather
from minikf.plan import plan
from minikf.spec import Wishes
from minikf.tools import advice, install, look

_USES = {
    "k3d": "clusters in Docker by k3d",
    "kind": "clusters in Docker by kind",
    "kubectl": "looking at objects from the shell; `minikf tui` and the SDKs work without",
    "helm": "components that are published as Helm charts alone",
}
_UV = "making Python environments for jobs with requirements; pip does it where uv is missing"


def container_engine() -> Finding:
    answer = docker.ask()
    if answer.version:
        return Finding("docker", Level.OK, f"{answer.version} at {answer.address}")
    there = shutil.which("docker") is not None
    return Finding(
        "docker",
        Level.INFO,
        "does not answer",
        f"{answer.cause}; only cluster engines need it, the embedded engine does not",
        f"{'start Docker' if there else advice.docker()}, or use: minikf up --engine embedded",
    )


def engine() -> Finding:
    """Which engine `minikf up` takes for a new platform, and why; asks Docker and, where it must, a registry."""
    chosen = plan("default", Wishes(), gather())
    return Finding("engine", Level.OK, chosen.why, "", "")


def on_path() -> list[Finding]:
    """Which of the tools are there. None is needed by the embedded engine."""
    uv = shutil.which("uv")
    found = Finding("uv", Level.OK, uv) if uv else Finding("uv", Level.INFO, "not on PATH", f"needed for {_UV}")
    return [*(_tool(name, use) for name, use in _USES.items()), found]


def _tool(name: str, use: str) -> Finding:
    """Where the tool is and of which version, and how it can be had where it is missing or too old."""
    found = look(name)
    if found.new_enough:
        place = f"{found.path}, downloaded by MiniKF" if found.in_cache else str(found.path)
        return Finding(name, Level.OK, f"{found.version} at {place}")
    later, package = install.downloadable(name), advice.package(name)
    fix = "; or: ".join(way for way in (later, package) if way) or advice.install(name)
    if found.path is None:
        return Finding(name, Level.INFO, "not on PATH", f"needed for {use}", fix)
    what = f"{found.version} at {found.path}" if found.version else str(found.path)
    return Finding(name, Level.WARNING, what, f"{found.cause}; needed for {use}", fix)
