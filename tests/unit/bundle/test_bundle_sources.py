"""Sources give a file's bytes, or say why not; whatever a mirror does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.bundle import sources
from minikf.bundle.errors import FileChanged, FileMissing
from minikf.bundle.origin import Origin
from minikf.bundle.sources import Folder, Web, source
from minikf.errors import MinikfError, Refused, Unreachable
from tests.webserver import Served, cut, redirect, serving, status
from tests.webserver import Web as Server

FILE = Origin("acme/manifests", "v1", "app/a file.yaml")
PATH = "/acme/manifests/v1/app/a%20file.yaml"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PAUSE_SECONDS", 0.01)
    monkeypatch.delenv(sources.VARIABLE, raising=False)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    file = tmp_path / "mirror" / FILE.address
    file.parent.mkdir(parents=True)
    file.write_text("here")
    return tmp_path / "mirror"


@pytest.fixture
def web() -> Iterator[Server]:
    with serving() as web:
        web.files[PATH] = Served(b"here")
        yield web


def test_a_folder_an_address_and_github_are_told_apart(mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source().name == "GitHub"
    for words in (str(mirror), mirror.as_uri()):
        assert source(words).read(FILE) == b"here"
    monkeypatch.setenv(sources.VARIABLE, str(mirror))
    assert source().read(FILE) == b"here"
    assert source("https://user:secret@mirror.example/x/").name == "https://mirror.example/x/"


@pytest.mark.parametrize(
    "words", ["http://mirror.example", "ftp://mirror.example/x", "/no/such/folder", "file:///no/such"]
)
def test_a_place_that_is_no_mirror_is_refused(words: str) -> None:
    with pytest.raises(Refused) as raised:
        source(words)
    assert raised.value.advice


def test_a_file_that_is_not_there_is_named(mirror: Path) -> None:
    for path in ("app/gone.yaml", "app"):
        with pytest.raises(FileMissing) as raised:
            Folder(mirror).read(Origin("acme/manifests", "v1", path))
        assert path in raised.value.message and "put the file at" in raised.value.advice


def test_links_may_not_lead_out_of_a_mirror(mirror: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    app = mirror / "acme/manifests/v1/app"
    (app / "out.yaml").symlink_to(tmp_path / "secret")
    (app / "within.yaml").symlink_to(app / "a file.yaml")
    (mirror / "acme/manifests/v2").symlink_to(tmp_path)
    (app / "circle.yaml").symlink_to(app / "circle.yaml")
    assert Folder(mirror).read(Origin("acme/manifests", "v1", "app/within.yaml")) == b"here"
    for ref, path in (("v1", "app/out.yaml"), ("v2", "secret")):
        with pytest.raises(Refused) as raised:
            Folder(mirror).read(Origin("acme/manifests", ref, path))
        assert "leads out of the mirror" in raised.value.message and str(tmp_path / "secret") in raised.value.cause
    with pytest.raises(Refused):
        Folder(mirror).read(Origin("acme/manifests", "v1", "app/circle.yaml"))


def test_a_pipe_in_a_mirror_is_not_waited_for(mirror: Path) -> None:
    os.mkfifo(mirror / "acme/manifests/v1/app/pipe.yaml")
    with pytest.raises(FileMissing):
        Folder(mirror).read(Origin("acme/manifests", "v1", "app/pipe.yaml"))


def test_what_is_too_long_is_not_read_to_its_end(mirror: Path, web: Server) -> None:
    for place in (Folder(mirror), Web(web.url, "mirror")):
        with pytest.raises(FileChanged) as raised:
            place.read(FILE, 3)
        assert "longer than 3 bytes" in raised.value.message


def test_what_ends_early_or_is_busy_is_asked_for_again(web: Server) -> None:
    web.files[PATH].faults = [cut(2), status(503), cut(0)]
    assert Web(web.url, "mirror").read(FILE) == b"here" and len(web.asked) == 4
    assert web.asked[0][0] == PATH


def test_an_answer_that_always_ends_early_is_no_file(web: Server) -> None:
    web.files[PATH].always = cut(2)
    with pytest.raises(Unreachable) as raised:
        Web(web.url, "mirror").read(FILE)
    assert "after 2 of 4 bytes" in raised.value.cause and len(web.asked) == sources.TRIES


@pytest.mark.parametrize(
    ("fault", "kind"), [(status(404), FileMissing), (status(403), Refused), (redirect("http://example.org/"), Refused)]
)
def test_a_mirror_that_will_not_give_it_is_asked_once(web: Server, fault: object, kind: type[MinikfError]) -> None:
    web.files[PATH].always = fault  # type: ignore[assignment]
    with pytest.raises(kind) as raised:
        Web(web.url, "mirror").read(FILE)
    assert type(raised.value) is kind and raised.value.advice and len(web.asked) == 1


def test_a_login_page_is_no_file(web: Server) -> None:
    web.files[PATH] = Served(b"<html>", kind="text/html")
    with pytest.raises(Refused) as raised:
        Web(web.url, "mirror").read(FILE)
    assert "web page" in raised.value.message


def test_where_nothing_answers_a_mirror_is_advised() -> None:
    with serving() as gone:
        url = gone.url
    with pytest.raises(Unreachable) as raised:
        Web(url, "mirror").read(FILE)
    assert "--mirror" in raised.value.advice
