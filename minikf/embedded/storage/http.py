"""Downloads that go on where they stopped, checked by size, with the server asked first whether anything is new."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from minikf.embedded.storage.errors import FetchFailed

_CHUNK = 1 << 20
_TIMEOUT_SECONDS = 30.0
_ATTEMPTS = 5
PAUSE_SECONDS = 0.2
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Seen:
    """What a server said about a file when it was last downloaded, and the digest under which it is stored."""

    etag: str = ""
    modified: str = ""
    digest: str = ""

    @classmethod
    def read(cls, path: Path) -> Seen:
        """From its file; a missing or damaged one means that nothing is known."""
        try:
            data = json.loads(path.read_text())
            return cls(str(data["etag"]), str(data["modified"]), str(data["digest"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, path: Path) -> None:
        part = path.with_name(f"{path.name}.part")
        part.write_text(json.dumps(asdict(self)))
        part.replace(path)

    @property
    def validator(self) -> str:
        """What `If-Range` compares: a strong ETag or a date (RFC 9110, 13.1.5)."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


class NotModified(Exception):
    """The server says that what was downloaded before is still the newest."""


class Download:
    """One file from the web to `part`, beside which `part`.json keeps what the server said about it."""

    def __init__(self, url: str, part: Path, limit: int, progress: Progress, stop: threading.Event) -> None:
        self.url = url
        self._part = part
        self._limit = limit
        self._progress = progress
        self._stop = stop
        self._address, self._headers = _with_credentials(url)

    def run(self, known: Seen) -> Seen:
        """Downloads unless the server still has what is `known`. Raises NotModified, FetchFailed."""
        attempt = 0
        while True:
            before = self._size()
            try:
                return self._attempt(known)
            except FetchFailed as error:
                # An attempt that brought something does not count: a bad line may still finish a large file.
                attempt = 1 if self._size() > before else attempt + 1
                if not error.passing or attempt >= _ATTEMPTS or self._stop.is_set():
                    raise
            if self._stop.wait(PAUSE_SECONDS * 2.0**attempt):
                raise FetchFailed(f"the download of {shown(self.url)} was stopped")

    def _attempt(self, known: Seen) -> Seen:
        begun = Seen.read(self._notes)
        have = self._size() if begun.validator else 0
        headers = dict(self._headers)
        if have:
            headers |= {"Range": f"bytes={have}-", "If-Range": begun.validator}
        elif known.etag:
            headers["If-None-Match"] = known.etag
        elif known.modified:
            headers["If-Modified-Since"] = known.modified
        request = urllib.request.Request(self._address, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
                return self._receive(response, have)
        except urllib.error.HTTPError as error:
            if error.code == 304:
                raise NotModified from error
            if error.code == 416 and have:
                # What is there does not belong to what the server has now.
                self._part.unlink(missing_ok=True)
                raise _failed(self.url, "the server has another file now", passing=True) from error
            raise _refused(self.url, error) from error
        except ssl.SSLCertVerificationError as error:
            raise _failed(self.url, f"the server's certificate is not trusted: {error.verify_message}") from error
        except urllib.error.URLError as error:
            raise _unreachable(self.url, error) from error
        except (OSError, http.client.HTTPException) as error:
            raise _failed(self.url, f"the connection broke: {error or type(error).__name__}", passing=True) from error

    def _receive(self, response: Any, have: int) -> Seen:
        headers: Mapping[str, str] = response.headers
        if urlsplit(response.url).scheme not in ("http", "https"):
            raise _failed(self.url, f"it leads to {response.url}")
        resumed = response.status == 206
        if resumed and not headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            self._part.unlink(missing_ok=True)
            raise _failed(self.url, "the server sent another part than was asked for", passing=True)
        done = have if resumed else 0
        length = headers.get("Content-Length", "")
        total = done + int(length) if length.isdigit() else 0
        self._check_room(total, done)
        seen = Seen(headers.get("ETag", ""), headers.get("Last-Modified", ""))
        seen.write(self._notes)
        with self._part.open("ab" if resumed else "wb") as out:
            done = self._copy(response, out, done, total)
        if total and done != total:
            raise _failed(self.url, f"it broke off after {done:,} of {total:,} bytes", passing=True)
        return seen

    def _copy(self, response: Any, out: IO[bytes], done: int, total: int) -> int:
        told = 0.0
        while chunk := response.read(_CHUNK):
            if self._stop.is_set():
                raise FetchFailed(f"the download of {shown(self.url)} was stopped")
            done += len(chunk)
            if done > self._limit:
                raise _too_large(self.url, self._limit)
            out.write(chunk)
            if time.monotonic() - told > 0.5:
                told = time.monotonic()
                self._progress(done, total)
        return done

    def _check_room(self, total: int, done: int) -> None:
        if total > self._limit:
            raise _too_large(self.url, self._limit)
        # Twice: the download itself, and its copy in the content store.
        needed = 2 * total - done
        free = shutil.disk_usage(self._part.parent).free
        if needed > free:
            raise FetchFailed(
                f"there is no room for {shown(self.url)}",
                cause=f"it needs {needed:,} bytes, {free:,} are free at {self._part.parent}",
                advice="free some space, then touch the InferenceService to try again",
            )

    @property
    def _notes(self) -> Path:
        return self._part.with_name(f"{self._part.name}.json")

    def _size(self) -> int:
        try:
            return self._part.stat().st_size
        except FileNotFoundError:
            return 0


def shown(url: str) -> str:
    """A web address fit for messages: without credentials, and without a query, which may hold a signature."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", "")) + ("?..." if parts.query else "")


def _with_credentials(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    headers = {"User-Agent": "minikf", "Accept-Encoding": "identity"}
    user, at, host = parts.netloc.rpartition("@")
    if at:
        headers["Authorization"] = f"Basic {base64.b64encode(unquote(user).encode()).decode()}"
    return urlunsplit((parts.scheme, host, parts.path or "/", parts.query, "")), headers


def _refused(url: str, error: urllib.error.HTTPError) -> FetchFailed:
    advice = {
        401: "the server wants credentials: use an address that has them, or download the model yourself",
        403: "the server forbids it: use another address, or download the model yourself",
        404: "check the address: curl -I",
    }.get(error.code, "")
    return FetchFailed(
        f"the model cannot be downloaded from {shown(url)}",
        cause=f"the server answered {error.code} {error.reason}",
        advice=f"{advice} '{shown(url)}'" if advice.endswith("-I") else advice,
        passing=error.code in _PASSING,
    )


def _unreachable(url: str, error: urllib.error.URLError) -> FetchFailed:
    reason = error.reason
    if isinstance(reason, ssl.SSLCertVerificationError):
        return _failed(url, f"the server's certificate is not trusted: {reason.verify_message}")
    text = getattr(reason, "strerror", None) or str(reason)
    return _failed(url, f"{urlsplit(url).hostname} cannot be reached: {text}", passing=True)


def _failed(url: str, cause: str, *, passing: bool = False) -> FetchFailed:
    return FetchFailed(f"the model cannot be downloaded from {shown(url)}", cause=cause, passing=passing)


def _too_large(url: str, limit: int) -> FetchFailed:
    return FetchFailed(
        f"the model at {shown(url)} is too large",
        cause=f"more than {limit:,} bytes are not downloaded",
        advice="download it yourself and use file:///folder",
    )
