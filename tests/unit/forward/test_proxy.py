"""Requests through a door: judged, carried, answered, whatever happens behind."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from minikf.errors import Unreachable
from minikf.kube.forward import secured as secured_module
from minikf.kube.forward.door import Door
from minikf.kube.forward.exchange import plain
from minikf.kube.forward.find import Place
from minikf.kube.forward.gate import Cluster, Gate
from minikf.kube.forward.listening import Listening, listen
from minikf.kube.forward.proxy import Client
from minikf.kube.forward.targets import Target
from minikf.loopbackcerts import make_certificates
from tests.unit.forward.apiserver import ApiServer
from tests.unit.forward.conftest import Component, component


@dataclass
class Opened:
    """A door that is open, and what leads in."""

    port: int
    ca: Path
    gate: Gate
    door: Door

    def request(self, line: str, *more: str, body: bytes = b"") -> bytes:
        lines = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Authorization: Bearer s3cret", *more]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body

    async def ask(self, data: bytes, *, tls: bool = True) -> bytes:
        """All that comes for these bytes until the other side closes, or has said nothing for a moment."""
        trust = ssl.create_default_context(cafile=str(self.ca)) if tls else None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=trust)
        writer.write(data)
        out = await reader.read(65536)
        try:
            while piece := await asyncio.wait_for(reader.read(65536), 0.2):
                out += piece
        except (TimeoutError, ssl.SSLError):
            pass
        writer.transport.abort()
        return out


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder / "ca.crt", folder / "server.crt", folder / "server.key", "test")
    return folder


@pytest.fixture
async def opened(cluster: Cluster, till: Component, tls: Path) -> AsyncIterator[Opened]:
    listener = listen(0)
    assert listener is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "server.crt", tls / "server.key")
    target = Target("till", "shop", "till", 80, headers=(("kubeflow-userid", "me"),))
    gate = Gate(target, lambda: cluster)
    port = listener.getsockname()[1]
    door = Door("s3cret", port)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Client(reader, writer, door, gate).run()

    listening = Listening(listener, context, serve)
    yield Opened(port, tls / "ca.crt", gate, door)
    await listening.close()
    gate.close()


@pytest.mark.parametrize("secure", [True, False])
async def test_a_request_is_carried_by_tls_and_without(opened: Opened, secure: bool) -> None:
    answer = await opened.ask(opened.request("GET /who"), tls=secure)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"\r\n\r\ntill-0")


async def test_the_component_gets_the_request_without_what_is_the_doors(opened: Opened, till: Component) -> None:
    more = ("Cookie: a=b", "Kubeflow-Userid: somebody", "X-Forwarded-For: evil", "Content-Length: 3", "X-Mine: 1")
    await opened.ask(opened.request("POST /echo?a=b", *more, body=b"abc"))
    (seen,) = till.requests
    lines = seen.decode().split("\r\n")
    assert lines[0] == "POST /echo?a=b HTTP/1.1" and lines[-1] == "abc"
    assert sorted(lines[1:-2]) == [
        "Content-Length: 3", "Cookie: a=b", f"Host: 127.0.0.1:{opened.port}", "X-Mine: 1", "kubeflow-userid: me",
    ]  # fmt: skip


async def test_several_requests_share_one_connection_to_the_pod(opened: Opened, api: ApiServer) -> None:
    one = opened.request("GET /who")
    answer = await opened.ask(one + one + one)  # pipelined, too
    assert answer.count(b"till-0") == 3
    await opened.ask(opened.request("POST /who", "Content-Length: 0"))
    assert api.opened == 1


async def test_each_request_of_a_connection_is_judged(opened: Opened, till: Component) -> None:
    foreign = opened.request("GET /who", "Origin: http://evil.example")
    answer = await opened.ask(opened.request("GET /who") + foreign)
    assert answer.count(b"HTTP/1.1 ") == 2 and b"HTTP/1.1 403" in answer
    assert len(till.requests) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 80_000,
        b"\x00\x01\x02\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused(opened: Opened, till: Component, data: bytes) -> None:
    assert (await opened.ask(data, tls=False))[:10] in (b"HTTP/1.1 4", b"HTTP/1.1 5")
    assert not till.requests


async def test_two_lengths_never_arrive_as_two_requests(opened: Opened, till: Component) -> None:
    smuggled = b"0\r\n\r\nGET /who HTTP/1.1\r\nHost: x\r\n\r\n"
    more = ("Content-Length: 4", "Transfer-Encoding: chunked")
    await opened.ask(opened.request("POST /echo", *more, body=smuggled))
    assert all(b"GET /who" not in seen for seen in till.requests)
    assert (await opened.ask(opened.request("POST /echo", "Content-Length: 4", "Content-Length: 5")))[:12] == (
        b"HTTP/1.1 400"
    )


async def test_a_body_in_pieces(opened: Opened, till: Component) -> None:
    body = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    answer = await opened.ask(opened.request("POST /echo", "Transfer-Encoding: chunked", body=body))
    assert answer.endswith(b"abcde")


async def test_a_pod_that_speaks_tls(opened: Opened, api: ApiServer, tls: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "server.crt", tls / "server.key")
    api.services["shop/till"]["ports"][0]["appProtocol"] = "https"
    async with component("till-tls", context) as secured:
        api.pods = {"till-tls": secured.port}
        api.serve("till", "till-tls")
        api.services["shop/till"]["ports"][0]["appProtocol"] = "https"
        before = api.opened
        for _ in range(3):
            assert (await opened.ask(opened.request("GET /who"))).endswith(b"till-tls")
        body = b"x" * 300_000
        answer = await opened.ask(opened.request("POST /echo", f"Content-Length: {len(body)}", body=body))
        assert answer.endswith(body)
        assert (await opened.ask(opened.request("GET /cut"))).endswith(b"half")
        assert api.opened <= before + 5


async def test_a_pod_that_should_speak_tls_and_does_not(
    opened: Opened, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secured_module, "HANDSHAKE_SECONDS", 0.3)
    api.services["shop/till"]["ports"][0]["name"] = "https"
    api.slices["shop/till"][0]["ports"][0]["name"] = "https"
    answer = await opened.ask(opened.request("GET /who"))
    assert answer.startswith(b"HTTP/1.1 503"), answer


async def test_who_waits_for_100_is_told(opened: Opened) -> None:
    answer = await opened.ask(opened.request("POST /echo", "Expect: 100-continue", "Content-Length: 3", body=b"abc"))
    assert answer.endswith(b"abc")


async def test_a_websocket_becomes_a_tunnel(opened: Opened) -> None:
    answer = await opened.ask(opened.request("GET /", "Upgrade: echo", "Connection: Upgrade", body=b"you"))
    assert answer.startswith(b"HTTP/1.1 101 ") and answer.endswith(b"\r\n\r\nhello you")


async def test_another_pod_takes_over(opened: Opened, api: ApiServer, till: Component) -> None:
    await opened.ask(opened.request("GET /who"))
    async with component("till-1") as other:
        api.pods = {"till-1": other.port}
        api.serve("till", "till-1")
        opened.gate.close()  # the connection went with the pod
        assert (await opened.ask(opened.request("GET /who"))).endswith(b"till-1")


async def test_a_pod_that_is_gone_is_passed_over(opened: Opened, api: ApiServer) -> None:
    api.serve("till", "gone", "till-0")
    assert (await opened.ask(opened.request("GET /who"))).endswith(b"till-0")


async def test_no_pod_is_told_at_once_and_is_no_matter_later(opened: Opened, api: ApiServer) -> None:
    api.serve("till")
    answer = await opened.ask(opened.request("GET /who"))
    assert answer.startswith(b"HTTP/1.1 503") and b"retry-after: 1" in answer and b"it has no pods" in answer
    api.serve("till", "till-0")
    assert (await opened.ask(opened.request("GET /who"))).endswith(b"till-0")


async def test_an_api_server_that_is_slow_to_say_no_delays_nobody_twice(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    def slow(*_: object) -> list[Place]:
        nonlocal looked
        looked += 1
        time.sleep(0.5)
        raise Unreachable("it does not answer", cause="nothing listens")

    monkeypatch.setattr(opened.gate, "_find", slow)
    began = time.monotonic()
    answers = await asyncio.gather(*(opened.ask(opened.request("GET /who"), tls=False) for _ in range(20)))
    assert all(answer.startswith(b"HTTP/1.1 503") and b"nothing listens" in answer for answer in answers)
    assert looked < 5 and time.monotonic() - began < 4


async def test_an_idle_connection_that_has_died_is_no_matter(opened: Opened, api: ApiServer, till: Component) -> None:
    await opened.ask(opened.request("GET /who"))
    ((line, _),) = opened.gate._idle
    line.carry._writer.transport.abort()
    for method in ("GET", "POST"):
        more = ("Content-Length: 0",) if method == "POST" else ()
        assert (await opened.ask(opened.request(f"{method} /who", *more))).endswith(b"till-0")


async def test_a_get_that_broke_off_is_asked_again_and_a_post_is_not(opened: Opened, till: Component) -> None:
    assert (await opened.ask(opened.request("GET /drop"))).startswith(b"HTTP/1.1 502")
    assert len(till.requests) == 2
    assert (await opened.ask(opened.request("POST /drop", "Content-Length: 0"))).startswith(b"HTTP/1.1 502")
    assert len(till.requests) == 3


async def test_half_an_answer_is_seen_to_be_half(opened: Opened) -> None:
    answer = await opened.ask(opened.request("GET /cut"))
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"half") and b"Content-Length: 100" in answer


async def test_a_client_that_leaves_ends_what_was_opened_for_it(opened: Opened, api: ApiServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", opened.port)
    writer.write(opened.request("GET /never"))
    await _until(lambda: api.open_now == 1)
    writer.transport.abort()
    await _until(lambda: api.open_now == 0)
    assert reader is not None


@pytest.mark.parametrize("to", ["//evil.example/", "//evil.example/%22%3E", "https://evil.example", "/\\evil.example"])
async def test_a_link_gives_a_browser_its_cookie_and_leads_nowhere_else(opened: Opened, to: str) -> None:
    name = f"{opened.door.label}:{opened.port}"
    told = await opened.ask(opened.request("POST /.minikf/link"))
    assert told.startswith(b"HTTP/1.1 200") and opened.door.label.encode() in told
    path = opened.door.link()
    enter = f"GET {path}&to={to} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode()
    entered = await opened.ask(enter, tls=False)
    assert entered.startswith(b"HTTP/1.1 200") and b'content="0;url=/"' in entered
    cookie = entered.split(b"set-cookie: ")[1].split(b";")[0]
    asked = b"GET /who HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n" % (name.encode(), cookie)
    assert (await opened.ask(asked, tls=False)).endswith(b"till-0")
    assert (await opened.ask(enter, tls=False)).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("line", ["GET /.minikf/link", "POST /.minikf/other", "GET /.minikf/"])
async def test_the_doors_own_pages_are_not_carried(opened: Opened, till: Component, line: str) -> None:
    assert (await opened.ask(opened.request(line))).startswith(b"HTTP/1.1 404")
    no_proof = f"POST /.minikf/link HTTP/1.1\r\nHost: 127.0.0.1:{opened.port}\r\n\r\n".encode()
    assert (await opened.ask(no_proof)).startswith(b"HTTP/1.1 401")
    assert not till.requests


async def test_many_at_once(opened: Opened, till: Component) -> None:
    answers = await asyncio.gather(*(opened.ask(opened.request("GET /who"), tls=False) for _ in range(60)))
    assert all(answer.endswith(b"till-0") for answer in answers)
    assert len(till.requests) == 60


async def test_cookies_can_be_set_over_plain_http(opened: Opened, till: Component) -> None:
    assert plain(b"XSRF-TOKEN=a; Path=/; Secure; SameSite=Strict") == b"XSRF-TOKEN=a; Path=/; SameSite=Strict"
    till.extra = "Set-Cookie: a=b; Secure\r\n"
    assert b"Set-Cookie: a=b\r\n" in await opened.ask(opened.request("GET /who"), tls=False)
    assert b"Set-Cookie: a=b; Secure\r\n" in await opened.ask(opened.request("GET /who"), tls=True)


async def test_a_client_that_says_nothing_or_no_tls_is_let_go(opened: Opened) -> None:
    for data in (b"", b"\x16\x03\x01nonsense"):
        with socket.create_connection(("127.0.0.1", opened.port)) as client:
            client.sendall(data)
            await asyncio.sleep(0.05)
    assert (await opened.ask(opened.request("GET /who"))).endswith(b"till-0")


async def _until(true: object, seconds: float = 5.0) -> None:
    assert callable(true)
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come")
