"""One connection to a pod's port through the API server."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.kube.credentials import of
from minikf.kube.forward import carry as module
from minikf.kube.forward.carry import Broken, Carry
from minikf.kube.forward.find import Place
from minikf.kube.forward.gate import Cluster
from minikf.loopbackcerts import make_certificates
from tests.unit.forward.apiserver import ApiServer, api_server, proxy
from tests.unit.forward.conftest import Component, access_to, component

PLACE = Place("shop", "till-0", 8080)
GET = b"GET /who HTTP/1.1\r\nHost: till\r\n\r\n"


async def opened(cluster: Cluster, place: Place = PLACE) -> Carry:
    return await Carry.open(cluster.credentials, place)


@pytest.mark.parametrize("glue", [False, True])
async def test_bytes_go_both_ways(api: ApiServer, till: Component, cluster: Cluster, glue: bool) -> None:
    api.glue = glue
    carry = await opened(cluster)
    for _ in range(2):
        await carry.write(GET)
        assert (await carry.read()).endswith(b"\r\n\r\ntill-0")
    assert await carry.alive()
    path, headers = api.asked[-1]
    assert path == "/api/v1/namespaces/shop/pods/till-0/portforward?ports=8080"
    assert headers["authorization"] == "Bearer cluster-token"
    carry.close()
    assert not carry.usable and not await carry.alive()


async def test_much_at_once(till: Component, cluster: Cluster) -> None:
    carry = await opened(cluster)
    body = b"x" * 3_000_000
    sent = asyncio.create_task(carry.write(b"POST /echo HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body))
    size = 0
    while size < len(body):
        size += len(await carry.read())
    await sent
    assert till.requests[0].endswith(body)
    carry.close()


async def test_the_end_of_the_pods_side_is_the_end(till: Component, cluster: Cluster) -> None:
    carry = await opened(cluster)
    await carry.write(b"GET /drop HTTP/1.1\r\n\r\n")
    assert await carry.read() == b""
    assert not carry.usable


async def test_nothing_listens_there(api: ApiServer, cluster: Cluster) -> None:
    api.pods["till-0"] = 1  # tcpmux, which nobody has
    carry = await opened(cluster)
    with pytest.raises(Broken, match="error forwarding port 8080") as caught:
        await carry.read()
    assert caught.value.gone


@pytest.mark.parametrize(("status", "gone"), [(404, True), (500, True), (403, False), (401, False), (503, False)])
async def test_a_refusal_is_told(api: ApiServer, cluster: Cluster, status: int, gone: bool) -> None:
    api.refuse = (status, '{"kind": "Status", "message": "no, thanks"}')
    with pytest.raises(Broken, match="no, thanks") as caught:
        await opened(cluster)
    assert caught.value.gone is gone


async def test_no_api_server(cluster: Cluster, api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster.credentials, "_address", module.Address("127.0.0.1", 1, tls=False))
    with pytest.raises(Broken, match="cannot be reached"):
        await opened(cluster)


async def test_one_that_never_answers(monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> None:
    monkeypatch.setattr(module, "OPEN_SECONDS", 0.2)
    server = await asyncio.start_server(lambda *_: asyncio.sleep(5), "127.0.0.1", 0)
    address = module.Address("127.0.0.1", server.sockets[0].getsockname()[1], tls=False)
    monkeypatch.setattr(cluster.credentials, "_address", address)
    with pytest.raises(Broken, match="did not answer"):
        await opened(cluster)
    server.close()


async def test_silence_is_found_out(
    api: ApiServer, till: Component, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    carry = await opened(cluster)
    reading = asyncio.create_task(carry.read())
    await asyncio.sleep(0.5)  # quiet, but it answers
    assert not reading.done()
    api.mute = True
    with pytest.raises(Broken, match="silent"):
        await asyncio.wait_for(reading, 2.0)
    carry.close()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder / "ca.crt", folder / "server.crt", folder / "server.key", "api")
    return folder


@pytest.mark.parametrize("through", ["", "http://{}", "http://me:secret@{}"])
async def test_by_tls_and_through_a_proxy(tls: Path, through: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "server.crt", tls / "server.key")
    asked: list[str] = []
    user = "bWU6c2VjcmV0" if "@" in through else ""  # me:secret, as Basic has it
    async with api_server(context) as api, component("till-0") as till, proxy(asked, user) as address:
        api.pods["till-0"] = till.port
        credentials = of(access_to(api.address, tls))
        found = credentials.address()
        wanted = replace(found, proxy=through.format(address.removeprefix("http://")))
        credentials._address = wanted  # type: ignore[attr-defined]
        carry = await Carry.open(credentials, PLACE)
        await carry.write(GET)
        assert (await carry.read()).endswith(b"till-0")
        carry.close()
        assert len(asked) == (1 if through else 0)


async def test_a_proxy_that_says_no(tls: Path, api: ApiServer) -> None:
    async with proxy([], "somebody else") as address:
        credentials = of(access_to(api.address, tls))
        credentials._address = replace(credentials.address(), proxy=address)  # type: ignore[attr-defined]
        with pytest.raises(Broken, match=r"the proxy answers .* 407"):
            await Carry.open(credentials, PLACE)


async def test_another_server_there_is_not_believed(tls: Path, tmp_path: Path) -> None:
    make_certificates(tmp_path / "ca.crt", tmp_path / "other.crt", tmp_path / "other.key", "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls / "server.crt", tls / "server.key")
    async with api_server(context) as api:
        with pytest.raises(Broken, match="cannot be reached"):
            await Carry.open(of(access_to(api.address, tmp_path)), PLACE)
        assert not api.asked
