"""The embedded engine: one daemon of our own on loopback, pods as processes."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace

from minikf import __version__
from minikf.commands import command
from minikf.engine import parts, ports, record, removal, strays
from minikf.engine.lock import acquire, held
from minikf.engine.protocol import Capabilities, Steps
from minikf.engine.record import Daemon, Platform
from minikf.engine.spawn import start_daemon
from minikf.errors import MinikfError, NoProgress, Refused, Unreachable
from minikf.files import make_folder
from minikf.kube import bundle, health, kubeconfig
from minikf.paths import PlatformPaths
from minikf.spec import Access, Event, LoadedImage, Plan, Status

NAME = "embedded"
STOP_SECONDS = 45.0


class Embedded:
    """The driver of one platform's daemon; implements `minikf.engine.protocol.Engine`."""

    name = NAME

    def __init__(self, paths: PlatformPaths) -> None:
        self._paths = paths

    def capabilities(self) -> Capabilities:
        return Capabilities(
            container_images=False,
            any_kind=False,
            why_not="the embedded engine serves Kubeflow's kinds only and runs a pod's command as a process, "
            "not its image",
        )

    def ensure(self, plan: Plan) -> Steps[Access]:
        """Makes the platform where there is none and starts its daemon where it does not run; all plans are one here.

        Raises Refused (parts missing, folder not writable), NoProgress (another command holds the platform) and
        Unreachable (the daemon did not start; its log is quoted).
        """
        return (yield from self._ensure())

    def _ensure(self) -> Steps[Access]:
        parts.require()
        with held((yield from acquire(self._paths))):
            return (yield from self._bring_up())

    def start(self) -> Steps[Access]:
        """As `ensure`, for a platform that exists; raises Refused where there is none."""
        self._existing()
        return (yield from self._ensure())

    def stop(self) -> Steps[None]:
        """Ends daemon, pods and fork servers, and keeps all files. Raises Refused where there is no platform, and
        NoProgress naming what would not end."""
        with held((yield from acquire(self._paths))):
            yield from self._end(self._existing())

    def delete(self, *, keep_data: bool = False) -> Steps[None]:
        """Stops the platform and removes the files that MiniKF made for it, by name. Raises as `stop`."""
        self._existing()
        with held((yield from acquire(self._paths))):
            platform = self._existing()
            yield from self._end(platform)
            yield from removal.remove(self._paths, keep_data=keep_data)

    def load_images(self, references: Sequence[str]) -> Steps[tuple[LoadedImage, ...]]:
        """Raises Refused: a pod's image is not what runs here."""
        raise Refused(
            f"platform '{self._paths.name}' takes no images: {', '.join(references)}",
            cause=self.capabilities().why_not,
            advice="minikf up --engine k3d --platform another-name",
        )
        yield

    def held_data(self) -> str:
        return f"its objects, volumes, data and models in {self._paths.data}"

    def access(self) -> Access:
        """How to reach the running platform. Raises Unreachable where it does not run.

        Files that an interrupted `up` did not come to write are written now.
        """
        status = self.status()
        if not status.running:
            raise Unreachable(f"platform '{self._paths.name}' is not running", cause=status.cause, advice=status.advice)
        access = self._access(self._existing().port)
        whole = access.kubeconfig.exists() and bundle.path_of(access).exists()
        return access if whole else self._hand_out(self._existing().port)

    def status(self) -> Status:
        """The platform as it is now; never raises for a platform that is absent, stopped or broken."""
        name = self._paths.name
        platform = Platform.read(self._paths)
        up = command("up", name)
        if platform is None:
            return Status(name, NAME, running=False, cause=f"there is no platform '{name}' yet", advice=up)
        daemon = record.running(self._paths)
        if daemon is None:
            stopped = platform.wanted != record.RUNNING
            return Status(
                name,
                NAME,
                running=False,
                cause="it was stopped" if stopped else "its daemon ended without being asked to",
                advice=command("start", name) if stopped else f"{command('logs daemon', name)}; {up}",
            )
        access = self._access(platform.port)
        try:
            found = health.report(access)
        except MinikfError as error:
            cause = f"its daemon (process {daemon.pid}) runs, but {error.message}: {error.cause}"
            return Status(name, NAME, running=False, cause=cause, advice=command("logs daemon", name))
        return Status(name, NAME, True, found.components, access.endpoints | found.endpoints)

    def _bring_up(self) -> Steps[Access]:
        paths = self._paths
        for folder in (paths.config, paths.state, paths.data, paths.cache):
            make_folder(folder)
        platform = Platform.read(paths)
        if platform is not None:
            daemon = record.running(paths) or self._unrecorded(platform)
            if daemon is not None and daemon.version == __version__ and health.is_ready(self._access(platform.port))[0]:
                replace(platform, wanted=record.RUNNING).write(paths)
                yield Event("daemon", "done", f"already running at {daemon.address}")
                return self._hand_out(platform.port)
            if daemon is not None:
                yield from self._make_way(daemon)
        return (yield from self._start(platform.port if platform else 0))

    def _start(self, remembered: int) -> Steps[Access]:
        claim = ports.claim(self._paths, remembered)
        with claim.listener:
            if claim.said:
                yield Event("port", "done", claim.said)
            Platform(NAME, claim.port).write(self._paths)
            yield from start_daemon(self._paths, self._access(claim.port), claim.listener)
        return self._hand_out(claim.port)

    def _hand_out(self, port: int) -> Access:
        access = self._access(port)
        bundle.write(access)
        kubeconfig.write(access, self._paths.token)
        return access

    def _unrecorded(self, platform: Platform) -> Daemon | None:
        """A daemon of this platform whose record was lost: it proves itself by our CA and takes our credential."""
        access = self._access(platform.port)
        if ports.is_free(platform.port) or not (access.ca.exists() and self._paths.token.exists()):
            return None
        found = strays.daemon_of(self._paths)
        if found is None or not health.is_ready(access)[0]:
            return None
        version = health.report(access).version
        return Daemon(found.pid, found.started, access.server, version).write(self._paths)

    def _make_way(self, daemon: Daemon) -> Steps[None]:
        """Ends a daemon of another release, or one that does not answer; its pods live on and are adopted."""
        why = f"is of release {daemon.version}" if daemon.version != __version__ else "does not answer"
        yield Event("daemon", "progress", f"the daemon (process {daemon.pid}) {why}; replacing it")
        daemon.process.signal(signal.SIGHUP)
        if not daemon.process.wait(STOP_SECONDS / 3):
            daemon.process.signal(signal.SIGKILL)
            daemon.process.wait(STOP_SECONDS / 3)

    def _end(self, platform: Platform) -> Steps[None]:
        paths = self._paths
        daemon = record.running(paths) or self._unrecorded(platform)
        replace(platform, wanted=record.STOPPING).write(paths)
        if daemon is not None:
            yield Event("daemon", "started", f"stopping the daemon (process {daemon.pid}) and its pods")
            daemon.process.signal(signal.SIGTERM)
            if not daemon.process.wait(STOP_SECONDS):
                yield Event("daemon", "progress", f"it did not end in {STOP_SECONDS:.0f} seconds; killing it")
                daemon.process.signal(signal.SIGKILL)
                daemon.process.wait(STOP_SECONDS / 3)
        left = strays.end(paths)
        if left:
            pids = ", ".join(str(process.pid) for process in left)
            yield Event("processes", "failed", "some processes did not end", cause=f"processes {pids}")
            raise NoProgress(
                f"platform '{paths.name}' did not stop whole",
                cause=f"processes {pids} did not end on SIGKILL",
                advice=f"ps -p {pids.replace(' ', '')}",
            )
        paths.daemon_file.unlink(missing_ok=True)
        replace(platform, wanted=record.STOPPED).write(paths)
        yield Event("daemon", "done", "stopped" if daemon is not None else "it was not running")

    def _existing(self) -> Platform:
        platform = Platform.read(self._paths)
        if platform is None:
            raise record.absent(self._paths)
        return platform

    def _access(self, port: int) -> Access:
        server = f"https://{ports.LOOPBACK}:{port}"
        return Access(
            platform=self._paths.name,
            engine=NAME,
            server=server,
            kubeconfig=self._paths.kubeconfig,
            ca=self._paths.ca,
            token=self._paths.token,
            endpoints={"kubernetes": server, "model-registry": server},
        )
