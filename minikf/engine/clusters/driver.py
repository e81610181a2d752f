"""Clusters in Docker behind the engine protocol."""

from __future__ import annotations

from collections.abc import Sequence

from minikf.engine.protocol import Capabilities, Steps
from minikf.errors import Refused
from minikf.paths import PlatformPaths
from minikf.spec import Access, LoadedImage, Plan, Status


class ClusterEngine:
    """The driver of one cluster of k3d or kind; implements `minikf.engine.protocol.Engine`."""

    def __init__(self, name: str, paths: PlatformPaths) -> None:
        self.name = name
        self._paths = paths

    def capabilities(self) -> Capabilities:
        return Capabilities(container_images=True, any_kind=True, load_images=True)

    def ensure(self, plan: Plan) -> Steps[Access]:
        raise self._absent()
        yield

    def start(self) -> Steps[Access]:
        raise self._absent()
        yield

    def stop(self) -> Steps[None]:
        raise self._absent()
        yield

    def delete(self, *, keep_data: bool = False) -> Steps[None]:
        raise self._absent()
        yield

    def status(self) -> Status:
        return Status(self._paths.name, self.name, running=False)

    def access(self) -> Access:
        raise self._absent()

    def load_images(self, references: Sequence[str]) -> Steps[tuple[LoadedImage, ...]]:
        raise self._absent()
        yield

    def _absent(self) -> Refused:
        return Refused(f"the engine {self.name} is not there yet", advice="minikf up --engine embedded")
