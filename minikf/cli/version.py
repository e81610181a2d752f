"""minikf version"""

from __future__ import annotations

from minikf.cli.options import Json


def version(as_json: Json = False) -> None:
    """Print the versions of MiniKF and Python, and the engines."""
    import platform
    import sys

    from minikf import __version__
    from minikf.cli import render
    from minikf.engine import parts

    python = platform.python_version()
    embedded = parts.in_range(sys.version_info[:2]) and not parts.missing()
    if as_json:
        render.data({"minikf": __version__, "python": python, "engines": ["embedded"] if embedded else []})
        return
    render.text(f"minikf {__version__} (Python {python}, engines: {'embedded' if embedded else 'none installed'})")
