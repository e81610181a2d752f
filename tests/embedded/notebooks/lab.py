"""A notebook of a test's own, and what a browser would do with it: REST calls and kernels by Jupyter's websocket."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests
import websocket
from jupyter_client.jsonutil import json_default
from jupyter_client.session import Session

from minikf.kube.creation import create
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.paths import PlatformPaths
from minikf.spec import Access
from minikf.verbs import notebook as verb

T = TypeVar("T")
SECONDS = 90.0
IMAGE_OF_RSTUDIO = "ghcr.io/kubeflow/kubeflow/notebook-servers/rstudio-tidyverse:v1.10.0"


def until(look: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
    """What `look` gives once it is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.05)
    return found


@dataclass
class Kernel:
    """A kernel over Jupyter's own websocket, with messages made by jupyter_client."""

    id: str
    socket: websocket.WebSocket
    session: Session

    def run(self, code: str) -> str:
        """All that the code prints and its value, errors included, as text."""
        return self.read(self.send(code))

    def send(self, code: str) -> str:
        """Hands over code and returns at once, with the message's id."""
        asked = self.session.msg(
            "execute_request",
            {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True},
        )
        self.socket.send(json.dumps({**asked, "channel": "shell", "buffers": []}, default=json_default))
        return str(asked["header"]["msg_id"])

    def read(self, sent: str) -> str:
        """What the code of a message said, once it has ended."""
        said = ""
        while True:
            message = json.loads(self.socket.recv())
            if message["parent_header"].get("msg_id") != sent:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                said += content["text"]
            elif message["msg_type"] in ("execute_result", "display_data"):
                said += content["data"].get("text/plain", "")
            elif message["msg_type"] == "error":
                said += f"{content['ename']}: {content['evalue']}"
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return said


@dataclass
class Lab:
    """One Notebook object and its server."""

    access: Access
    name: str
    namespace: str = "default"

    @property
    def client(self) -> RestClient:
        return RestClient(self.access)

    @property
    def path(self) -> str:
        return verb.path_of(self.namespace, self.name)

    def get(self) -> dict[str, Any]:
        return self.client.get(self.path)

    def find(self, path: str) -> dict[str, Any] | None:
        try:
            return self.client.get(path)
        except ApiAnswer as answer:
            if answer.status == 404:
                return None
            raise

    def core(self, kind: str, name: str) -> dict[str, Any]:
        return self.client.get(f"/api/v1/namespaces/{self.namespace}/{kind}/{name}")

    @property
    def pod(self) -> dict[str, Any]:
        return self.core("pods", f"{self.name}-0")

    @property
    def token(self) -> str:
        return base64.b64decode(self.core("secrets", f"{self.name}-notebook-token")["data"]["token"]).decode()

    @property
    def port(self) -> int:
        return int(self.core("services", self.name)["spec"]["ports"][0]["targetPort"])

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/notebook/{self.namespace}/{self.name}"

    @property
    def folder(self) -> Path:
        return PlatformPaths.of(self.access.platform).notebooks / str(self.get()["metadata"]["uid"])

    def ready(self) -> Lab:
        until(lambda: verb.is_ready(self.get()), f"{self.name} is not ready")
        return self

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> requests.Response:
        """A call with the token."""
        given = {"Authorization": f"token {self.token}", **headers}
        return requests.request(method, self.base + path, json=body, headers=given, timeout=30, allow_redirects=False)

    def kernel(self) -> Kernel:
        made = self.ask("/api/kernels", "POST", {"name": "python3"})
        assert made.status_code == 201, made.text
        return self.connect(made.json()["id"])

    def connect(self, kernel_id: str) -> Kernel:
        session = Session()
        address = f"{self.base.replace('http', 'ws')}/api/kernels/{kernel_id}/channels?session_id={session.session}"
        opened = websocket.create_connection(address, header=[f"Authorization: token {self.token}"], timeout=60)
        return Kernel(kernel_id, opened, session)

    def set_stopped(self, value: str | None) -> None:
        def write() -> bool:
            found = self.get()
            annotations = found["metadata"].setdefault("annotations", {})
            annotations.pop(verb.STOP_ANNOTATION, None)
            if value is not None:
                annotations[verb.STOP_ANNOTATION] = value
            try:
                return bool(self.client.call("PUT", self.path, found))
            except ApiAnswer as answer:
                if answer.reason != "Conflict":
                    raise
                return False

        until(write, "the annotation cannot be set")

    def server_pid(self) -> int:
        """The process that listens on the notebook's port."""
        for one in psutil.net_connections("tcp"):
            if one.laddr and one.laddr[1] == self.port and one.status == psutil.CONN_LISTEN and one.pid:
                return int(one.pid)
        raise AssertionError("no server process")


def body(
    name: str, namespace: str = "default", labels: dict[str, str] | None = None, **container: Any
) -> dict[str, Any]:
    own = {"name": name, "image": verb.IMAGE, **container}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": {"template": {"spec": {"containers": [own]}}},
    }


@contextmanager
def notebook(
    access: Access, name: str, namespace: str = "default", labels: dict[str, str] | None = None, **container: Any
) -> Iterator[Lab]:
    """A notebook that is ready; deleted at the end, and nothing of it is left."""
    lab = Lab(access, name, namespace)
    create(lab.client, [body(name, namespace, labels, **container)])
    try:
        yield lab.ready()
    finally:
        remove(lab)


def remove(lab: Lab) -> None:
    """Deletes a notebook and waits until its pod and its folder are gone."""
    folder = lab.folder
    lab.client.call("DELETE", lab.path)
    until(lambda: lab.find(f"/api/v1/namespaces/{lab.namespace}/pods/{lab.name}-0") is None, "its pod stays")
    until(lambda: not folder.exists(), "its folder stays")
