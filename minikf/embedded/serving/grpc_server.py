"""The gRPC side: kserve's V2 servicer on loopback, behind a listening socket that the next server takes over."""

from __future__ import annotations

import socket

import grpc
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import add_GRPCInferenceServiceServicer_to_server
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from minikf.embedded.serving.grpc_calls import Calls
from minikf.embedded.serving.http2 import GoAway
from minikf.embedded.serving.metrics import Meter
from minikf.embedded.serving.relay import Relay

# A client that got the farewell leaves as soon as its calls are answered; one without calls may stay this long.
_QUIET_SECONDS = 1.0


class GrpcServer:
    """Serves on `listening`; `drain` answers what was asked and loses nothing."""

    def __init__(
        self,
        listening: socket.socket,
        dataplane: DataPlane,
        extension: ModelRepositoryExtension,
        meter: Meter,
        max_message_bytes: int,
    ) -> None:
        self._listening = listening
        self._server = grpc.aio.server(
            interceptors=(Calls(meter),),
            options=[
                ("grpc.max_receive_message_length", max_message_bytes),
                ("grpc.max_send_message_length", max_message_bytes),
                ("grpc.so_reuseport", 0),
            ],
        )
        add_GRPCInferenceServiceServicer_to_server(InferenceServicer(dataplane, extension), self._server)
        self._relay: Relay | None = None

    async def start(self) -> None:
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        self._relay = Relay(self._listening, port, GoAway)
        await self._relay.start()

    async def drain(self, seconds: float) -> None:
        """Ends within about `seconds`."""
        if self._relay is not None:
            await self._relay.drain(_QUIET_SECONDS, seconds)
        await self._server.stop(grace=0.2)
