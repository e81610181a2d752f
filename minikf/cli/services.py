"""minikf services"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json, Namespace, OnlyNamespace, Platform
from minikf.cli.reaching import reached

if TYPE_CHECKING:
    from minikf.views.models.metrics import Figures
    from minikf.views.models.services import Served

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The InferenceService's name.")]


@app.callback()
def services() -> None:
    """Show, try, measure and roll back InferenceServices."""


@app.command("list")
def list_(
    context: typer.Context,
    namespace: OnlyNamespace = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """List what is served, worst first, and which version."""
    from minikf.cli import render
    from minikf.views.models.looking import serving

    found = serving(*reached(context, platform))
    shown = [one for one in found.services if namespace in ("", one.namespace)]
    if as_json:
        render.data({"services": [one.as_dict() for one in shown], "noRegistry": found.no_registry})
        return
    rows = [
        (one.namespace, one.name, one.state, one.serves or one.answers_with, one.format, one.url, one.why_not)
        for one in shown
    ]
    render.table(("NAMESPACE", "NAME", "STATE", "SERVES", "FORMAT", "URL", "WHY"), rows)


@app.command()
def show(
    context: typer.Context, name: Name, namespace: Namespace = "default", platform: Platform = "", as_json: Json = False
) -> None:
    """Show a service and what it could be rolled back to."""
    from minikf.cli import render
    from minikf.kube.serving import found as find
    from minikf.views.models.looking import serving
    from minikf.views.models.rollback import earlier

    access, client = reached(context, platform)
    find(client, namespace, name)
    found = serving(access, client)
    one = next(each for each in found.services if (each.namespace, each.name) == (namespace, name))
    known = earlier(access, client, namespace, name, found.registered)
    if as_json:
        render.data(one.as_dict() | {"earlier": [each.as_dict() for each in known]})
        return
    for label, text in _facts(one, found.no_registry):
        if text:
            render.text(f"{label:<10} {text}")
    if known:
        render.text("\nit could go back to:")
        render.table(("ID", "WHAT", "SINCE", "KNOWN FROM"), [(x.id, x.what, x.at, x.how) for x in known])


@app.command("try")
def try_(
    context: typer.Context,
    name: Name,
    body: Annotated[
        str, typer.Option("--body", "-b", metavar="JSON|@FILE|-", help="What to send; without it an example is.")
    ] = "",
    example: Annotated[bool, typer.Option("--example", help="Print an example of a body, and send nothing.")] = False,
    protocol: Annotated[str, typer.Option("--protocol", metavar="v1|v2", help="The example's protocol.")] = "",
    path: Annotated[str, typer.Option("--path", metavar="PATH", help="Another path than the protocol's own.")] = "",
    timeout: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long to wait.")] = 30.0,
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Send a prediction and print the answer.

    The example comes from what the model says of its inputs. An error of the server's gives exit code 9. Bodies are
    kept in the platform's state folder, readable by you only, for the terminal UI to offer again.
    """
    from minikf.cli import render
    from minikf.errors import ExitCode, UsageError
    from minikf.views.models.tryit import offer, send

    if protocol not in ("", "v1", "v2"):
        raise UsageError(f"there is no protocol '{protocol}'", advice="use --protocol v1 or --protocol v2")
    access, client = reached(context, platform)
    text = _text(body)
    if example or not text:
        offered = offer(access, client, namespace, name, protocol)
        text = offered.example.body
        if example:
            told = {"protocol": offered.example.protocol, "path": offered.example.path, "why": offered.example.why}
            render.data(told | {"body": text, "before": list(offered.before)}) if as_json else render.text(text)
            return
        if not as_json:
            render.note(f"sent is an example, from {offered.example.why}")
    tried = send(access, client, namespace, name, text, path, timeout)
    if as_json:
        render.data(tried.as_dict())
    else:
        render.note(f"HTTP {tried.status} from {tried.path} in {tried.seconds * 1000:.1f} ms")
        render.text(tried.body)
        if not tried.whole:
            render.note("the answer is longer; only its beginning was read")
    if not tried.ok:
        raise typer.Exit(ExitCode.WORK_FAILED)


@app.command()
def metrics(
    context: typer.Context,
    name: Name,
    seconds: Annotated[
        float, typer.Option("--for", metavar="SECONDS", min=0.0, help="Also over that long from now on.")
    ] = 0.0,
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show a service's requests, errors and latency.

    They are what its servers counted since they started; exit code 10 where they count nothing.
    """
    import time

    from minikf.cli import render
    from minikf.errors import Refused
    from minikf.views.models.looking import reading
    from minikf.views.models.metrics import figures, measures

    access, client = reached(context, platform)
    first = reading(access, client, namespace, name)
    if not first.servers:
        raise Refused(f"InferenceService {namespace}/{name} is not measured", cause=first.why_not)
    spans = {"since start": figures(first.servers)}
    if seconds:
        time.sleep(seconds)
        spans[f"{seconds:g} s"] = figures(reading(access, client, namespace, name).servers, first.servers)
    what = measures(next(iter(first.servers.values())).source)
    if as_json:
        told = {"seconds": what, "servers": len(first.servers), "notCounted": first.why_not}
        render.data(told | {"over": {span: one.as_dict() for span, one in spans.items()}})
        return
    head = ("OVER", "REQUESTS", "ERRORS", "P50", "P95", "MEAN", "ERRORS BY CODE")
    render.table(head, [(span, *_row(one)) for span, one in spans.items()])
    render.text(f"latency is {what}")
    if first.why_not:
        render.note(first.why_not)


@app.command()
def rollback(
    context: typer.Context,
    name: Name,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="Which one of `minikf services show`.")] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what would change, and change nothing; exit code 8.")
    ] = False,
    namespace: Namespace = "default",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Serve what was served before; waits until it is ready.

    Shows the difference and asks first; without a terminal it needs --yes. A model that cannot be loaded gives exit
    code 9.
    """
    from minikf.cli import render
    from minikf.cli.leaving import goes_on
    from minikf.errors import ExitCode, MinikfError, Refused
    from minikf.views.models.registry import Registry, registry
    from minikf.views.models.rollback import chosen, earlier, roll_back

    access, client = reached(context, platform)
    try:
        registered = registry(access, client)
    except MinikfError as error:
        render.note(f"older registered versions are not known: {error.cause or error.message}")
        registered = Registry()
    one = chosen(earlier(access, client, namespace, name, registered), namespace, name, to)
    if not as_json or diff:
        _show_difference(one.as_dict(), as_json=as_json)
    if diff:
        raise typer.Exit(ExitCode.DIFFERENCES)
    if not yes:
        if not render.has_terminal():
            raise Refused("nobody can be asked here, and nothing is changed", advice="say it: --yes")
        typer.confirm(f"Change InferenceService {namespace}/{name} to that ({one.how})?", abort=True, err=True)
    hints = {"follow": f"kubectl get isvc {name} -n {namespace} --watch"}
    with goes_on(f"InferenceService {namespace}/{name}", hints):
        done = render.follow(roll_back(access, namespace, name, one), as_json=as_json)
    if as_json:
        render.data(done)
    else:
        render.text(f"InferenceService {namespace}/{name} answers at {done['status']['url']}")


def _show_difference(told: dict[str, object], *, as_json: bool) -> None:
    from minikf.cli import render

    if as_json:
        render.data(told)
        return
    for line in told["diff"]:  # type: ignore[attr-defined]
        render.text(line)


def _text(body: str) -> str:
    """What is to be sent: as it is, a file's text after @, or standard input for -. Raises UsageError."""
    import sys
    from pathlib import Path

    from minikf.errors import UsageError

    if body == "-":
        return sys.stdin.read()
    if not body.startswith("@"):
        return body
    try:
        return Path(body[1:]).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{body[1:]} cannot be read", cause=str(error)) from error


def _facts(one: Served, no_registry: str) -> list[tuple[str, str]]:
    serves = one.serves or (f"(no registry: {no_registry})" if no_registry else "(no registered version)")
    return [
        ("service", f"{one.key}  {one.state}"), ("why", one.why_not), ("url", one.url), ("serves", serves),
        ("file", one.answers_with), ("wanted", one.uri if one.uri != one.answers_with else ""),
        ("format", one.format), ("runtime", one.runtime), ("protocol", one.protocol), ("revision", one.revision),
        ("pods", ", ".join(one.pods)), ("created", one.created),
    ]  # fmt: skip


def _row(one: Figures) -> tuple[str, ...]:
    from minikf.views.models.metrics import short

    codes = ", ".join(f"{code}: {count}" for code, count in one.codes.items())
    return str(one.requests), str(one.errors), short(one.p50), short(one.p95), short(one.mean), codes
