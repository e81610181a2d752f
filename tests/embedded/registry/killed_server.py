"""A registry's server as a process of its own: `python -m tests.embedded.registry.killed_server FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from tests.embedded.registry.conftest import Objects, platform, serve


def say(_: Any, port: int) -> None:
    print(port, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(platform(Path(sys.argv[1])), Objects(), 0, say))
