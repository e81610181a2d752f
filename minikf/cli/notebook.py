"""minikf notebook"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from minikf.cli.objects import DryRun, Output
from minikf.cli.options import Json, Namespace, OnlyNamespace, Platform, platform_of
from minikf.cli.reaching import reached

if TYPE_CHECKING:
    from minikf.engine.protocol import Steps
    from minikf.errors import MinikfError
    from minikf.kube.rest import ApiAnswer, RestClient
    from minikf.verbs.notebook import Door, Wanted

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The notebook's name.")]


@app.callback()
def notebook() -> None:
    """Create, open, stop, start and delete notebooks (JupyterLab)."""


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
    from minikf.kube.rest import ApiAnswer
    from minikf.status import access
    from minikf.verbs import notebook as verb
    from minikf.waiting.notebook import until

    wanted = verb.Wanted(
        verb.check_name(name), namespace, image, cpu, memory, size, workspace, verb.parse_variables(env or []),
        verb.check_type(type_), verb.parse_labels(label or []),
    )  # fmt: skip
    objects.check_output(output)
    if dry_run:
        objects.show(verb.build(wanted), output)
        return
    chosen = platform_of(context, platform)
    client = _client(context, platform)
    if workspace:
        _check_claim(client, namespace, workspace, chosen)
    try:
        objects.make(verb.build(wanted), chosen)
    except ApiAnswer as answer:
        raise _better(answer, wanted, client, chosen) from answer
    found = _followed(context, platform, namespace, name, until(access(chosen), namespace, name, verb.is_ready))
    if as_json:
        render.data(found)
    else:
        render.text(f"notebook '{name}' is ready: {command(f'open notebook {name}{_in(namespace)}', chosen)}")


@app.command("list")
def list_(
    context: typer.Context,
    namespace: OnlyNamespace = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List notebooks: state, idle time, what they ask for."""
    from minikf.cli import render
    from minikf.kube.rest import RestClient
    from minikf.status import access
    from minikf.verbs import notebook as verb
    from minikf.views.notebooks.activity import looked_at
    from minikf.views.text import now

    reached = access(platform_of(context, platform))
    client = RestClient(reached)
    items = client.get(verb.path_of(namespace)).get("items", [])
    found = looked_at(reached, client, items, now())
    if as_json:
        render.data({"notebooks": items, "summary": [one.as_dict() for one in found]})
        return
    head = ("NAMESPACE", "NAME", "STATE", "IDLE", "CPU", "MEMORY", "GPU", "TYPE", "WHY", "LAST ACTIVITY")
    rows = [
        (
            one.namespace, one.name, one.state, one.idle, one.cpu, one.memory, one.gpu, one.type, one.why,
            one.last_activity,
        )
        for one in found
    ]  # fmt: skip
    render.table(head, rows)


@app.command()
def stop(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Stop a notebook; its files and what was installed in it stay."""
    from minikf.status import access
    from minikf.waiting.notebook import stopped

    found = _followed(
        context, platform, namespace, name, stopped(access(platform_of(context, platform)), namespace, name)
    )
    _say(context, platform, found, f"notebook '{name}' is stopped", f"notebook start {name}{_in(namespace)}", as_json)


@app.command()
def start(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Start a notebook that was stopped, and wait until it answers."""
    from minikf.status import access
    from minikf.waiting.notebook import started

    found = _followed(
        context, platform, namespace, name, started(access(platform_of(context, platform)), namespace, name)
    )
    _say(context, platform, found, f"notebook '{name}' is ready", f"open notebook {name}{_in(namespace)}", as_json)


@app.command()
def delete(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Delete a notebook; the claim of its workspace stays."""
    from minikf.cli import render
    from minikf.verbs import notebook as verb
    from minikf.waiting.notebook import get

    client = _client(context, platform)
    get(client, namespace, name, platform_of(context, platform))
    client.call("DELETE", verb.path_of(namespace, name))
    if as_json:
        render.data({"deleted": name, "namespace": namespace})
    else:
        render.text(f"notebook '{name}' is deleted; its claims are kept (kubectl get pvc{_in(namespace)})")


@app.command("open")
def open_(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Print a notebook's address with its token, and open it."""
    from minikf.status import access
    from minikf.waiting.notebook import door

    _show_door(door(access(platform_of(context, platform)), namespace, name), namespace, name, as_json)


def _show_door(door: Door, namespace: str, name: str, as_json: bool) -> None:
    from minikf.cli import render
    from minikf.endpoints import open_in_browser

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
    from minikf.commands import command
    from minikf.errors import Refused
    from minikf.status import access
    from minikf.verbs import notebook as verb
    from minikf.waiting.notebook import get

    chosen = platform_of(context, platform)
    reached = access(chosen)
    if verb.state(get(_client(context, platform), namespace, name, chosen))[0] == "Stopped":
        line = command(f"notebook start {name}{_in(namespace)}", chosen)
        raise Refused(f"notebook '{name}' has no log: it is stopped", advice=line)
    for line in source.of_pod(reached, namespace, f"{name}-0", "", tail, follow=follow):
        render.text(json.dumps({"from": name, "line": line}) if as_json else line)


def _client(context: typer.Context, platform: str) -> RestClient:
    return reached(context, platform)[1]


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


def _check_claim(client: RestClient, namespace: str, claim: str, platform: str) -> None:
    """Raises Refused when the claim that a notebook is to have is not there: it would wait for it without an end."""
    from urllib.parse import quote

    from minikf.commands import command
    from minikf.errors import Refused
    from minikf.kube.rest import ApiAnswer

    try:
        client.get(f"/api/v1/namespaces/{quote(namespace, safe='')}/persistentvolumeclaims/{quote(claim, safe='')}")
    except ApiAnswer as answer:
        if answer.reason != "NotFound":
            raise
        raise Refused(
            f"there is no claim '{claim}' in namespace '{namespace}' for the workspace",
            cause=f"--workspace takes one that is there: kubectl get pvc -n {namespace}",
            advice=command(f"notebook create NAME{_in(namespace)}", platform) + "  # makes one",
        ) from answer


def _better(answer: ApiAnswer, wanted: Wanted, client: RestClient, platform: str) -> MinikfError:
    """What the API says of a notebook that cannot be created, with the next command to type."""
    from minikf.commands import command
    from minikf.errors import Refused
    from minikf.verbs import notebook as verb

    name, inside = wanted.name, _in(wanted.namespace)
    listed = client.get(verb.path_of(wanted.namespace)).get("items", []) if answer.reason == "AlreadyExists" else []
    is_taken = any(one["metadata"]["name"] == name for one in listed)
    if answer.reason == "AlreadyExists" and not is_taken:
        claim = verb.workspace_of(name)
        return Refused(
            f"notebook '{name}' is not created: its workspace '{claim}' is there already",
            cause="it is kept when a notebook is deleted",
            advice=command(f"notebook create {name}{inside} --workspace {claim}", platform),
        )
    if is_taken:
        return Refused(
            f"there is a notebook '{name}' in namespace '{wanted.namespace}' already",
            advice=command(f"open notebook {name}{inside}", platform),
        )
    if answer.reason == "NotFound" and answer.message.startswith("namespaces "):
        return Refused(
            f"notebook '{name}' is not created: there is no namespace '{wanted.namespace}'",
            advice=f"kubectl create namespace {wanted.namespace}",
        )
    return answer


def _followed(
    context: typer.Context, platform: str, namespace: str, name: str, steps: Steps[dict[str, Any]]
) -> dict[str, Any]:
    """The notebook once it is as wanted; what happens on the way is not told. Raises NoProgress."""
    from minikf.cli.leaving import goes_on
    from minikf.commands import command

    chosen = platform_of(context, platform)
    hints = {verb: command(f"notebook {verb} {name}{_in(namespace)}", chosen) for verb in ("open", "stop", "delete")}
    with goes_on(f"notebook {namespace}/{name}", hints):
        while True:
            try:
                next(steps)
            except StopIteration as end:
                found: dict[str, Any] = end.value
                return found
