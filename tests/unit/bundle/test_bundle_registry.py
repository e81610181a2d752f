"""What is learnt of registries that answer, lie, break or say nothing: over real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf import fetch
from minikf.bundle.lock import LockedImage
from minikf.bundle.registry import client
from minikf.bundle.registry.asking import ask
from minikf.bundle.registry.look import MOST_UNSAID, look
from minikf.spec import Event
from tests.unit.bundle.asking import NODES, asked, why
from tests.unit.bundle.locking import ran
from tests.unit.bundle.registries import (
    INDEX,
    MANIFEST,
    Answer,
    Asked,
    Site,
    entry,
    error,
    index,
    manifest,
    serving,
    sha256,
    text,
    with_tokens,
)
from tests.webserver import Handler, Served, proxying
from tests.webserver import serving as tls

EVIL = "\x1b[31m"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", *fetch._CA_VARIABLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def test_an_index_has_its_digest_its_platforms_and_what_nodes_pull(site: Site) -> None:
    digest = site.images("app", "v1", "linux/amd64", "linux/arm64", "linux/s390x", "windows/amd64")
    found = asked(f"{site.name}/app:v1")
    config = len(text({"os": "linux", "architecture": "amd64"}))
    assert found.learnt == {
        f"{site.name}/app:v1": LockedImage(
            digest,
            {"linux/amd64": 1100 + config, "linux/arm64": 1100 + config, "linux/s390x": 0, "windows/amd64": 0},
        )
    }
    assert found.silent == ()
    assert len(site.asked) == 4  # /v2/, the index, and one for each node's platform: Docker Hub counts them
    assert all(INDEX in one.headers["accept"] for one in site.asked[1:])


def test_an_image_for_one_platform_says_which_in_its_configuration(site: Site) -> None:
    digest = site.image("deep/er/app", "v1", "arm64")
    size = 120 + len(text({"os": "linux", "architecture": "arm64"}))
    image = f"{site.name}/deep/er/app:v1"
    assert asked(image).learnt == {image: LockedImage(digest, {"linux/arm64": size})}


def test_a_digest_is_asked_for_by_itself(site: Site) -> None:
    digest = site.image("app", "v1")
    site.image("app", "v1", "arm64")  # the tag has moved
    image = f"{site.name}/app:v1@{digest}"
    assert asked(image).learnt[image].platforms == ("linux/amd64",)


def test_an_entry_without_a_platform_is_looked_into(site: Site) -> None:
    one = site.image("app", "", "arm64")
    site.put("app", "v1", index([entry(one, "")]), INDEX)
    assert asked(f"{site.name}/app:v1").learnt[f"{site.name}/app:v1"].platforms == ("linux/arm64",)
    site.put("app", "v1", index([entry(one, "")] * (MOST_UNSAID + 1)), INDEX)
    assert "names no platforms" in why(site)


def test_a_token_is_fetched_once_for_a_repository(site: Site) -> None:
    with_tokens(site)
    site.images("app", "v1", "linux/amd64")
    site.images("app", "v2", "linux/arm64")
    site.images("other", "v1", "linux/arm64")
    assert len(asked(*(f"{site.name}/{name}" for name in ("app:v1", "app:v2", "other:v1"))).learnt) == 3
    tokens = [one for one in site.asked if one.path.startswith("/token")]
    assert {one.path for one in tokens} == {
        "/token?service=the+registry&scope=repository%3Aapp%3Apull",
        "/token?service=the+registry&scope=repository%3Aother%3Apull",
    }
    assert len(tokens) <= 3 and all("authorization" not in one.headers for one in tokens)
    refused = [one for one in site.asked if one.path.startswith("/v2/") and "authorization" not in one.headers]
    assert [one.path for one in refused] == ["/v2/"]


def test_a_token_that_is_good_no_more_is_fetched_anew(site: Site) -> None:
    with_tokens(site, "new")
    site.image("app", "v1")
    site.answers["/token"] = [Answer(text({"token": "old"})), Answer(text({"access_token": "new"}))]
    assert asked(f"{site.name}/app:v1").learnt
    assert sum(path.startswith("/token") for path in site.paths()) == 2


def test_a_registry_that_takes_no_token_is_not_asked_for_ever(site: Site) -> None:
    with_tokens(site, "right")
    site.answers["/token"] = Answer(text({"token": "wrong"}))
    assert why(site) == "it answers 401 UNAUTHORIZED"
    assert len(site.asked) == 5  # /v2/, a token, the manifest, another token, the manifest


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(status=401), "answers 401"),
        (Answer(status=403, body=error("DENIED")), "answers 403"),
        (Answer(b"<html>log in", "text/html"), "answers with something else"),
        (Answer(b"[" * 100_000), "answers with something else"),
        (Answer(b"[]"), "answers with something else"),
        (Answer(text({"token": 7})), "answers with something else"),
        (Answer(text({"token": "two\r\nX-More: lines"})), "answers with something else"),
        (Answer(text({"token": "x" * (1 << 18)})), "no answer of its kind is that long"),
        (Answer(status=503), "answers 503"),
    ],
)
def test_a_realm_that_gives_no_token_is_said(site: Site, answer: Answer, cause: str) -> None:
    with_tokens(site)
    site.answers["/token"] = answer
    assert cause in why(site)


@pytest.mark.parametrize("realm", ["http://tokens.example", "file:///etc", "ftp://x", "https://[", "gopher", "//x"])
def test_a_token_comes_by_https_or_from_this_machine(site: Site, realm: str) -> None:
    with_tokens(site, realm=realm)
    assert "tokens come by https only" in why(site)
    assert site.paths() == ["/v2/"]


def test_a_registry_that_wants_a_user_is_said(site: Site) -> None:
    site.gate = lambda _: Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="the cellar"'})
    assert why(site) == "it wants a user's name and password"


def test_by_https_the_proxy_is_used_and_what_netrc_says_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine reg.example login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    config = text({"os": "linux", "architecture": "amd64"})
    body = manifest(config)
    with tls(tmp_path, "reg.example") as web, proxying(web.port) as (proxy, reached):
        for name, value in (
            ("HTTPS_PROXY", proxy),
            ("REQUESTS_CA_BUNDLE", str(web.ca)),
            ("NETRC", f"{tmp_path}/netrc"),
        ):
            monkeypatch.setenv(name, value)
        web.files["/v2/"] = Served(b"{}")
        web.files["/v2/app/manifests/v1"] = Served(body, kind=MANIFEST)
        web.files[f"/v2/app/blobs/{sha256(config)}"] = Served(config)
        image = f"reg.example:{web.port}/app:v1"
        assert asked(image).learnt[image].digest == sha256(body)
        assert len(web.asked) == 3 and all("authorization" not in headers for _, headers in web.asked)
        with fetch.opened(f"{web.url}/v2/"):  # a download does use it
            assert web.asked[-1][1]["authorization"].startswith("Basic ")

        def challenge(handler: Handler) -> None:
            handler.send_response(401)
            handler.send_header("WWW-Authenticate", f'Bearer realm="http://127.0.0.1:{web.port}/token"')
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        web.files["/v2/"] = Served(b"", always=challenge)
        (silence,) = asked(image).silent
        assert "tokens come by https only" in silence.cause and not any("/token" in path for path, _ in web.asked)
        assert set(reached) == {f"reg.example:{web.port}"}


def test_a_token_goes_to_no_other_server(site: Site) -> None:
    with_tokens(site)
    with serving() as other:
        config = text({"os": "linux", "architecture": "amd64"})
        site.image("app", "v1")
        path = f"/v2/app/blobs/{sha256(config)}"
        site.answers[path] = Answer(status=307, headers={"Location": f"{other.url}/there?sig=1"})
        other.answers["/there"] = Answer(config)
        assert asked(f"{site.name}/app:v1").learnt
        (one,) = other.asked
        assert "authorization" not in one.headers
        site.answers[path] = Answer(status=307, headers={"Location": "/here"})
        site.answers["/here"] = Answer(config)
        assert asked(f"{site.name}/app:v1").learnt
        assert site.asked[-1].path == "/here" and site.asked[-1].headers["authorization"] == "Bearer let-me-in"


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        ("http://blobs.example/x", "files come by https only"),
        ("file:///etc/passwd", "files come by https only"),
        ("http://[", "Invalid IPv6 URL"),
        ("http://127.0.0.1:x/", "Port could not be cast"),
        (f"/v2/app/manifests/v1?{EVIL}", "10 redirects in a row"),
        (f"http://{EVIL}/", "Invalid IPv6 URL"),
        ("http://\x07bell/", "files come by https only"),
    ],
)
def test_a_redirect_to_nowhere_is_said(site: Site, location: str, cause: str) -> None:
    site.answers["/v2/app/manifests/v1"] = Answer(status=302, headers={"Location": location})
    assert cause in why(site)


def test_other_bytes_than_those_of_the_digest_are_refused(site: Site) -> None:
    digest = site.image("app", "v1")
    body = manifest(b"another")
    site.answers[f"/v2/app/manifests/{digest}"] = Answer(body, MANIFEST)
    assert why(site, f"app@{digest}") == f"their digest is {sha256(body)}"
    site.answers["/v2/app/manifests/v1"] = Answer(body, MANIFEST, headers={"Docker-Content-Digest": digest})
    assert why(site) == f"their digest is {sha256(body)}"
    site.put("app", "v1", index([entry(digest, "linux/amd64")]), INDEX)
    assert why(site) == f"their digest is {sha256(body)}"
    config = text({"os": "linux", "architecture": "amd64"})
    site.image("app", "v1")
    site.answers[f"/v2/app/blobs/{sha256(config)}"] = Answer(config + b" ")
    assert why(site) == f"their digest is {sha256(config + b' ')}"


def test_an_index_that_leads_to_an_index_is_refused(site: Site) -> None:
    inner = site.images("app", "", "linux/amd64")
    site.put("app", "v1", index([entry(inner, "linux/amd64")]), INDEX)
    assert why(site) == "what it sends is an index of indexes"
    # One that names itself cannot be: its digest would have to be in what it is the digest of.
    itself = Answer(index([entry("sha256:" + "0" * 64, "linux/amd64")]), INDEX)
    for name in ("v1", "sha256:" + "0" * 64):
        site.answers[f"/v2/app/manifests/{name}"] = itself
    assert why(site).startswith("their digest is")


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(b"not json", MANIFEST), "what it sends is no JSON"),
        (Answer(b"<html>log in</html>", "text/html"), "what it sends is no JSON"),
        (Answer(b" " * (client.MOST_BYTES + 1), MANIFEST), "no answer of its kind is that long"),
        (Answer(b"", MANIFEST, headers={"Content-Length": "99999999999"}), "after 0 of 99,999,999,999 bytes"),
        (Answer(status=500, body=error(EVIL)), "it answers 500"),
        (Answer(status=418, body=error("TEAPOT")), "it answers 418 TEAPOT"),
        (Answer(status=404, body=error("MANIFEST_UNKNOWN")), "it answers 404 MANIFEST_UNKNOWN"),
        (Answer(status=403, body=b"[" * 10_000), "it answers 403"),
        (Answer(status=304), "it answers 304"),
    ],
)
def test_what_is_no_answer_is_said(site: Site, answer: Answer, cause: str) -> None:
    if "Content-Length" in answer.headers:  # and then hangs up
        answer.headers["Connection"] = "close"
    site.answers["/v2/app/manifests/v1"] = answer
    found = why(site)
    assert cause in found and "error" not in found


def test_an_announced_length_that_is_no_number_is_no_traceback(site: Site) -> None:
    site.image("app", "v1")
    body = site.answers["/v2/app/manifests/v1"]
    assert isinstance(body, Answer)
    for told in ("x", "-1", "9" * 30, "5, 6"):
        site.answers["/v2/app/manifests/v1"] = Answer(
            body.body, MANIFEST, headers={"Content-Length": told, "Connection": "close"}
        )
        asked(f"{site.name}/app:v1")


def test_a_busy_registry_is_waited_for_as_it_asks_but_not_long(site: Site) -> None:
    site.image("app", "v1")
    good = site.answers["/v2/app/manifests/v1"]
    assert isinstance(good, Answer)
    site.answers["/v2/app/manifests/v1"] = [Answer(status=429, headers={"Retry-After": "1"}), good]
    began = time.monotonic()
    assert asked(f"{site.name}/app:v1").learnt and time.monotonic() - began >= 1
    for told in ("3600", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "9" * 20, ""):
        site.answers["/v2/app/manifests/v1"] = Answer(status=429, headers={"Retry-After": told})
        began = time.monotonic()
        found = why(site)
        assert found.startswith(f"{site.name} is busy: it answers 429") and time.monotonic() - began < 1
        assert ("asks to come back in 3,600 seconds" in found) == (told == "3600")


def test_a_registry_that_stumbles_is_asked_once_more(site: Site) -> None:
    site.image("app", "v1")
    good = site.answers["/v2/app/manifests/v1"]
    assert isinstance(good, Answer)
    site.answers["/v2/app/manifests/v1"] = [Answer(status=502), good]
    assert asked(f"{site.name}/app:v1").learnt


def test_a_busy_registry_is_left_alone(site: Site) -> None:
    site.gate = lambda one: None if one.path == "/v2/" else Answer(status=429, headers={"Retry-After": "600"})
    (silence,) = asked(*(f"{site.name}/app:v{number}" for number in range(60))).silent
    assert len(silence.images) == 60 and len(site.asked) < 20


def test_a_registry_that_does_not_answer_is_asked_once(site: Site) -> None:
    site.image("app", "v1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"127.0.0.1:{taken.getsockname()[1]}"
    images = [f"{dead}/app:v{number}" for number in range(40)]
    found = asked(*images, f"{site.name}/app:v1", "nowhere.invalid/app", "No Reference")
    assert list(found.learnt) == [f"{site.name}/app:v1"]
    by_name = {one.registry: one for one in found.silent}
    assert by_name[dead].images == tuple(sorted(images)) and "refused" in by_name[dead].cause.lower()
    assert str(by_name[dead]).startswith(f"{dead} did not answer for 40 images: 127.0.0.1 cannot be reached")
    assert by_name["nowhere.invalid"].images == ("nowhere.invalid/app",)
    assert str(by_name[""]).startswith("1 image without a registry: one is [REGISTRY")


def test_one_that_hangs_is_waited_for_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        name = f"127.0.0.1:{mute.getsockname()[1]}"
        began = time.monotonic()
        (silence,) = asked(*(f"{name}/app:v{number}" for number in range(40))).silent
        assert len(silence.images) == 40 and time.monotonic() - began < 3
        assert "nothing came for" in silence.cause


def test_nobody_waits_longer_than_was_said() -> None:
    """A server that sends a header now and then is never silent for long, and never done."""
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.1):
                connection.sendall(b"X-More: x\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        began = time.monotonic()
        found = asked(f"127.0.0.1:{listener.getsockname()[1]}/app:v1", seconds=1.0)
        assert time.monotonic() - began < 2
        assert found.silent[0].cause == "no answer within 1 seconds"
        stop.set()
        thread.join(5)


def test_what_is_no_registry_is_said(site: Site) -> None:
    site.answers["/v2/"] = Answer(b"<html>", "text/html")
    assert why(site) == f"{site.name} is no registry: a web page answers; a login page of the network?"
    site.answers["/v2/"] = Answer(status=404)
    assert why(site) == f"{site.name} is no registry: /v2/ answers 404"


def test_a_connection_that_fails_is_tried_again(site: Site) -> None:
    site.image("app", "v1")
    first = threading.Event()

    def gate(_: Asked) -> Answer | None:
        if first.is_set():
            return None
        first.set()
        raise ConnectionResetError  # the server hangs up without a word

    site.gate = gate
    assert asked(f"{site.name}/app:v1").learnt


def test_an_error_of_ours_is_not_a_silence_of_theirs(site: Site) -> None:
    def broken(*_: object) -> LockedImage:
        raise ZeroDivisionError

    site.image("app", "v1")
    with pytest.raises(ZeroDivisionError):
        ran(ask([f"{site.name}/app:v1"], broken))


def test_what_is_asked_is_told(site: Site) -> None:
    events: list[Event] = []
    site.image("app", "v1")
    ran(ask([f"{site.name}/app:v1", f"{site.name}/gone:v1"], lambda one, two: look(one, two, NODES)), events)
    assert [one.state for one in events] == ["started", "done"] and events[-1].message == "answers for 1 of 2"
