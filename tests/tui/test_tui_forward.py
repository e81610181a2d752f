"""Port-forwards: chosen in the terminal UI, guarded, and alive after their pod is another."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from minikf.errors import Refused
from minikf.kube.rest import RestClient
from minikf.status import access
from minikf.views.asking import Reach
from minikf.views.forwards import FORWARDS, CloseForward, OpenForward
from tests.embedded.homes import Home
from tests.tui.fake_feed import pod
from tests.tui.screen import SIZES, opened

PODS = "/api/v1/namespaces/default/pods"
SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{os.environ['WHO']} {self.headers.get('Authorization')}".encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def make_pod(name: str, port: int, *, owned: bool = False) -> None:
    container = {
        "name": "web", "image": "python", "command": ["python", "-c", SERVER, str(port)],
        "env": [{"name": "WHO", "value": name}], "ports": [{"containerPort": port, "name": "web"}],
    }  # fmt: skip
    metadata: dict[str, object] = {"name": name, "labels": {"app": "till"}}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    if owned:
        owner = RestClient(access("default")).call(
            "POST", "/api/v1/namespaces/default/configmaps",
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "owner-"}},
        )["metadata"]  # fmt: skip
        metadata["ownerReferences"] = [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": owner["name"], "uid": owner["uid"]}
        ]
    RestClient(access("default")).call("POST", PODS, body)


def ask(address: str, **headers: str) -> tuple[int, str]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 0, timeout=20)
    connection.request("GET", parts.path + (f"?{parts.query}" if parts.query else ""), headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def until(address: str, word: str, **headers: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        status, text = ask(address, **headers)
        assert status in (200, 502, 503), text
        if status == 200 and text.startswith(word):
            return
        time.sleep(0.1)
    raise AssertionError(f"{word} not seen, but {status} {text}")


@pytest.fixture
def port() -> Iterator[int]:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = int(free.getsockname()[1])
    yield found


def test_it_leads_to_the_pod_guarded_and_to_the_pod_after_it(lived_in: Home, port: int) -> None:
    make_pod("till-1", port, owned=True)
    opened_ = OpenForward("default", "till-1").answer(Reach("default"))
    forward = opened_.forward
    assert forward.pods.port == port
    proof = {"Authorization": f"Bearer {Path(forward.token).read_text()}"}
    until(forward.address, "till-1 None", **proof)
    assert ask(forward.address)[0] == 401
    assert ask(forward.address, **proof, Host="evil.example")[0] == 421
    assert ask(forward.address, **proof, Origin="http://evil.example")[0] == 403
    link = urlsplit(opened_.link)
    entered = f"http://127.0.0.1:{link.port}{link.path}?{link.query}"
    assert ask(entered, Host=link.netloc)[0] == 200
    assert ask(entered, Host=link.netloc)[0] == 401, "a link is good once"
    assert OpenForward("default", "till-1").answer(Reach("default")).forward == forward

    RestClient(access("default")).call("DELETE", f"{PODS}/till-1?gracePeriodSeconds=0")
    end = time.monotonic() + 30
    while ask(forward.address, **proof)[0] == 200 and time.monotonic() < end:
        time.sleep(0.1)
    status, said = ask(forward.address, **proof)
    assert (status, "no pod like default/till-1 runs" in said) == (503, True), said
    make_pod("till-2", port, owned=True)
    until(forward.address, "till-2 None", **proof)

    CloseForward(forward).answer(Reach("default"))
    assert forward not in FORWARDS.list()
    with pytest.raises(OSError):
        ask(forward.address)
    RestClient(access("default")).call("DELETE", f"{PODS}/till-2?gracePeriodSeconds=0")


def test_what_cannot_be_forwarded_says_why(lived_in: Home, port: int) -> None:
    client = RestClient(access("default"))
    spec = {"containers": [{"name": "c", "image": "python", "command": ["sleep", "60"]}]}
    client.call("POST", PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "closed"}, "spec": spec})
    with pytest.raises(Refused, match="declares no port"):
        OpenForward("default", "closed").answer(Reach("default"))
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(Refused, match="cannot be listened at"):
            OpenForward("default", "closed", 8080, port).answer(Reach("default"))
    client.call("DELETE", f"{PODS}/closed?gracePeriodSeconds=0")


def test_the_command_line_does_the_same_until_it_is_interrupted(lived_in: Home, port: int) -> None:
    make_pod("till-3", port)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "minikf", "port-forward", "till-3", "--json"],
        env=lived_in.environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    text = ""
    while not text.rstrip().endswith("}"):
        text += process.stdout.readline()
    told = json.loads(text)
    until(told["address"], "till-3", Authorization=f"Bearer {Path(told['token']).read_text()}")
    process.send_signal(2)
    assert process.wait(10) == 130
    RestClient(access("default")).call("DELETE", f"{PODS}/till-3?gracePeriodSeconds=0")


@pytest.mark.parametrize("size", SIZES)
async def test_a_port_is_chosen_opened_and_ended(size: tuple[int, int], lived_in: Home, port: int) -> None:
    """The page with the fake feed; the door is a real one."""
    name = f"till-{size[0]}"
    make_pod(name, port)
    async with opened(size) as screen:
        screen.feed.answers[OpenForward] = lambda question: question.answer(Reach("default"))
        screen.feed.answers[CloseForward] = lambda question: question.answer(Reach("default"))
        shown = pod(name, containers=("web",))
        shown["metadata"]["namespace"] = "default"
        shown["spec"]["containers"][0]["ports"] = [{"containerPort": port, "name": "web"}]
        screen.feed.lists("pods", shown)
        await screen.open("pods")
        await screen.sees(name)
        await screen.press("f")
        await screen.sees("Which HTTP port", str(port))
        await screen.press("enter")
        await screen.sees("default/till-", "http://127.0", no="Which HTTP port")
        if size[0] >= 80:
            await screen.sees("Authorization: Bearer $(cat")
        assert screen.app.place.url().startswith("http://minikf-")
        assert f"port-forward {name}" in screen.app.place.equivalent()
        await screen.press("ctrl+d")
        await screen.sees("No port is forwarded")
        await screen.press("escape")
        await screen.sees(name)
    RestClient(access("default")).call("DELETE", f"{PODS}/{name}?gracePeriodSeconds=0")


async def test_where_no_port_is_declared_the_probes_one_is_offered() -> None:
    """As of KServe's predictors on a cluster."""
    async with opened((120, 24)) as screen:
        shown = pod("predictor")
        shown["spec"]["containers"][0]["readinessProbe"] = {"tcpSocket": {"port": 8080}}
        screen.feed.lists("pods", shown)
        await screen.open("pods")
        await screen.sees("predictor")
        await screen.press("f")
        await screen.sees("It declares no port, but is asked at 8080.")
        await screen.press("enter")
        await screen.until(lambda: OpenForward("team", "predictor", 8080) in screen.feed.asked)


async def test_a_pod_that_does_not_run_has_no_port() -> None:
    async with opened((120, 24)) as screen:
        screen.feed.lists("pods", pod("web", phase="Pending"))
        await screen.open("pods")
        await screen.sees("web")
        await screen.press("f")
        await screen.sees("there is no port to forward")
