"""The demo as long work."""

from __future__ import annotations

from dataclasses import dataclass

from minikf.engine.protocol import Steps
from minikf.views.asking import Reach, Work


@dataclass(frozen=True)
class Demo(Work):
    """What `minikf demo` runs."""

    name: str = "journey"

    @property
    def title(self) -> str:
        return f"Run the demo {self.name}"

    def steps(self, reach: Reach) -> Steps[str]:
        from minikf.demo.run import steps

        return steps(self.name, reach.platform)
