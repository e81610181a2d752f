"""minikf notebook"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.objects import DryRun, Output
from minikf.cli.options import Json, Namespace, Platform, platform_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from minikf.kube.rest import RestClient

WAIT_SECONDS = 120.0
_LOOK_SECONDS = 0.1

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The notebook's name.")]


@app.callback()
def notebook() -> None:
    """Create, open, stop, start and delete notebooks (JupyterLab, code-server)."""


@app.command()
def create(
    context: typer.Context,
    name: Name,
    type_: Annotated[str, typer.Option("--type", metavar="TYPE", help="jupyter or code-server (VS Code).")] = "jupyter",
    image: Annotated[str, typer.Option("--image", metavar="IMAGE", help="What a cluster would run.")] = "",
    cpu: Annotated[str, typer.Option("--cpu", metavar="N", help="Processors, such as 2 or 500m.")] = "",
    memory: Annotated[str, typer.Option("--memory", metavar="SIZE", help="Memory, such as 2Gi.")] = "",
    size: Annotated[str, typer.Option("--size", metavar="SIZE", help="Size of the workspace's claim.")] = "5Gi",
    workspace: Annotated[
        str, typer.Option("--workspace", metavar="CLAIM", help="An existing claim, instead of one of its own.")
    ] = "",
    env: Annotated[
        list[str] | None, typer.Option("--env", metavar="NAME=VALUE", help="A variable; repeatable.")
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME=VALUE", help="A label, as PodDefaults ask for; repeatable."),
    ] = None,
    dry_run: DryRun = False,
    output: Output = "yaml",
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Create a notebook with a workspace, and wait until it answers."""
    from minikf.cli import objects, render
    from minikf.commands import command
    from minikf.errors import Refused
    from minikf.kube.rest import ApiAnswer
    from minikf.verbs import notebook as verb

    wanted = verb.Wanted(
        name, namespace, image, cpu, memory, size, workspace, verb.parse_variables(env or []),
        verb.check_type(type_), verb.parse_labels(label or []),
    )  # fmt: skip
    objects.check_output(output)
    if dry_run:
        objects.show(verb.build(wanted), output)
        return
    chosen = platform_of(context, platform)
    try:
        objects.make(verb.build(wanted), chosen)
    except ApiAnswer as answer:
        claim = verb.workspace_of(name)
        if answer.reason == "AlreadyExists" and "persistentvolumeclaims" in answer.message:
            raise Refused(
                f"notebook '{name}' is not created: its workspace '{claim}' is there already",
                cause="it is kept when a notebook is deleted",
                advice=command(f"notebook create {name} --workspace {claim}", chosen),
            ) from answer
        raise
    found = _until(context, platform, namespace, name, verb.is_ready)
    if as_json:
        render.data(found)
    else:
        render.text(f"notebook '{name}' is ready: {command(f'open notebook {name}{_in(namespace)}', chosen)}")


@app.command("list")
def list_(
    context: typer.Context,
    namespace: Annotated[str, typer.Option("--namespace", "-n", metavar="NAME", help="Only this namespace's.")] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List notebooks and how they are."""
    from minikf.cli import render
    from minikf.verbs import notebook as verb

    items = _client(context, platform).get(verb.path_of(namespace)).get("items", [])
    if as_json:
        render.data({"notebooks": items})
        return
    rows = []
    for one in items:
        meta = one["metadata"]
        active = (meta.get("annotations") or {}).get(verb.LAST_ACTIVITY, "")
        rows.append((meta["namespace"], meta["name"], *verb.state(one), active))
    render.table(("NAMESPACE", "NAME", "STATE", "WHY", "LAST ACTIVITY"), rows)


@app.command()
def stop(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Stop a notebook; its files and what was installed in it stay."""
    from datetime import UTC, datetime

    from minikf.verbs import notebook as verb

    _change(context, platform, namespace, name, datetime.now(UTC))
    found = _until(context, platform, namespace, name, lambda one: verb.state(one)[0] == "Stopped")
    _say(context, platform, found, f"notebook '{name}' is stopped", f"notebook start {name}{_in(namespace)}", as_json)


@app.command()
def start(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Start a notebook that was stopped, and wait until it answers."""
    from minikf.verbs import notebook as verb

    _change(context, platform, namespace, name, None)
    found = _until(context, platform, namespace, name, verb.is_ready)
    _say(context, platform, found, f"notebook '{name}' is ready", f"open notebook {name}{_in(namespace)}", as_json)


@app.command()
def delete(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Delete a notebook; the claim of its workspace stays."""
    from minikf.cli import render
    from minikf.verbs import notebook as verb

    _client(context, platform).call("DELETE", verb.path_of(namespace, name))
    if as_json:
        render.data({"deleted": name, "namespace": namespace})
    else:
        render.text(f"notebook '{name}' is deleted; its claims are kept (kubectl get pvc{_in(namespace)})")


@app.command("open")
def open_(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Print a notebook's address with its token, and open it."""
    from minikf.cli import render
    from minikf.commands import command
    from minikf.endpoints import open_in_browser
    from minikf.errors import Refused
    from minikf.verbs import notebook as verb

    client = _client(context, platform)
    found = client.get(verb.path_of(namespace, name))
    if not verb.is_ready(found):
        word, why = verb.state(found)
        stopped = word in ("Stopped", "Stopping")
        line = f"notebook {'start' if stopped else 'logs'} {name}{_in(namespace)}"
        raise Refused(
            f"notebook '{name}' does not answer: it is {word.lower()}",
            cause=why,
            advice=command(line, platform_of(context, platform)),
        )
    core = f"/api/v1/namespaces/{namespace}"
    service = client.get(f"{core}/services/{name}")
    door = verb.door(found, service, client.get(f"{core}/secrets/{verb.secret_name(name)}"))
    if as_json:
        told = {"name": name, "namespace": namespace, "address": door.address}
        render.data(told | ({"password": door.password} if door.password else {}))
        return
    render.text(door.address)
    if door.password:
        render.text(f"password: {door.password}")
    if render.has_terminal():
        open_in_browser(door.address)


@app.command()
def logs(
    context: typer.Context,
    name: Name,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,
    tail: Annotated[int, typer.Option("--tail", min=0, metavar="N", help="How many past lines to show.")] = 200,
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show the log of a notebook's server."""
    import json

    from minikf import logs as source
    from minikf.cli import render
    from minikf.status import access

    reached = access(platform_of(context, platform))
    for line in source.of_pod(reached, namespace, f"{name}-0", "", tail, follow=follow):
        render.text(json.dumps({"from": name, "line": line}) if as_json else line)


def _client(context: typer.Context, platform: str) -> RestClient:
    from minikf.kube.rest import RestClient
    from minikf.status import access

    return RestClient(access(platform_of(context, platform)))


def _in(namespace: str) -> str:
    return "" if namespace == "default" else f" -n {namespace}"


def _say(
    context: typer.Context, platform: str, found: dict[str, Any], text: str, following: str, as_json: bool
) -> None:
    from minikf.cli import render
    from minikf.commands import command

    if as_json:
        render.data(found)
    else:
        render.text(f"{text}: {command(following, platform_of(context, platform))}")


def _change(context: typer.Context, platform: str, namespace: str, name: str, stopped: Any) -> dict[str, Any]:
    """Sets or removes the annotation; again where somebody wrote the object meanwhile."""
    from minikf.kube.rest import ApiAnswer
    from minikf.verbs import notebook as verb

    client, path = _client(context, platform), verb.path_of(namespace, name)
    while True:
        try:
            return client.call("PUT", path, verb.set_stopped(client.get(path), stopped))
        except ApiAnswer as answer:
            if answer.reason != "Conflict":
                raise


def _until(
    context: typer.Context, platform: str, namespace: str, name: str, is_there: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The notebook once it is as wanted. Raises NoProgress with what it waits for."""
    import time

    from minikf.commands import command
    from minikf.errors import NoProgress
    from minikf.verbs import notebook as verb

    client, end = _client(context, platform), time.monotonic() + WAIT_SECONDS
    while not is_there(found := client.get(verb.path_of(namespace, name))):
        if time.monotonic() > end:
            word, why = verb.state(found)
            raise NoProgress(
                f"notebook '{name}' is {word.lower()} after {WAIT_SECONDS:.0f} s",
                cause=why,
                advice=command(f"notebook logs {name}{_in(namespace)}", platform_of(context, platform)),
            )
        time.sleep(_LOOK_SECONDS)
    return found
