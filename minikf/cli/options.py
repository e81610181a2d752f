"""Options that several verbs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

DEFAULT_PLATFORM = "default"

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and errors as JSON on stderr.")]
Platform = Annotated[
    str, typer.Option("--platform", metavar="NAME", help="The platform to work on, instead of the default one.")
]
# In a notebook of the platform the variable says which namespace is its own.
Namespace = Annotated[
    str,
    typer.Option(
        "--namespace", "-n", metavar="NAME", envvar="MINIKF_NAMESPACE", show_envvar=False,
        help="The Kubernetes namespace.",
    ),
]  # fmt: skip
OnlyNamespace = Annotated[str, typer.Option("--namespace", "-n", metavar="NAME", help="Only this namespace's.")]


@dataclass
class Settings:
    """What was said before the verb."""

    platform: str = DEFAULT_PLATFORM
    debug: bool = False


def platform_of(context: typer.Context, said: str) -> str:
    """The platform of a call: the verb's own option, else the program's option or MINIKF_PLATFORM, else the
    default."""
    settings = context.find_object(Settings)
    return said or (settings.platform if settings is not None else "") or DEFAULT_PLATFORM
