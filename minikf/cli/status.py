"""minikf status"""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from minikf.views.home.chain import Chain
    from minikf.views.home.home import Home


def status(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """Show the platform's parts, and what blocks those that are ill.

    Each chain of causes ends at its root, with the command that mends it where one is known. Exit code 12 where the
    platform does not run.
    """
    from minikf.cli import render
    from minikf.errors import ExitCode
    from minikf.paths import PlatformPaths
    from minikf.smoke.record import read
    from minikf.views.asking import Reach
    from minikf.views.home.ask import AskHome

    home = AskHome().answer(Reach(platform_of(context, platform)))
    found = home.status
    tests = read(PlatformPaths.of(found.platform)).values()
    if as_json:
        render.data(found.as_dict() | {"tests": [one.as_dict() for one in tests]} | home.as_dict())
    else:
        word = "running" if found.running else "not running"
        made_of = ", ".join(part for part in (found.engine, home.profile, home.bundle) if part)
        render.text(f"platform '{found.platform}' ({made_of}): {render.level(word)}")
        for label, text in (("why", found.cause), ("try", found.advice)):
            if text:
                render.text(f"  {label}: {text}")
        _show(home)
        if tests:
            rows = [(one.component, one.outcome, one.at, f"{one.seconds:.1f} s", one.ran or one.cause) for one in tests]
            render.text()
            render.table(("TEST", "RESULT", "AT", "TOOK", "WHAT RAN"), rows)
    if not found.running:
        raise typer.Exit(ExitCode.UNREACHABLE)


def _show(home: Home) -> None:
    """Parts by group, then what blocks them, then what blocks the user's own."""
    from minikf.cli import render

    parts = [(group.title, part) for group in home.groups for part in group.parts]
    if parts:
        head = ("GROUP", "COMPONENT", "HEALTH", "STATE", "MEMORY", "ADDRESS")
        rows = [
            (
                title,
                part.name,
                "ok" if part.healthy else "failing",
                part.state,
                render.megabytes(part.memory_bytes),
                part.address,
            )
            for title, part in parts
        ]
        render.table(head, rows)
    if home.unread:
        render.note(f"causes are not known: {home.unread}")
    told: set[str] = set()
    _chains("what blocks it", [one for _, part in parts for one in part.chains], told)
    _chains("what blocks your own", list(home.troubles), told)


def _chains(title: str, chains: list[Chain], told: set[str]) -> None:
    """`told` are the roots of which all was said: many things may wait for the same one."""
    from minikf.cli import render

    if chains:
        render.text()
        render.text(f"{title}:")
    for one in chains:
        render.text(f"  {one}")
        if one.root.key in told:
            continue
        told.add(one.root.key)
        if one.root.why and one.root.why not in str(one):
            render.text(f"    why: {one.root.why}")
        if one.fix is not None:
            render.text(f"    fix: {one.fix.title}")
            render.text(f"         {one.fix.command}")
