"""minikf.fetch against a real server: what is asked, what is refused, and what failures are called."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf import fetch
from minikf.errors import NoProgress, Refused, Unreachable
from tests.webserver import Handler, Served, Web, corrupt, cut, proxying, redirect, serving, slow, stall, status

CONTENT = os.urandom(200_000)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in fetch._CA_VARIABLES:
            monkeypatch.delenv(name)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as web:
        web.files["/file"] = Served(CONTENT)
        yield web


def read(url: str, **options: object) -> bytes:
    with fetch.opened(url, **options) as answer:  # type: ignore[arg-type]
        return b"".join(answer.chunks)


def test_a_file_comes_whole_with_its_size_and_validator(web: Web) -> None:
    with fetch.opened(f"{web.url}/file") as answer:
        assert (answer.start, answer.total, answer.validator) == (0, len(CONTENT), '"one"')
        assert b"".join(answer.chunks) == CONTENT
    headers = web.asked[0][1]
    assert headers["accept-encoding"] == "identity" and headers["user-agent"].startswith("minikf/")


def test_a_file_is_continued_and_begins_anew_where_it_has_changed(web: Web) -> None:
    with fetch.opened(f"{web.url}/file", start=150_000, validator='"one"') as answer:
        assert (answer.start, answer.total, b"".join(answer.chunks)) == (150_000, len(CONTENT), CONTENT[150_000:])
    web.files["/file"].etag = '"two"'
    with fetch.opened(f"{web.url}/file", start=150_000, validator='"one"') as answer:
        assert (answer.start, b"".join(answer.chunks)) == (0, CONTENT)
    assert [headers.get("if-range") for _, headers in web.asked] == ['"one"', '"one"']


def test_a_weak_etag_is_no_validator(web: Web) -> None:
    web.files["/file"].etag = 'W/"one"'
    with fetch.opened(f"{web.url}/file") as answer:
        assert answer.validator == ""


def test_a_start_behind_the_end_has_its_own_error(web: Web) -> None:
    with pytest.raises(fetch.BeyondEnd):
        read(f"{web.url}/file", start=len(CONTENT))


def test_a_connection_that_ends_early_is_passing_and_names_how_far_it_came(web: Web) -> None:
    web.files["/file"].faults = [cut(50_000)]
    with pytest.raises(fetch.Passing) as caught:
        read(f"{web.url}/file")
    assert caught.value.cause == "after 50,000 of 200,000 bytes"


def test_a_server_that_hangs_up_without_a_word_is_passing(web: Web) -> None:
    web.files["/file"].faults = [lambda handler: handler.connection.close()]
    with pytest.raises(fetch.Passing, match=r"the connection to 127\.0\.0\.1 failed"):
        read(f"{web.url}/file")


def test_a_server_that_stops_sending_is_no_progress(web: Web) -> None:
    web.files["/file"].faults = [stall(50_000), stall(0)]
    for _ in range(2):
        with pytest.raises(NoProgress) as caught:
            read(f"{web.url}/file", patience=0.3)
        assert "127.0.0.1 stopped sending" in caught.value.message


def test_a_server_that_drips_is_no_progress(web: Web) -> None:
    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"x")
            if web.closing.wait(0.02):
                return

    web.files["/file"].faults = [drip]
    with pytest.raises(NoProgress) as caught:
        read(f"{web.url}/file", patience=0.5)
    assert "bytes came in" in caught.value.cause


def test_a_slow_server_is_waited_for(web: Web) -> None:
    web.files["/file"].faults = [slow(0.05)]
    assert read(f"{web.url}/file", patience=0.3) == CONTENT


def test_no_server_and_no_name_are_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        read(f"http://127.0.0.1:{port}/file")
    assert "refused" in caught.value.cause.lower() and "HTTPS_PROXY" in caught.value.advice
    with pytest.raises(Unreachable) as caught:
        read("https://nowhere.invalid/file")
    assert caught.value.message == "nowhere.invalid cannot be reached" and caught.value.cause


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_a_busy_server_is_passing(web: Web, code: int) -> None:
    web.files["/file"].faults = [status(code)]
    with pytest.raises(fetch.Passing, match=str(code)):
        read(f"{web.url}/file")


@pytest.mark.parametrize("code", [401, 403, 410])
def test_a_refusal_is_refused(web: Web, code: int) -> None:
    web.files["/file"].faults = [status(code)]
    with pytest.raises(Refused, match=str(code)):
        read(f"{web.url}/file")
    with pytest.raises(Refused, match="404"):
        read(f"{web.url}/nothing")


def test_a_web_page_in_place_of_the_file_is_refused(web: Web) -> None:
    web.files["/file"] = Served(b"<!doctype html><p>log in", kind="text/html; charset=utf-8")
    with pytest.raises(Refused, match="web page"):
        read(f"{web.url}/file")


def test_redirects_are_followed_and_circles_are_not(web: Web) -> None:
    web.files["/there"] = Served(b"", always=redirect("/file"))
    assert read(f"{web.url}/there") == CONTENT
    web.files["/a"] = Served(b"", always=redirect("/b"))
    web.files["/b"] = Served(b"", always=redirect("/a"))
    with pytest.raises(Refused, match="in a circle") as caught:
        read(f"{web.url}/a")
    assert len(web.asked) < 20 and "redirects" in caught.value.cause


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/kind",
        "http://127.0.0.1.example.org/kind",
        "ftp://example.org/kind",
        "file:///etc/passwd",
        "/etc/passwd",
        "https://",
    ],
)
def test_only_https_is_asked(url: str) -> None:
    with pytest.raises(Refused, match="not asked"):
        fetch.permit(url)
    if not url.startswith(("file", "http://127.0.0.1/")):
        with pytest.raises(Refused):
            fetch.permit(url, mirror=True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/m", "http://[::1]/m", "http://localhost/m", "file:///m"])
def test_a_mirror_may_be_on_this_machine(url: str) -> None:
    fetch.permit(url, mirror=True)
    with pytest.raises(Refused):
        fetch.permit(url)


def test_what_is_printed_of_an_address_holds_no_password_and_no_signature() -> None:
    assert fetch.shown("https://me:secret@host:8443/a/b?sig=1#x") == "https://host:8443/a/b"


def test_a_folder_is_a_mirror_too(tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(CONTENT)
    url = f"file://{tmp_path}/a%20file"
    assert read(url) == CONTENT and read(url, start=150_000) == CONTENT[150_000:]
    with pytest.raises(Refused, match="is no file"):
        read(f"file://{tmp_path}/other")


def test_tls_by_a_ca_of_ones_own_and_by_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name release.example exists nowhere: only the proxy knows the way, and only our CA vouches for it."""
    with serving(tmp_path, "release.example") as web, proxying(web.port) as (proxy, reached):
        web.files["/file"] = Served(CONTENT)
        with pytest.raises(Unreachable):
            read(f"{web.url}/file")
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(Refused, match="not trusted") as caught:
            read(f"{web.url}/file")
        assert "REQUESTS_CA_BUNDLE" in caught.value.advice
        for variable in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
            with monkeypatch.context() as patched:
                patched.setenv(variable, str(web.ca))
                assert read(f"{web.url}/file") == CONTENT
        assert reached[-1] == f"release.example:{web.port}"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "no.pem"))
        with pytest.raises(Refused, match="REQUESTS_CA_BUNDLE names no file"):
            read(f"{web.url}/file")


def test_a_redirect_from_https_to_http_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as plain, serving(tmp_path, "release.example") as web, proxying(web.port) as (proxy, _):
        plain.files["/file"] = Served(CONTENT)
        web.files["/there"] = Served(b"", always=redirect(f"{plain.url}/file"))
        web.files["/disk"] = Served(b"", always=redirect("file:///etc/passwd"))
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(web.ca))
        for path in ("/there", "/disk"):
            with pytest.raises(Refused, match="not asked for files"):
                read(f"{web.url}{path}")
        assert plain.asked == []


def test_a_proxy_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{port}")
    with pytest.raises(Unreachable) as caught:
        read("https://release.example/file")
    assert "proxy" in caught.value.message and "secret" not in str(caught.value.as_dict())


def test_this_machines_own_addresses_need_no_proxy(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://nowhere.invalid:3128")
    assert read(f"{web.url}/file") == CONTENT


def test_a_short_text_is_short(web: Web) -> None:
    web.files["/sums"] = Served(b"abc  file\n", kind="text/plain")
    assert fetch.text(f"{web.url}/sums") == "abc  file\n"
    with pytest.raises(Refused, match="longer than"):
        fetch.text(f"{web.url}/file", limit=1000)


def test_wrong_bytes_are_not_this_modules_matter(web: Web) -> None:
    """It hands on what comes; minikf.download compares."""
    web.files["/file"].faults = [corrupt]
    assert read(f"{web.url}/file") != CONTENT


def endless(handler: Handler) -> None:
    """A redirect whose body has no end."""
    handler.send_response(302)
    handler.send_header("Location", "/file")
    handler.send_header("Content-Length", str(1 << 40))
    handler.end_headers()
    while not handler.web.closing.is_set():
        handler.wfile.write(bytes(1 << 16))
        handler.web.sent += 1 << 16


def test_the_body_of_a_redirect_is_not_read(web: Web) -> None:
    web.files["/there"] = Served(b"", always=endless)
    assert read(f"{web.url}/there") == CONTENT
    assert fetch.ask(f"{web.url}/there").body == CONTENT
    assert web.sent < 64 << 20


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:port/"])
def test_a_redirect_to_what_is_no_address_is_refused(web: Web, location: str) -> None:
    web.files["/there"] = Served(b"", always=redirect(location))
    with pytest.raises(Refused, match="leads to what is no address"):
        read(f"{web.url}/there")


def test_a_question_has_an_answer_of_any_status_within_a_limit(web: Web) -> None:
    web.files["/file"].faults = [status(404)]
    assert fetch.ask(f"{web.url}/file").status == 404
    reply = fetch.ask(f"{web.url}/file", {"Accept": "text/x"}, limit=len(CONTENT))
    assert (reply.status, reply.body, reply.headers["etag"]) == (200, CONTENT, '"one"')
    assert web.asked[-1][1]["accept"] == "text/x" and web.asked[-1][1]["user-agent"].startswith("minikf/")
    with pytest.raises(Refused, match="longer than"):
        fetch.ask(f"{web.url}/file", limit=len(CONTENT) - 1)
    with pytest.raises(Refused, match="not asked"):
        fetch.ask("http://example.org/")
    with pytest.raises(Refused, match="not asked"):
        fetch.ask("file:///etc/passwd")


def test_a_question_has_an_end(web: Web) -> None:
    web.files["/file"].faults = [slow(0.05), stall(50_000)]
    with pytest.raises(NoProgress, match="stopped sending"):
        fetch.ask(f"{web.url}/file", seconds=0.3)
    with pytest.raises(NoProgress, match="stopped sending"):
        fetch.ask(f"{web.url}/file", seconds=0.3)


def test_what_is_shown_of_an_address_moves_no_cursor() -> None:
    assert fetch.shown("https://host/\x1b[31m") == "https://host/?[31m"
