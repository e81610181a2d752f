"""What a guarded program can listen on, and how it ends; with real processes and the real kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from minikf.embedded.mpi import guard

pytestmark = pytest.mark.skipif(bool(guard.why_not()), reason=guard.why_not())
RUN = "import os, sys; from minikf.embedded.mpi.guard import run; sys.exit(run(sys.argv[1], sys.argv[1:], os.environ))"


def guarded(script: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, sys.executable, "-c", textwrap.dedent(script)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("family", "address"), [("AF_INET", "('', 0)"), ("AF_INET6", "('::', 0)"), ("AF_INET", "('192.0.2.1', 0)")]
)
def test_a_socket_for_all_interfaces_becomes_one_that_nobody_finds(family: str, address: str) -> None:
    done = guarded(f"""
        import os, socket
        server = socket.socket(socket.{family})
        server.bind({address})
        server.listen()
        found = socket.socket(fileno=os.dup(server.fileno()))
        print(found.family.name)
        try:
            socket.socket(socket.AF_UNIX).connect(found.getsockname())
        except FileNotFoundError:
            print("gone")
    """)
    assert (done.stdout, done.returncode) == ("AF_UNIX\ngone\n", 0), done.stderr


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9"])
def test_loopback_is_left_alone(address: str) -> None:
    done = guarded(f"""
        import socket
        server = socket.create_server(({address!r}, 0))
        socket.create_connection(server.getsockname()).sendall(b"hello")
        print(server.accept()[0].recv(5).decode(), server.getsockname()[0])
    """)
    assert done.stdout == f"hello {address}\n", done.stderr


def test_a_thread_is_guarded_and_a_child_is_not() -> None:
    done = guarded("""
        import os, socket, subprocess, sys, threading
        def bind():
            server = socket.socket()
            server.bind(("", 0))
            print(socket.socket(fileno=os.dup(server.fileno())).family.name, flush=True)
        thread = threading.Thread(target=bind)
        thread.start()
        thread.join()
        child = "import socket; one = socket.socket(); one.bind(('', 0)); print(one.getsockname()[0])"
        subprocess.run([sys.executable, "-c", child], check=True)
    """)
    assert done.stdout == "AF_UNIX\n0.0.0.0\n", done.stderr


def test_its_exit_code_and_its_signal_are_told() -> None:
    assert guarded("raise SystemExit(7)").returncode == 7
    assert guarded("import os; os.kill(os.getpid(), 9)").returncode == 128 + signal.SIGKILL


def test_a_program_that_cannot_be_started_is_an_error() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "/no/such"], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 126 and "/no/such: [Errno 2] No such file or directory" in done.stderr


def start(script: str) -> tuple[subprocess.Popen[str], int]:
    """A guarded program that has said its pid."""
    command = [sys.executable, "-c", RUN, sys.executable, "-c", textwrap.dedent(script)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_sigterm_arrives_once() -> None:
    process, _pid = start("""
        import os, signal, time
        seen = []
        signal.signal(signal.SIGTERM, lambda *_: seen.append(1))
        print(os.getpid(), flush=True)
        while not seen:
            time.sleep(0.01)
        time.sleep(0.3)
        raise SystemExit(40 + len(seen))
    """)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) == 41


def test_it_ends_when_its_guard_is_killed() -> None:
    process, pid = start("import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    process.kill()
    process.wait(30)
    for _ in range(200):
        if not os.path.exists(f"/proc/{pid}"):  # noqa: PTH110
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} goes on")
