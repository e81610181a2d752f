"""minikf up"""

from __future__ import annotations

from typing import Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of


def up(
    context: typer.Context,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="NAME",
            help="What runs a new platform: embedded, k3d, kind, context; else MINIKF_ENGINE, or what works here.",
        ),
    ] = "",
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="What a cluster gets: none, lite, standard or full; else lite, and none on one that is yours.",
        ),
    ] = "",
    node_image: Annotated[
        str,
        typer.Option("--node-image", metavar="IMAGE", help="The image of a cluster's nodes, instead of the pinned."),
    ] = "",
    agents: Annotated[
        int, typer.Option("--agents", metavar="N", help="Nodes beside the one with the control plane.")
    ] = 0,
    existing: Annotated[
        str, typer.Option("--context", metavar="NAME", help="An existing cluster, by a context of your kubeconfig.")
    ] = "",
    kubeconfig: Annotated[
        str, typer.Option("--kubeconfig", metavar="FILE", help="The kubeconfig that has the context.")
    ] = "",
    bundle: Annotated[
        str,
        typer.Option("--bundle", metavar="FOLDER|NAME[@VERSION]", help="Whose profile; else Kubeflow's newest."),
    ] = "",
    mirror: Annotated[
        str,
        typer.Option(
            "--mirror",
            metavar="PLACE",
            envvar="MINIKF_MIRROR",
            help="Where the bundle's files are, instead of GitHub: a folder or https:// address.",
        ),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Install what does not seem to fit this machine.")] = False,
    test: Annotated[
        bool,
        typer.Option("--test", help="Let each component do its work once at the end; exit code 9 where one fails."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree to tools that only their own release's checksum vouches for.")
    ] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Make the platform and start it; safe to repeat."""
    from minikf.cli.running import show_access
    from minikf.spec import Wishes
    from minikf.up import up as bring_up

    wishes = Wishes(engine, profile, node_image, agents, existing, kubeconfig, yes, bundle, mirror, force)
    show_access(bring_up(platform_of(context, platform), wishes), as_json, test=test)
