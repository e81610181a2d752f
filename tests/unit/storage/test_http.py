"""Downloads, with a real server that misbehaves as asked."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket

import pytest

from minikf.embedded.storage import Fetcher, FetchFailed, parse_uri
from tests.unit.storage.conftest import Web

MODEL = os.urandom(3_000_000)
SUM = hashlib.sha256(MODEL).hexdigest()


async def test_downloads_and_asks_only_for_news_afterwards(fetcher: Fetcher, web: Web) -> None:
    web.files["/a/model.joblib"] = MODEL
    first = await fetcher.fetch(parse_uri(f"{web.url}/a/model.joblib?token=1"), "default")
    second = await fetcher.fetch(parse_uri(f"{web.url}/a/model.joblib?token=1"), "default")
    assert first == second
    assert (first.digest, first.size, first.filename) == (f"sha256:{SUM}", len(MODEL), "model.joblib")
    assert [code for code, _ in web.asked] == [200, 304]
    web.files["/a/model.joblib"], web.etag = b"new", '"two"'
    third = await fetcher.fetch(parse_uri(f"{web.url}/a/model.joblib?token=1"), "default")
    assert third.digest == f"sha256:{hashlib.sha256(b'new').hexdigest()}"


async def test_with_a_checksum_nobody_is_asked_again(fetcher: Fetcher, web: Web) -> None:
    web.files["/m"] = MODEL
    for _ in range(2):
        await fetcher.fetch(parse_uri(f"{web.url}/m#sha256={SUM}"), "default")
    assert len(web.asked) == 1


async def test_a_broken_download_goes_on_where_it_stopped(fetcher: Fetcher, web: Web) -> None:
    web.files["/m"] = MODEL
    web.break_after = 2_000_000
    fetched = await fetcher.fetch(parse_uri(f"{web.url}/m"), "default")
    assert fetched.digest == f"sha256:{SUM}"
    assert web.asked == [(200, ""), (206, "bytes=2000000-")]


async def test_a_download_begins_anew_when_the_file_changed_meanwhile(fetcher: Fetcher, web: Web) -> None:
    web.files["/m"] = MODEL
    web.break_after = 2_000_000

    def change() -> None:
        web.files["/m"], web.etag = b"another", '"two"'

    web.after_break = change
    fetched = await fetcher.fetch(parse_uri(f"{web.url}/m"), "default")
    assert fetched.digest == f"sha256:{hashlib.sha256(b'another').hexdigest()}"
    assert web.asked == [(200, ""), (200, "bytes=2000000-")]


async def test_a_wrong_checksum_is_refused(fetcher: Fetcher, web: Web) -> None:
    web.files["/m"] = MODEL
    with pytest.raises(FetchFailed) as caught:
        await fetcher.fetch(parse_uri(f"{web.url}/m#sha256={'0' * 64}"), "default")
    assert SUM in caught.value.cause


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (401, 1), (403, 1), (503, 5)])
async def test_an_error_names_the_status_and_hides_the_query(
    fetcher: Fetcher, web: Web, status: int, asked: int
) -> None:
    web.files["/m"] = MODEL
    web.status = status
    with pytest.raises(FetchFailed) as caught:
        await fetcher.fetch(parse_uri(f"{web.url.replace('//', '//me:pass@')}/m?signature=secret"), "default")
    assert str(status) in caught.value.cause
    assert len(web.asked) == asked
    told = str(caught.value.as_dict())
    assert "secret" not in told
    assert "pass" not in told


async def test_credentials_of_the_address_are_sent(fetcher: Fetcher, web: Web) -> None:
    web.files["/m"] = b"x"
    await fetcher.fetch(parse_uri(f"{web.url.replace('//', '//me:p%40ss@')}/m"), "default")
    assert web.authorization == "Basic bWU6cEBzcw=="


async def test_too_large_is_refused_before_it_is_read(fetcher: Fetcher, web: Web) -> None:
    web.files["/m"] = bytes(11_000_000)
    with pytest.raises(FetchFailed, match="too large"):
        await fetcher.fetch(parse_uri(f"{web.url}/m"), "default")


async def test_without_a_network_the_last_download_is_used_and_said(fetcher: Fetcher, web: Web) -> None:
    web.files["/m"] = MODEL
    uri = parse_uri(f"{web.url}/m")
    await fetcher.fetch(uri, "default")
    web.status = 503
    again = await fetcher.fetch(uri, "default")
    assert again.digest == f"sha256:{SUM}"
    assert "what was there last is used" in again.notices[0]


async def test_a_host_that_does_not_answer_is_named(fetcher: Fetcher) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(FetchFailed) as caught:
        await fetcher.fetch(parse_uri(f"http://127.0.0.1:{port}/m"), "default")
    assert "cannot be reached" in caught.value.cause
    assert caught.value.passing


async def test_a_cancelled_fetch_stops(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as slow:
        task = asyncio.create_task(fetcher.fetch(parse_uri(f"http://127.0.0.1:{slow.getsockname()[1]}/m"), "default"))
        connection, _ = await asyncio.to_thread(slow.accept)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The thread sees it with the next piece that comes, and hangs up.
        connection.sendall(bytes(2_000_000))
        connection.settimeout(10)
        with pytest.raises(OSError, match=r"reset|Broken"):
            while True:
                connection.sendall(bytes(1_000_000))
        connection.close()


async def test_a_path_in_the_address_stays_a_name(fetcher: Fetcher, web: Web) -> None:
    web.files["/..%2f..%2fevil"] = b"x"
    fetched = await fetcher.fetch(parse_uri(f"{web.url}/..%2f..%2fevil"), "default")
    assert fetched.filename == ".._.._evil"
