"""minikf down"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def down(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    keep_data: Annotated[bool, typer.Option("--keep-data", help="Keep objects, volumes, data and models.")] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Stop the platform and remove it with its data; asks first."""
    from minikf.cli import render
    from minikf.cli.inside import refuse_inside
    from minikf.up import down as remove

    name = platform_of(context, platform)
    refuse_inside(name, "down --yes")
    _must_exist(name, keep_data)
    _agree(name, yes, keep_data)
    render.follow(remove(name, keep_data=keep_data), as_json=as_json)
    if as_json:
        render.data({"platform": name, "removed": True, "dataKept": keep_data})
    else:
        render.text(f"platform '{name}' is removed" + ("; its data is kept" if keep_data else ""))
    _mention_merged(name)


def _mention_merged(name: str) -> None:
    """The user's own kubeconfig is theirs: that it still has the platform is said, not changed."""
    from minikf.cli import render
    from minikf.commands import command
    from minikf.kube.userconfig.merge import where
    from minikf.paths import PlatformPaths

    for file in where(PlatformPaths.of(name)):
        render.note(f"{file} still has its context; to remove it: {command(f'kubeconfig unmerge --from {file}', name)}")


def _must_exist(name: str, keep_data: bool) -> None:
    """Raises Refused where there is nothing to remove, and says what there is instead. Data that was kept is
    something."""
    from minikf.commands import command
    from minikf.engine.record import Platform
    from minikf.errors import Refused
    from minikf.paths import PlatformPaths

    paths = PlatformPaths.of(name)
    if Platform.read(paths) is not None or (paths.data.exists() and not keep_data):
        return
    others = sorted(file.parent.name for file in paths.state.parent.glob("*/platform.json"))
    if others:
        cause, advice = f"there is {', '.join(others)}", command("down", others[0])
    elif paths.data.exists():
        cause, advice = f"only data that was kept, in {paths.data}", f"{command('up', name)} takes it up again"
    else:
        cause, advice = "nothing of it is on this machine, so nothing was removed", ""
    raise Refused(f"there is no platform '{name}'", cause=cause, advice=advice)


def _agree(name: str, yes: bool, keep_data: bool) -> None:
    """Raises Refused unless the user agrees; never asks where nobody can answer."""
    from minikf.cli.agreeing import agree
    from minikf.commands import command
    from minikf.up import held_data

    held = held_data(name)
    if yes or not held:
        return
    what = "its data stays" if keep_data else f"and {held}"
    agree(f"Remove platform '{name}' ({what})?", f"platform '{name}' was not removed", command("down --yes", name))
