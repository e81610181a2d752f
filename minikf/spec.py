"""Frozen data that goes from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Access:
    """How to reach a platform's Kubernetes API.

    `kubeconfig` always works. What MiniKF itself asks goes by the quickest way that there is: the credential in the
    file `token`, else the client certificate in `certificate` and `key`, else whatever `kubeconfig` says (a plugin
    of a cloud, for one). On a cluster `door_ca` and `door_token` are files for its other addresses: the CA to trust
    and the credential to show there.
    """

    platform: str
    engine: str
    server: str
    kubeconfig: Path
    ca: Path
    token: Path | None = None
    endpoints: dict[str, str] = field(default_factory=dict)
    certificate: Path | None = None
    key: Path | None = None
    door_ca: Path | None = None
    door_token: Path | None = None


@dataclass(frozen=True)
class Wishes:
    """What the user asked for; "" and 0 leave the choice to MiniKF.

    `agents` are nodes beside the one that has the control plane. `context` and `kubeconfig` name an existing
    cluster, for the engine `context` only. `agree` allows a download whose hash is not in our own table. `profile` is
    one of `bundle`, a folder or `NAME@VERSION`; `mirror` is where its files are, instead of GitHub; `force` installs
    what does not seem to fit.
    """

    engine: str = ""
    profile: str = ""
    node_image: str = ""
    agents: int = 0
    context: str = ""
    kubeconfig: str = ""
    agree: bool = False
    bundle: str = ""
    mirror: str = ""
    force: bool = False


@dataclass(frozen=True)
class EngineFacts:
    """What is known about one cluster engine on this machine; where something is missing, `why_not` says what, and
    `advice` what brings it."""

    tool: str = ""
    version: str = ""
    image: str = ""
    image_local: bool = False
    registry_answers: bool = False
    why_not: str = ""
    advice: str = ""

    @property
    def usable(self) -> bool:
        """Whether a cluster can be made without asking the user for anything."""
        return bool(self.tool) and (self.image_local or self.registry_answers) and not self.why_not


@dataclass(frozen=True)
class Facts:
    """What decides which engine a new platform gets. `docker` is the version of the Docker engine that answers."""

    docker: str = ""
    docker_cause: str = ""
    engines: dict[str, EngineFacts] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What is to be made; `why` says in one line how the engine was chosen, `automatic` that nobody asked for it."""

    platform: str
    engine: str
    why: str = ""
    automatic: bool = False
    profile: str = "none"
    node_image: str = ""
    agents: int = 0
    context: str = ""
    kubeconfig: str = ""
    agree: bool = False


@dataclass(frozen=True)
class LoadedImage:
    """What became of one image: bytes that were sent to the nodes, and bytes that were there already."""

    reference: str
    sent: int
    skipped: int


@dataclass(frozen=True)
class Event:
    """One step of long work, as the terminal, `--json` and the TUI hear it.

    `state` is started, progress, done or failed; `bytes_done`/`bytes_total` and `objects_done`/`objects_total`
    count real things; `cause` names the blocking object when `state` is failed. `data` is what the message says, for
    programs.
    """

    what: str
    state: str
    message: str = ""
    cause: str = ""
    bytes_done: int = 0
    bytes_total: int = 0
    objects_done: int = 0
    objects_total: int = 0
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def as_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if value not in ("", 0, {})}


@dataclass(frozen=True)
class ComponentStatus:
    """Health of one part of a platform; `cause` says why when it is not healthy."""

    name: str
    healthy: bool
    state: str
    cause: str = ""
    address: str = ""
    memory_bytes: int = 0


@dataclass(frozen=True)
class Status:
    """What `minikf status` prints and the TUI shows."""

    platform: str
    engine: str
    running: bool
    components: tuple[ComponentStatus, ...] = ()
    endpoints: dict[str, str] = field(default_factory=dict)
    cause: str = ""
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
