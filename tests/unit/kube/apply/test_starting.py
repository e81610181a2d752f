"""What is a passing refusal of an API server, and what is meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from minikf.kube.apply import Calls
from minikf.kube.apply.starting import passing, starting
from minikf.kube.rest import ApiAnswer
from minikf.spec import Access
from tests.unit.kube.fakecluster import status
from tests.unit.kube.tlsserver import Served

_UNREADY = (500, b"[+]ping ok [-]poststarthook/rbac/bootstrap-roles failed")
_UNKNOWN = status(403, "Forbidden", 'User "kubernetes-admin" cannot get path "/readyz"')


@pytest.mark.parametrize(("answer", "begins"), [((200, b"ok"), False), (_UNREADY, True), (_UNKNOWN, True)])
def test_it_starts_until_it_says_that_it_is_ready(
    server: Served, way_in: Access, answer: tuple[int, bytes], begins: bool
) -> None:
    server.answers["/readyz"] = answer
    calls = Calls(way_in)
    assert starting(calls) == begins
    for code, passes in ((401, begins), (403, begins), (404, False), (422, False), (429, True), (500, True)):
        assert passing(calls, ApiAnswer("no", status=code)) == passes


def test_one_that_does_not_answer_starts(way_in: Access) -> None:
    assert starting(Calls(replace(way_in, server="https://127.0.0.1:9"), 1.0))
