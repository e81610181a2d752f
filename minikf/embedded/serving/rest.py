"""The REST application: kserve's V1 and V2 routes, with errors that name their cause and no traceback for bad input."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from kserve import ModelRepository
from kserve.errors import (
    InferenceError,
    InvalidInput,
    ModelNotFound,
    ModelNotReady,
    ServerNotLive,
    ServerNotReady,
    UnsupportedProtocol,
)
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.model_repository_extension import ModelRepositoryExtension
from kserve.protocol.rest.v1_endpoints import register_v1_endpoints
from kserve.protocol.rest.v2_endpoints import register_v2_endpoints
from prometheus_client import REGISTRY, exposition
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from minikf.embedded.serving.models.base import LocalModel

# Statuses as kserve/errors.py has them.
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (InvalidInput, 400),
    (ModelNotFound, 404),
    (ModelNotReady, 503),
    (ServerNotLive, 503),
    (ServerNotReady, 503),
    (UnsupportedProtocol, 501),
    (NotImplementedError, 501),
    (InferenceError, 500),
)


class Repository(ModelRepository):  # type: ignore[misc]
    """The served models. A model that was unloaded over the API can be loaded again from its files."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, LocalModel] = {}

    def add(self, model: LocalModel) -> None:
        self._known[model.name] = model
        self.update(model)

    def load(self, name: str) -> bool:
        model = self._known.get(name)
        if model is None:
            raise ModelNotFound(name)
        model.load()
        self.update(model)
        return True


class StrictDataPlane(DataPlane):  # type: ignore[misc]
    """kserve's data plane, except that a body it cannot decode is always the sender's fault (400)."""

    def decode(
        self, body: Any, headers: dict[str, str], protocol_version: str = "v1", model_name: str | None = None
    ) -> Any:
        try:
            return super().decode(body, _plain_json(headers), protocol_version, model_name)
        except InvalidInput:
            raise
        # What its parsing of a binary V2 body or of a cloud event stumbles over.
        except (ValueError, TypeError, LookupError, AttributeError, struct.error) as error:
            text = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise InvalidInput(f"the request's body cannot be read: {' '.join(text.split())}") from error


@dataclass(frozen=True)
class Application:
    """The ASGI application, the models that it serves, and what gRPC shares with it."""

    app: FastAPI
    repository: Repository
    dataplane: StrictDataPlane
    extension: ModelRepositoryExtension


def application() -> Application:
    """An application without a model yet. It starts nothing, so it may be made before a fork."""
    repository = Repository()
    dataplane = StrictDataPlane(model_registry=repository)
    extension = ModelRepositoryExtension(model_registry=repository)
    # kserve answers every V1 request with it.
    warnings.filterwarnings("ignore", "ORJSONResponse is deprecated")
    app = FastAPI(
        title="KServe ModelServer",
        version=metadata.version("kserve"),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.add_api_route("/", dataplane.live)
    app.add_route("/metrics", _metrics)
    register_v1_endpoints(app, dataplane, extension)
    register_v2_endpoints(app, dataplane, extension)
    for error, status in _STATUSES:
        app.add_exception_handler(error, _handler(status))
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _http_error)
    return Application(app, repository, dataplane, extension)


async def _metrics(request: Request) -> Response:
    encode, content_type = exposition.choose_encoder(request.headers.get("accept", ""))
    return Response(content=encode(REGISTRY), headers={"content-type": content_type})


def _handler(status: int) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def handle(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status)

    return handle


async def _not_valid(_: Request, error: Exception) -> JSONResponse:
    """A V2 body of a wrong shape: each fault with its place, in the one shape that errors have here."""
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"error": "; ".join(_faults(error)) or "the request's body cannot be read"}, 400)


def _faults(error: RequestValidationError) -> list[str]:
    found: dict[str, None] = {}
    for each in error.errors():
        if each["type"] == "json_invalid":
            return [f"the request's body is no JSON: {each.get('ctx', {}).get('error', each['msg'])}"]
        place = [str(part) for part in each["loc"] if part not in ("body", "InferenceRequest")]
        # kserve declares the body as a request or bytes; that it is no bytes helps nobody.
        if place != ["bytes"]:
            found[f"{'.'.join(place) or 'body'}: {each['msg']}"] = None
    return list(found)[:10]


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": str(error.detail)}, error.status_code, headers=error.headers)


def _plain_json(headers: dict[str, str]) -> dict[str, str]:
    """The headers with a content type that the data plane knows. Raises InvalidInput for one it would misread.

    kserve compares the whole value, so that it takes `application/json; charset=utf-8` for no JSON, and hands a body
    of any other type to the model as bytes.
    """
    value = headers.get("content-type")
    if value is None:
        return headers
    kind = value.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded" or kind.startswith(("text/", "multipart/")):
        raise InvalidInput(f"the body's type is {kind}; send the header 'Content-Type: application/json'")
    return headers | {"content-type": kind} if kind != value else headers
