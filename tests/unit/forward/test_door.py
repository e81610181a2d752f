"""Who may pass a door."""

from __future__ import annotations

import pytest

from minikf.kube.forward import door as module
from minikf.kube.forward.door import Door, Headers

PORT = 8180
DOOR = Door("s3cret", PORT)


def asked(host: str = f"127.0.0.1:{PORT}", **more: str) -> Headers:
    found = {"Host": host} | {name.replace("_", "-"): value for name, value in more.items()}
    return [(name.encode(), value.encode()) for name, value in found.items()]


def status(headers: Headers, method: str = "GET", door: Door = DOOR) -> int:
    found = door.refusal(method, headers)
    return 200 if found is None else int(found.status)


def cookie_of(door: Door, host: str) -> str:
    code = door.link().partition("code=")[2]
    return (door.enter(code, host) or "").partition(";")[0]


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"[::1]:{PORT}", f"LocalHost:{PORT}"])
def test_a_program_passes_with_the_credential(host: str) -> None:
    assert status(asked(host, Authorization="Bearer s3cret")) == 200
    assert status(asked(host, authorization="bearer  s3cret")) == 200


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer ", "Basic s3cret", "s3cret", "Bearer s3cret2", "Bearer é"])
def test_another_credential_does_not(given: str) -> None:
    assert status(asked(Authorization=given)) == 401
    assert status(asked()) == 401


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", ""])
def test_another_name_does_not_even_with_it(host: str) -> None:
    assert status(asked(host, Authorization="Bearer s3cret")) == 421


def test_no_host_or_two_do_not() -> None:
    assert status([(b"Authorization", b"Bearer s3cret")]) == 421
    assert status([*asked(), *asked(Authorization="Bearer s3cret")]) == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", f"http://127.0.0.1:{PORT + 1}", "null", "file://", "http://["]
)
def test_a_foreign_page_does_not(origin: str) -> None:
    assert status(asked(Authorization="Bearer s3cret", Origin=origin)) == 403


def test_a_page_of_its_own_does() -> None:
    assert status(asked(Authorization="Bearer s3cret", Origin=f"http://127.0.0.1:{PORT}")) == 200


def test_a_link_works_once_and_for_its_name_only() -> None:
    door = Door("s3cret", PORT)
    name = f"{door.label}:{PORT}"
    code = door.link().partition("code=")[2]
    given = door.enter(code, name)
    assert given is not None and "HttpOnly" in given and "SameSite=Strict" in given
    assert door.enter(code, name) is None
    cookie = given.partition(";")[0]
    assert "s3cret" not in cookie
    assert door.refusal("POST", asked(name, Cookie=f"a=b; {cookie}")) is None
    assert status(asked(Cookie=cookie)) == 401  # under 127.0.0.1, where every server gets the cookies of all
    assert Door("other", PORT).label != door.label
    again = Door("s3cret", PORT)  # after a restart: somebody else may have listened there in between
    assert again.label == door.label and again.refusal("GET", asked(name, Cookie=cookie)) is not None


def test_a_link_does_not_last(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door("s3cret", PORT)
    now = module.time.monotonic()
    code = door.link().partition("code=")[2]
    monkeypatch.setattr(module.time, "monotonic", lambda: now + module.LINK_SECONDS + 1)
    assert door.enter(code, door.label) is None
    assert door.enter("", door.label) is None


def test_a_neighbouring_port_cannot_use_the_cookie() -> None:
    door = Door("s3cret", PORT)
    host = f"{door.label}:{PORT}"
    cookie = cookie_of(door, host)
    foreign = {"Cookie": cookie, "Sec_Fetch_Site": "same-site"}
    assert status(asked(host, **foreign, Sec_Fetch_Mode="no-cors"), door=door) == 403
    assert status(asked(host, **foreign, Sec_Fetch_Mode="navigate"), "POST", door) == 403
    assert status(asked(host, **foreign, Sec_Fetch_Mode="navigate"), door=door) == 200
    own = asked(host, Cookie=cookie, Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors")
    assert status(own, "POST", door) == 200


def test_no_component_sees_what_is_the_doors() -> None:
    headers = asked(Authorization="Bearer s3cret", Cookie=f"a=b; minikf-{PORT}=x; c=d", X="1")
    assert DOOR.without_proof(headers) == [*asked(), (b"Cookie", b"a=b; c=d"), (b"X", b"1")]
    assert DOOR.without_proof(asked(Cookie=f"minikf-{PORT}=x")) == asked()
    theirs = asked(Authorization="Bearer of-the-component")
    assert DOOR.without_proof(theirs) == theirs
