"""What a bundle says, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

from minikf.bundle.origin import Origin

STANDARD = "standard"
"""The variant that upstream's example installs."""

LITE = "lite"
"""The variant for small machines: no mesh, no cert-manager, one replica of everything."""

VARIANTS = (STANDARD, LITE)


@dataclass(frozen=True)
class Chart:
    """A packaged Helm chart: where its archive is, and as which release in which namespace it is rendered.

    `values` is the name of a file of ours, "" where the chart's own ones do. `sha256` is what upstream's index says of
    the archive, "" where nobody said it.
    """

    archive: Origin
    release: str
    namespace: str
    values: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Shape:
    """What one variant of a component is rendered from: kustomizations and packaged charts of upstream, and patches of
    ours by file name.

    Patches may bring objects of our own; what upstream publishes no manifests of has nothing else.
    `leave_out` are objects, as `Kind/name` or `Kind/namespace/name`, that another component brings already.
    """

    origins: tuple[Origin, ...]
    patches: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()

    @property
    def ours(self) -> tuple[str, ...]:
        """The names of all files of ours that it is made of: patches, and values of charts."""
        return (*self.patches, *dict.fromkeys(one.values for one in self.charts if one.values))


@dataclass(frozen=True)
class Licence:
    """An SPDX identifier, read from `source` (an Origin's address or a package's file).

    `free` is whether the Open Source Initiative has approved it and it is not of the AGPL family; what is not free is
    in no profile and wants `--accept-licence`.
    """

    spdx: str
    source: str
    free: bool = True


@dataclass(frozen=True)
class Interface:
    """A web page of a component: `service` in `namespace`, its port and the path below which it answers."""

    service: str
    namespace: str
    port: int
    path: str = "/"


@dataclass(frozen=True)
class Component:
    """One entry of a bundle.

    `needs` are ids that must be ready before; `ready` are objects, as `Kind/namespace/name`, beyond the workloads that
    are always waited for; `test` names a smoke test. `locked` is whether its bytes were read; where they could not be,
    `why_not` says why, and it is locked on the user's machine at its first use. `group` is the heading in lists.
    """

    id: str
    title: str
    does: str
    group: str
    licence: Licence
    shapes: dict[str, Shape]
    needs: tuple[str, ...] = ()
    needs_lite: tuple[str, ...] | None = None
    ready: tuple[str, ...] = ()
    test: str = ""
    ui: Interface | None = None
    locked: bool = True
    why_not: str = ""

    def needs_of(self, variant: str) -> tuple[str, ...]:
        return self.needs_lite if variant == LITE and self.needs_lite is not None else self.needs

    def shape(self, variant: str) -> Shape:
        """That variant's shape; a component without one of its own has the standard one."""
        return self.shapes.get(variant) or self.shapes[STANDARD]

    def origins(self, variant: str) -> tuple[Origin, ...]:
        """The kustomizations, or single files, of that variant."""
        return self.shape(variant).origins

    def roots(self, variant: str) -> tuple[Origin, ...]:
        """All of upstream that the variant begins with: its kustomizations and files, and the archives of charts."""
        shape = self.shape(variant)
        return (*shape.origins, *(one.archive for one in shape.charts))

    def has(self, variant: str) -> bool:
        """Whether it has a shape for that variant; one that nobody could read may have none."""
        return variant in self.shapes or STANDARD in self.shapes


@dataclass(frozen=True)
class Profile:
    """A named set of components in one variant."""

    name: str
    does: str
    variant: str
    components: tuple[str, ...]


NOTHING = Profile("none", "nothing but what is added", LITE, ())
"""What every bundle has: components one by one, in their small shapes."""


@dataclass(frozen=True)
class Bundle:
    """All that can be installed of one version, by id.

    `folder` holds bundle.yaml and bundle.lock; `patches` are all files of ours that shapes name, by name. `kubernetes`
    is the version that charts are rendered for, "" where there are none.
    """

    name: str
    version: str
    components: dict[str, Component]
    profiles: dict[str, Profile]
    upgrades_from: str = ""
    kubernetes: str = ""
    folder: Traversable | None = field(default=None, compare=False)
    patches: Mapping[str, Traversable] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Selection:
    """The components that are to be there, each after all that it needs."""

    bundle: Bundle
    variant: str
    components: tuple[Component, ...] = field(default=())


@dataclass(frozen=True)
class Requests:
    """What pods and claims ask for at once: thousandths of a processor, and bytes."""

    cpu_milli: int = 0
    memory_bytes: int = 0
    storage_bytes: int = 0

    def __add__(self, other: Requests) -> Requests:
        return Requests(
            self.cpu_milli + other.cpu_milli,
            self.memory_bytes + other.memory_bytes,
            self.storage_bytes + other.storage_bytes,
        )
