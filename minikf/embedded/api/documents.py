"""Documents about the API itself: version, discovery, OpenAPI."""

from __future__ import annotations

import platform
import re
from functools import lru_cache
from typing import Any

import minikf
from minikf.embedded import discovery, openapi
from minikf.embedded.api.call import Call, no_such_path, no_such_resource, not_allowed

# The Kubernetes release whose behaviour this API has, and which it is compared with call by call in tests/lab.
KUBERNETES = "1.34.4"
_JSON = "application/json"
_OPENAPI_V2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
_EMPTY_SWAGGER = {"swagger": "2.0", "info": {"title": "MiniKF", "version": KUBERNETES}, "paths": {}}
_FIRST = ("api", "apis", "openapi", "version")
_AGGREGATED = re.compile(r"g=apidiscovery\.k8s\.io;v=(v2|v2beta1);as=APIGroupDiscoveryList")


def document(call: Call, port: int) -> tuple[Any, str] | None:
    """The document at a path and its content type; None when the path is about objects. Raises ApiError 404."""
    parts = call.path.strip("/").split("/")
    if parts[0] not in _FIRST:
        return None
    if call.method not in ("GET", "HEAD"):
        if len(parts) == 1 or parts[0] == "openapi":
            raise not_allowed()
        return None
    if parts[0] == "version":
        return (version(), _JSON) if len(parts) == 1 else _missing()
    if parts[0] == "openapi":
        return _openapi(call, parts[1:])
    if len(parts) == 1:
        return _root(call, port, core=parts[0] == "api")
    if parts[0] == "api" and len(parts) == 2:
        found = discovery.resource_list("", parts[1])
        if found is None:
            raise no_such_resource()
        return found, _JSON
    if parts[0] == "apis" and len(parts) == 2:
        return discovery.group(parts[1]) or _missing(), _JSON
    if parts[0] == "apis" and len(parts) == 3:
        return discovery.resource_list(parts[1], parts[2]) or _missing(), _JSON
    return None


@lru_cache(maxsize=1)
def version() -> dict[str, str]:
    """`/version`: a client reads the release to speak, and `+minikf` says whose server it is."""
    major, minor, _ = KUBERNETES.split(".")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return {
        "major": major,
        "minor": minor,
        "gitVersion": f"v{KUBERNETES}+minikf-{minikf.__version__}",
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "",
        "goVersion": f"python{platform.python_version()}",
        "compiler": platform.python_implementation().lower(),
        "platform": f"{platform.system().lower()}/{machine}",
    }


def _root(call: Call, port: int, *, core: bool) -> tuple[Any, str]:
    found = _AGGREGATED.search(call.accept.replace(" ", ""))
    if found is not None:
        return discovery.aggregated(core, found[1]), discovery.aggregated_content_type(found[1])
    return (discovery.api_versions(f"127.0.0.1:{port}") if core else discovery.group_list()), _JSON


def _openapi(call: Call, parts: list[str]) -> tuple[Any, str]:
    if parts == ["v2"]:
        # kubectl asks here only about kinds that version 3 does not have: an empty document says that it has none.
        wants_protobuf = _OPENAPI_V2 in call.accept
        return (b"", _OPENAPI_V2.replace("@", ".")) if wants_protobuf else (_EMPTY_SWAGGER, _JSON)
    return _openapi_v3(parts), _JSON


def _openapi_v3(parts: list[str]) -> Any:
    if parts == ["v3"]:
        return openapi.index()
    if parts[:2] == ["v3", "api"] and len(parts) == 3:
        return openapi.document("", parts[2]) or _missing()
    if parts[:2] == ["v3", "apis"] and len(parts) == 4:
        return openapi.document(parts[2], parts[3]) or _missing()
    return _missing()


def _missing() -> Any:
    raise no_such_path()
