"""Are the parts of the embedded engine installed, and does this Python run them?"""

from __future__ import annotations

import sys
from importlib.util import find_spec

from minikf.errors import Refused

FIRST_PYTHON = (3, 11)
LAST_PYTHON = (3, 13)
"""The range that all dependencies of the extra `embedded` declare; kserve sets its end."""

NEEDED = ("starlette", "uvicorn", "wsproto", "orjson", "jsonschema_rs", "cryptography", "psutil")


def missing() -> list[str]:
    """The modules of the daemon that cannot be imported here; found without importing them."""
    return [name for name in NEEDED if find_spec(name) is None]


def in_range(version: tuple[int, ...]) -> bool:
    """Whether the embedded engine runs on this Python."""
    return FIRST_PYTHON <= version[:2] <= LAST_PYTHON


def require() -> None:
    """Raises Refused where the daemon cannot run."""
    first, last = (".".join(map(str, version)) for version in (FIRST_PYTHON, LAST_PYTHON))
    if not in_range(sys.version_info[:2]):
        raise Refused(
            f"the embedded engine does not run on Python {sys.version.split()[0]}",
            cause=f"its parts support Python {first} to {last}",
            advice=f"install Python {last} and run install.sh again",
        )
    absent = missing()
    if absent:
        raise Refused(
            "the embedded engine is not installed",
            cause=f"this Python lacks {', '.join(absent)}",
            advice="pip install 'minikf[embedded]'",
        )
