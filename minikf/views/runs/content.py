"""What is in an artifact, as far as it can be shown: small files of text, on this machine."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minikf.errors import Refused
from minikf.views.runs.model import Made
from minikf.views.runs.words import size_words
from minikf.views.text import plain

MOST_BYTES = 64 * 1024
_MOST_NAMES = 200


@dataclass(frozen=True)
class Content:
    """Lines to show; `note` says what they are and what is left out."""

    lines: tuple[str, ...]
    note: str = ""


def content_of(made: Made) -> Content:
    """What an artifact holds. Raises Refused where it cannot be read, with where it is."""
    if made.metrics or not made.uri or made.content == "NONE":
        said = json.dumps(dict(made.metadata), indent=2, ensure_ascii=False)
        return Content(tuple(plain(line) for line in said.splitlines()), "what is said of it; it has no file")
    # The daemon of this machine says of each file how it is; an address of a cluster's is no file of this machine.
    path = local(made.uri) if made.content in ("PRESENT", "CHANGED") else None
    if made.content == "MISSING":
        raise Refused(f"artifact '{made.name}' has no file any more", cause=f"it was {plain(made.uri)}")
    if path is None:
        raise Refused(
            f"artifact '{made.name}' is not on this machine",
            cause=f"it is at {plain(made.uri)}",
            advice="read it with the object store's own client",
        )
    try:
        return _folder(path) if path.is_dir() else _file(path, made)
    except OSError as error:
        raise Refused(f"artifact '{made.name}' cannot be read", cause=str(error)) from error


def local(uri: str) -> Path | None:
    """The file of an address, None for one that is elsewhere."""
    parts = urlsplit(uri)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(unquote(parts.path))
    return Path(uri) if uri.startswith("/") else None


def _folder(path: Path) -> Content:
    names = sorted(f"{one.name}/" if one.is_dir() else one.name for one in path.iterdir())
    note = f"a folder of {len(names)}" + (f", {_MOST_NAMES} of them are shown" if len(names) > _MOST_NAMES else "")
    return Content(tuple(plain(name) for name in names[:_MOST_NAMES]), note)


def _file(path: Path, made: Made) -> Content:
    with path.open("rb") as file:
        data = file.read(MOST_BYTES)
    size = path.stat().st_size
    cut = f", the first {size_words(MOST_BYTES)} of {size_words(size)}" if size > MOST_BYTES else ""
    if b"\0" in data:
        return Content((), f"not text: {size_words(size)} in {path}")
    text = data.decode("utf-8", "replace")
    kind = "text"
    if not cut and (shown := _as_json(text)) is not None:
        text, kind = shown, "JSON"
    elif path.suffix in (".html", ".htm") or made.type.endswith("HTML") or re.match(r"\s*<(!doctype|html)", text, re.I):
        text, kind = _without_tags(text), "the text of an HTML page"
    return Content(tuple(plain(line.rstrip("\r")) for line in text.split("\n")), kind + cut)


def _as_json(text: str) -> str | None:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


class _Text(HTMLParser):
    """The words of a page, a line for each block."""

    _BLOCKS = ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "pre", "table", "title")
    _HIDDEN = ("script", "style")

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in self._HIDDEN
        if tag in self._BLOCKS:
            self.words.append("\n")
        elif tag in ("td", "th"):
            self.words.append("  ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in self._HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(re.sub(r"\s+", " ", data))


def _without_tags(text: str) -> str:
    reader = _Text()
    reader.feed(text)
    reader.close()
    lines = [line.strip() for line in "".join(reader.words).split("\n")]
    return "\n".join(line for line in lines if line)
