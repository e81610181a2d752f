"""Which engine a platform has."""

from __future__ import annotations

from minikf.commands import command
from minikf.engine.protocol import Engine
from minikf.engine.record import Platform
from minikf.errors import Refused
from minikf.paths import PlatformPaths

AVAILABLE = ("embedded",)
DEFAULT = "embedded"


def engine_of(platform: str, asked: str = "") -> Engine:
    """The driver of the platform's engine: the recorded one, else `asked`, else DEFAULT.

    Raises UsageError on a bad platform name, and Refused where `asked` does not exist or is not the one that the
    platform was made with.
    """
    if asked and asked not in AVAILABLE:
        raise Refused(
            f"there is no engine '{asked}' in this release",
            cause=f"what exists today: {', '.join(AVAILABLE)}",
            advice=command(f"up --engine {DEFAULT}", platform),
        )
    paths = PlatformPaths.of(platform)
    made = Platform.read(paths)
    engine = made.engine if made is not None else asked or DEFAULT
    if asked and asked != engine:
        raise Refused(
            f"platform '{platform}' has the engine '{engine}'",
            cause="a platform keeps the engine that it was made with",
            advice=f"minikf up --engine {asked} --platform another-name",
        )
    if engine not in AVAILABLE:
        raise Refused(
            f"platform '{platform}' has the engine '{engine}', which this release does not have",
            cause=f"what exists today: {', '.join(AVAILABLE)}",
            advice="use the release of MiniKF that made it",
        )
    from minikf.engine.embedded import Embedded

    return Embedded(paths)
