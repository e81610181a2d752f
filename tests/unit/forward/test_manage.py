"""The process of a port-forward: started, found, killed, started again, ended. The process is the real one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import stat
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minikf.carrying import carry_also
from minikf.engine import forwarding
from minikf.engine.forwarding import manage
from minikf.engine.process import Process
from minikf.environment import variables
from minikf.errors import Unreachable
from minikf.kube.forward.targets import Serving, Target, Wanted
from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.unit.forward.apiserver import ApiServer, api_server
from tests.unit.forward.conftest import component

TILL = Target("till", "shop", "till", 80, page=False)
PAGE = Target("page", "shop", "till", 80, "/who")
Make = Callable[[str], Access]


@pytest.fixture(scope="module")
def shop() -> Iterator[ApiServer]:
    """An API server and a component in a thread: the process under test is another one."""
    loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    made: list[ApiServer] = []

    async def serve() -> None:
        async with api_server() as api, component("till-0") as till:
            api.pods["till-0"] = till.port
            api.serve("till", "till-0")
            made.append(api)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(10)
    yield made[0]
    loop.call_soon_threadsafe(over.set)
    thread.join(10)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shop: ApiServer) -> Iterator[Make]:
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    made = []

    def access(name: str) -> Access:
        paths = PlatformPaths.of(name)
        paths.config.mkdir(parents=True)
        paths.state.mkdir(parents=True)
        paths.token.write_text("cluster-token")
        made.append(paths)
        return Access(name, "kind", shop.address, paths.kubeconfig, paths.ca, paths.token)

    yield access
    for paths in made:
        forwarding.end(paths)


def ask(access: Access, name: str = "till", path: str = "/who", *, token: str = "") -> tuple[int, str]:
    reached = forwarding.reached(access)
    assert reached.door_ca is not None and reached.door_token is not None
    trust = ssl.create_default_context(cafile=str(reached.door_ca))
    headers = {"Authorization": f"Bearer {token or reached.door_token.read_text()}"}
    request = urllib.request.Request(reached.endpoints[name] + path, headers=headers)
    try:
        with urllib.request.urlopen(request, context=trust, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def _is_model(name: str) -> bool:
    return name.startswith("model/")


def kill(serving: Serving) -> None:
    process = Process(serving.pid, serving.started)
    process.signal(signal.SIGKILL)
    assert process.wait(5)


def test_it_carries_and_is_told_how_to_be_reached(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    serving = forwarding.carry(paths, access, [TILL, PAGE])
    assert ask(access) == (200, "till-0")
    assert ask(access, token="wrong")[0] == 401
    assert forwarding.carry(paths, access, [TILL, PAGE]) == serving  # nothing changed, nothing done
    reached = forwarding.reached(access)
    assert reached.endpoints["page"] == f"http://127.0.0.1:{serving.ports['page']}/who"
    assert forwarding.is_page(reached, "page") and not forwarding.is_page(reached, "till")
    values = variables(reached)
    assert Path(values["KF_PIPELINES_SA_TOKEN_PATH"]).read_text() not in ("", "cluster-token")
    assert reached.door_ca is not None and reached.door_ca.read_text() in Path(values["SSL_CERT_FILE"]).read_text()
    for file in (*paths.door.iterdir(), paths.forward_file, paths.forwarder_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    part = forwarding.report(paths)
    assert part is not None and part.healthy and part.memory_bytes > 0


def test_a_link_lets_a_browser_in_once(make: Make) -> None:
    access = make("one")
    serving = forwarding.carry(PlatformPaths.of("one"), access, [PAGE])
    link = forwarding.link(access, "page")
    host, path = link.removeprefix("http://").split("/", 1)
    assert host.endswith(f".localhost:{serving.ports['page']}") and path.endswith("&to=/who")
    port = serving.ports["page"]
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=10) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        assert b'content="0;url=/who"' in answer.read()
    page = urllib.request.Request(f"http://127.0.0.1:{port}/who", headers={"Host": host, "Cookie": cookie})
    with urllib.request.urlopen(page, timeout=10) as answer:
        assert answer.read() == b"till-0"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request, timeout=10)


def test_killed_it_comes_back_where_it_was(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    first = forwarding.carry(paths, access, [TILL, PAGE])
    for _ in range(2):
        kill(first)
        second = forwarding.revive(paths)
        assert second is not None and second.pid != first.pid and second.ports == first.ports
        assert ask(access) == (200, "till-0")
        first = second
    kill(first)
    part = forwarding.report(paths)
    assert part is not None and part.healthy and "started again" in part.state


def test_many_at_once_start_one(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    kill(forwarding.carry(paths, access, [TILL]))
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: forwarding.revive(paths), range(6)))
    assert len({one.pid for one in found if one is not None}) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "started": "x", "version": "", "told": 1, "ports": []}']
)
def test_a_damaged_record_is_no_matter(make: Make, text: str) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    serving = forwarding.carry(paths, access, [TILL])
    paths.forwarder_file.write_text(text)
    again = forwarding.revive(paths)
    assert again is not None and again.pid != serving.pid
    assert not Process(serving.pid, serving.started).alive
    assert ask(access) == (200, "till-0")


def test_another_release_is_replaced(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    serving = forwarding.carry(paths, access, [TILL])
    old = json.loads(paths.forwarder_file.read_text()) | {"version": "0.0.1"}
    paths.forwarder_file.write_text(json.dumps(old))
    again = forwarding.revive(paths)
    assert again is not None and again.pid != serving.pid and again.ports == serving.ports


def test_a_port_that_another_took_is_replaced_and_said(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    serving = forwarding.carry(paths, access, [TILL])
    kill(serving)
    with socket.create_server(("127.0.0.1", serving.ports["till"])):
        again = forwarding.revive(paths)
        assert again is not None and again.ports["till"] != serving.ports["till"]
        assert ask(access) == (200, "till-0")


def test_what_is_carried_can_change(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    serving = forwarding.carry(paths, access, [TILL])
    model = Target("model/shop/a", "shop", "till", 80, page=False, headers=(("a", "b"),))
    also = forwarding.carry_also(paths, access, [model], _is_model)
    assert also is not None and also.pid == serving.pid and also.ports["till"] == serving.ports["till"]
    assert ask(access, "model/shop/a") == (200, "till-0")
    forwarding.carry_also(paths, access, [], _is_model)
    assert "model/shop/a" not in forwarding.reached(access).endpoints
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", also.ports["model/shop/a"]), 1).close()
    assert ask(access) == (200, "till-0")


def test_what_is_carried_no_more_has_no_address(make: Make) -> None:
    access = make("one")
    forwarding.carry(PlatformPaths.of("one"), access, [TILL, PAGE])
    both = forwarding.reached(access)
    left = carry_also(both, [], lambda name: name == "till")
    assert "till" in both.endpoints and left.endpoints.keys() == {"page"}


def test_names_of_one_service_share_a_port(make: Make) -> None:
    access = make("one")
    serving = forwarding.carry(PlatformPaths.of("one"), access, [PAGE, Target("other", "shop", "till", 80, "/other/")])
    assert serving.ports["page"] == serving.ports["other"]


def test_nothing_to_carry_starts_nothing(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    assert forwarding.carry_also(paths, access, [], _is_model) is None
    assert forwarding.revive(paths) is None and forwarding.report(paths) is None
    assert forwarding.reached(access) == access
    assert not paths.forwarder_file.exists() and not paths.door.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"server": "x", "targets": [{}]}'])
def test_a_damaged_wish_is_none_until_it_is_written_anew(make: Make, text: str) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    serving = forwarding.carry(paths, access, [TILL])
    paths.forward_file.write_text(text)
    assert forwarding.reached(access) == access and forwarding.report(paths) is None
    os.kill(serving.pid, signal.SIGHUP)
    assert Process(serving.pid, serving.started).wait(10)
    assert forwarding.carry(paths, access, [TILL]).ports == serving.ports
    assert ask(access) == (200, "till-0")


def test_it_ends_and_stays_ended_until_it_is_wanted(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    serving = forwarding.carry(paths, access, [TILL])
    assert forwarding.end(paths) and not forwarding.end(paths)
    assert not Process(serving.pid, serving.started).alive
    again = forwarding.revive(paths)
    assert again is not None and again.ports == serving.ports
    assert forwarding.end(paths, forget=True)
    assert forwarding.revive(paths) is None


def test_it_goes_with_the_platform(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    serving = forwarding.carry(paths, access, [TILL])
    paths.forward_file.unlink()
    os.kill(serving.pid, signal.SIGHUP)
    assert Process(serving.pid, serving.started).wait(10)


def test_two_platforms_are_apart(make: Make) -> None:
    one, two = make("one"), make("two")
    first = forwarding.carry(PlatformPaths.of("one"), one, [TILL])
    second = forwarding.carry(PlatformPaths.of("two"), two, [TILL])
    assert first.ports["till"] != second.ports["till"]
    assert ask(one) == ask(two) == (200, "till-0")
    reached = forwarding.reached(two)
    assert reached.door_token is not None
    assert ask(one, token=reached.door_token.read_text())[0] == 401
    forwarding.end(PlatformPaths.of("one"))
    assert ask(two) == (200, "till-0")


def test_one_that_cannot_start_says_why(make: Make) -> None:
    access = make("one")
    paths = PlatformPaths.of("one")
    paths.door.parent.mkdir(exist_ok=True)
    paths.door.write_text("in the way")
    with pytest.raises(Unreachable, match="does not run") as caught:
        forwarding.carry(paths, access, [TILL])
    assert "in the way" in caught.value.cause
    part = forwarding.report(paths)
    assert part is not None and not part.healthy and "in the way" in part.cause


def test_files_of_ours_only() -> None:
    assert Wanted.read(Path("/nonexistent")) is None and Serving.read(Path("/nonexistent")) is None
    assert manage.MODULE == "minikf.engine.forwarding.program"
