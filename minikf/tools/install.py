"""Makes a tool be there: on PATH, in the cache, or downloaded and verified."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

from minikf.errors import MinikfError, NoProgress, Refused, Unreachable
from minikf.spec import Event
from minikf.tools import advice
from minikf.tools.find import on_path
from minikf.tools.table import Release, pinned, release, this_machine
from minikf.tools.unpack import unpack

MIRROR_VARIABLE = "MINIKF_TOOLS_MIRROR"

# kubectl, the largest, has 60 MB; whatever sends ten times that sends something else.
MOST_BYTES = 600_000_000


def ensure(name: str, *, agree: bool = False, mirror: str = "") -> Generator[Event, None, Path]:
    """The path of a tool that is new enough: `helm`, `k3d`, `kind` or `kubectl`.

    `mirror` (else MINIKF_TOOLS_MIRROR) is where to download from in place of the release's own address: what stands
    behind `https://` there follows it, so `<mirror>/dl.k8s.io/release/...`. `agree` says that the user accepts a file
    whose sha256 is not in MiniKF's table when the release's own list of checksums, fetched by TLS from its own address,
    has it. Raises, with what to install as advice: Unreachable, NoProgress, and Refused where there is no release for
    this machine, where `agree` is wanted, or where what came is not the published file.
    """
    found = on_path(name)
    if found.path is not None and found.new_enough:
        return found.path
    wanted = release(name)
    if wanted is None:
        raise Refused(
            f"there is no {name} here that MiniKF can use",
            cause=f"{found.cause}, and no release of it is for {this_machine()}",
            advice=advice.install(name),
        )
    if found.path is not None:
        yield Event(name, "progress", f"{found.path} is left alone: {found.cause}")
    if wanted.is_here():
        return wanted.path
    return (yield from _fetched(wanted, agree, (mirror or os.environ.get(MIRROR_VARIABLE, "")).rstrip("/")))


def _fetched(wanted: Release, agree: bool, mirror: str) -> Generator[Event, None, Path]:
    """The tool downloaded into the cache."""
    from minikf.download import download  # with requests it takes 0.1 s, and mostly nothing is fetched

    what = f"download {wanted.name} {wanted.version}"
    try:
        url = _address(wanted.url, mirror)
        sha256 = wanted.sha256 or wanted.agreed_sha256() or (yield from _published(wanted, agree, what))
        yield from download(url, wanted.download, sha256=sha256, what=what, limit=MOST_BYTES, mode=0o700)
        if not wanted.sha256:
            wanted.note(sha256)
        if wanted.member:
            unpack(wanted, sha256, MOST_BYTES)
        return wanted.path
    except (Unreachable, NoProgress, Refused) as error:
        raise _with_way_out(error, wanted) from error


def _published(wanted: Release, agree: bool, what: str) -> Generator[Event, None, str]:
    """The sha256 by the release's own list. Raises Refused where the user has not agreed to that, or it has none."""
    from minikf import fetch

    if not agree:
        raise Refused(
            f"{wanted.name} {wanted.version} is not downloaded without your consent",
            cause=f"MiniKF knows no sha256 of {wanted.url}; it can only compare it with {wanted.checksums}, "
            "which comes from the same place",
            advice="repeat the command with --yes to accept that",
        )
    yield Event(what, "progress", f"its sha256 by {wanted.checksums}")
    file = wanted.url.rsplit("/", 1)[-1]
    for line in fetch.text(wanted.checksums).splitlines():
        words = line.split()
        # `HASH`, `HASH  FILE`, `HASH *FILE` or `HASH  folder/FILE`
        if words and len(words[0]) == 64 and (len(words) == 1 or words[-1].lstrip("*").rsplit("/", 1)[-1] == file):
            return words[0].lower()
    raise Refused(
        f"{wanted.checksums} has no checksum of {file}", cause="the release's own list does not name the file"
    )


def _address(url: str, mirror: str) -> str:
    if not mirror:
        return url
    from minikf import fetch

    fetch.permit(mirror, mirror=True)
    return f"{mirror}/{url.removeprefix('https://')}"


def _with_way_out(error: MinikfError, wanted: Release) -> MinikfError:
    """The error with what to do when nothing else helps: name a mirror, or install the tool by hand."""
    mirror = "" if isinstance(error, Refused) else f"export {MIRROR_VARIABLE}=https://a-mirror"
    ways = [error.advice, mirror, advice.install(wanted.name)]
    return type(error)(error.message, cause=error.cause, advice="; or ".join(way for way in ways if way), url=error.url)


def downloadable(name: str) -> str:
    """Whether `ensure` could download a tool, in words for `minikf doctor`; "" where there is no release for here."""
    wanted = release(name)
    if wanted is None:
        return ""
    if wanted.sha256:
        return f"version {pinned(name)} is downloaded when it is needed; its sha256 is known"
    return f"version {pinned(name)} is downloaded when it is needed and you agree; its sha256 is not known"
