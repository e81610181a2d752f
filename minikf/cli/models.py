"""minikf models"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from minikf.views.models.looking import Serving
    from minikf.views.models.registry import Model, Version
    from minikf.views.models.services import Served

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The registered model's name.")]


@app.callback()
def models() -> None:
    """Show the model registry: models, versions, files, services."""


@app.command("list")
def list_(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """List the registered models and what serves them."""
    from minikf.cli import render
    from minikf.commands import command

    found = _serving(context, platform)
    if as_json:
        render.data({"models": [_as_dict(one, found) for one in found.registered.models],
                     "partly": found.registered.partly})  # fmt: skip
        return
    if not found.registered.models:
        how = command("runs", platform_of(context, platform))
        render.text(f"no model is registered yet; a pipeline's step `register` does it: {how}")
        return
    rows = []
    for one in found.registered.models:
        newest = one.newest_live
        served = sorted({each.key for version in one.versions for each in _services(version, found)})
        rows.append(
            (
                one.name, one.state, str(len(one.versions)), newest.name if newest else "",
                newest.uri if newest else "", ", ".join(served), one.created,
            )
        )  # fmt: skip
    render.table(("NAME", "STATE", "VERSIONS", "NEWEST LIVE", "ITS FILE", "SERVED BY", "CREATED"), rows)
    if found.registered.partly:
        render.note(found.registered.partly)


@app.command()
def versions(context: typer.Context, name: Name, platform: Platform = "", as_json: Json = False) -> None:
    """List a model's versions, newest first."""
    from minikf.cli import render

    found = _serving(context, platform)
    model = _model(context, platform, found, name)
    if as_json:
        render.data(_as_dict(model, found))
        return
    rows = [
        (
            one.name, one.state, _format(one), one.uri, ", ".join(each.key for each in _services(one, found)),
            one.author, one.created,
        )
        for one in model.versions
    ]  # fmt: skip
    render.table(("VERSION", "STATE", "FORMAT", "FILE", "SERVED BY", "AUTHOR", "CREATED"), rows)


@app.command()
def show(context: typer.Context, name: Name, platform: Platform = "", as_json: Json = False) -> None:
    """Show a model: versions, files with digests, and services."""
    from minikf.cli import render
    from minikf.commands import command

    found = _serving(context, platform)
    model = _model(context, platform, found, name)
    if as_json:
        render.data(_as_dict(model, found))
        return
    render.text(f"model '{model.name}' ({model.state}), {len(model.versions)} versions, registered {model.created}")
    for label, text in (("owner", model.owner), ("about", model.description)):
        if text:
            render.text(f"  {label}: {text}")
    for version in model.versions:
        mark = "  newest live" if version is model.newest_live else ""
        render.text(f"\n{model.name}/{version.name}  {version.state}  {version.created}{mark}")
        for label, text in (("author", version.author), ("about", version.description)):
            if text:
                render.text(f"  {label}: {text}")
        for file in version.artifacts or ():
            render.text(f"  file: {file.uri or '(no address)'}  {file.format}  {file.digest}".rstrip())
        if version.artifacts is None:
            render.text("  files: not asked for; the registry is large and slow")
        for service in _services(version, found):
            render.text(f"  served by: {service.key}  {service.state}  {service.url}")
    chosen = platform_of(context, platform)
    render.text(f"\n  serve it:     {command(f'serve {model.name} --name {model.name}', chosen)}")
    render.text(f"  what made it: {command(f'lineage model/{model.name}', chosen)}")


def _serving(context: typer.Context, platform: str) -> Serving:
    """Raises Refused where there is no registry."""
    from minikf.commands import command
    from minikf.errors import Refused
    from minikf.kube.rest import NotServed, RestClient
    from minikf.status import access
    from minikf.views.models.looking import Serving, serving
    from minikf.views.models.registry import registry

    chosen = platform_of(context, platform)
    reached = access(chosen)
    client = RestClient(reached)
    try:
        found = serving(reached, client)
    except NotServed:  # no KServe is no reason to show no models
        return Serving((), registry(reached, client))
    if found.no_registry:
        raise Refused(
            "this platform has no model registry that answers",
            cause=found.no_registry,
            advice=command("addon list", chosen),
        )
    return found


def _model(context: typer.Context, platform: str, found: Serving, name: str) -> Model:
    from minikf.commands import command
    from minikf.errors import Refused

    model = found.registered.model(name)
    if model is None:
        raise Refused(
            f"there is no registered model '{name}'", advice=command("models list", platform_of(context, platform))
        )
    return model


def _services(version: Version, found: Serving) -> tuple[Served, ...]:
    from minikf.views.models.services import served_by

    return served_by(version, found.services)


def _format(version: Version) -> str:
    return next((one.format for one in version.artifacts or () if one.format), "")


def _as_dict(model: Model, found: Serving) -> dict[str, object]:
    """The model with what serves each version."""
    shown = model.as_dict()
    for told, version in zip(shown["versions"], model.versions, strict=True):
        told["servedBy"] = [one.key for one in _services(version, found)]
    return shown
