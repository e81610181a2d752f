"""Lists in chunks show one moment, or say that they no longer can."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from minikf.embedded import kinds
from minikf.embedded.api.call import Call, Target
from minikf.embedded.api.listing import send_list
from minikf.embedded.status import ApiError
from minikf.embedded.store import Store
from minikf.embedded.store import subscription as subscription_module


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(tmp_path / "objects.db")
    for name in "abcd":
        await _put(made, name)
    yield made
    made.close()


async def _put(store: Store, name: str, **data: str) -> None:
    meta = {"name": name, "namespace": "n"}
    await store.put(kinds.CONFIG_MAP, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}).done


async def _remove(store: Store, name: str) -> None:
    entry = store.get(kinds.CONFIG_MAP, "n", name)
    assert entry is not None
    await store.remove(kinds.CONFIG_MAP, entry.copy()).done


async def _list(store: Store, **query: Any) -> dict[str, Any]:
    body = b""

    async def send(message: Any) -> None:
        nonlocal body
        body += message.get("body", b"")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    path = "/api/v1/namespaces/n/configmaps"
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": urlencode(query).encode()}
    await send_list(Call(scope, receive), send, store, Target(kinds.CONFIG_MAP, "n", "", ""))
    answer: dict[str, Any] = json.loads(body)
    return answer


def _names(answer: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in answer["items"]]


async def test_later_chunks_show_the_moment_of_the_first(store: Store) -> None:
    first = await _list(store, limit=1)
    await _remove(store, "b")
    await _put(store, "c", changed="yes")
    await _put(store, "e")
    second = await _list(store, limit=2, **{"continue": first["metadata"]["continue"]})
    assert _names(second) == ["b", "c"]
    assert second["items"][1]["data"] == {}, "the version of then"
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
    assert second["metadata"]["remainingItemCount"] == 1
    third = await _list(store, limit=2, **{"continue": second["metadata"]["continue"]})
    assert (_names(third), third["metadata"].get("continue")) == (["d"], None)


async def test_an_exact_version_of_the_past_is_listed(store: Store) -> None:
    then = store.rv
    await _remove(store, "a")
    exact = {"resourceVersion": then, "resourceVersionMatch": "Exact"}
    assert _names(await _list(store, **exact)) == ["a", "b", "c", "d"]
    assert _names(await _list(store, resourceVersion=then)) == ["b", "c", "d"], "not older than: the newest will do"


async def test_a_forgotten_moment_is_410_with_a_token_to_go_on_from_today(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    then, first = store.rv, await _list(store, limit=2)
    monkeypatch.setattr(subscription_module, "RING_CHANGES", 1)
    for _ in range(3):
        await _put(store, "e")
    with pytest.raises(ApiError, match="resourceVersion for the provided list is too old") as exact:
        await _list(store, resourceVersion=then, resourceVersionMatch="Exact")
    assert (exact.value.code, exact.value.reason) == (410, "Expired")
    with pytest.raises(ApiError, match="inconsistent list") as chunk:
        await _list(store, limit=2, **{"continue": first["metadata"]["continue"]})
    status = chunk.value.status()
    assert (status["code"], status["reason"]) == (410, "Expired")
    rest = await _list(store, **{"continue": status["metadata"]["continue"]})
    assert _names(rest) == ["c", "d", "e"]


async def test_a_version_to_come_is_504(store: Store) -> None:
    with pytest.raises(ApiError, match="Too large resource version") as error:
        await _list(store, resourceVersion=store.rv + 1)
    assert (error.value.code, error.value.details["retryAfterSeconds"]) == (504, 1)
