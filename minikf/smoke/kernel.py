"""A cell through Jupyter's REST API and its websocket of a kernel (jupyter-client's documentation, Messaging)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from minikf.kube import credentials
from minikf.kube.serving import is_loopback, service_path
from minikf.smoke.place import Place
from minikf.smoke.reach import call

if TYPE_CHECKING:
    import websocket

_SECONDS = 60.0


@dataclass(frozen=True)
class Server:
    """`url` is its address on loopback, "" for a service of a cluster; `base` the path below which it answers."""

    url: str
    base: str
    headers: Mapping[str, str]


def cell(place: Place, server: Server, code: str) -> str:
    """All that the code prints in a new kernel, errors included; then ends it. Raises WorkFailed, Unreachable."""
    headers = {**server.headers, **_without_forgery(place, server)}
    reply = call(place, server.url, place.name, f"{server.base}api/kernels", {"name": "python3"}, headers)
    if not reply.ok:
        raise place.failed(
            "Jupyter starts no kernel", f"HTTP {reply.status}: {reply.body.decode(errors='replace')[:300]}"
        )
    kernel = quote(str(json.loads(reply.body)["id"]), safe="")
    try:
        with _Socket(_connected(place, server, f"{server.base}api/kernels/{kernel}/channels", headers)) as socket:
            return socket.run(code)
    finally:
        call(place, server.url, place.name, f"{server.base}api/kernels/{kernel}", headers=headers, method="DELETE")


def _without_forgery(place: Place, server: Server) -> dict[str, str]:
    """A server without a token wants its cookie said twice."""
    if server.headers:
        return {}
    mark = uuid.uuid4().hex
    return {"Cookie": f"_xsrf={mark}", "X-XSRFToken": mark}


def _connected(place: Place, server: Server, path: str, headers: Mapping[str, str]) -> websocket.WebSocket:
    import websocket

    if is_loopback(server.url):
        where = f"ws://{urlsplit(server.url).netloc}{path}"
        return websocket.create_connection(where, header=dict(headers), timeout=_SECONDS, enable_multithread=True)
    mine = credentials.of(place.access)
    address = mine.address()
    host = f"[{address.host}]" if ":" in address.host else address.host
    proxied = f"{address.base}{service_path(place.namespace, place.name, 80, path)}"
    scheme = "wss" if address.tls else "ws"
    return websocket.create_connection(
        f"{scheme}://{host}:{address.port}{proxied}",
        header={**mine.headers(), **headers},
        timeout=_SECONDS,
        sslopt={"context": mine.trust()} if address.tls else {},
    )


class _Socket:
    """One kernel's channels."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket

    def __enter__(self) -> _Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def run(self, code: str) -> str:
        """What the code prints until the kernel rests again."""
        asked = uuid.uuid4().hex
        header = {
            "msg_id": asked,
            "msg_type": "execute_request",
            "username": "minikf",
            "session": uuid.uuid4().hex,
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False, "stop_on_error": True}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self._socket.send(json.dumps(message))
        said = ""
        while True:
            found: dict[str, Any] = json.loads(self._socket.recv())
            if (found.get("parent_header") or {}).get("msg_id") != asked:
                continue
            kind, told = found["msg_type"], found["content"]
            if kind == "stream":
                said += told["text"]
            elif kind == "error":
                said += f"{told['ename']}: {told['evalue']}"
            elif kind == "status" and told["execution_state"] == "idle":
                return said
