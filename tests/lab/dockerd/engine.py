"""A Docker engine for the lab: the one that answers is used and never touched; where none does, one is started."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from children import run
from keep import Say, Unavailable

from .machine import RUNC, demand_root, install, restricted

_SECONDS = 60


@dataclass(frozen=True)
class Place:
    """Where an engine of the lab's own lives. The default is where every Docker client looks for one."""

    socket: Path = Path("/var/run/docker.sock")
    data: Path = Path("/var/lib/docker")
    run: Path = Path("/var/run/minikf-lab")
    log: Path = Path("/var/log/minikf-lab-dockerd.log")
    within: tuple[str, ...] = ()  # a command that runs dockerd in namespaces of its own

    @property
    def record(self) -> Path:
        """Says which process is ours: its id and when it started, so that another one's id is never taken for it."""
        return self.run / "dockerd.json"


HERE = Place()


def answers(place: Place = HERE) -> bool:
    """Whether an engine is there. The default place is where DOCKER_HOST or the client's context points."""
    if shutil.which("docker") is None:
        return False
    host = [] if place == HERE else ["--host", f"unix://{place.socket}"]
    asked = subprocess.run(
        ["docker", *host, "version", "--format", "{{.Server.Version}}"], capture_output=True, check=False
    )
    return asked.returncode == 0


def ensure(say: Say, place: Place = HERE) -> bool:
    """An engine that answers, started now if there is none. Returns whether it was. Raises Unavailable."""
    if answers(place):
        return False
    if place == HERE and (host := os.environ.get("DOCKER_HOST")):
        raise Unavailable(f"no Docker engine answers at DOCKER_HOST={host}; start that one, or unset DOCKER_HOST")
    install(("docker", "dockerd"), say)
    if answers(place):  # where there is an init system the package has started it
        return False
    demand_root("starting a Docker engine")
    say(f"no Docker engine answers: starting one (its log: {place.log}; `python tests/lab docker stop` ends it)")
    _start(place)
    return True


def stop(say: Say, place: Place = HERE) -> bool:
    """Ends the engine that the lab started, and no other. Returns whether there was one."""
    pid = ours(place)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 30  # it stops its containers first, 10 s each at most, all at once
    while ours(place) is not None:
        if time.monotonic() > end:
            raise Unavailable(f"dockerd (process {pid}) did not end within 30 s of SIGTERM; see {place.log}")
        time.sleep(0.1)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)  # when it was our own child: its main thread may be dead before the others
    place.record.unlink(missing_ok=True)
    say(f"ended the Docker engine that the lab had started (process {pid})")
    return True


def ours(place: Place = HERE) -> int | None:
    """The process id of the engine that the lab started there, while it runs."""
    try:
        record = json.loads(place.record.read_text())
    except FileNotFoundError:
        return None
    return record["pid"] if started(record["pid"]) == record["started"] else None


def _start(place: Place) -> None:
    place.run.mkdir(parents=True, exist_ok=True)
    command = [*place.within, "dockerd", "--host", f"unix://{place.socket}", "--data-root", str(place.data)]
    command += ["--exec-root", str(place.run / "exec"), "--pidfile", str(place.run / "dockerd.pid")]
    if restricted():
        command += ["--config-file", str(_settings(place))]
    # Not marked as part of a test run: its end is `stop`, not that of whoever happened to need it first.
    env = {name: value for name, value in os.environ.items() if name not in ("TMPDIR", "DOCKER_HOST")}
    with place.log.open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd="/", start_new_session=True
        )
    place.record.write_text(json.dumps({"pid": process.pid, "started": started(process.pid)}))
    end = time.monotonic() + _SECONDS
    while not answers(place):
        dead = process.poll() is not None
        if dead or time.monotonic() > end:
            why = f"ended with {process.returncode}" if dead else f"did not answer within {_SECONDS} s"
            tail = "\n  ".join(place.log.read_text(errors="replace").splitlines()[-8:])
            raise Unavailable(f"dockerd {why}; the end of {place.log}:\n  {tail}")
        time.sleep(0.2)


def _settings(place: Place) -> Path:
    """The machine's own daemon.json, if it has one, with the wrapper round runc as the default runtime."""
    system = Path("/etc/docker/daemon.json")
    settings = json.loads(system.read_text()) if system.exists() else {}
    wrapper = place.run / RUNC.name  # not the checkout's: that may go while the engine runs
    shutil.copy(RUNC, wrapper)
    settings["runtimes"] = settings.get("runtimes", {}) | {"minikf-lab": {"path": str(wrapper)}}
    settings["default-runtime"] = "minikf-lab"
    file = place.run / "daemon.json"
    file.write_text(json.dumps(settings, indent=1))
    return file


def started(pid: int) -> str | None:
    """When a process started, in clock ticks since boot (proc(5)); None when it is gone or only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def check_privileged(image: str) -> None:
    """Raises Unavailable where the engine cannot run what kind and k3d always ask for, a privileged container."""
    asked = ["docker", "run", "--rm", "--privileged", "--network", "none", "--entrypoint", "/usr/bin/true", image]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(
            "this Docker engine runs no privileged containers, which kind and k3d need. On a machine without "
            f"CAP_SYS_RESOURCE its default runtime must be {RUNC}: set that in its daemon.json, or end the engine, and "
            f"the lab starts one of its own. It said:\n  {done.stderr.strip()}"
        )


def docker(*words: str | Path, **options: Any) -> str:
    """One call of the docker client; raises Unavailable with what it said when it fails."""
    return run("docker", *words, **options)
