"""Every way to prove who asks, against a real TLS server; and the words where none is accepted."""

from __future__ import annotations

import base64
import json
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.errors import Refused, Unreachable
from minikf.kube import kubeconfig
from minikf.kube.certificate import not_after
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.unit.kube.tlsserver import Authority, Pair, Served, serve


@pytest.fixture(autouse=True)
def answers(server: Served) -> None:
    server.answers["/x"] = (200, b'{"a": 1}')


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlatformPaths:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / "xdg" / name.lower()))
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return PlatformPaths.of("test")


def written(folder: Path, cluster: dict[str, Any], user: dict[str, Any]) -> Path:
    """A kubeconfig as a user has one, in YAML."""
    file = folder / "kubeconfig.yaml"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    file.write_text(yaml.safe_dump(config))
    return file


def slow(file: Path, server: Served) -> Access:
    return Access("test", "context", server.url, file, file.with_name("no-ca"))


def printed(authority: Authority, pair: Pair, url: str) -> str:
    """As `kind get kubeconfig` and `k3d kubeconfig get` print it."""

    def data(file: Path) -> str:
        return base64.b64encode(file.read_bytes()).decode()

    return yaml.safe_dump(
        {
            "clusters": [{"name": "k", "cluster": {"certificate-authority-data": data(authority.ca), "server": url}}],
            "users": [
                {
                    "name": "a",
                    "user": {"client-certificate-data": data(pair.certificate), "client-key-data": data(pair.key)},
                }
            ],
            "contexts": [{"name": "k", "context": {"cluster": "k", "user": "a"}}],
            "current-context": "k",
        }
    )


def test_a_client_certificate_from_a_printed_kubeconfig(
    authority: Authority, server: Served, paths: PlatformPaths
) -> None:
    text = printed(authority, authority.pair("admin"), server.url)
    access = kubeconfig.write_from(text, paths, "kind")
    assert RestClient(access).get("/x") == {"a": 1}
    assert server.seen[0][4] == "admin" and "Authorization" not in server.seen[0][2]
    for file in (paths.kubeconfig, paths.certificate, paths.key):
        assert file.stat().st_mode & 0o777 == 0o600
    config = json.loads(paths.kubeconfig.read_text())
    names = {config["current-context"], *(config[kind][0]["name"] for kind in ("clusters", "users", "contexts"))}
    assert names == {"minikf-test"} and config["contexts"][0]["context"]["namespace"] == "default"
    assert kubeconfig.access_of(paths, "kind", kubeconfig.server_of(paths.kubeconfig)) == access
    assert RestClient(replace(access, certificate=None, key=None)).get("/x") == {"a": 1}, "the kubeconfig works alone"
    assert server.seen[1][4] == "admin"


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "[::]"])
def test_an_address_that_means_all_of_them_becomes_loopback(
    everywhere: str, authority: Authority, server: Served, paths: PlatformPaths
) -> None:
    text = printed(authority, authority.pair("admin"), server.url.replace("127.0.0.1", everywhere))
    access = kubeconfig.write_from(text, paths, "k3d")
    assert access.server == server.url and RestClient(access).get("/x") == {"a": 1}


@pytest.mark.parametrize("text", ["", "no: [", "[1, 2]", "clusters: 5", "a: b", "clusters: [{cluster: {}}]"])
def test_a_text_that_is_no_kubeconfig_is_refused(text: str, paths: PlatformPaths) -> None:
    with pytest.raises(Refused) as caught:
        kubeconfig.write_from(text, paths, "kind")
    assert caught.value.cause
    assert not paths.config.exists()


def test_what_is_written_twice_is_not_written(authority: Authority, server: Served, paths: PlatformPaths) -> None:
    text = printed(authority, authority.pair("admin"), server.url)
    files = [paths.kubeconfig, paths.ca, paths.certificate, paths.key]
    kubeconfig.write_from(text, paths, "kind")
    before = [file.stat().st_ino for file in files]
    kubeconfig.write_from(text, paths, "kind")
    assert [file.stat().st_ino for file in files] == before


def test_a_certificate_that_is_renewed_is_used_by_a_client_that_lives(
    authority: Authority, server: Served, paths: PlatformPaths
) -> None:
    access = kubeconfig.write_from(printed(authority, authority.pair("old"), server.url), paths, "kind")
    client = RestClient(access)
    client.call("POST", "/x", {})
    kubeconfig.write_from(printed(authority, authority.pair("new"), server.url), paths, "kind")
    client.call("POST", "/x", {})
    assert [one[4] for one in server.seen] == ["old", "new"]


def test_a_refused_certificate_says_since_when_it_is_out_of_date(authority: Authority, paths: PlatformPaths) -> None:
    with serve(authority, authority.pair("server"), outdated=True) as server:
        server.missing = (401, json.dumps({"kind": "Status", "message": "Unauthorized", "code": 401}).encode())
        access = kubeconfig.write_from(printed(authority, authority.pair("late", days=-2), server.url), paths, "kind")
        for way in (access, replace(access, certificate=None, key=None)):
            with pytest.raises(ApiAnswer, match="does not accept the credential: Unauthorized") as caught:
                RestClient(way).get("/x")
            day = datetime.now(UTC) - timedelta(days=2)
            assert f"out of date since {day:%Y-%m-%d}" in caught.value.cause
            assert caught.value.advice == "minikf up --platform test"


def test_not_after_is_read_as_the_library_reads_it(authority: Authority, tmp_path: Path) -> None:
    from cryptography import x509

    for days in (-3, 0.5, 300, 366 * 40):  # from 2050 on the date has another form
        pem = authority.pair(f"d{days}", days=days).certificate.read_bytes()
        assert not_after(pem.decode()) == x509.load_pem_x509_certificate(pem).not_valid_after_utc
    for broken in ("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "x" * 100):
        assert not_after(broken) is None


def test_a_server_out_of_date_or_with_another_name_is_told_from_a_stranger(
    authority: Authority, paths: PlatformPaths
) -> None:
    for pair, said in (
        (authority.pair("old", days=-1), "out of date"),
        (authority.pair("other", addresses=("10.0.0.1",)), "for another address"),
    ):
        with serve(authority, pair) as server:
            access = kubeconfig.write_from(printed(authority, authority.pair("admin"), server.url), paths, "kind")
            with pytest.raises(Unreachable) as caught:
                RestClient(access).get("/x")
            assert said in caught.value.cause and server.seen == []


def test_a_key_of_another_certificate_is_said(authority: Authority, server: Served, paths: PlatformPaths) -> None:
    access = kubeconfig.write_from(printed(authority, authority.pair("admin"), server.url), paths, "kind")
    paths.key.write_bytes(authority.pair("other").key.read_bytes())
    with pytest.raises(Unreachable) as caught:
        RestClient(access).get("/x")
    assert str(paths.certificate) in caught.value.cause
    paths.key.unlink()
    with pytest.raises(Unreachable) as gone:
        RestClient(access).get("/x")
    assert "client certificate cannot be read" in gone.value.cause


def test_token_file_basic_auth_and_plain_files_by_the_official_loader(
    authority: Authority, server: Served, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    pair = authority.pair("someone")
    cluster = {"server": server.url, "certificate-authority": str(authority.ca)}
    basic = base64.b64encode(b"me:pass").decode()
    for user, header, client in (
        ({"tokenFile": str(tmp_path / "token")}, "Bearer s3cret", ""),
        ({"username": "me", "password": "pass"}, f"Basic {basic}", ""),
        ({"client-certificate": str(pair.certificate), "client-key": str(pair.key)}, "", "someone"),
    ):
        assert RestClient(slow(written(tmp_path, cluster, user), server)).get("/x") == {"a": 1}
        assert (server.seen[-1][2].get("Authorization", "").strip(), server.seen[-1][4]) == (header, client)


def exec_user(tmp_path: Path, status: dict[str, Any] | None, code: int = 0) -> dict[str, Any]:
    """A plugin that answers so, and counts its runs in `runs`."""
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    (tmp_path / "answer").write_text(json.dumps(answer))
    plugin = tmp_path / "plugin"
    plugin.write_text(
        f"#!/bin/sh\necho run >> {tmp_path}/runs\ncat {tmp_path}/answer\necho 'log in' >&2\nexit {code}\n"
    )
    plugin.chmod(0o755)
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "args": None}}


def test_a_plugin_gives_a_token_and_is_run_again_when_it_is_out_of_date(
    authority: Authority, server: Served, tmp_path: Path
) -> None:
    cluster = {"server": server.url, "certificate-authority": str(authority.ca)}
    past = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    user = exec_user(tmp_path, {"token": "one", "expirationTimestamp": past})
    client = RestClient(slow(written(tmp_path, cluster, user), server))
    client.get("/x")
    exec_user(tmp_path, {"token": "two"})
    client.get("/x")
    client.get("/x")
    sent = [one[2]["Authorization"] for one in server.seen]
    assert sent[-1] == "Bearer two" and (tmp_path / "runs").read_text().count("run") <= 4


def test_a_plugin_gives_a_certificate(authority: Authority, server: Served, tmp_path: Path) -> None:
    pair = authority.pair("plugged")
    status = {"clientCertificateData": pair.certificate.read_text(), "clientKeyData": pair.key.read_text()}
    cluster = {"server": server.url, "certificate-authority": str(authority.ca)}
    assert RestClient(slow(written(tmp_path, cluster, exec_user(tmp_path, status)), server)).get("/x") == {"a": 1}
    assert server.seen[-1][4] == "plugged"


def test_a_plugin_that_fails_is_the_cause(
    authority: Authority, server: Served, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cluster = {"server": server.url, "certificate-authority": str(authority.ca)}
    file = written(tmp_path, cluster, exec_user(tmp_path, {"token": "x"}, code=3))
    with pytest.raises(Unreachable) as caught:
        RestClient(slow(file, server)).get("/x")
    assert "exec: process returned 3. log in" in caught.value.cause and server.seen == []
    assert capfd.readouterr().err == "", "the cause is told once, by the error"
    file.write_text(file.read_text().replace(str(tmp_path / "plugin"), "no-such-plugin"))
    with pytest.raises(Unreachable) as missing:
        RestClient(slow(file, server)).get("/x")
    assert "no-such-plugin" in missing.value.cause


def test_the_servers_other_name_and_no_verification_are_honoured(authority: Authority, tmp_path: Path) -> None:
    with serve(authority, authority.pair("named", addresses=("api.example",))) as server:
        server.answers["/x"] = (200, b"{}")
        trusted = {"server": server.url, "certificate-authority": str(authority.ca)}
        file = written(tmp_path, trusted, {"token": "t"})
        with pytest.raises(Unreachable):
            RestClient(slow(file, server)).get("/x")
        written(tmp_path, {**trusted, "tls-server-name": "api.example"}, {"token": "t"})
        assert RestClient(slow(file, server)).get("/x") == {}
        written(tmp_path, {"server": server.url, "insecure-skip-tls-verify": True}, {"token": "t"})
        assert RestClient(slow(file, server)).get("/x") == {}
        written(tmp_path, {"server": server.url}, {"token": "t"})
        with pytest.raises(Unreachable) as caught:
            RestClient(slow(file, server)).get("/x")
        assert "another program answers there" in caught.value.cause, "the system's CAs count where none is named"


def test_a_path_before_every_path_is_kept(authority: Authority, server: Served, tmp_path: Path) -> None:
    server.answers["/k8s/clusters/c-1/x"] = (200, b"{}")
    cluster = {"server": server.url + "/k8s/clusters/c-1/", "certificate-authority": str(authority.ca)}
    assert RestClient(slow(written(tmp_path, cluster, {"token": "t"}), server)).get("/x") == {}


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP proxy that knows CONNECT, and the heads of what it was asked."""
    listener, heads, ends = socket.create_server(("127.0.0.1", 0)), list[bytes](), list[socket.socket]()

    def pump(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass

    def work() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            heads.append(head)
            host, _, port = head.split()[1].decode().rpartition(":")
            ends.append(client)
            try:
                target = socket.create_connection((host, int(port)))
            except OSError:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
                client.close()
                continue
            ends.append(target)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            for pair in ((client, target), (target, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=work, daemon=True).start()
    yield f"127.0.0.1:{listener.getsockname()[1]}", heads
    listener.close()
    for end in ends:
        end.close()


def test_the_kubeconfigs_proxy_is_used(
    authority: Authority, server: Served, tmp_path: Path, proxy: tuple[str, list[bytes]]
) -> None:
    address, heads = proxy
    cluster = {"server": server.url, "certificate-authority": str(authority.ca)}
    file = written(tmp_path, {**cluster, "proxy-url": f"http://me:p%40ss@{address}"}, {"token": "t"})
    assert RestClient(slow(file, server)).get("/x") == {"a": 1}
    assert heads[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"Basic " + base64.b64encode(b"me:p@ss") in heads[0] and b"Bearer" not in heads[0]
    written(tmp_path, {**cluster, "proxy-url": "socks5://127.0.0.1:1"}, {"token": "t"})
    with pytest.raises(Unreachable) as caught:
        RestClient(slow(file, server)).get("/x")
    assert "socks5://127.0.0.1" in caught.value.cause


def test_the_environments_proxy_is_for_others_than_this_machine(
    authority: Authority,
    tmp_path: Path,
    paths: PlatformPaths,
    proxy: tuple[str, list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, heads = proxy
    monkeypatch.setenv("https_proxy", f"http://{address}")
    with serve(authority, authority.pair("server", addresses=("127.0.0.1", "127.0.0.2"))) as server:
        server.answers["/x"] = (200, b"{}")
        here = kubeconfig.write_from(printed(authority, authority.pair("admin"), server.url), paths, "kind")
        RestClient(here).get("/x")
        assert heads == []
        # 127.0.0.2 stands for another machine: the server does not listen there, so only a proxy could lead on.
        there = replace(here, server=server.url.replace("127.0.0.1", "127.0.0.2"))
        with pytest.raises(Unreachable) as caught:
            RestClient(there).get("/x")
        assert "502" in caught.value.cause and len(heads) == 1


@pytest.mark.parametrize("text", ["", "no: [", "a: b"])
def test_a_kubeconfig_that_leads_nowhere_is_said(text: str, tmp_path: Path, server: Served) -> None:
    file = tmp_path / "kubeconfig"
    for write in (lambda: None, lambda: file.write_text(text)):
        write()
        with pytest.raises(Unreachable) as caught:
            RestClient(slow(file, server)).get("/x")
        assert str(file) in caught.value.cause


def test_the_quick_ways_load_no_official_client(authority: Authority, server: Served, paths: PlatformPaths) -> None:
    import subprocess

    kubeconfig.write_from(printed(authority, authority.pair("admin"), server.url), paths, "kind")
    program = (
        "import sys\nfrom minikf.kube import kubeconfig\nfrom minikf.kube.rest import RestClient\n"
        "from minikf.paths import PlatformPaths\np = PlatformPaths.of('test')\n"
        "RestClient(kubeconfig.access_of(p, 'kind', kubeconfig.server_of(p.kubeconfig))).get('/x')\n"
        "print(sorted({'kubernetes', 'yaml', 'urllib.request'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
