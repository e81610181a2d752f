"""minikf data"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minikf.cli.options import Json, Platform, platform_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minikf.datasets import DatasetStore, Version

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the data set.")]
Which = Annotated[
    str, typer.Argument(metavar="NAME[@VERSION]", help="VERSION is v3, latest or sha256:HEX; the newest without one.")
]


@app.callback()
def data() -> None:
    """Data sets with versions, stored once by content."""


@app.command()
def add(
    context: typer.Context,
    name: Name,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH..", help="A folder gives its content; several stand under their names.")
    ],
    message: Annotated[str, typer.Option("--message", "-m", metavar="TEXT", help="What this version is.")] = "",
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Store files and folders as the newest version."""
    from minikf.cli import render
    from minikf.commands import command

    chosen = platform_of(context, platform)
    added = _store(chosen).add(name, [Path(path) for path in paths], message)
    version = added.version
    if as_json:
        render.data(version.as_dict() | {"new": added.new})
        return
    what = "is" if added.new else "is what it was, unchanged:"
    render.text(f"{name}@{version.label} {what} {_files(version.files)}, {_size(version.size)}")
    render.text(f"  {version.uri}")
    render.text(f"  use it in a folder:  {command(f'data checkout {name}@{version.label} DIR', chosen)}")


@app.command("list")
def list_(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """List the data sets."""
    from minikf.cli import render

    chosen = platform_of(context, platform)
    found = _store(chosen).datasets()
    if as_json:
        render.data([{"name": one.name, "versions": [v.as_dict() for v in one.versions]} for one in found])
    elif not found:
        render.text(f"platform '{chosen}' has no data sets; add one with: minikf data add NAME PATH..")
    else:
        rows = [(one.name, str(len(one.versions)), *_newest(one.versions)) for one in found]
        render.table(("NAME", "VERSIONS", "NEWEST", "SIZE", "CREATED"), rows)


@app.command()
def versions(context: typer.Context, name: Name, platform: Platform = "", as_json: Json = False) -> None:
    """List a data set's versions, oldest first."""
    from minikf.cli import render

    found = _store(platform_of(context, platform)).dataset(name)
    if as_json:
        render.data([one.as_dict() for one in found.versions])
        return
    rows = [
        (one.label, one.digest[:19], str(one.files), _size(one.size), one.created, one.message)
        for one in found.versions
    ]
    render.table(("VERSION", "DIGEST", "FILES", "SIZE", "CREATED", "MESSAGE"), rows)


@app.command()
def show(context: typer.Context, which: Which, platform: Platform = "", as_json: Json = False) -> None:
    """Show a version: its URI and files with their hashes."""
    from minikf.cli import render

    store = _store(platform_of(context, platform))
    version = store.resolve(which)
    manifest = store.manifest(version)
    if as_json:
        files = [{"name": n, "sha256": f.sha256, "bytes": f.size} for n, f in sorted(manifest.files.items())]
        render.data(version.as_dict() | {"content": files, "emptyFolders": list(manifest.empty_folders)})
        return
    render.text(f"{version.name}@{version.label}  {version.created}  {_files(version.files)}, {_size(version.size)}")
    render.text(f"  {version.uri}")
    for label, text in (("message", version.message), ("added from", ", ".join(version.source))):
        if text:
            render.text(f"  {label}: {text}")
    rows = [(file.sha256, str(file.size), name) for name, file in sorted(manifest.files.items())]
    render.table(("SHA256", "BYTES", "FILE"), rows + [("", "", f"{name}/") for name in manifest.empty_folders])


@app.command()
def diff(
    context: typer.Context,
    name: Name,
    old: Annotated[str, typer.Argument(metavar="A", help="A version: v3, latest or sha256:HEX.")],
    new: Annotated[str, typer.Argument(metavar="B", help="The version to compare it with.")],
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Show which files changed; exit code 8 if any did."""
    from minikf.cli import render
    from minikf.datasets.reference import Reference, parse_version
    from minikf.errors import ExitCode

    store = _store(platform_of(context, platform))
    before, after = (store.resolve(str(Reference(name, parse_version(one)))) for one in (old, new))
    found = store.diff(before, after)
    if as_json:
        render.data({"from": before.as_dict(), "to": after.as_dict()} | found.as_dict())
    else:
        marked = [("+", one) for one in found.added] + [("-", one) for one in found.removed]
        marked += [("~", one) for one in found.changed] + [(">", f"{a} -> {b}") for a, b in found.moved]
        for mark, text in sorted(marked, key=lambda pair: pair[1]):
            render.text(f"{mark} {text}")
        render.text(
            f"{name} {before.label} -> {after.label}: {len(found.added)} added, {len(found.removed)} removed, "
            f"{len(found.changed)} changed, {len(found.moved)} moved, {found.same} the same"
        )
    if found:
        raise typer.Exit(ExitCode.DIFFERENCES)


@app.command()
def checkout(
    context: typer.Context,
    which: Which,
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder to make; it may exist if it is empty.")],
    writable: Annotated[bool, typer.Option("--writable", help="Files of your own, to change.")] = False,
    platform: Platform = "",
    as_json: Json = False,
) -> None:
    """Put a version's files into a folder, each verified."""
    from minikf.cli import render

    target = Path(folder)
    version = _store(platform_of(context, platform)).checkout(which, target, writable=writable)
    if as_json:
        render.data(version.as_dict() | {"folder": str(target.absolute()), "writable": writable})
        return
    how = "yours to change" if writable else "read-only"
    render.text(f"{version.name}@{version.label} is in {target}: {_files(version.files)}, {how}")


@app.command()
def remove(context: typer.Context, which: Which, platform: Platform = "", as_json: Json = False) -> None:
    """Forget a version, or all of a data set without one."""
    from minikf.cli import render
    from minikf.commands import command

    chosen = platform_of(context, platform)
    gone = _store(chosen).remove(which)
    if as_json:
        render.data({"removed": [version.as_dict() for version in gone]})
        return
    render.text(f"removed {which}: {', '.join(one.label for one in gone) or 'it had no version'}")
    render.text(f"  free the space of what nothing else holds:  {command('data gc', chosen)}")


@app.command()
def gc(context: typer.Context, platform: Platform = "", as_json: Json = False) -> None:
    """Free the space of content that no version holds."""
    from minikf.cli import render

    freed = _store(platform_of(context, platform)).collect()
    if as_json:
        render.data({"files": freed.files, "bytes": freed.size})
    else:
        render.text(f"removed {_files(freed.files)}, {_size(freed.size)}")


def _store(platform: str) -> DatasetStore:
    from minikf.datasets import store

    return store(platform)


def _newest(versions: Sequence[Version]) -> tuple[str, str, str]:
    last = versions[-1] if versions else None
    return (last.label, _size(last.size), last.created) if last else ("", "", "")


def _files(count: int) -> str:
    return f"{count:,} file{'' if count == 1 else 's'}"


def _size(count: int) -> str:
    """Bytes as people read them, in powers of 1024."""
    size, unit = float(count), "bytes"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
