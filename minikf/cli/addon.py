"""minikf addon"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from minikf.install.uninstall import Removed

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Component = Annotated[str, typer.Argument(metavar="COMPONENT", help="Its id, as `minikf bundle list` tells it.")]


@app.callback()
def addon() -> None:
    """Add components to a platform on a cluster, and take them away."""


@app.command("list")
def list_(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """List the platform's components, and those it could have."""
    from minikf.cli import render
    from minikf.views.asking import Reach
    from minikf.views.home.addons import as_dict
    from minikf.views.home.questions import AskAddons

    found = AskAddons().answer(Reach(platform_of(context, platform)))
    if as_json:
        render.data([as_dict(one) for one in found.addons])
        return
    rows = [(one.id, "enabled" if one.enabled else "", one.group, one.does) for one in found.addons]
    render.table(("COMPONENT", "STATE", "GROUP", "WHAT IT DOES"), rows)


@app.command()
def enable(
    context: typer.Context,
    component: Component,
    mirror: Annotated[
        str,
        typer.Option(
            "--mirror", metavar="PLACE", envvar="MINIKF_MIRROR",
            help="Where the bundle's files are, instead of GitHub: a folder or https:// address.",
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Install what does not seem to fit.")] = False,
    licence: Annotated[
        bool, typer.Option("--accept-licence", help="Take what is under a licence that is not free.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree to bytes that the bundle does not lock.")] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    """Add a component, with all that it needs."""
    from minikf.cli import render
    from minikf.components import enable as add

    name = platform_of(context, platform)
    steps = add(name, component, mirror=mirror, force=force, agree=yes, accepted=licence)
    done = render.follow(steps, as_json=as_json)
    if as_json:
        render.data({"platform": name, "component": component, "applied": done.applied, "unchanged": done.unchanged})
    else:
        render.text(f"'{component}' is there: {done.applied} objects applied, {done.unchanged} were there already")


@app.command()
def disable(
    context: typer.Context,
    component: Component,
    data: Annotated[
        bool, typer.Option("--data", help="Take away claims, secrets and objects of its users, too.")
    ] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Take a component away; what its users made stays.

    With --data that goes, too.
    """
    from minikf.cli import render
    from minikf.components import disable as remove

    name = platform_of(context, platform)
    done = render.follow(remove(name, component, data=data), as_json=as_json)
    if as_json:
        render.data({"platform": name, "component": component, **told(done)})
        return
    render.text(f"'{component}' is gone: {done.removed} objects removed")
    for one in done.kept:
        render.note(f"{one.what} stays: {one.why}")


def told(done: Removed) -> dict[str, Any]:
    return {
        "removed": done.removed,
        "kept": [{"object": one.what, "why": one.why} for one in done.kept],
        "freed": list(done.freed),
    }
