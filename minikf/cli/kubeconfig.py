"""minikf kubeconfig"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json, Platform, Settings, platform_of

if TYPE_CHECKING:
    from minikf.kube.userconfig.merge import Merged

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback(invoke_without_command=True)
def kubeconfig(
    context: typer.Context,
    raw: Annotated[bool, typer.Option("--raw", help="Print what is in it, the credential too.")] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Print the platform's kubeconfig, or merge it into yours.

    Without a command: where the platform's own file is, for --kubeconfig and the like. `minikf env` prints the same
    for a shell. Your own file is changed by `merge` and `unmerge` only.
    """
    if context.invoked_subcommand is not None:
        settings = context.find_object(Settings)
        if settings is not None and platform:
            settings.platform = platform
        return
    from minikf.cli import render
    from minikf.commands import command
    from minikf.errors import Refused
    from minikf.files import readable_failures
    from minikf.kube.kubeconfig import context_name
    from minikf.kube.userconfig.merge import where
    from minikf.paths import PlatformPaths

    paths = PlatformPaths.of(platform_of(context, platform))
    if not paths.kubeconfig.exists():
        raise Refused(
            f"platform '{paths.name}' has no kubeconfig",
            cause=f"{paths.kubeconfig} does not exist",
            advice=command("up", paths.name),
        )
    if as_json:
        merged = [str(file) for file in where(paths)]
        render.data({"kubeconfig": str(paths.kubeconfig), "context": context_name(paths.name), "mergedInto": merged})
    elif raw:
        with readable_failures(paths.kubeconfig):
            render.text(paths.kubeconfig.read_text().rstrip())
    else:
        render.text(str(paths.kubeconfig))


@app.command()
def merge(
    context: typer.Context,
    into: Annotated[
        str, typer.Option("--into", metavar="FILE", help="Instead of KUBECONFIG's first file or ~/.kube/config.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Add the platform's context to your kubeconfig.

    Its cluster and user too. All else in the file stays, the current context as well; a copy is put beside it first.
    """
    from minikf.cli import render
    from minikf.kube.kubeconfig import context_name
    from minikf.kube.userconfig.merge import merge as put
    from minikf.paths import PlatformPaths

    name = platform_of(context, platform)
    done = put(PlatformPaths.of(name), into)
    if as_json:
        render.data(_as_dict(done))
        return
    ours = context_name(name)
    render.text(f"{done.file} has the context '{ours}'" + ("" if done.changed else " already; nothing was changed"))
    if done.backup is not None:
        render.text(f"  as it was:  {done.backup}")
    render.text(f"  use it:     kubectl --context {ours} get namespaces")
    if done.current != ours:
        now = f"your current context is still '{done.current}'" if done.current else "no context is your current one"
        render.text(f"  switch:     kubectl config use-context {ours}  # {now}")


@app.command()
def unmerge(
    context: typer.Context,
    out_of: Annotated[
        str, typer.Option("--from", metavar="FILE", help="Instead of KUBECONFIG's first file or ~/.kube/config.")
    ] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Remove what `merge` added to your kubeconfig, nothing else."""
    from minikf.cli import render
    from minikf.kube.userconfig.merge import unmerge as take
    from minikf.paths import PlatformPaths

    name = platform_of(context, platform)
    done = take(PlatformPaths.of(name), out_of)
    if as_json:
        render.data(_as_dict(done))
        return
    if not done.changed:
        render.text(f"{done.file} has nothing of platform '{name}'")
        return
    render.text(f"{done.file} has nothing of platform '{name}' any more")
    render.text(f"  as it was:  {done.backup}")
    for left in done.left:
        render.note(f"your context '{left}' leads to what is gone: kubectl config delete-context {left}")
    if done.gone_current:
        render.note(f"your current context is still '{done.current}', which is gone: kubectl config use-context NAME")


def _as_dict(done: Merged) -> dict[str, object]:
    return {
        "file": str(done.file),
        "changed": done.changed,
        "backup": str(done.backup or ""),
        "currentContext": done.current,
        "danglingContexts": list(done.left),
    }
