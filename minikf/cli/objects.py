"""What the short verbs share: `--dry-run -o yaml` prints exactly the objects that the verb would create."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from minikf.errors import UsageError

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be created, and create nothing.")]
Output = Annotated[str, typer.Option("--output", "-o", metavar="yaml|json", help="The form that --dry-run prints.")]


def check_output(output: str) -> None:
    """Raises UsageError for a form that --dry-run does not print."""
    if output not in ("yaml", "json"):
        raise UsageError(f"-o {output} is no form of --dry-run", advice="use -o yaml or -o json")


def show(objects: Sequence[Mapping[str, Any]], output: str) -> None:
    """The objects on stdout, as YAML documents or as a JSON List that `kubectl create -f -` takes."""
    from minikf.cli import render

    check_output(output)
    if output == "json":
        render.data({"apiVersion": "v1", "kind": "List", "items": [dict(obj) for obj in objects]})
        return
    import yaml

    render.text("---\n".join(yaml.safe_dump(dict(obj), sort_keys=False) for obj in objects).rstrip("\n"))


def tell_relative(arguments: Sequence[str]) -> None:
    """Says of each argument that is a path from here that a pod has another folder; nothing is changed."""
    from pathlib import Path

    from minikf.cli import render

    for text in arguments:
        path = Path(text.rpartition("=")[2])
        try:
            is_here = not path.is_absolute() and len(path.parts) > 0 and path.exists()
        except (OSError, ValueError):
            continue
        if is_here:
            render.note(f"{path} is a path from this folder, and the code runs in another: give {path.absolute()}")


def make(objects: Sequence[Mapping[str, Any]], platform: str) -> list[dict[str, Any]]:
    """Creates the objects on a platform; all of them pass a dry run first. Raises as `minikf.kube.creation.create`."""
    from minikf.kube.creation import create
    from minikf.kube.rest import RestClient
    from minikf.status import access

    return create(RestClient(access(platform)), objects)
