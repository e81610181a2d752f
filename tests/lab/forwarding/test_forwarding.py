"""The port-forward against a real API server, kubelet and containerd."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from dockerd.engine import docker

from minikf.carrying import carry_also
from minikf.endpoints import notebook_link
from minikf.engine import forwarding
from minikf.engine.process import Process
from minikf.install.choice import Choice, forget
from minikf.install.passwords import kept
from minikf.kube.forward.targets import Serving, Target
from minikf.paths import PlatformPaths
from minikf.spec import Access

from .conftest import Shop, minikf, minikf_json

Make = Callable[[str], Access]


class User:
    """A user's program with what `minikf env` and `minikf open` say."""

    def __init__(self, platform: str) -> None:
        variables = minikf_json("env", platform=platform)
        self.url = minikf_json("open", "echo", platform=platform)["echo"]
        self.ca = variables["SSL_CERT_FILE"]
        self.token = Path(variables["KF_PIPELINES_SA_TOKEN_PATH"]).read_text()

    def ask(self, path: str = "/who", method: str = "GET", **more: Any) -> requests.Response:
        """What is said in more headers goes before the credential."""
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        return requests.request(method, self.url + path, headers=headers, verify=self.ca, timeout=60, **more)


def until(user: User, other_than: str = "", seconds: float = 90.0) -> requests.Response:
    """The first good answer, of a pod `other_than` one that was deleted, whose server may live on for a moment.

    Every answer before it has to come within the time that a connection may take.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        answer = user.ask()
        assert answer.status_code in (200, 502, 503), answer.text
        assert time.monotonic() - began < 45, "it hung"
        if answer.status_code == 200 and answer.text.strip() != other_than:
            return answer
        time.sleep(0.5)
    raise AssertionError(answer.text)


@pytest.mark.core
def test_a_platform_is_reached_guarded_and_heals(shop: Shop, platform: Make) -> None:
    made = platform("team")
    user = User("team")
    before = shop.pod()
    assert user.ask().text.strip() == before

    for headers, status in (
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
    ):
        assert user.ask(headers=headers).status_code == status
    seen = user.ask("/echo", "POST", data=b"y" * 3_000_000).text
    assert seen.count("y") > 3_000_000 - 1 and user.token not in seen
    assert len(user.ask("/big?5000000").content) == 5_000_000

    shop.cluster.kubectl("delete", "pod", "--selector", "app=echo")
    assert until(user, before).text.strip() == shop.pod()

    serving = Serving.read(PlatformPaths.of("team").forwarder_file)
    assert serving is not None
    os.kill(serving.pid, signal.SIGKILL)
    assert Process(serving.pid, serving.started).wait(5)
    status = minikf_json("status", platform="team")
    (part,) = (one for one in status["components"] if one["name"] == "access")
    assert part["healthy"] and "started again" in part["state"]
    assert user.ask().status_code == 200  # at the same address, with the same credential

    link = minikf("open", "page", platform="team").stdout.strip()
    host, path = link.removeprefix("http://").split("/", 1)
    entered = requests.get(f"http://127.0.0.1:{host.split(':')[1]}/{path}", headers={"Host": host}, timeout=30)
    assert "minikf-" in entered.headers["Set-Cookie"]
    assert made.endpoints["page"].endswith("/who")

    assert minikf("down", "--yes", platform="team").returncode == 0
    found = minikf("status", "--json", platform="team")
    assert not json.loads(found.stdout)["running"]
    with pytest.raises(ConnectionError), socket.create_connection(("127.0.0.1", serving.ports["echo"]), 5):
        pass


def test_an_api_server_that_stops_and_comes_back(shop: Shop, platform: Make) -> None:
    platform("team")
    user = User("team")
    assert user.ask().status_code == 200
    silent: list[object] = []

    def wait() -> None:
        try:
            silent.append(user.ask("/silent").status_code)
        except requests.RequestException as error:
            silent.append(error)

    waiting = Thread(target=wait)
    waiting.start()
    time.sleep(1)
    server = docker("exec", shop.cluster.node, "crictl", "ps", "--name", "kube-apiserver", "--quiet").strip()
    docker("exec", shop.cluster.node, "crictl", "stop", "--timeout", "0", server)
    waiting.join(60)
    assert silent, "a request that was under way hung"
    assert until(user).text.strip() == shop.pod()


def test_a_sleeping_machine(shop: Shop, platform: Make) -> None:
    """The cluster stands still, as for a laptop that sleeps, with a request under way."""
    platform("team")
    user = User("team")
    assert user.ask().status_code == 200
    docker("pause", shop.cluster.node)
    try:
        began = time.monotonic()
        assert user.ask().status_code == 503
        assert time.monotonic() - began < 40
    finally:
        docker("unpause", shop.cluster.node)
    assert until(user).status_code == 200


def test_two_platforms(shop: Shop, platform: Make) -> None:
    platform("one")
    platform("two")
    one, two = User("one"), User("two")
    assert one.url != two.url and one.ask().status_code == two.ask().status_code == 200
    assert one.ask(headers={"Authorization": f"Bearer {two.token}"}).status_code == 401
    forwarding.end(PlatformPaths.of("one"))
    assert two.ask().status_code == 200


def test_what_users_make_is_carried_too(shop: Shop, platform: Make) -> None:
    """A notebook's Service, and a Service that is only a name, as Knative makes them for models."""
    made = platform("team")
    labels = {"app": "echo"}
    book: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "book"}}
    book["spec"] = {"selector": labels, "ports": [{"name": "http-book", "port": 80, "targetPort": 8080}]}
    model: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "iris-predictor"}}
    model["spec"] = {"type": "ExternalName", "externalName": "echo.default.svc.cluster.local"}
    shop.cluster.apply(book, model)

    link = notebook_link(made, "default", "book")
    host, path = link.removeprefix("http://").split("/", 1)
    port = host.partition(":")[2]
    entered = requests.get(f"http://127.0.0.1:{port}/{path}", headers={"Host": host}, timeout=30)
    assert "url=/notebook/default/book/" in entered.text
    cookie = entered.headers["Set-Cookie"].partition(";")[0]
    page = f"http://127.0.0.1:{port}/notebook/default/book/who"
    answer = requests.get(page, headers={"Host": host, "Cookie": cookie}, timeout=30)
    assert answer.text.strip() == shop.pod()

    user = User("team")  # before: `minikf open` carries the models that KServe has, and this is none of them
    iris = Target("model/default/iris", "default", "iris-predictor", 80, page=False)
    reached = carry_also(made, [iris], lambda name: name.startswith("model/"))
    user.url = reached.endpoints["model/default/iris"]
    assert "Host: iris-predictor.default.svc.cluster.local" in user.ask("/echo").text
    assert "notebook" not in minikf("open", platform="team").stdout


def test_what_was_chosen_of_the_bundle_is_carried(shop: Shop, platform: Make) -> None:
    """As after an installation of the profile lite, with the server in the model registry's place."""
    platform("team")
    paths = PlatformPaths.of("team")
    registry: dict[str, Any] = {"apiVersion": "v1", "kind": "Service"}
    registry["metadata"] = {"name": "model-registry-service", "namespace": "kubeflow"}
    registry["spec"] = {
        "type": "ExternalName",
        "externalName": "echo.default.svc.cluster.local",
        "ports": [{"name": "http-api", "port": 80}],
    }
    shop.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kubeflow"}}, registry)
    assert "MODEL_REGISTRY_URL" not in minikf_json("env", platform="team")
    Choice("kubeflow@26.03", "lite").write(paths)
    try:
        pages = minikf_json("open", platform="team")
        assert {"model-registry", "pipelines-api", "katib"} <= pages.keys() and "echo" not in pages
        variables = minikf_json("env", platform="team")
        assert variables["MODEL_REGISTRY_URL"] == pages["model-registry"]
        katib = requests.get(pages["katib"], timeout=30)
        assert katib.status_code == 401  # there is a door, and nobody is let in to see that nothing is behind it
        token = Path(variables["KF_PIPELINES_SA_TOKEN_PATH"]).read_text()
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.get(pages["katib"], headers=headers, timeout=30)
        assert answer.status_code == 503 and "there is no Service kubeflow/katib-ui" in answer.text
        url = variables["MODEL_REGISTRY_URL"]
        seen = requests.get(f"{url}/echo", headers=headers, verify=variables["SSL_CERT_FILE"], timeout=30)
        assert seen.status_code == 503 and "has no port 8080" in seen.text  # the Service's own is 80
    finally:
        forget(paths)


def test_secrets_are_shown_on_request_only(shop: Shop, platform: Make) -> None:
    platform("team")
    paths = PlatformPaths.of("team")
    kept.write(paths, {"dashboard": "s3cret-of-the-dashboard", "katib-database": "s3cret-of-a-database"})
    for command in ("env", "open", "status"):
        assert "s3cret" not in minikf(command, platform="team").stdout
    for command in ("env", "open"):
        shown = minikf(command, "--show-secrets", platform="team").stdout
        assert "user@example.com s3cret-of-the-dashboard" in shown and "a-database" not in shown
        (login,) = minikf_json(command, "--show-secrets", platform="team")["logins"]
        assert login["password"] == "s3cret-of-the-dashboard"
    assert minikf("down", "--yes", platform="team").returncode == 0
    assert not paths.passwords.exists()


def test_it_costs_little(shop: Shop, platform: Make) -> None:
    platform("team")
    user = User("team")
    for _ in range(20):
        assert user.ask().status_code == 200
    serving = Serving.read(PlatformPaths.of("team").forwarder_file)
    assert serving is not None
    part = forwarding.report(PlatformPaths.of("team"))
    before = _ticks(serving.pid)
    time.sleep(20)
    assert part is not None and part.memory_bytes < 64 << 20
    assert _ticks(serving.pid) - before <= 5  # hundredths of a second of processor in 20 seconds


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])
