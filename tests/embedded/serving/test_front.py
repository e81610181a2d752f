"""Predictors of the user's own behind the front: a kserve.ModelServer, and a program that knows nothing of KServe."""

from __future__ import annotations

import signal
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import httpx
import psutil
import pytest
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub

from tests.embedded.serving.farm import Farm, Started, free_port, until_answers

PLAIN = """
    import http.server, os, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path != "/never" else 503)
            self.end_headers()
            self.wfile.write(b"plain")

    port = sys.argv[1] if len(sys.argv) > 1 else os.environ["PORT"]
    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""
KSERVE = """
    import argparse
    from kserve import Model, ModelServer, model_server

    class Lengths(Model):
        def __init__(self, name):
            super().__init__(name)
            self.ready = True

        def predict(self, payload, headers=None):
            return {"predictions": [len(row) for row in payload["instances"]]}

    if __name__ == "__main__":
        options, _ = argparse.ArgumentParser(parents=[model_server.parser]).parse_known_args()
        ModelServer().start([Lengths(options.model_name)])
"""
Begin = Callable[..., Started]


@pytest.fixture
def begin(farm: Farm, tmp_path: Path) -> Iterator[Begin]:
    begun: list[Started] = []

    def one(code: str, *args: str, front: tuple[str, ...] = ()) -> Started:
        script = tmp_path / "predictor.py"
        script.write_text(textwrap.dedent(code))
        rest, port = free_port(), free_port()
        argv = (f"--http_port={rest}", f"--grpc_port={port}", *front, "--", sys.executable, "-u", str(script), *args)
        begun.append(farm.start(*argv, what="front"))
        begun[-1].rest, begun[-1].grpc = rest, port
        return begun[-1]

    yield one
    for each in begun:
        if each.pid in farm.running:
            for child in psutil.Process(each.pid).children(recursive=True):
                child.kill()
            each.signal(9)
            each.wait()


def _listening(started: Started) -> set[str]:
    process = psutil.Process(started.pid)
    pids = {process.pid, *(child.pid for child in process.children(recursive=True))}
    found = [one for one in psutil.net_connections("tcp") if one.pid in pids and one.status == "LISTEN"]
    return {one.laddr.ip.removeprefix("::ffff:") for one in found}


def test_a_kserve_model_server_runs_unchanged_on_loopback(begin: Begin) -> None:
    server = begin(KSERVE, "--model_name=lengths")
    until_answers(f"{server.url}/v1/models/lengths", server.log)
    answer = httpx.post(f"{server.url}/v1/models/lengths:predict", json={"instances": [[1, 2], [3]]})
    assert answer.json() == {"predictions": [2, 1]}
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc}") as channel:
        assert GRPCInferenceServiceStub(channel).ModelReady(pb.ModelReadyRequest(name="lengths")).ready
    # kserve itself would listen on all interfaces.
    assert _listening(server) == {"127.0.0.1"}
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_any_program_that_listens_on_port(begin: Begin) -> None:
    server = begin(PLAIN)
    until_answers(server.url, server.log)
    assert httpx.get(server.url).text == "plain"
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        assert httpx.get(server.url, headers=headers).status_code == 403


def test_a_port_of_its_own_is_found(begin: Begin) -> None:
    own = free_port()
    server = begin(PLAIN, str(own), front=(f"--declared_port={own}",))
    until_answers(server.url, server.log)
    assert httpx.get(server.url).text == "plain"


def test_readiness_is_asked_for_where_the_spec_has_a_path(begin: Begin) -> None:
    never = begin(PLAIN, front=("--ready_path=/never",))
    ready = begin(PLAIN, front=("--ready_path=/ready",))
    until_answers(ready.url, ready.log)
    with pytest.raises(httpx.TimeoutException):
        httpx.get(never.url, timeout=0.5)


def test_a_command_that_ends_ends_the_front_with_its_code(begin: Begin) -> None:
    assert begin("import sys; sys.exit(7)").wait() == 7
    assert begin("import os, signal; os.kill(os.getpid(), signal.SIGKILL)").wait() == 137


def test_a_command_that_does_not_exist(farm: Farm) -> None:
    started = farm.start("--", "/no/such/program", what="front")
    assert started.wait() == 127
    assert "'/no/such/program' cannot be started: No such file" in started.log.read_text()
