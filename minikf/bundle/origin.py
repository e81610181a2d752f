"""Where a file or folder of upstream is, pinned."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, quote

# kustomize's documentation of remote targets and go-getter's `//`: both spellings occur in the distribution.
_TREE = re.compile(r"https://github\.com/([^/\s]+/[^/\s?]+?)(?:/+([^?\s]*?))?/*\?(\S+)")
_RELEASE = re.compile(r"https://github\.com/([^/\s]+/[^/\s]+)/releases/download/([^/\s]+)/([^?\s]+)")
_RAW = re.compile(r"https://raw\.githubusercontent\.com/([^/\s]+/[^/\s]+)/([^/\s]+)/([^?\s]+)")
_RELEASES = "releases/download/"
# A part of an address becomes a part of a path on this machine.
_PART = re.compile(r"(?!\.{1,2}$)[^/\\\x00-\x1f\x7f]+")


@dataclass(frozen=True, order=True)
class Origin:
    """`path` in the repository `repo` (OWNER/NAME) at the tag or commit `ref`.

    A file that was published with a release, and is in no repository, has `releases/download/TAG` for its `ref`.
    Raises ValueError for what cannot be part of a path (`..`, an empty part, a control character), and for a ref with
    slashes: a tag or commit has none, and without them an address says what it is made of.
    """

    repo: str
    ref: str
    path: str = ""

    def __post_init__(self) -> None:
        for part in (self.repo, self.ref, *filter(None, (self.path,))):
            for piece in part.split("/"):
                if not _PART.fullmatch(piece):
                    raise ValueError(f"'{part}' is no path: it has the part '{piece}'")
        if self.repo.count("/") != 1:
            raise ValueError(f"'{self.repo}' is no OWNER/NAME")
        if self.ref.count("/") != (2 if self.ref.startswith(_RELEASES) else 0):
            raise ValueError(f"'{self.ref}' is neither a tag, a commit nor {_RELEASES}TAG")

    @property
    def address(self) -> str:
        """`OWNER/REPO/REF/PATH`, which is also where a mirror has it."""
        return "/".join(part for part in (self.repo, self.ref, self.path) if part)

    @property
    def is_release(self) -> bool:
        """Whether it was published with a release, and is a file so."""
        return self.ref.startswith(_RELEASES)

    @property
    def url(self) -> str:
        """Where GitHub has the file."""
        if self.is_release:
            return f"https://github.com/{quote(self.address)}"
        return f"https://raw.githubusercontent.com/{quote(self.address)}"

    def beside(self, relative: str) -> Origin:
        """What `relative` means in the folder that this is. Raises ValueError where it leads out of the repository."""
        path = posixpath.normpath(posixpath.join(self.path or ".", relative))
        if path.startswith(("..", "/")):
            raise ValueError(f"{relative} leads out of {self.repo}")
        return replace(self, path="" if path == "." else path)

    @property
    def folder(self) -> Origin:
        """The folder that it is in."""
        return replace(self, path=posixpath.dirname(self.path))


def of_address(address: str) -> Origin:
    """The inverse of `Origin.address`. Raises ValueError where it is none."""
    parts = address.split("/")
    refs = 3 if "/".join(parts[2:4]) + "/" == _RELEASES else 1
    found = Origin("/".join(parts[:2]), "/".join(parts[2 : 2 + refs]), "/".join(parts[2 + refs :]))
    if found.address != address:
        raise ValueError(f"'{address}' ends with a slash")
    return found


def of_url(url: str) -> Origin | None:
    """The origin that a remote entry of a kustomization names; None for what GitHub does not have, or no ref pins.

    Raises ValueError as Origin does.
    """
    if found := _RELEASE.fullmatch(url):
        return Origin(found[1], _RELEASES + found[2], found[3])
    if found := _TREE.fullmatch(url):
        ref = parse_qs(found[3]).get("ref", [""])[0]
        return Origin(found[1].removesuffix(".git"), ref, found[2] or "") if ref else None
    if found := _RAW.fullmatch(url):
        return Origin(found[1], found[2], found[3])
    return None
