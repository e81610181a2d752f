"""Clients that ask a model server without pause."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import grpc
import httpx
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub


class Hammer:
    """Clients of three kinds that ask without pause and keep every failure."""

    def __init__(self, rest: int, grpc_port: int, rows: list[list[float]], model: str = "digits") -> None:
        self._url = f"http://127.0.0.1:{rest}/v1/models/{model}:predict"
        self._grpc_port = grpc_port
        self._model = model
        self._body = {"instances": rows[:1]}
        self._rows = rows
        self._stop = threading.Event()
        self.answered: Counter[str] = Counter()
        self.failures: list[str] = []

    @contextlib.contextmanager
    def running(self) -> Iterator[Hammer]:
        kinds = (self._kept_connection, self._new_connections, self._rpc)
        threads = [threading.Thread(target=self._repeat, args=(kind,)) for kind in kinds]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _repeat(self, kind: Callable[[], contextlib.AbstractContextManager[Callable[[], None]]]) -> None:
        with kind() as ask:
            while not self._stop.is_set():
                try:
                    ask()
                    self.answered[kind.__name__] += 1
                except (httpx.HTTPError, grpc.RpcError) as error:
                    self.failures.append(f"{kind.__name__}: {error!r}")

    @contextlib.contextmanager
    def _kept_connection(self) -> Iterator[Callable[[], None]]:
        with httpx.Client() as client:
            yield lambda: client.post(self._url, json=self._body).raise_for_status() and None

    @contextlib.contextmanager
    def _new_connections(self) -> Iterator[Callable[[], None]]:
        # With a client's TLS settings made once: that costs more than all the rest.
        context = ssl.create_default_context()
        yield lambda: httpx.post(self._url, json=self._body, verify=context).raise_for_status() and None

    @contextlib.contextmanager
    def _rpc(self) -> Iterator[Callable[[], None]]:
        contents = pb.InferTensorContents(fp64_contents=self._rows[0])
        tensor = pb.ModelInferRequest.InferInputTensor(
            name="input-0", datatype="FP64", shape=[1, 64], contents=contents
        )
        request = pb.ModelInferRequest(model_name=self._model, inputs=[tensor])
        with grpc.insecure_channel(f"127.0.0.1:{self._grpc_port}") as channel:
            stub = GRPCInferenceServiceStub(channel)
            yield lambda: stub.ModelInfer(request) and None
