"""The light client against a real TLS server: what it trusts, what it sends, and its words when it fails."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from minikf.embedded.credentials import ensure_certificates, ensure_token
from minikf.errors import Unreachable
from minikf.kube import bundle, health, kubeconfig
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.paths import PlatformPaths
from minikf.spec import Access


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    clients: ClassVar[list[int]] = []
    hangs_up: ClassVar[bool] = False
    answers: ClassVar[dict[str, tuple[int, bytes]]] = {}
    seen: ClassVar[list[tuple[str, str, bytes]]] = []

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.headers["Authorization"], self.command + " " + self.path, body))
        self.clients.append(self.client_address[1])
        code, answer = self.answers.get(self.path, (404, b"no such page"))
        self.send_response(code)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = Handler.hangs_up

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Nothing to say in a test."""


def paths_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    return PlatformPaths.of("test")


@pytest.fixture
def access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Access]:
    paths = paths_in(tmp_path, monkeypatch)
    ensure_token(paths)
    certificate, key = ensure_certificates(paths)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    Handler.answers, Handler.seen, Handler.clients, Handler.hangs_up = {}, [], [], False
    port = server.server_address[1]
    yield Access("test", "embedded", f"https://127.0.0.1:{port}", paths.kubeconfig, paths.ca, paths.token)
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_sends_the_credential_and_reads_json(access: Access) -> None:
    Handler.answers["/x"] = (200, b'{"a": 1}')
    assert RestClient(access).get("/x") == {"a": 1}
    reply = RestClient(access).request("POST", "/x", {"b": 2})
    assert reply.ok and [(seen[1], seen[2]) for seen in Handler.seen] == [("GET /x", b""), ("POST /x", b'{"b": 2}')]
    assert {seen[0] for seen in Handler.seen} == {f"Bearer {access.token.read_text()}"}


def test_the_apis_own_words_are_the_message(access: Access) -> None:
    status = {"kind": "Status", "message": 'pods "x" not found', "reason": "NotFound", "code": 404}
    Handler.answers |= {"/gone": (404, json.dumps(status).encode()), "/odd": (500, b"<html>"), "/list": (200, b"[]")}
    with pytest.raises(ApiAnswer, match='pods "x" not found') as caught:
        RestClient(access).get("/gone")
    assert (caught.value.status, caught.value.reason) == (404, "NotFound")
    with pytest.raises(ApiAnswer, match="HTTP 500 for /odd"):
        RestClient(access).get("/odd")
    with pytest.raises(ApiAnswer, match="not found"):
        list(RestClient(access).lines("/gone"))
    with pytest.raises(Unreachable) as not_json:
        RestClient(access).get("/list")
    assert "no" in not_json.value.cause and "JSON object" in not_json.value.cause


def test_a_server_of_another_ca_is_not_trusted(access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = paths_in(tmp_path / "other", monkeypatch)
    ensure_certificates(other)
    stranger = Access("test", "embedded", access.server, other.kubeconfig, other.ca, access.token)
    with pytest.raises(Unreachable) as caught:
        RestClient(stranger).get("/x")
    assert "another program answers there" in caught.value.cause
    assert Handler.seen == [], "the credential went to a stranger"
    assert health.is_ready(stranger)[0] is False


def test_nobody_there_and_no_credential_are_said(access: Access) -> None:
    nobody = Access("test", "embedded", "https://127.0.0.1:9", access.kubeconfig, access.ca, access.token)
    with pytest.raises(Unreachable) as caught:
        RestClient(nobody).get("/x")
    assert "refused" in caught.value.cause and caught.value.advice == "minikf up --platform test"
    access.token.unlink()
    with pytest.raises(Unreachable, match="does not answer"):
        RestClient(access).get("/x")


def test_a_broken_ca_file_is_said(access: Access) -> None:
    access.ca.write_text("no certificate")
    with pytest.raises(Unreachable) as caught:
        RestClient(access).get("/x")
    assert str(access.ca) in caught.value.cause


def test_health_reads_the_report(access: Access) -> None:
    part = {"name": "api", "state": "Running", "healthy": True, "cause": "", "address": "a", "memoryBytes": 5}
    Handler.answers[health.STATUS_PATH] = (200, json.dumps({"version": "9", "components": [part]}).encode())
    Handler.answers["/readyz"] = (503, b"store is loading\n")
    report = health.report(access)
    assert report.version == "9" and report.components[0].memory_bytes == 5 and report.components[0].healthy
    assert health.is_ready(access) == (False, "store is loading")
    Handler.answers["/readyz"] = (200, b"ok")
    assert health.is_ready(access) == (True, "")


def test_the_kubeconfig_works_alone_and_is_rewritten_only_on_change(access: Access) -> None:
    import yaml

    file = kubeconfig.write(access, access.token)
    assert file.stat().st_mode & 0o077 == 0
    made = file.stat().st_mtime_ns, file.stat().st_ino
    kubeconfig.write(access, access.token)
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == made
    config = yaml.safe_load(file.read_text())
    assert config["current-context"] == "minikf-test" and config["clusters"][0]["cluster"]["server"] == access.server
    assert config["users"][0]["user"]["token"] == access.token.read_text()
    assert str(access.ca.parent) not in file.read_text(), "a copy of it must work elsewhere on this machine"


def test_the_bundle_holds_both_and_never_itself(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    own = access.ca.read_text()
    first = bundle.write(access).read_text()
    assert first.endswith(own) and first.count(own) == 1 and len(first) > 10 * len(own)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle.path_of(access)))  # as after `eval "$(minikf env)"`
    assert bundle.write(access).read_text() == first or first.count(own) == 1
    users_own = access.ca.with_name("company.pem")
    users_own.write_text("-----COMPANY-----\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(users_own))
    assert bundle.write(access).read_text() == "-----COMPANY-----\n" + own


def test_questions_share_a_connection_and_changes_have_their_own(access: Access) -> None:
    Handler.answers["/x"] = (200, b"{}")
    client = RestClient(access)
    for _ in range(3):
        client.get("/x")
    client.call("POST", "/x", {})
    client.get("/x")
    first, *others = Handler.clients
    assert [one == first for one in others] == [True, True, False, False]


def test_a_connection_that_was_closed_meanwhile_is_no_failure(access: Access) -> None:
    Handler.answers["/x"] = (200, b"{}")
    Handler.hangs_up = True
    client = RestClient(access)
    for _ in range(3):
        assert client.get("/x") == {}
    assert len(set(Handler.clients)) == 3


def test_an_answer_that_was_not_read_takes_its_connection_with_it(access: Access) -> None:
    Handler.answers |= {"/list": (200, b"[]"), "/x": (200, b"{}")}
    client = RestClient(access)
    lines = client.lines("/list")
    assert next(lines) == b"[]"
    lines.close()
    assert client.get("/x") == {}
