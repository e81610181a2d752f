"""Bringing a platform up, and down again: the main road, above any engine."""

from __future__ import annotations

from minikf.engine.choose import engine_of
from minikf.engine.protocol import Steps
from minikf.spec import Access


def up(platform: str, engine: str = "") -> Steps[Access]:
    """Makes the platform where there is none and starts it; returns how to reach it. Raises as `Engine.ensure`."""
    return (yield from engine_of(platform, engine).ensure())


def start(platform: str) -> Steps[Access]:
    """Starts a platform that exists. Raises as `Engine.start`."""
    return (yield from engine_of(platform).start())


def stop(platform: str) -> Steps[None]:
    """Ends every process of the platform and keeps its files. Raises as `Engine.stop`."""
    yield from engine_of(platform).stop()


def down(platform: str, *, keep_data: bool = False) -> Steps[None]:
    """Removes the platform. Raises as `Engine.delete`."""
    yield from engine_of(platform).delete(keep_data=keep_data)
