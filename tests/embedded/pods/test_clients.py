"""Logs, exec and port-forward by kubectl and the Python client, against the whole daemon."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward, stream

from minikf.spec import Access
from tests.embedded.pods.world import pod

KUBECTL = shutil.which("kubectl")
needs_kubectl = pytest.mark.skipif(KUBECTL is None, reason="kubectl is not on PATH")
_numbers = itertools.count()


@pytest.fixture(scope="module")
def core(platform: Access) -> Iterator[client.CoreV1Api]:
    with config.new_client_from_config(config_file=str(platform.kubeconfig)) as api:
        yield client.CoreV1Api(api)


class Pods:
    """Makes pods and waits for them."""

    def __init__(self, core: client.CoreV1Api, access: Access) -> None:
        self.core = core
        self.access = access
        self.names: list[str] = []

    def run(self, *argv: str, phase: str = "Running", **spec: Any) -> str:
        name = f"client-{next(_numbers)}"
        self.core.create_namespaced_pod("default", pod(name, *argv, **spec))
        self.names.append(name)
        deadline = time.monotonic() + 20
        while (now := self.core.read_namespaced_pod(name, "default").status).phase != phase:
            assert time.monotonic() < deadline, now
            time.sleep(0.02)
        return name

    def kubectl(self, *words: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
        assert KUBECTL is not None
        command = [KUBECTL, f"--kubeconfig={self.access.kubeconfig}", *words]
        return subprocess.run(command, capture_output=True, check=False, timeout=60, **options)

    def logged(self, name: str, text: str) -> None:
        deadline = time.monotonic() + 20
        while text not in self.log(name):
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def log(self, name: str) -> str:
        # Without the client's reading of it, which takes a log of digits for a number.
        return str(self.core.read_namespaced_pod_log(name, "default", _preload_content=False).data.decode())


@pytest.fixture
def pods(core: client.CoreV1Api, platform: Access) -> Iterator[Pods]:
    made = Pods(core, platform)
    yield made
    for name in made.names:
        with contextlib.suppress(ApiException):
            core.delete_namespaced_pod(name, "default", grace_period_seconds=0)


# -- logs ------------------------------------------------------------------------------------------------------------


def test_logs_with_tail_times_and_limits(pods: Pods) -> None:
    name = pods.run("sh", "-c", "for i in 1 2 3; do echo line $i; sleep 0.3; done", phase="Succeeded")
    read = pods.core.read_namespaced_pod_log
    assert read(name, "default") == "line 1\nline 2\nline 3\n"
    assert read(name, "default", tail_lines=2) == "line 2\nline 3\n"
    assert read(name, "default", tail_lines=0) == ""
    assert read(name, "default", limit_bytes=8) == "line 1\nl"
    stamped = read(name, "default", timestamps=True).splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line \d$", line) for line in stamped), stamped
    times = [line.split()[0] for line in stamped]
    assert times == sorted(set(times))


def test_logs_since_a_time(pods: Pods) -> None:
    name = pods.run("sh", "-c", "echo old; sleep 2.2; echo new", phase="Succeeded")
    assert pods.core.read_namespaced_pod_log(name, "default", since_seconds=1) == "new\n"
    assert pods.core.read_namespaced_pod_log(name, "default", since_seconds=600) == "old\nnew\n"


def test_a_log_is_followed_to_its_end(pods: Pods) -> None:
    name = pods.run("sh", "-c", "for i in 1 2 3; do echo line $i; sleep 0.2; done")
    answer = pods.core.read_namespaced_pod_log(name, "default", follow=True, _preload_content=False)
    begin = time.monotonic()
    times = [time.monotonic() - begin for line in answer.stream() if line]
    assert len(times) >= 2
    assert time.monotonic() - begin < 10


def test_binary_output_and_long_lines_are_passed_on_as_they_are(pods: Pods) -> None:
    code = "import os, sys; w = sys.stdout.buffer.write; w(bytes(range(256))); w(b'x' * (1 << 20)); w(b'\\n')"
    name = pods.run("python", "-c", code, phase="Succeeded")
    answer = pods.core.read_namespaced_pod_log(name, "default", _preload_content=False)
    assert answer.data == bytes(range(256)) + b"x" * (1 << 20) + b"\n"
    answer = pods.core.read_namespaced_pod_log(name, "default", timestamps=True, tail_lines=1, _preload_content=False)
    assert len(answer.data) > 1 << 20


def test_the_log_of_the_run_before(pods: Pods) -> None:
    script = "echo run; test -e done && exec sleep 60; touch done; exit 1"
    name = pods.run("sh", "-c", script, restartPolicy="OnFailure")
    deadline = time.monotonic() + 20
    while not pods.core.read_namespaced_pod(name, "default").status.container_statuses[0].restart_count:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    pods.logged(name, "run")
    assert "run" in pods.core.read_namespaced_pod_log(name, "default", previous=True)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"container": "nope"}, "container nope is not valid for pod"),
        ({"previous": True}, "previous terminated container"),
        ({"since_seconds": -1}, "sinceSeconds"),
        ({"tail_lines": -1}, "tailLines"),
    ],
)
def test_bad_questions_about_logs_are_told(pods: Pods, arguments: dict[str, Any], text: str) -> None:
    name = pods.run("echo", "x", phase="Succeeded")
    with pytest.raises(ApiException) as caught:
        pods.core.read_namespaced_pod_log(name, "default", **arguments)
    assert caught.value.status == 400
    assert text in caught.value.body


def test_a_container_that_waits_has_no_log_yet(pods: Pods) -> None:
    name = pods.run("true", phase="Pending", container={"envFrom": [{"configMapRef": {"name": "never"}}]})
    deadline = time.monotonic() + 10
    while True:
        with pytest.raises(ApiException) as caught:
            pods.core.read_namespaced_pod_log(name, "default")
        if 'configmap \\"never\\" not found' in caught.value.body:
            break
        assert time.monotonic() < deadline, caught.value.body
        time.sleep(0.05)
    assert "is waiting to start: CreateContainerConfigError" in caught.value.body


@needs_kubectl
def test_kubectl_logs(pods: Pods) -> None:
    name = pods.run("sh", "-c", "echo one; sleep 0.5; echo two")
    assert pods.kubectl("logs", "-f", name).stdout == b"one\ntwo\n"
    assert pods.kubectl("logs", "--tail=1", "--timestamps", name).stdout.endswith(b"Z two\n")


# -- exec ------------------------------------------------------------------------------------------------------------


def test_exec_keeps_streams_apart_and_tells_the_code(pods: Pods) -> None:
    name = pods.run("sleep", "60", container={"env": [{"name": "MY", "value": "own"}]})
    answer = stream(
        pods.core.connect_get_namespaced_pod_exec, name, "default", _preload_content=False,
        command=["sh", "-c", "echo out $MY; echo err >&2; pwd; exit 3"], stdout=True, stderr=True,
        stdin=False, tty=False,
    )  # fmt: skip
    answer.run_forever(timeout=20)
    out = answer.read_stdout().splitlines()
    assert (out[0], answer.read_stderr(), answer.returncode) == ("out own", "err\n", 3)
    assert out[1].endswith("/main/work")


@needs_kubectl
def test_kubectl_exec_with_input_code_and_signals(pods: Pods) -> None:
    name = pods.run("sleep", "60")
    done = pods.kubectl("exec", "-i", name, "--", "sh", "-c", "cat; echo e >&2; exit 7", input=b"binary \x00\xff in\n")
    assert (done.stdout, done.returncode) == (b"binary \x00\xff in\n", 7)
    assert done.stderr.startswith(b"e\n")
    big = os.urandom(3 << 20)
    assert pods.kubectl("exec", "-i", name, "--", "cat", input=big).stdout == big
    done = pods.kubectl("exec", name, "--", "no-such-program")
    assert done.returncode != 0
    assert b"executable file not found" in done.stderr


@needs_kubectl
def test_kubectl_exec_with_a_terminal(pods: Pods) -> None:
    import pty

    name = pods.run("sleep", "60")
    ours, theirs = pty.openpty()
    words = [str(KUBECTL), f"--kubeconfig={pods.access.kubeconfig}", "exec", "-it", name, "--", "sh"]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        os.write(ours, b"test -t 0 && echo terminal-$((40+2)); exit 4\n")
        seen = b""
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 4096):
                seen += chunk
        assert process.wait(20) == 4
    os.close(ours)
    assert b"terminal-42" in seen


@needs_kubectl
def test_kubectl_cp_there_and_back(pods: Pods, tmp_path: Path) -> None:
    name = pods.run("sleep", "60")
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(os.urandom(100_000))
    assert pods.kubectl("cp", str(source), f"{name}:copied").returncode == 0
    assert pods.kubectl("cp", f"{name}:copied", str(back)).returncode == 0
    assert back.read_bytes() == source.read_bytes()


def test_exec_without_a_running_container_is_refused(pods: Pods) -> None:
    name = pods.run("true", phase="Succeeded")
    with pytest.raises(ApiException) as caught:
        stream(pods.core.connect_get_namespaced_pod_exec, name, "default", command=["true"], stdout=True)
    assert "400" in str(caught.value) or "not running" in str(caught.value)


def test_a_program_started_by_exec_ends_with_its_client(pods: Pods) -> None:
    name = pods.run("sleep", "60")
    answer = stream(
        pods.core.connect_get_namespaced_pod_exec, name, "default", _preload_content=False,
        command=["sh", "-c", "echo $$; exec sleep 77"], stdout=True, stderr=True, stdin=True, tty=False,
    )  # fmt: skip
    answer.update(timeout=10)
    pid = int(answer.read_stdout())
    answer.close()
    deadline = time.monotonic() + 10
    with suppress(FileNotFoundError, ProcessLookupError):  # it is gone, as it should be
        while b"77" in Path(f"/proc/{pid}/cmdline").read_bytes():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_attach_follows_the_output_and_refuses_a_terminal(pods: Pods) -> None:
    name = pods.run("sh", "-c", "echo first; sleep 1; echo second")
    answer = stream(
        pods.core.connect_get_namespaced_pod_attach, name, "default", _preload_content=False,
        stdout=True, stderr=True, stdin=True, tty=False,
    )  # fmt: skip
    answer.run_forever(timeout=20)
    assert answer.read_stdout() == "first\nsecond\n"
    assert "standard input does not reach" in answer.read_stderr()
    with pytest.raises(ApiException) as caught:
        pods.core.connect_post_namespaced_pod_attach(name, "default", tty=True)
    assert caught.value.status == 501
    assert "kubectl exec -it" in caught.value.body


# -- port-forward ----------------------------------------------------------------------------------------------------

ECHO = """
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    connection = server.accept()[0]
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.close()
"""


def echo_pod(pods: Pods) -> tuple[str, int]:
    name = pods.run("python", "-c", ECHO)
    pods.logged(name, "\n")
    return name, int(pods.log(name))


def exchange(connection: socket.socket, data: bytes) -> bytes:
    connection.settimeout(20)
    connection.sendall(data)
    seen = b""
    while len(seen) < len(data):
        seen += connection.recv(65536)
    return seen


@needs_kubectl
def test_kubectl_port_forward(pods: Pods) -> None:
    name, port = echo_pod(pods)
    words = [str(KUBECTL), f"--kubeconfig={pods.access.kubeconfig}", "port-forward", name, f":{port}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            local = int(re.findall(r"127.0.0.1:(\d+)", line)[0])
            data = os.urandom(300_000)
            for _ in range(3):
                with socket.create_connection(("127.0.0.1", local)) as connection:
                    assert exchange(connection, data) == data
        finally:
            process.terminate()


def test_the_python_clients_port_forward(pods: Pods) -> None:
    name, port = echo_pod(pods)
    forward = portforward(pods.core.connect_get_namespaced_pod_portforward, name, "default", ports=str(port))
    connection = forward.socket(port)
    connection.setblocking(True)
    data = os.urandom(100_000)
    assert exchange(connection, data) == data
    connection.close()


@needs_kubectl
def test_forwarding_to_a_port_that_nobody_listens_on_says_so(pods: Pods) -> None:
    name = pods.run("sleep", "60")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [str(KUBECTL), f"--kubeconfig={pods.access.kubeconfig}", "port-forward", name, f":{port}"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            assert process.stdout is not None
            local = int(re.findall(r"127.0.0.1:(\d+)", process.stdout.readline().decode())[0])
            with socket.create_connection(("127.0.0.1", local)) as connection:
                assert connection.recv(10) == b""
            seen = ""
            while "dial tcp" not in seen:
                seen += process.stdout.readline().decode()
            assert str(port) in seen
        finally:
            process.terminate()


@needs_kubectl
def test_kubectl_run_shows_what_the_command_prints(pods: Pods) -> None:
    name = f"client-{next(_numbers)}"
    pods.names.append(name)
    words = ["run", name, "--image=any", "--restart=Never", "-i", "--command", "--", "sh", "-c", "sleep 1; echo said"]
    done = pods.kubectl(*words, stdin=subprocess.DEVNULL)
    assert b"said\n" in done.stdout, done
    assert done.returncode == 0
