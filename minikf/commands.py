"""Commands to type next, as errors and results quote them."""

from __future__ import annotations

from minikf.paths import DEFAULT_PLATFORM


def command(line: str, platform: str) -> str:
    """`minikf LINE` for a platform; the default platform needs no option."""
    return f"minikf {line}" if platform == DEFAULT_PLATFORM else f"minikf {line} --platform {platform}"
