"""Lines of JSON between the db-manager's process and the daemon, over a unix socket in the platform's private folder.

To the daemon: first `{"version": N}`, then `{"id", "peer", "method", "trial", "rows", "metric", "start", "end"}`,
with `"again": true` where another daemon was asked before and did not answer.
From the daemon: `{"id", "rows"}`, `{"id", "code", "message"}` with the name of a gRPC status, or `{"end": true}`.
"""

from __future__ import annotations

import json
from typing import Any

# Changes with what the two say to each other: a daemon ends a process that speaks otherwise.
VERSION = 1
# The longest line: gRPC takes messages of 4 MiB, and JSON may double a text.
LIMIT = 32 << 20
SOCKET_NAME = "db-manager.sock"


def encode(frame: dict[str, Any]) -> bytes:
    return json.dumps(frame).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Raises ValueError."""
    frame = json.loads(line)
    if not isinstance(frame, dict):
        raise ValueError("a line that is no object")
    return frame
