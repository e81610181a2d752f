"""Which Host and Origin headers name this machine's own server."""

from __future__ import annotations

import pytest

from minikf.embedded.serving.guard import Hosts

HOSTS = Hosts(["digits.default", "digits-predictor.default.svc.cluster.local"])


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8080", "a.localhost", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:80",
     "digits.default:80", "Digits-Predictor.default.svc.cluster.local."],
)  # fmt: skip
def test_allowed(host: str) -> None:
    assert HOSTS.why_not(host, None) == ""


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "notlocalhost", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0",
     "[::2]", "[::1", "::1", "digits.other", "localhost@evil.example", "127.0.0.1:80:80", "1270.0.1"],
)  # fmt: skip
def test_refused(host: str) -> None:
    assert HOSTS.why_not(host, None)


def test_a_host_is_needed() -> None:
    assert "no Host" in HOSTS.why_not(None, None)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3000", True),
        ("https://127.0.0.1", True),
        ("http://digits.default", True),
        ("null", False),
        ("", False),
        ("http://evil.example", False),
        ("file://localhost", False),
        ("http://", False),
        ("http://[", False),
        ("chrome-extension://localhost", False),
    ],
)
def test_origins(origin: str, allowed: bool) -> None:
    assert (HOSTS.why_not("localhost", origin) == "") is allowed
