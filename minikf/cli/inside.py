"""Commands that end a platform are not for its own pods: a notebook's terminal would end before the work is done."""

from __future__ import annotations


def refuse_inside(platform: str, line: str) -> None:
    """Raises Refused where this process is one of the platform's pods; `line` is the command without the program."""
    from minikf.commands import command
    from minikf.engine import strays
    from minikf.errors import Refused
    from minikf.paths import PlatformPaths

    if strays.is_inside(PlatformPaths.of(platform)):
        raise Refused(
            f"platform '{platform}' stays as it is",
            cause="this command runs in one of its pods (a notebook, say) and would end before its work is done",
            advice=f"{command(line, platform)}  # in a terminal outside of the platform",
        )
