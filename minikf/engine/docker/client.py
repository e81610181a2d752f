"""One Docker engine: the calls that making, stopping and removing a cluster takes, each with typed failures."""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

from minikf.engine.docker.ask import address_of_engine, open_client, reason
from minikf.engine.docker.facts import Container, Image, Machine, Network, cpu_used, memory_used
from minikf.errors import MinikfError, NoProgress, Refused, Unreachable

if TYPE_CHECKING:
    import docker

# Docker itself gives a container 10 seconds to end before it is killed. A node's systemd waits for its pods a minute
# and more; etcd and what else is written loses nothing by a kill.
CALL_SECONDS = 120
STOP_SECONDS = 15
_AT_ONCE = 8


class Docker:
    """A Docker engine that answers. Every method raises Unreachable where it does not any more."""

    def __init__(self, client: docker.DockerClient, address: str) -> None:
        self.client = client
        self.address = address

    def __enter__(self) -> Docker:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def root(self) -> str:
        """The folder of the engine's data, on the machine that it runs on."""
        with answers(self.address):
            return str(self.client.info().get("DockerRootDir", ""))

    def machine(self) -> Machine:
        """What the engine tells of the machine that it runs on."""
        with answers(self.address):
            return Machine.of(self.client.info())

    def memory_in_use(self) -> int:
        """Bytes that the processes of all running containers hold now."""
        with answers(self.address):
            running = [str(item["Id"]) for item in self.client.api.containers()]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return sum(pool.map(self._memory_of, running))

    def _memory_of(self, container_id: str) -> int:
        """0 for one that has ended meanwhile."""
        return self.used_by(container_id)[1]

    def used_by(self, container_id: str) -> tuple[float, int]:
        """Seconds of processor time that a container has had, and bytes of memory that it holds now; zeros for one
        that has ended meanwhile."""
        from docker.errors import NotFound
        from docker.utils import version_gte

        # Without it, which came with Docker 20.10, the engine measures for a second.
        once = version_gte(self.client.api.api_version, "1.41") or None
        with answers(self.address):
            try:
                found = self.client.api.stats(container_id, stream=False, one_shot=once)
            except NotFound:
                return 0.0, 0
        return cpu_used(found), memory_used(found)

    def containers(self, labels: Mapping[str, str]) -> tuple[Container, ...]:
        """Those with all of `labels`, running or not, by name."""
        with answers(self.address):
            filters = {"label": [f"{name}={value}" for name, value in labels.items()]}
            found = self.client.api.containers(all=True, filters=filters)
        return tuple(sorted((Container.of(item) for item in found), key=lambda one: one.name))

    def networks(self) -> tuple[Network, ...]:
        with answers(self.address):
            return tuple(Network.of(item) for item in self.client.api.networks())

    def create_network(self, name: str, subnet: str, labels: Mapping[str, str]) -> None:
        """A bridge with the addresses of `subnet`. Raises Refused where the engine refuses it."""
        from docker.types import IPAMConfig, IPAMPool

        with answers(self.address):
            # The gateway is named, since k3d looks for it and Docker tells only what was asked for.
            gateway = str(next(ipaddress.IPv4Network(subnet).hosts()))
            pool = IPAMConfig(pool_configs=[IPAMPool(subnet=subnet, gateway=gateway)])
            # As kind makes its own network: masquerading on, so that nodes reach what the machine reaches.
            options = {"com.docker.network.bridge.enable_ip_masquerade": "true"}
            self.client.api.create_network(name, driver="bridge", ipam=pool, labels=dict(labels), options=options)

    def remove_network(self, network_id: str) -> None:
        with answers(self.address), _gone_is_fine():
            self.client.api.remove_network(network_id)

    def remove_container(self, container_id: str) -> None:
        """Ends and removes it with its anonymous volumes."""
        with answers(self.address), _gone_is_fine():
            self.client.api.remove_container(container_id, v=True, force=True)

    def remove_volume(self, name: str, labels: Mapping[str, str]) -> None:
        """Removes the volume if it is there and has all of `labels`."""
        with answers(self.address), _gone_is_fine():
            found = self.client.api.inspect_volume(name).get("Labels") or {}
            if all(found.get(label) == value for label, value in labels.items()):
                self.client.api.remove_volume(name)

    def keep_running(self, container_id: str) -> None:
        """From now on it comes back after a reboot and when it ends, but not when it was stopped on purpose."""
        with answers(self.address):
            policy: Any = {"Name": "unless-stopped"}  # of Docker's four policies docker's type stubs know two
            self.client.api.update_container(container_id, restart_policy=policy)

    def start(self, container_id: str) -> datetime:
        """Starts it and returns when that was, by the clock that its processes have too."""
        with answers(self.address):
            self.client.api.start(container_id)
            told = str(self.client.api.inspect_container(container_id)["State"]["StartedAt"])
        return datetime.fromisoformat(told)

    def stop(self, container_id: str) -> None:
        with answers(self.address):
            self.client.api.stop(container_id, timeout=STOP_SECONDS)

    def image(self, reference: str) -> Image | None:
        """What the engine has by that name, or None."""
        from docker.errors import ImageNotFound

        with answers(self.address):
            try:
                return Image.of(self.client.images.get(reference).attrs)
            except ImageNotFound:
                return None

    def architecture(self) -> str:
        """Of the engine's machine, as images name it: amd64, arm64."""
        with answers(self.address):
            return str(self.client.version().get("Arch", ""))

    def run(self, container_id: str, command: list[str]) -> tuple[int, str]:
        """Exit code and output of a command in a running container."""
        with answers(self.address):
            made = self.client.api.exec_create(container_id, command)["Id"]
            output = self.client.api.exec_start(made)
            code = self.client.api.exec_inspect(made)["ExitCode"]
        return int(code), bytes(output).decode(errors="replace")


def connect() -> Docker:
    """The engine at DOCKER_HOST, else that of the current `docker context`.

    Raises Unreachable, with the command that mends it, where none answers within ask.TIMEOUT_SECONDS.
    """
    from docker.errors import DockerException

    address = address_of_engine()
    try:
        client = open_client(address)
        client.ping()
        client.api.timeout = CALL_SECONDS
    except (DockerException, OSError, ValueError) as error:
        raise _unreachable(address, error) from error
    return Docker(client, address)


@contextlib.contextmanager
def answers(address: str) -> Iterator[None]:
    """Turns what docker's client raises into typed errors: Refused for a call that the engine refuses.

    What `requests` raises below it (a lost connection, a time-out) is an OSError.
    """
    from docker.errors import APIError, DockerException

    try:
        yield
    except APIError as error:
        said = str(error.explanation or error)
        if error.is_server_error() and "no space left" in said.lower():
            raise Refused("Docker has no disk space left", cause=said, advice="docker system df") from error
        raise Refused("Docker refused what was asked of it", cause=said, advice="docker info") from error
    except (DockerException, OSError) as error:
        raise _unreachable(address, error) from error


@contextlib.contextmanager
def _gone_is_fine() -> Iterator[None]:
    from docker.errors import NotFound

    with contextlib.suppress(NotFound):
        yield


def _unreachable(address: str, error: Exception) -> MinikfError:
    cause, where = reason(error), address or "its default address"
    if isinstance(_deepest(error), PermissionError):
        user = os.environ.get("USER") or str(os.getuid())
        return Unreachable(
            "you may not talk to the Docker engine",
            cause=f"{where}: {cause}; user {user} is not in the group docker",
            advice=f"sudo usermod -aG docker {user} && newgrp docker",
        )
    if "timed out" in cause.lower():
        return NoProgress("Docker does not answer any more", cause=f"{where}: {cause}", advice="docker info")
    return Unreachable(
        "no Docker engine answers",
        cause=f"{where}: {cause}",
        advice="start Docker (Linux: sudo systemctl start docker), or: minikf up --engine embedded",
    )


def _deepest(error: BaseException) -> BaseException:
    while error.__context__ is not None:
        error = error.__context__
    return error
