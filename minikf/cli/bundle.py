"""minikf bundle"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json

if TYPE_CHECKING:
    from minikf.bundle.lock.verify import Finding
    from minikf.bundle.model import Bundle
    from minikf.bundle.registry.moved import Compared

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Which = Annotated[
    str,
    typer.Option(
        "--bundle", metavar="FOLDER|NAME[@VERSION]",
        help="Instead of Kubeflow's newest: a folder (name it with a slash), or one that comes with MiniKF.",
    ),
]  # fmt: skip
Images = Annotated[bool, typer.Option("--images", help="Ask the registries of the images, too.", show_default=False)]
Mirror = Annotated[
    str,
    typer.Option(
        "--mirror", metavar="PLACE", envvar="MINIKF_MIRROR",
        help="A folder or https:// address with OWNER/REPO/REF/PATH below it, instead of GitHub.",
    ),
]  # fmt: skip


@app.callback()
def bundle() -> None:
    """Look at what can be installed, and verify every byte of it."""


@app.command("list")
def list_(which: Which = "", as_json: Json = False) -> None:
    """List the components of a bundle, and its profiles."""
    from minikf.bundle import shelf
    from minikf.cli import bundles, render

    found = shelf.bundle(which)
    if as_json:
        render.data(bundles.overview(found) | {"known": {name: list(all_) for name, all_ in shelf.names().items()}})
        return
    bundles.print_list(found)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A component's id, or the name of a profile.")],
    which: Which = "",
    as_json: Json = False,
) -> None:
    """Show a component, or a profile with its totals.

    They are what it asks for, the images, the objects and the bytes that are read.
    """
    from minikf.bundle import shelf
    from minikf.bundle.marked import near
    from minikf.cli import bundleshow
    from minikf.errors import UsageError

    found = shelf.bundle(which)
    if name in found.profiles:
        bundleshow.profile(found, name, as_json=as_json)
    elif name in found.components:
        bundleshow.component(found, found.components[name], as_json=as_json)
    else:
        raise UsageError(
            f"{found.name} {found.version} has neither a component nor a profile '{name}'",
            advice=near(name, [*found.profiles, *found.components]),
        )


@app.command()
def fit(
    profile: Annotated[
        str, typer.Argument(metavar="[PROFILE]", help="One profile; by default all that the bundle has.")
    ] = "",
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="For a cluster of kind or k3d.")] = "k3d",
    which: Which = "",
    mirror: Mirror = "",
    as_json: Json = False,
) -> None:
    """Show which profiles fit this machine, before anything is made.

    That is what they ask for, what is pulled, about how long it takes, and what is missing where one does not fit.
    """
    from minikf.bundle import shelf
    from minikf.cli import bundlefit

    bundlefit.show(shelf.bundle(which), profile, engine, mirror, as_json=as_json)


@app.command()
def lock(which: Which = "", mirror: Mirror = "", images: Images = False, as_json: Json = False) -> None:
    """Read every file of a bundle and write its lock.

    bundle.lock lies beside bundle.yaml, and stays as it is where nothing changed. What changed is rendered by kubectl,
    which is downloaded where it is missing. With --images it gets the digest, the platforms and the size of every image
    whose registry answers; what it had of the others stays.
    """
    from minikf.bundle import locking, shelf
    from minikf.bundle.sources import source
    from minikf.cli import bundleimages, bundles, render

    found = shelf.bundle(which)
    written = render.follow(locking.lock(found, source(mirror), images=images), as_json=as_json)
    if as_json:
        data = {"file": str(written.file), "changed": written.changed} | bundles.counts(written.lock)
        render.data(data | {"silent": bundleimages.data(written.silent)})
        return
    state = "is written" if written.changed else "is what it was"
    render.text(f"{written.file} {state}: {bundles.counted(written.lock)}")
    bundleimages.note(written.silent)
    bundleimages.note_tags(written.lock, asked=images)


@app.command()
def verify(which: Which = "", mirror: Mirror = "", images: Images = False, as_json: Json = False) -> None:
    """Compare every locked file with what GitHub or a mirror has.

    Exit code 5 where a file changed, is missing or is extra; each is named. With --images the same for tags that have
    another digest than the locked one, and exit code 12 where nothing differs but a registry could not be asked.
    """
    from minikf.bundle import shelf
    from minikf.bundle.lock import locked
    from minikf.bundle.lock.verify import verify as compare
    from minikf.bundle.sources import source
    from minikf.cli import bundleimages, bundles, render
    from minikf.errors import ExitCode

    found = shelf.bundle(which)
    held = locked(found)
    findings = render.follow(compare(found, held, source(mirror)), as_json=as_json)
    tags = bundleimages.compared(held, as_json=as_json) if images else None
    if as_json:
        silent = tags.silent if tags is not None else ()
        render.data(
            [{"kind": one.kind, "name": one.name, "cause": one.cause} for one in (*findings, *_moved(tags))]
            + [{"kind": "unasked", "name": image, "cause": one.cause} for one in silent for image in one.images]
        )
    elif not findings:
        render.text(f"every byte of {found.name} {found.version} is as it was locked: {bundles.counted(held)}")
    for one in () if as_json else (*findings, *_moved(tags)):
        render.text(f"{one.kind.ljust(8)} {one.name}")
        render.text(f"         {one.cause}")
    if tags is not None and not as_json:
        bundleimages.print_compared(held, tags)
    if findings or _moved(tags):
        raise typer.Exit(ExitCode.VERIFY_FAILED)
    if tags is not None and tags.silent:
        raise typer.Exit(ExitCode.UNREACHABLE)


def _moved(tags: Compared | None) -> tuple[Finding, ...]:
    return tags.findings if tags is not None else ()


@app.command()
def diff(
    old: Annotated[
        str, typer.Argument(metavar="[OLD]", help="The older bundle, as --bundle; by default what NEW upgrades from.")
    ] = "",
    new: Annotated[str, typer.Argument(metavar="[NEW]", help="The newer one; by default Kubeflow's newest.")] = "",
    files: Annotated[bool, typer.Option("--files", help="Name every file that changed, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show what changed between two versions of a bundle.

    Exit code 8 where there are differences.
    """
    from minikf.bundle.lock import locked
    from minikf.bundle.lock.diff import diff as compare
    from minikf.cli import bundles, render
    from minikf.errors import ExitCode

    before, after = _two(old, new)
    changes = compare(before, locked(before), after, locked(after))
    if as_json:
        render.data([{**vars(one), "how": one.how} for one in changes])
    else:
        bundles.print_changes(before, after, changes, files=files)
    if changes:
        raise typer.Exit(ExitCode.DIFFERENCES)


def _two(old: str, new: str) -> tuple[Bundle, Bundle]:
    """Raises UsageError where no older version is named or known."""
    from minikf.bundle import shelf
    from minikf.errors import UsageError

    after = shelf.bundle(new)
    if old:
        return shelf.bundle(old), after
    if not after.upgrades_from:
        raise UsageError(
            f"{after.name} {after.version} upgrades from no version, so there is nothing to compare it with",
            advice="minikf bundle diff OLD NEW",
        )
    if "/" in new:  # a folder of the user's: its older version lies beside it
        return shelf.bundle(str(Path(new).resolve().parent / after.upgrades_from)), after
    return shelf.bundle(f"{after.name}@{after.upgrades_from}"), after
