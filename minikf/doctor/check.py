"""Runs every check."""

from __future__ import annotations

from minikf.doctor import machine, platform, tools
from minikf.doctor.finding import Finding, Level


def examine(name: str) -> list[Finding]:
    """What is found about this machine and the platform `name`, in the order to read it. Never raises a typed
    error: what cannot be found out is a finding."""
    home = machine.home()
    found = [home, machine.python(), machine.memory(), machine.clock(), *machine.inotify()]
    if home.level is not Level.ERROR:
        found += [*machine.disk(), platform.port(name), *platform.health(name)]
    return [*found, tools.container_engine(), *tools.on_path(), tools.engine()]
