"""What loading images needs of the Docker engine: its images, and the containers that are a cluster's nodes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minikf.engine.docker.client import Docker, answers, connect

if TYPE_CHECKING:
    from docker.types import Mount


CALL_SECONDS = 6 * 60 * 60


@dataclass(frozen=True)
class Store:
    """How the engine keeps its images. `layers` and `about` are folders of the machine that the engine runs on, or ""
    where layers do not lie in folders that can be copied as they are."""

    layers: str
    about: str
    maps_owners: bool


@dataclass(frozen=True)
class Ran:
    """How a command in a container ended."""

    code: int
    out: str
    error: str


class ContainerFailed(Exception):
    """The engine refused something about a container; the text is its own."""


class ImageEngine:
    """A Docker engine as a source of images and the keeper of nodes.

    A call may be silent for long: with graph drivers nothing of an image comes before all of it lies in a folder of
    the engine's, and a node unpacks without a word. A connection that is lost ends it at once.
    """

    def __init__(self, docker: Docker) -> None:
        """Sets the time limit of this connection."""
        docker.client.api.timeout = CALL_SECONDS
        self._docker = docker
        self._client = docker.client

    @classmethod
    def connect(cls) -> ImageEngine:
        """The engine that all of MiniKF uses, by a connection of its own. Raises Unreachable where none answers."""
        return cls(connect())

    def __enter__(self) -> ImageEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _answering(self) -> contextlib.AbstractContextManager[None]:
        return answers(self._docker.address)

    def store(self) -> Store:
        """How images are kept. With the driver overlay2 and "Native Overlay Diff", layers are folders in the form that
        overlayfs takes (moby, daemon/graphdriver/overlay2)."""
        with self._answering():
            told = self._client.info()
        details = {str(key): str(value) for key, value in told.get("DriverStatus") or ()}
        maps = any(
            name in str(option) for option in told.get("SecurityOptions") or () for name in ("userns", "rootless")
        )
        plain = details.get("Native Overlay Diff") == "true" and details.get("userxattr", "false") == "false"
        root = str(told.get("DockerRootDir", "")) if told.get("Driver") == "overlay2" and plain and not maps else ""
        return Store(f"{root}/overlay2" if root else "", f"{root}/image/overlay2" if root else "", maps)

    def image(self, reference: str) -> dict[str, Any] | None:
        """What `docker image inspect` tells, or None."""
        from docker.errors import NotFound

        with self._answering():
            try:
                return dict(self._client.images.get(reference).attrs)
            except NotFound:
                return None

    def save(self, reference: str) -> Iterator[bytes]:
        """The archive of `docker save`, as it comes."""
        with self._answering():
            yield from self._client.api.get_image(reference, chunk_size=1 << 20)

    def run(self, container: str, command: Sequence[str]) -> Ran:
        """A command in a running container, to its end. Raises ContainerFailed where it cannot be started."""
        with self._answering(), _container():
            api = self._client.api
            made = api.exec_create(container, list(command))["Id"]
            out, error = api.exec_start(made, demux=True)
            code = api.exec_inspect(made)["ExitCode"]
        return Ran(-1 if code is None else int(code), _text(out), _text(error))

    def put(self, container: str, folder: str, pieces: Iterable[bytes]) -> None:
        """Unpacks a tar stream in a folder of a container. Raises ContainerFailed, and what `pieces` raises.

        The engine answers a failure before it has read all, and closes: often only that can be told.
        """
        from docker.errors import DockerException

        of_pieces: list[Exception] = []

        def fed() -> Iterator[bytes]:
            try:
                yield from pieces
            except Exception as error:
                of_pieces.append(error)
                raise

        try:
            with _container():
                self._client.api.put_archive(container, folder, fed())
        except (DockerException, OSError) as error:
            if of_pieces:
                raise of_pieces[0] from error
            with self._answering():
                self._client.ping()
            raise ContainerFailed(f"the engine stopped in the middle of it ({error})") from error

    def beside(
        self, container: str, command: Sequence[str], folders: Mapping[str, str], labels: Mapping[str, str]
    ) -> Iterator[str]:
        """Runs a command in a helper of the container's own image, with its volumes and some `folders` of the engine's
        machine (where from -> where to, read-only), and yields the lines that it prints.

        The helper has no network, and root's usual rights and CAP_SYS_ADMIN: overlayfs' attributes are for its eyes
        only. It goes when it ends. Raises ContainerFailed with what it said on its error output, if it said anything.
        """
        with self._answering(), _container():
            helper = self._client.containers.create(
                self._client.containers.get(container).attrs["Image"],
                command=list(command[1:]),
                entrypoint=[command[0]],
                labels=dict(labels),
                auto_remove=True,
                network_mode="none",
                cap_add=["SYS_ADMIN"],
                volumes_from=[container],
                mounts=[_bound(source, target) for source, target in folders.items()],
            )
            complaints: list[bytes] = []
            try:
                both = helper.attach(stream=True, stdout=True, stderr=True, logs=True, demux=True)
                helper.start()
                yield from _lines(_apart(both, complaints))
            except BaseException:
                with _gone_is_fine():
                    helper.remove(force=True)
                raise
        if said := _text(b"".join(complaints)).strip():
            raise ContainerFailed(said)

    def end_helpers(self, label: str) -> None:
        """Ends the helpers that carry a label, `NAME=VALUE`."""
        with self._answering():
            for helper in self._client.containers.list(all=True, filters={"label": label}):
                with _gone_is_fine():
                    helper.remove(force=True)


def _bound(source: str, target: str) -> Mount:
    """A folder without what is mounted below it: the engine keeps its containers' file systems there."""
    from docker.types import Mount

    mount = Mount(target, source, type="bind", read_only=True)
    mount["BindOptions"] = {"NonRecursive": True}
    return mount


def _apart(both: Iterable[tuple[bytes | None, bytes | None]], complaints: list[bytes]) -> Iterator[bytes]:
    for out, error in both:
        if error:
            complaints.append(error)
        if out:
            yield out


@contextlib.contextmanager
def _container() -> Iterator[None]:
    """Turns what the engine says about a container into a ContainerFailed."""
    from docker.errors import APIError

    try:
        yield
    except APIError as error:
        raise ContainerFailed(str(error.explanation or error)) from error


@contextlib.contextmanager
def _gone_is_fine() -> Iterator[None]:
    """A helper has gone when it is removed, or is on its way."""
    from docker.errors import APIError

    with contextlib.suppress(APIError):
        yield


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Whole lines out of pieces that end anywhere."""
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")
    if held:
        yield held.decode(errors="replace")


def _text(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace")
