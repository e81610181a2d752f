"""Which app a path through the API's proxy of services reaches, and with which path."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.api.app import Router
from minikf.embedded.api.serviceproxy import split

BASE = "/api/v1/namespaces/kubeflow/services"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"{BASE}/ml-pipeline:http/proxy/apis/v2beta1/healthz", ("ml-pipeline", "/apis/v2beta1/healthz")),
        (f"{BASE}/ml-pipeline:8888/proxy/a/b", ("ml-pipeline", "/a/b")),
        (f"{BASE}/http:ml-pipeline:8888/proxy/", ("ml-pipeline", "/")),
        (f"{BASE}/https:ml-pipeline:/proxy", ("ml-pipeline", "/")),
        (f"{BASE}/ml-pipeline/proxy/x/services/y/proxy/z", ("ml-pipeline", "/x/services/y/proxy/z")),
        (f"{BASE}/ml-pipeline/proxyx/a", None),
        (f"{BASE}/ml-pipeline", None),
        ("/api/v1/namespaces/a/b/services/ml-pipeline/proxy/x", None),
        ("/apis/v1/namespaces/a/services/ml-pipeline/proxy/x", None),
        (f"{BASE}//proxy/x", None),
        (f"{BASE}/ftp:ml-pipeline:1/proxy/x", None),
    ],
)
def test_paths_are_taken_apart_as_the_api_server_does(path: str, found: tuple[str, str] | None) -> None:
    assert split(path) == found


@pytest.mark.parametrize(
    ("path", "who", "rest"),
    [
        (f"{BASE}/ml-pipeline:http/proxy/apis/v2beta1/runs", "pipelines", "/apis/v2beta1/runs"),
        (f"{BASE}/other:http/proxy/apis", "kubernetes", f"{BASE}/other:http/proxy/apis"),
        ("/apis/v2beta1/runs", "mounted", "/apis/v2beta1/runs"),
        ("/api/v1/namespaces/proxy/configmaps", "kubernetes", "/api/v1/namespaces/proxy/configmaps"),
    ],
)
async def test_the_router_hands_them_on(path: str, who: str, rest: str) -> None:
    reached: list[tuple[str, str, str]] = []

    def app(name: str) -> Any:
        async def called(scope: Any, receive: Any, send: Any) -> None:
            reached.append((name, scope["path"], scope["query_string"].decode()))

        return called

    router = Router(app("kubernetes"), {"/apis/v2beta1": app("mounted")}, {"ml-pipeline": app("pipelines")})
    scope = {"type": "http", "path": path, "raw_path": path.encode(), "query_string": b"a=b"}
    await router(scope, None, None)  # type: ignore[arg-type]
    assert reached == [(who, rest, "a=b")]
