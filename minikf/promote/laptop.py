"""What in a text holds only on this machine: loopback addresses, `file://` addresses, paths of its homes."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from minikf.paths import PlatformPaths

# Names by which containers of Docker, k3d and minikube call the machine that they run on.
_HOST_NAMES = ("localhost", "host.docker.internal", "host.k3d.internal", "host.minikube.internal")
_LOOPBACK = r"127(?:\.\d{1,3}){3}|\[::1\]"
_REST = r"[^\s\"'`<>(){}\[\],;|\\]*"
_SENTENCE_END = ".,:;!?"
# With something to name: code may well speak of the scheme by itself.
_FILE = rf"(?<![\w+.-])(?i:file):/{{1,3}}[\w.~%$+-]{_REST}"
# As minikf.datasets names a version.
_DATASET = r"(?<![\w+.-])dataset://[a-z0-9][-a-z0-9.]*@(?:sha256:[0-9a-f]{8,64}|v?\d+|latest)"


class Local(Enum):
    """Why a piece of text holds on this machine only."""

    FILE = "an address of a local file"
    DATASET = "a data set of this platform"
    ADDRESS = "an address of this machine"
    PATH = "a path of this machine"


@dataclass(frozen=True)
class Span:
    """`text[start:end]` of the text that was searched."""

    start: int
    end: int
    text: str
    local: Local


@dataclass(frozen=True)
class Laptop:
    """What tells this machine: its own names and the folders that only it has (absolute, without a trailing /).

    `volumes` is the folder with the claims of an embedded platform, NAMESPACE/NAME each, "" where none is here.
    """

    names: tuple[str, ...]
    folders: tuple[str, ...]
    volumes: str = ""

    @classmethod
    def here(cls, paths: PlatformPaths) -> Laptop:
        """This machine: its host name, the user's home, all homes beside it, and the folders of the platform."""
        home = Path.home()
        homes = [each for base in (Path("/home"), Path("/Users"), home.parent) for each in _folders_of(base)]
        ours = (paths.config, paths.state, paths.data, paths.cache, paths.sockets)
        folders = {str(each) for each in (home, home.resolve(), *homes, *ours)} - {"/"}
        inside_first = tuple(sorted(folders, key=lambda folder: (-len(folder), folder)))
        return cls((socket.gethostname(),), inside_first, str(paths.volumes) if paths.volumes.is_dir() else "")

    def spans(self, text: str) -> list[Span]:
        """The pieces of `text` that hold on this machine only, from left to right, apart from each other."""
        found: list[Span] = []
        while fresh := list(self._matches(text)):
            found += fresh
            for span in fresh:  # what stood beside one may be one itself, once the placeholder's $ is there
                text = f"{text[: span.start]}{'$' * len(span.text)}{text[span.end :]}"
        return sorted(found, key=lambda span: span.start)

    def _matches(self, text: str) -> Iterator[Span]:
        for match in self._pattern.finditer(text):
            piece = match.group().rstrip(_SENTENCE_END)
            yield Span(match.start(), match.start() + len(piece), piece, Local[str(match.lastgroup)])

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        own = [re.escape(name) for name in self.names if name]
        always = "|".join([*map(re.escape, _HOST_NAMES), _LOOPBACK])
        named = "|".join([always, *own])
        url = rf"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@\"']+@)?(?:{named})(?![\w.-])(?::\d+)?(?:[/?#]{_REST})?"
        port = "|".join(own) or r"(?!)"
        bare = rf"(?<![\w.-])(?<!\w/)(?:(?:{always})(?::\d+)?|(?:{port}):\d+)(?![\w-]|\.\w)(?:/{_REST})?"
        folders = "|".join(map(re.escape, self.folders)) or r"(?!)"
        path = rf"(?<![\w.~/-])(?:{folders}|/Users/[\w.-]+)(?![\w.-])(?:/{_REST})?"
        return re.compile(
            rf"(?P<FILE>{_FILE})|(?P<DATASET>{_DATASET})|(?P<ADDRESS>(?i:{url})|(?i:{bare}))|(?P<PATH>{path})"
        )


def _folders_of(base: Path) -> Iterator[Path]:
    """The homes in a folder of homes; a base that is the root itself holds none."""
    if base == Path(base.anchor):
        return
    try:
        yield from (each for each in base.iterdir() if each.is_dir())
    except OSError:
        return  # no such folder, or not ours to read: then no home in it is known
