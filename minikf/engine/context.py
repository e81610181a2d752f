"""An existing cluster, by a context of a kubeconfig: nothing is made there, nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence

from minikf.commands import command
from minikf.engine.protocol import Capabilities, Steps
from minikf.errors import Refused
from minikf.paths import PlatformPaths
from minikf.plan import CONTEXT
from minikf.spec import Access, LoadedImage, Plan, Status


class Context:
    """The driver of one platform on a cluster that is not ours; implements `minikf.engine.protocol.Engine`."""

    name = CONTEXT

    def __init__(self, paths: PlatformPaths) -> None:
        self._paths = paths

    def capabilities(self) -> Capabilities:
        return Capabilities(container_images=True, any_kind=True, why_not="images come from a registry it can reach")

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

    def held_data(self) -> str:
        return ""

    def status(self) -> Status:
        return Status(self._paths.name, CONTEXT, running=False, cause="", advice="")

    def access(self) -> Access:
        raise self._absent()

    def load_images(self, references: Sequence[str]) -> Steps[tuple[LoadedImage, ...]]:
        raise self._absent()
        yield

    def _absent(self) -> Refused:
        return Refused("the engine context is not there yet", advice=command("up --engine embedded", self._paths.name))
