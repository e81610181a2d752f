"""What happens around each gRPC call: it is counted, and a failure becomes a status that names its cause."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from kserve.errors import (
    InferenceError,
    InvalidInput,
    ModelNotFound,
    ModelNotReady,
    ServerNotLive,
    ServerNotReady,
    UnsupportedProtocol,
)

from minikf.embedded.serving.metrics import Meter

# InferenceError is the model's fault here; kserve blames the sender for it, but its REST side answers 500, too.
_STATUSES: tuple[tuple[type[Exception], grpc.StatusCode], ...] = (
    (InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (UnsupportedProtocol, grpc.StatusCode.INVALID_ARGUMENT),
    (ModelNotFound, grpc.StatusCode.NOT_FOUND),
    (ModelNotReady, grpc.StatusCode.UNAVAILABLE),
    (ServerNotLive, grpc.StatusCode.UNAVAILABLE),
    (ServerNotReady, grpc.StatusCode.UNAVAILABLE),
    (NotImplementedError, grpc.StatusCode.UNIMPLEMENTED),
    (InferenceError, grpc.StatusCode.INTERNAL),
)
_INFER = "/inference.GRPCInferenceService/ModelInfer"
_Call = Callable[[Any, Any], Awaitable[Any]]


class _Malformed:
    """Stands for a request that is no message of its type, so that the call can be answered instead of broken off."""

    def __init__(self, why: str) -> None:
        self.why = why


class Calls(grpc.aio.ServerInterceptor):
    """Wraps each method of a service once."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._wrapped: dict[str, Any] = {}

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], details: Any) -> Any:
        found = self._wrapped.get(details.method)
        if found is not None:
            return found
        handler = await continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler
        call = _answering(handler.unary_unary)
        wrapped = grpc.unary_unary_rpc_method_handler(
            self._counting(call) if details.method == _INFER else call,
            request_deserializer=_reading(handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )
        self._wrapped[details.method] = wrapped
        return wrapped

    def _counting(self, call: _Call) -> _Call:
        async def counted(request: Any, context: Any) -> Any:
            began = time.perf_counter()
            try:
                return await call(request, context)
            finally:
                code = context.code()
                failed = code not in (None, 0, grpc.StatusCode.OK)
                name = getattr(request, "model_name", "")
                text = _name(code) if failed else ""
                self._meter.count(name, "grpc-v2", text, time.perf_counter() - began)

        return counted


def _answering(call: _Call) -> _Call:
    async def answered(request: Any, context: Any) -> Any:
        if isinstance(request, _Malformed):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, request.why)
        try:
            return await call(request, context)
        except tuple(error for error, _ in _STATUSES) as error:
            status = next(status for kind, status in _STATUSES if isinstance(error, kind))
            await context.abort(status, str(error))

    return answered


def _reading(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError as error:
            return _Malformed(f"the request is no message of this method: {error}")

    return read


def _name(code: Any) -> str:
    if isinstance(code, grpc.StatusCode):
        return code.name
    return next((each.name for each in grpc.StatusCode if each.value[0] == code), str(code))
