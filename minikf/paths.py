"""Where a platform's files are: XDG directories, one folder per platform name."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from minikf.errors import UsageError

DEFAULT_PLATFORM = "default"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


def _xdg(variable: str, fallback: str) -> Path:
    """A base directory by the XDG specification: a relative value is ignored, as it demands."""
    value = os.environ.get(variable, "")
    base = Path(value) if value.startswith("/") else _home() / fallback
    return base / "minikf"


def _home() -> Path:
    """The user's home folder. Raises UsageError when it is unknown or nothing to build a path on."""
    try:
        home = Path.home()
    except RuntimeError as error:
        raise _no_home(str(error)) from error
    if os.environ.get("HOME", "/") == "" or not home.is_absolute():
        raise _no_home("HOME is empty or not an absolute path")
    return home


def _no_home(cause: str) -> UsageError:
    return UsageError(
        "your home folder is not known, so there is no place for MiniKF's files",
        cause=cause,
        advice="export HOME=/path/to/your/home",
    )


def config_home() -> Path:
    """`$XDG_CONFIG_HOME/minikf`: what the user or MiniKF has set."""
    return _xdg("XDG_CONFIG_HOME", ".config")


def data_home() -> Path:
    """`$XDG_DATA_HOME/minikf`: what the user would miss."""
    return _xdg("XDG_DATA_HOME", ".local/share")


def state_home() -> Path:
    """`$XDG_STATE_HOME/minikf`: logs and what is known about running things."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def cache_home() -> Path:
    """`$XDG_CACHE_HOME/minikf`: what can be made again; shared by all platforms."""
    return _xdg("XDG_CACHE_HOME", ".cache")


@dataclass(frozen=True)
class PlatformPaths:
    """The files of one platform. Nothing is created by asking for a path."""

    name: str
    config: Path
    state: Path
    data: Path
    cache: Path

    @classmethod
    def of(cls, name: str = DEFAULT_PLATFORM) -> PlatformPaths:
        """The paths of the platform `name`. Raises UsageError when it is no DNS label of 1 to 40 characters."""
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"'{name}' cannot name a platform",
                cause="a name has 1 to 40 of a-z, 0-9 and '-', and begins and ends with a letter or digit",
                advice="minikf up --platform my-platform",
            )
        return cls(
            name=name,
            config=_xdg("XDG_CONFIG_HOME", ".config") / "platforms" / name,
            state=_xdg("XDG_STATE_HOME", ".local/state") / "platforms" / name,
            data=data_home() / "platforms" / name,
            cache=cache_home(),
        )

    @property
    def kubeconfig(self) -> Path:
        """The platform's own kubeconfig (0600)."""
        return self.config / "kubeconfig"

    @property
    def ca(self) -> Path:
        """The certificate of the platform's own CA, PEM; what SDKs are told to trust."""
        return self.config / "ca.crt"

    @property
    def token(self) -> Path:
        """The platform's credential (0600)."""
        return self.config / "token"

    @property
    def certificate(self) -> Path:
        """The client certificate that a cluster gave us, PEM (0600)."""
        return self.config / "client.crt"

    @property
    def key(self) -> Path:
        """The key of that certificate, PEM (0600)."""
        return self.config / "client.key"

    @property
    def passwords(self) -> Path:
        """Passwords of what is installed on a cluster, JSON (0600); kept with the data that they open."""
        return self.data / "passwords.json"

    @property
    def door(self) -> Path:
        """Credential and certificates of the platform's port-forward (0700)."""
        return self.config / "door"

    @property
    def forward_file(self) -> Path:
        """What the port-forward is to carry, JSON."""
        return self.state / "forward.json"

    @property
    def forwarder_file(self) -> Path:
        """Pid, start time and ports of the port-forward's process, JSON."""
        return self.state / "forwarder.json"

    @property
    def forwarder_log(self) -> Path:
        return self.state / "forwarder.log"

    @property
    def tls(self) -> Path:
        """CA key, server key and server certificate (0700)."""
        return self.state / "tls"

    @property
    def platform_file(self) -> Path:
        """Which engine the platform has and the ports it was given, JSON."""
        return self.state / "platform.json"

    @property
    def choice_file(self) -> Path:
        """What a platform on a cluster has of a bundle, JSON."""
        return self.state / "bundle.json"

    @property
    def install_journal(self) -> Path:
        """What an installation that has not ended has applied."""
        return self.state / "install.journal"

    @property
    def tests_file(self) -> Path:
        """What came of the components' tests, JSON."""
        return self.state / "tests.json"

    @property
    def served_specs(self) -> Path:
        """What each service was when it was last ready, to go back to: served/<namespace>.<service>.json."""
        return self.state / "served"

    @property
    def tried_bodies(self) -> Path:
        """What the user sent to services: tried/<namespace>.<service>.json."""
        return self.state / "tried"

    @property
    def daemon_file(self) -> Path:
        """Pid, start time and address of the running daemon, JSON."""
        return self.state / "daemon.json"

    @property
    def daemon_log(self) -> Path:
        return self.state / "daemon.log"

    @property
    def database(self) -> Path:
        return self.data / "objects.db"

    @property
    def pods(self) -> Path:
        """Working folders, logs and exit records of pods."""
        return self.data / "pods"

    @property
    def volumes(self) -> Path:
        """One folder per PersistentVolumeClaim: volumes/<namespace>/<name>."""
        return self.data / "volumes"

    @property
    def blobs(self) -> Path:
        """Content-addressed files: blobs/sha256/<first two>/<hash>."""
        return self.data / "blobs"

    @property
    def datasets(self) -> Path:
        """Data sets with versions; minikf.datasets says what is in it."""
        return self.data / "datasets"

    @property
    def served(self) -> Path:
        """What model servers were asked to keep of requests and answers: served/<namespace>/<service>.jsonl."""
        return self.data / "served"

    @property
    def registry_database(self) -> Path:
        return self.data / "registry.db"

    @property
    def pipelines_database(self) -> Path:
        return self.data / "pipelines.db"

    @property
    def artifacts(self) -> Path:
        """What pipeline runs made: artifacts/<run>/<task>/<name>."""
        return self.data / "artifacts"

    @property
    def observations(self) -> Path:
        """The metrics that trials reported: observations/<uid of the trial>.jsonl."""
        return self.data / "observations"

    @property
    def notebooks(self) -> Path:
        """One folder per Notebook object, by its uid: environment, settings, files that no volume holds."""
        return self.data / "notebooks"

    @property
    def homes(self) -> dict[str, str]:
        """The XDG variables that lead to these paths, for programs that have another HOME."""
        return {
            "XDG_CONFIG_HOME": str(self.config.parents[2]),
            "XDG_STATE_HOME": str(self.state.parents[2]),
            "XDG_DATA_HOME": str(self.data.parents[2]),
            "XDG_CACHE_HOME": str(self.cache.parent),
        }

    @property
    def environments(self) -> Path:
        """Python environments by requirements hash, shared by all platforms."""
        return self.cache / "environments"

    @property
    def sockets(self) -> Path:
        """Folder of unix sockets; short, since a socket's path has at most about 100 bytes."""
        digest = hashlib.sha256(str(self.state).encode()).hexdigest()[:12]
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        base = Path(runtime) if runtime.startswith("/") and len(runtime) < 40 else Path(tempfile.gettempdir())
        return base / f"minikf-{os.getuid()}-{digest}"
