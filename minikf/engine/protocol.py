"""What every engine can do. Above this line nobody asks which one it is."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from minikf.spec import Access, Event, LoadedImage, Plan, Status

T = TypeVar("T")
Steps = Generator[Event, None, T]
"""Long work: yields what happens, returns its result, raises a MinikfError after a `failed` event."""


@dataclass(frozen=True)
class Capabilities:
    """What can run on an engine; where something cannot, `why_not` says so in words for users."""

    container_images: bool
    any_kind: bool
    load_images: bool = False
    why_not: str = ""


class Engine(Protocol):
    """Makes a platform exist and hands back how to reach its Kubernetes API."""

    @property
    def name(self) -> str: ...

    def capabilities(self) -> Capabilities: ...

    def ensure(self, plan: Plan) -> Steps[Access]:
        """Makes the platform and starts it; changes nothing where it already runs."""
        ...

    def start(self) -> Steps[Access]:
        """Starts a platform that exists. Raises Refused where there is none."""
        ...

    def stop(self) -> Steps[None]:
        """Ends every process of the platform and keeps all its files."""
        ...

    def delete(self, *, keep_data: bool = False) -> Steps[None]:
        """Ends the platform and removes what MiniKF made for it, the user's data only without `keep_data`."""
        ...

    def held_data(self) -> str:
        """What of the user's goes with `delete`, in words for the question that is asked first; "" for nothing."""
        ...

    def status(self) -> Status: ...

    def access(self) -> Access:
        """How to reach it. Raises Unreachable where it is not running."""
        ...

    def load_images(self, references: Sequence[str]) -> Steps[tuple[LoadedImage, ...]]:
        """Puts images of the local Docker engine, or archives of images, where the platform's pods find them.

        Raises Refused where the engine runs no images, or an image is missing or for another architecture.
        """
        ...
