"""Where a file or folder of upstream is, pinned."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace

# kustomize's documentation of remote targets and go-getter's `//`: both spellings occur in the distribution.
_TREE = re.compile(r"https://github\.com/([^/\s]+/[^/\s?]+?)/+([^?\s]*?)/*\?ref=([^&\s]+)")
_RELEASE = re.compile(r"https://github\.com/([^/\s]+/[^/\s]+)/releases/download/([^/\s]+)/([^?\s]+)")
_RAW = re.compile(r"https://raw\.githubusercontent\.com/([^/\s]+/[^/\s]+)/([^/\s]+)/([^?\s]+)")
_RELEASES = "releases/download/"


@dataclass(frozen=True, order=True)
class Origin:
    """`path` in the repository `repo` (OWNER/NAME) at the tag or commit `ref`.

    A file that was published with a release, and is in no repository, has `releases/download/TAG` for its `ref`.
    """

    repo: str
    ref: str
    path: str = ""

    @property
    def address(self) -> str:
        """`OWNER/REPO/REF/PATH`, which is also where a mirror has it."""
        return "/".join(part for part in (self.repo, self.ref, self.path) if part)

    @property
    def url(self) -> str:
        """Where GitHub has the file."""
        if self.ref.startswith(_RELEASES):
            return f"https://github.com/{self.address}"
        return f"https://raw.githubusercontent.com/{self.address}"

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


def of_url(url: str) -> Origin | None:
    """The origin that a remote entry of a kustomization names; None for what GitHub does not have, or no ref pins."""
    if found := _RELEASE.fullmatch(url):
        return Origin(found[1], _RELEASES + found[2], found[3])
    if found := _TREE.fullmatch(url):
        return Origin(found[1].removesuffix(".git"), found[3], found[2])
    if found := _RAW.fullmatch(url):
        return Origin(found[1], found[2], found[3])
    return None
