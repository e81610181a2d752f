"""Processes of a platform that outlived their daemon, or whose record was lost."""

from __future__ import annotations

import os

from minikf.engine import process
from minikf.engine.process import Process
from minikf.engine.spawn import MODULE, STATE_VARIABLE
from minikf.paths import PlatformPaths

POD_VARIABLE = "MINIKF_POD_UID"
"""In the environment of every process of a pod; the name of the pod's folder ends in the same uid."""

GRACE_SECONDS = 5.0


def is_inside(paths: PlatformPaths) -> bool:
    """Whether this process is one of the platform's own pods, and so would end with it."""
    own = os.environ.get(POD_VARIABLE, "")
    return bool(own) and own in uids(paths)


def find(paths: PlatformPaths) -> list[Process]:
    """Every process that the platform's daemon started, by the marks in its environment: never by its name."""
    return process.marked({STATE_VARIABLE: {str(paths.state)}, POD_VARIABLE: uids(paths)})


def uids(paths: PlatformPaths) -> set[str]:
    """Of the pods that the platform has folders of."""
    return {folder.name.rsplit("_", 1)[-1] for folder in paths.pods.iterdir()} if paths.pods.is_dir() else set()


def end(paths: PlatformPaths) -> list[Process]:
    """Ends them all; returns those that even SIGKILL did not end."""
    return process.end_all(find(paths), GRACE_SECONDS)


def daemon_of(paths: PlatformPaths) -> Process | None:
    """The platform's daemon when its record was lost: it has the platform's mark and runs the daemon's module."""
    found = process.marked({STATE_VARIABLE: {str(paths.state)}})
    return next((candidate for candidate in found if process.runs_module(candidate, MODULE)), None)
