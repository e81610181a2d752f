"""The terminal UI: first paint, ten thousand objects, a large log, a flood of lines."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable

from minikf.kube.rest import RestClient
from minikf.spec import Access
from tests.bench.measure import Row, command, environment, median, timed
from tests.bench.world import World

FLOOD_SECONDS = float(os.environ.get("MINIKF_FLOOD_SECONDS") or 60)
FLOOD_RATE = 50_000
LARGE_BYTES = 100_000_000  # written; the platform keeps the last 50 MiB of a log, as a kubelet does
PODS = "/api/v1/namespaces/default/pods"

# 100-byte lines as fast as the disk takes them.
_LARGE = f"import sys\nfor n in range({LARGE_BYTES} // 100): sys.stdout.write('%099d\\n' % n)"
_FLOOD = f"""import sys, time
begin, said = time.monotonic(), 0
while time.monotonic() - begin < {FLOOD_SECONDS + 20}:
    due = int((time.monotonic() - begin) * {FLOOD_RATE})
    sys.stdout.write(''.join('line %d of a flood, as long as lines of a log are\\n' % n for n in range(said, due)))
    sys.stdout.flush()
    said = due
    time.sleep(0.02)
"""


def rows(world: World) -> list[Row]:
    program = [sys.executable, "-m", "minikf"]
    bare = median(command(sys.executable, "-c", "import textual"), runs=5)
    app = median(command(sys.executable, "-c", "import textual.app, textual.widgets"), runs=5)
    reached = world.up()
    paints = [first_paint([*program, "tui"], world, b"minikf ") for _ in range(7)]
    found = [
        Row("tui: first paint", statistics.median(paints), "s", 0.6, peer=bare, peer_name="import textual"),
        Row("  of it, importing textual.app", app, "s", None),
    ]
    seen = probe(world, "objects")
    found += [
        Row("tui, 10,000 objects: key to paint, p95", seen["key"] * 1000, "ms", 50),
        Row("  while 10 of them change for each key", seen["key_while_changing"] * 1000, "ms", 50),
        Row("  idle, share of a core", seen["idle"] * 100, "%", 5),
        Row("  memory", seen["memory"], "MiB", 200),
    ]
    return found + logs(world, reached)


def logs(world: World, reached: Access) -> list[Row]:
    client = RestClient(reached)
    run_pod(client, "large", _LARGE)
    until_ended(client, "large")
    kubectl = command("kubectl", "--kubeconfig", str(reached.kubeconfig), "logs", "large", "--tail=1000")
    peer = median(kubectl, runs=5) if shutil.which("kubectl") else None
    opened = statistics.median(probe(world, "log", "large", "0")["open"] for _ in range(3))
    found = [Row("tui: open a log of 100 MB", opened, "s", 1.0, peer=peer, peer_name="kubectl logs --tail=1000")]
    run_pod(client, "flood", _FLOOD)
    seen = probe(world, "log", "flood", str(FLOOD_SECONDS))
    found += [
        Row(f"tui, {FLOOD_RATE:,} lines/s for {FLOOD_SECONDS:.0f} s: key, p95", seen["key"] * 1000, "ms", 100),
        Row("  lines that came, per second", seen["lines"] / FLOOD_SECONDS, "/s", FLOOD_RATE * 0.9, at_least=True),
        Row("  memory", seen["memory"], "MiB", 200),
    ]
    return found


def probe(world: World, *words: str) -> dict[str, float]:
    """What `tests.bench.tui_probe` measured. Raises CalledProcessError where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.tui_probe", *words],
        env=environment() | world.env, stdout=subprocess.PIPE, text=True, check=True, timeout=FLOOD_SECONDS + 120,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


def first_paint(argv: list[str], world: World, word: bytes) -> float:
    """Seconds from the start of a program in a terminal until it has written a word there; it is then ended."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(argv[0], argv, environment() | world.env | {"TERM": "xterm-256color", "COLORTERM": "truecolor"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    try:
        return timed(lambda: _read_until(terminal, word))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


def _read_until(terminal: int, word: bytes) -> None:
    seen, end = b"", time.monotonic() + 30
    while word not in seen:
        if not select.select([terminal], [], [], 1)[0] and time.monotonic() > end:
            raise TimeoutError(f"{word!r} was not written: {seen[-500:]!r}")
        seen += os.read(terminal, 65536)


def run_pod(client: RestClient, name: str, program: str) -> None:
    container = {"name": "c", "image": "python", "command": [sys.executable, "-c", program]}
    spec = {"restartPolicy": "Never", "containers": [container]}
    client.call("POST", PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    _until(lambda: _phase(client, name) not in ("", "Pending"))


def until_ended(client: RestClient, name: str) -> None:
    _until(lambda: _phase(client, name) in ("Succeeded", "Failed"))


def _phase(client: RestClient, name: str) -> str:
    return str((client.get(f"{PODS}/{name}").get("status") or {}).get("phase") or "")


def _until(check: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise TimeoutError("the pod does not get on")
        time.sleep(0.1)
