"""Asks web servers for files; the only importer of `requests`.

Proxies are honoured as `requests` does (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, .netrc), and a CA of one's own by
REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE or SSL_CERT_DIR, the first that is set. Nothing is asked but by
https; a mirror that the user named may also be http on this machine (loopback) or a folder (file:).
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import requests
import urllib3  # comes with requests, which hands its failures on unwrapped where bytes are read as they come

from minikf import __version__
from minikf.errors import NoProgress, Refused, Unreachable
from minikf.files import readable_failures

CONNECT_SECONDS = 15.0
PATIENCE_SECONDS = 30.0
MOST_REDIRECTS = 10  # a release of GitHub takes one, dl.k8s.io two

# Below this a download of 60 MB takes 16 hours: that is a line which is down in all but name.
LEAST_BYTES_A_SECOND = 1024
_CHUNK = 1 << 16
_HEADERS = {"User-Agent": f"minikf/{__version__}", "Accept-Encoding": "identity"}
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
_of_thread = threading.local()
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class _Session(requests.Session):
    """Follows no redirect, and does not look where one leads: requests would read all of its body for that."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class Passing(Unreachable):
    """A failure that may be over in a moment: the connection ended early, or the server is busy."""


class Absent(Refused):
    """The server, or the mirror's folder, has no such file."""


class BeyondEnd(Refused):
    """Bytes were asked for that begin behind the end of the file."""


@dataclass(frozen=True)
class Answer:
    """Bytes of a file from `start` on. `total` is the whole file's size in bytes, 0 where nobody says; `validator` is
    what `If-Range` takes to know the same file again, "" where there is none."""

    start: int
    total: int
    validator: str
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class Reply:
    """A short answer, whatever its status. `headers` have their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def permit(url: str, *, mirror: bool = False) -> None:
    """Raises Refused where `url` may not be asked: all but https, except what a user's own mirror may be."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if mirror and (parts.scheme == "file" or (parts.scheme == "http" and is_loopback(url))):
        return
    raise Refused(
        f"{shown(url)} is not asked for files",
        cause="files come by https only; a mirror may also be http on this machine, or file:///a/folder",
        advice="name the mirror by https://",
    )


def shown(url: str) -> str:
    """`url` as it may be printed: without password and query, which may hold a signature, and what moves a cursor."""
    parts = urlsplit(url)
    told = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return "".join(letter if letter.isprintable() else "?" for letter in told)


@contextlib.contextmanager
def opened(
    url: str,
    *,
    start: int = 0,
    validator: str = "",
    patience: float = PATIENCE_SECONDS,
    headers: Mapping[str, str] | None = None,
) -> Iterator[Answer]:
    """The file at `url` from byte `start` on, or from 0 where the server cannot or the file has changed.

    `patience` is how many seconds a server may send nothing, or less than LEAST_BYTES_A_SECOND. Raises, also while
    chunks are read: Unreachable (Passing where it may help to ask again), NoProgress, BeyondEnd, and Refused where an
    answer is no file or its server is not to be trusted.
    """
    if urlsplit(url).scheme == "file":
        with _local(url, start) as answer:
            yield answer
        return
    asked = {**_HEADERS, **(headers or {})}
    if start:
        asked["Range"] = f"bytes={start}-"
        if validator:
            asked["If-Range"] = validator
    with _Session() as session, _typed(url, patience):
        response = _ask(session, url, asked, patience, stranger=headers is not None)
        with contextlib.closing(response):
            yield _answer(url, response, start, patience)


def text(url: str, *, limit: int = 1 << 20) -> str:
    """A short document of at most `limit` bytes. Raises as `opened`."""
    content = b""
    with opened(url) as answer:
        for chunk in answer.chunks:
            content += chunk
            if len(content) > limit:
                raise Refused(f"{shown(url)} is longer than {limit:,} bytes", cause="that is no list of checksums")
    return content.decode("utf-8", "replace")


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    head: bool = False,
    limit: int = 1 << 20,
    seconds: float = CONNECT_SECONDS,
    method: str = "",
    body: Iterable[Any] | None = None,
) -> Reply:
    """What a server answers to one question, of whatever status: at most `limit` bytes, within `seconds`.

    A `method` (POST, PUT) changes something, by `body`: bytes, or pieces with a length. No redirect is followed then,
    and `seconds` begin when all is sent.

    By https, or http on this machine. `headers` go along with redirects; `Authorization` not to another server. It is
    asked as a stranger, whatever .netrc says: who names an address could else be told what it knows of another one.
    Connections are kept for the thread's next question. Raises Unreachable (Passing where it may help to ask again),
    NoProgress, and Refused where an answer is too long or leads to what is not asked.
    """
    until = time.monotonic() + seconds
    session, asked = _session(), {**_HEADERS, **(headers or {})}
    with _typed(url, seconds):
        verb = method or ("HEAD" if head else "GET")
        response = _ask(session, url, asked, seconds, verb=verb, body=body, stranger=True)
        until = time.monotonic() + seconds if body is not None else until
        with contextlib.closing(response):
            body = b"" if head else _short(url, response, limit, until, seconds)
    return Reply(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


def _session() -> _Session:
    """This thread's session: requests does not say that one may be used by several."""
    found: _Session | None = getattr(_of_thread, "session", None)
    if found is None:
        found = _of_thread.session = _Session()
        found.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # nothing is told to the next server
    return found


def _short(url: str, response: requests.Response, limit: int, until: float, seconds: float) -> bytes:
    body = bytearray()
    for chunk in _chunks(url, response, 0, _length(response), seconds):
        body += chunk
        if len(body) > limit:
            raise Refused(f"{shown(url)} is longer than {limit:,} bytes", cause="no answer of its kind is that long")
        if time.monotonic() > until:
            raise _stalled(url, f"not all of it came in {seconds:.0f} seconds")
    return bytes(body)


def _ask(
    session: requests.Session,
    url: str,
    headers: dict[str, str],
    patience: float,
    *,
    verb: str = "GET",
    body: Iterable[Any] | None = None,
    stranger: bool = False,
) -> requests.Response:
    """Follows redirects by hand, since none may lead to what is not https, nor take a credential to another server."""
    loopback = is_loopback(url)
    session.trust_env = not loopback  # a proxy has no way to this machine's own addresses
    here = url
    for _ in range(MOST_REDIRECTS + 1):
        permit(here, mirror=loopback and urlsplit(here).scheme != "file")
        response = session.request(
            verb,
            here,
            data=body,
            headers=headers,
            stream=True,
            timeout=(min(CONNECT_SECONDS, patience), patience),
            allow_redirects=False,
            verify=_ca(),
            auth=_as_it_is if stranger else None,
        )
        if not response.is_redirect or verb not in ("GET", "HEAD"):
            return response
        there = _joined(here, response.headers["location"])
        response.close()
        if urlsplit(there)[:2] != urlsplit(here)[:2]:
            headers = {name: value for name, value in headers.items() if name != "Authorization"}
        here = there
    raise Refused(
        f"{shown(url)} leads in a circle",
        cause=f"{MOST_REDIRECTS} redirects in a row, the last one to {shown(here)}",
        advice="look at that address in a browser; a mirror is named by MINIKF_TOOLS_MIRROR",
    )


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """For `requests`: neither .netrc nor what an address says of a user."""
    """For `requests`: neither .netrc nor what an address says of a user."""
    return request


def _joined(here: str, location: str) -> str:
    try:
        there = urljoin(here, location)
        urlsplit(there).port  # noqa: B018 - raises for what is no number
    except ValueError as error:
        raise Refused(f"{shown(here)} leads to what is no address", cause=str(error)) from error
    return there


def _length(response: requests.Response) -> int:
    """The bytes that are announced; 0 where nothing sensible is."""
    told = response.headers.get("content-length", "")
    return int(told) if re.fullmatch("[0-9]{1,18}", told) else 0


def _answer(url: str, response: requests.Response, start: int, patience: float) -> Answer:
    status, headers = response.status_code, response.headers
    if status == 416 and start:
        raise BeyondEnd(f"{shown(url)} has no byte {start:,}")
    if status in (408, 425, 429) or status >= 500:
        raise Passing(f"{shown(url)} answers {status} {response.reason}", cause="its server is busy or broken")
    if status not in (200, 206):
        raise (Absent if status in (404, 410) else Refused)(
            f"{shown(url)} answers {status} {response.reason}",
            cause="there is no such file, or one must be known there",
            advice="look at that address in a browser",
        )
    if headers.get("content-type", "").partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml"):
        raise Refused(
            f"{shown(url)} answers with a web page in place of the file",
            cause="a login page of the network, a proxy or the mirror stands in between",
            advice="look at that address in a browser, log in there, and try again",
        )
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(
            f"{shown(url)} sends the file as {headers['content-encoding']}",
            cause="it was asked for the bytes as they are, and only those can be compared and continued",
            advice="set NO_PROXY for that host where a proxy packs what it passes on",
        )
    begin, total = 0, _length(response)
    if status == 206:
        found = _RANGE.fullmatch(headers.get("content-range", ""))
        if found is None or int(found[1]) != start:
            raise Refused(f"{shown(url)} sends other bytes than those asked for", cause="its Content-Range is wrong")
        begin, total = start, 0 if found[2] == "*" else int(found[2])
    etag = headers.get("etag", "")
    # A weak ETag is not allowed in If-Range (RFC 9110, section 13.1.5).
    validator = etag if etag and not etag.startswith("W/") else headers.get("last-modified", "")
    return Answer(begin, total, validator, _chunks(url, response, begin, total, patience))


def _chunks(url: str, response: requests.Response, begin: int, total: int, patience: float) -> Iterator[bytes]:
    raw: Any = response.raw
    read = getattr(raw, "read1", raw.read)  # read1 gives what is there; read waits until all of it is
    at, since, heard = begin, time.monotonic(), 0
    early = f"the connection to {urlsplit(url).hostname} ended early"
    with _typed(url, patience):
        while True:
            try:
                chunk = read(_CHUNK)
            except urllib3.exceptions.ProtocolError as error:
                raise Passing(early, cause=_so_far(at, total)) from error
            if not chunk:
                break
            at += len(chunk)
            heard += len(chunk)
            now = time.monotonic()
            if now - since >= patience:
                if heard < LEAST_BYTES_A_SECOND * (now - since):
                    raise _stalled(url, f"{heard:,} bytes came in {now - since:.0f} seconds")
                since, heard = now, 0
            yield chunk
    if total and at != total:
        raise Passing(early, cause=_so_far(at, total))


def _so_far(at: int, total: int) -> str:
    return f"after {at:,} of {total:,} bytes" if total else f"after {at:,} bytes"


@contextlib.contextmanager
def _typed(url: str, patience: float) -> Iterator[None]:
    """Turns what requests and urllib3 raise into the program's own errors."""
    host = urlsplit(url).hostname
    try:
        yield
    except (requests.exceptions.SSLError, urllib3.exceptions.SSLError) as error:
        raise Refused(
            f"{host} shows a certificate that is not trusted here",
            cause=_reason(error),
            advice="where a company's proxy reads TLS: export REQUESTS_CA_BUNDLE=/path/to/its-ca.pem",
        ) from error
    except requests.exceptions.ProxyError as error:
        raise Unreachable(
            f"the proxy does not lead to {host}", cause=_reason(error), advice="look at HTTPS_PROXY and NO_PROXY"
        ) from error
    except (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError) as error:
        raise _stalled(url, f"nothing came for {patience:.0f} seconds") from error
    except (requests.exceptions.ConnectionError, requests.exceptions.Timeout) as error:
        if isinstance(_argument(error), urllib3.exceptions.ProtocolError):  # it was reached, and hung up
            raise Passing(f"the connection to {host} failed", cause=_reason(error)) from error
        raise Unreachable(
            f"{host} cannot be reached",
            cause=_reason(error),
            advice="look at the network, or at HTTPS_PROXY where one is needed",
        ) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        raise Passing(f"the connection to {host} failed", cause=_reason(error)) from error
    except OSError as error:
        if "CA certificate" not in str(error):
            raise
        named = next((name for name in _CA_VARIABLES if os.environ.get(name)), "REQUESTS_CA_BUNDLE")
        raise Refused(
            f"{named} names no file of certificates", cause=str(error), advice=f"export {named}=/path/to/ca.pem"
        ) from error


def _stalled(url: str, cause: str) -> NoProgress:
    return NoProgress(f"{urlsplit(url).hostname} stopped sending {shown(url)}", cause=cause, advice="try again later")


def _reason(error: Exception) -> str:
    """The innermost cause, which is the operating system's or OpenSSL's."""
    deepest: BaseException = error
    while (inner := deepest.__cause__ or deepest.__context__ or _argument(deepest)) is not None:
        deepest = inner
    return str(getattr(deepest, "strerror", None) or deepest) or type(deepest).__name__


def _argument(error: BaseException) -> BaseException | None:
    """urllib3 keeps a cause in `reason`, requests in its first argument."""
    inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
    return inner if isinstance(inner, BaseException) else None


def _ca() -> str | bool:
    return next((value for name in _CA_VARIABLES if (value := os.environ.get(name))), True)


def is_loopback(url: str) -> bool:
    """Whether an address is one of this machine's own, by its words."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextlib.contextmanager
def _local(url: str, start: int) -> Iterator[Answer]:
    path = Path(unquote(urlsplit(url).path))
    if not path.is_file():
        raise Absent(f"{path} is no file", cause="the mirror does not hold it", advice=f"put the file at {path}")
    with readable_failures(path), path.open("rb") as file:
        total = path.stat().st_size
        if start > total:
            raise BeyondEnd(f"{path} has no byte {start:,}")
        file.seek(start)
        yield Answer(start, total, "", iter(lambda: file.read(_CHUNK), b""))
