"""The command line of a model server."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from minikf.embedded.serving.payloads import MODES, Wish

# One request's JSON may be this long; numbers in JSON take about ten times this in memory while they are read.
MAX_BODY_BYTES = 32 * 1024 * 1024
# As kserve's own server: MAX_GRPC_MESSAGE_LENGTH in kserve/constants.
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
FORMATS = ("sklearn", "onnx")


@dataclass(frozen=True)
class Options:
    """What to serve and where. Port 0 means any free one; `control` is the socket of who starts servers, or ""."""

    model_name: str
    model_dir: Path
    model_format: str = "sklearn"
    http_port: int = 0
    grpc_port: int = 0
    enable_grpc: bool = True
    control: str = ""
    pod: str = ""
    hosts: tuple[str, ...] = ()
    max_body_bytes: int = MAX_BODY_BYTES
    max_message_bytes: int = MAX_MESSAGE_BYTES
    grace_seconds: float = 30.0
    predict_proba: bool = False
    keep: Wish = field(default=Wish())
    ignored: tuple[str, ...] = field(default=())


def parse(argv: Sequence[str]) -> Options:
    """Options from a command line without the program's name; names as kserve's own servers have them.

    Arguments of kserve's servers that mean nothing here are kept in `ignored`, so that it can be said. A wrong value
    ends the program with status 2, as argparse does.
    """
    parser = _parser()
    known, ignored = parser.parse_known_args(list(argv))
    return Options(
        model_name=known.model_name,
        model_dir=known.model_dir,
        model_format=known.model_format,
        http_port=known.http_port,
        grpc_port=known.grpc_port,
        enable_grpc=known.enable_grpc,
        control=known.control,
        pod=os.environ.get("MINIKF_POD_UID", ""),
        hosts=tuple(host for host in known.allowed_hosts.split(",") if host),
        max_body_bytes=known.max_body_bytes,
        max_message_bytes=known.grpc_max_receive_message_length,
        grace_seconds=known.grace_period,
        # The variable that kserve's sklearnserver reads.
        predict_proba=os.environ.get("PREDICT_PROBA", "false").lower() == "true",
        keep=Wish(
            known.log_mode,
            known.log_url,
            known.inference_service,
            known.namespace,
            tuple(name.lower() for name in known.metadata_headers.split(",") if name),
            known.metadata_annotations,
        ),
        ignored=tuple(ignored),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="model-server", allow_abbrev=False)
    parser.add_argument("--model_name", required=True, help="the model's name in the addresses")
    parser.add_argument("--model_dir", required=True, type=Path, help="folder or file of the model")
    parser.add_argument("--model_format", choices=FORMATS, default="sklearn")
    parser.add_argument("--http_port", type=_port, default=0, help="REST port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--grpc_port", type=_port, default=0, help="gRPC port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--enable_grpc", type=_truth, default=True)
    parser.add_argument("--control", default="", help="unix socket that hands out the listening sockets")
    parser.add_argument("--allowed_hosts", default="", help="Host names to accept beside loopback's, by comma")
    parser.add_argument("--max_body_bytes", type=int, default=MAX_BODY_BYTES)
    parser.add_argument("--grpc_max_receive_message_length", type=int, default=MAX_MESSAGE_BYTES)
    parser.add_argument("--grace_period", type=float, default=30.0, help="seconds to finish requests when stopped")
    parser.add_argument("--log_mode", choices=("", *MODES), default="", help="keep requests, answers or both")
    parser.add_argument("--log_url", default="", help="where to send them as CloudEvents; the platform keeps them else")
    parser.add_argument("--inference_service", default="", help="whose requests these are")
    parser.add_argument("--namespace", default="", help="the service's namespace")
    parser.add_argument("--metadata_headers", default="", help="headers to keep with them, by comma")
    parser.add_argument("--metadata_annotations", type=json.loads, default={}, help="annotations to keep, as JSON")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port")
    return port


def _truth(text: str) -> bool:
    value = text.lower()
    if value not in ("true", "false", "1", "0", "yes", "no"):
        raise argparse.ArgumentTypeError(f"'{text}' is neither true nor false")
    return value in ("true", "1", "yes")
