"""minikf storage"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json, Namespace, OnlyNamespace, Platform, platform_of
from minikf.cli.reaching import reached

if TYPE_CHECKING:
    pass

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The claim's name.")]


@app.callback()
def storage() -> None:
    """Show claims, who mounts them and what is in them."""


@app.command("list")
def list_(
    context: typer.Context,
    namespace: OnlyNamespace = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List claims, storage classes, data sets and what is kept."""
    from minikf.cli import render
    from minikf.views.storage.claims import size, used_words
    from minikf.views.storage.looking import storage as look

    found = look(*reached(context, platform))
    if as_json:
        told = found.as_dict()
        told["claims"] = [one for one in told["claims"] if namespace in ("", one["namespace"])]
        render.data(told)
        return
    rows = [
        (
            one.namespace, one.name, one.state, size(one.size), used_words(one), one.storage_class,
            ", ".join(one.mounted_by), one.cause,
        )
        for one in found.claims
        if namespace in ("", one.namespace)
    ]  # fmt: skip
    render.table(("NAMESPACE", "CLAIM", "STATE", "SIZE", "USED", "CLASS", "MOUNTED BY", "WHY"), rows)
    if found.classes:
        render.text()
        head = ("CLASS", "DEFAULT", "PROVISIONER", "WAITS FOR A POD", "RECLAIM", "GROWS")
        yes = {True: "yes", False: ""}
        render.table(
            head,
            [(x.name, yes[x.default], x.provisioner, yes[x.waits], x.reclaim, yes[x.grows]) for x in found.classes],
        )
    if found.data_sets:
        render.text()
        sets = [(x.name, str(x.versions), x.newest, size(x.bytes), x.created) for x in found.data_sets]
        render.table(("DATA SET", "VERSIONS", "NEWEST", "SIZE", "CREATED"), sets)
    if found.kept:
        render.text()
        kept = [(x.what, f"{'>= ' if x.at_least else ''}{size(x.bytes) or '0 B'}", x.where) for x in found.kept]
        render.table(("KEPT BESIDE CLAIMS", "ON DISK", "WHERE"), kept)
    for remark in (found.no_classes, found.no_usage, found.no_data):
        if remark:
            render.note(remark)


@app.command()
def show(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Show a claim: phase with cause, use, who has it."""
    from minikf.cli import render
    from minikf.commands import command
    from minikf.errors import Refused
    from minikf.views.storage.claims import size, used_words
    from minikf.views.storage.looking import storage as look

    found = look(*reached(context, platform))
    one = next((each for each in found.claims if (each.namespace, each.name) == (namespace, name)), None)
    if one is None:
        raise Refused(
            f"there is no claim '{name}' in namespace '{namespace}'",
            advice=command("storage list", platform_of(context, platform)),
        )
    if as_json:
        render.data(one.as_dict())
        return
    for label, text in (
        ("claim", f"{one.key}  {one.state}"), ("why", one.cause), ("size", size(one.size)),
        ("used", used_words(one)), ("class", one.storage_class), ("modes", one.modes), ("volume", one.volume),
        ("mounted by", ", ".join(one.mounted_by)), ("wanted by", ", ".join(one.wanted_by)), ("created", one.created),
    ):  # fmt: skip
        if text:
            render.text(f"{label:<10} {text}")


@app.command()
def delete(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Delete a claim with what is in it, unless it is mounted."""
    from minikf.cli import render
    from minikf.errors import Refused
    from minikf.views.storage.looking import delete as remove

    _, client = reached(context, platform)
    if not yes:
        if not render.has_terminal():
            raise Refused("nobody can be asked here, and nothing is deleted", advice="say it: --yes")
        typer.confirm(f"Delete claim {namespace}/{name} with all that is in it?", abort=True, err=True)
    remove(client, namespace, name)
    if as_json:
        render.data({"deleted": name, "namespace": namespace})
    else:
        render.text(f"claim {namespace}/{name} is deleted")
