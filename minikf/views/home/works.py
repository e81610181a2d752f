"""Long work that Home and Add-ons begin: the same as the commands do, step by step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minikf.spec import Wishes
from minikf.views.asking import Reach, Work

if TYPE_CHECKING:
    from minikf.engine.protocol import Steps

# The commands take the option --mirror from it.
_MIRROR = "MINIKF_MIRROR"


@dataclass(frozen=True)
class Up(Work):
    """Makes the platform or goes on with it; "" leaves the choice to MiniKF."""

    engine: str = ""
    profile: str = ""
    context: str = ""

    @property
    def title(self) -> str:
        made_of = " ".join(part for part in (self.engine, self.profile) if part)
        return f"Bring up {made_of}".rstrip()

    def steps(self, reach: Reach) -> Steps[Any]:
        wishes = Wishes(self.engine, self.profile, context=self.context, mirror=os.environ.get(_MIRROR, ""))
        from minikf import up

        return up.up(reach.platform, wishes)


@dataclass(frozen=True)
class Start(Work):
    title = "Start the platform"

    def steps(self, reach: Reach) -> Steps[Any]:
        from minikf import up

        return up.start(reach.platform)


@dataclass(frozen=True)
class Stop(Work):
    title = "Stop the platform"

    def steps(self, reach: Reach) -> Steps[Any]:
        from minikf import up

        return up.stop(reach.platform)


@dataclass(frozen=True)
class Down(Work):
    title = "Remove the platform with its data"

    def steps(self, reach: Reach) -> Steps[Any]:
        from minikf import up

        return up.down(reach.platform)


@dataclass(frozen=True)
class Enable(Work):
    """`accepted` is a licence that is not free; `agree` is to bytes that the bundle does not lock."""

    component: str
    accepted: bool = False
    agree: bool = False
    force: bool = False

    @property
    def title(self) -> str:
        return f"Enable {self.component}"

    def steps(self, reach: Reach) -> Steps[Any]:
        mirror = os.environ.get(_MIRROR, "")
        from minikf import components

        return components.enable(
            reach.platform, self.component, mirror=mirror, force=self.force, agree=self.agree, accepted=self.accepted
        )


@dataclass(frozen=True)
class Disable(Work):
    component: str

    @property
    def title(self) -> str:
        return f"Disable {self.component}"

    def steps(self, reach: Reach) -> Steps[Any]:
        from minikf import components

        return components.disable(reach.platform, self.component)


@dataclass(frozen=True)
class LoadImage(Work):
    """From this machine's Docker into the nodes."""

    image: str

    @property
    def title(self) -> str:
        return f"Load {self.image}"

    def steps(self, reach: Reach) -> Steps[Any]:
        from minikf import up

        return up.load_images(reach.platform, (self.image,))
