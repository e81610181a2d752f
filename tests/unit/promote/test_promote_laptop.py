"""What is taken for an address or path of this machine, and what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikf.paths import PlatformPaths
from minikf.promote.laptop import Laptop, Local
from tests.unit.promote.promote_world import LAPTOP


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://127.0.0.1:8080/v1?a=b", ["http://127.0.0.1:8080/v1?a=b"]),
        ("see http://localhost:80.", ["http://localhost:80"]),
        ("HTTP://LOCALHOST/x", ["HTTP://LOCALHOST/x"]),
        ("postgresql://u:p@localhost:5432/db", ["postgresql://u:p@localhost:5432/db"]),
        ("https://[::1]:6443", ["https://[::1]:6443"]),
        ("http://host.docker.internal:9", ["http://host.docker.internal:9"]),
        ("http://mylaptop/x mylaptop:80", ["http://mylaptop/x", "mylaptop:80"]),
        ("--addr=localhost:29500", ["localhost:29500"]),
        ("localhost:5000/team/image:1", ["localhost:5000/team/image:1"]),
        ('open("/home/me/data.csv")', ["/home/me/data.csv"]),
        ("a:/home/me/x,b", ["/home/me/x"]),
        ("/Users/jane/models", ["/Users/jane/models"]),
        ("/var/tmp/minikf/pods/x", ["/var/tmp/minikf/pods/x"]),
        ("file:///m file:/m FILE:///m", ["file:///m", "file:/m", "FILE:///m"]),
        ("/home/me", ["/home/me"]),
    ],
)
def test_what_holds_on_this_machine_only_is_found(text: str, found: list[str]) -> None:
    assert [span.text for span in LAPTOP.spans(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org/home/me",
        "s3://bucket/home/me",
        "http://localhost.example.org",
        "http://my-localhost/x",
        "/home/meandmore/x",
        "/data/home/me/x",
        "mylaptop is a word",
        "0.0.0.0:8080",
        "1127.0.0.1",
        "profile:/x",
        "~/models",
        "/mnt/models",
    ],
)
def test_what_holds_elsewhere_too_is_left_alone(text: str) -> None:
    assert LAPTOP.spans(text) == []


def test_kinds_are_told_apart() -> None:
    kinds = [span.local for span in LAPTOP.spans("file:///m http://localhost /home/me")]
    assert kinds == [Local.FILE, Local.ADDRESS, Local.PATH]


def test_this_machine_is_known_by_its_home_and_the_platforms_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/elsewhere")
    here = Laptop.here(PlatformPaths.of("default"))
    assert [span.text for span in here.spans(f"{Path.home()}/x and /srv/elsewhere/minikf/platforms/default/y")] == [
        f"{Path.home()}/x",
        "/srv/elsewhere/minikf/platforms/default/y",
    ]
