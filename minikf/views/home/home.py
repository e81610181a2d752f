"""All that Home shows of a platform, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from minikf.engine.choose import engine_of
from minikf.engine.record import Platform
from minikf.errors import MinikfError
from minikf.paths import PlatformPaths
from minikf.plan import EMBEDDED
from minikf.spec import Access, Status
from minikf.status import access as reach
from minikf.views.home.chain import Chain
from minikf.views.home.events import Warn, warnings
from minikf.views.home.look import TIMEOUT_SECONDS, look
from minikf.views.home.parts import Group, Known, groups
from minikf.views.home.scene import Scene, uid
from minikf.views.home.walk import troubles

if TYPE_CHECKING:
    from minikf.install.choice import Choice


@dataclass(frozen=True)
class Home:
    """`troubles` are of what users made, `warnings` the events that matter; `unread` says why causes are not known.

    `made` is whether there is such a platform, running or not; `held` what of the user's would go with it.
    """

    status: Status
    profile: str = ""
    bundle: str = ""
    groups: tuple[Group, ...] = field(default=())
    troubles: tuple[Chain, ...] = ()
    warnings: tuple[Warn, ...] = ()
    unread: str = ""
    made: bool = True
    held: str = ""

    @property
    def chains(self) -> tuple[Chain, ...]:
        """Every chain, those of parts first."""
        return (*(one for group in self.groups for part in group.parts for one in part.chains), *self.troubles)

    def as_dict(self) -> dict[str, Any]:
        """What `minikf status --json` has beside the status."""
        return {
            "profile": self.profile,
            "bundle": self.bundle,
            "groups": [one.as_dict() for one in self.groups],
            "troubles": [one.as_dict() for one in self.troubles],
            "unread": self.unread,
        }


def home(status: Status) -> Home:
    """Of a platform whose status is known. Raises Refused for a damaged record of what was chosen."""
    paths = PlatformPaths.of(status.platform)
    choice = _choice(paths) if status.engine != EMBEDDED else None
    profile, bundle = (choice.profile, choice.bundle) if choice is not None else ("", "")
    made = Platform.read(paths) is not None
    held = engine_of(status.platform).held_data() if made else ""
    if not status.running:
        return Home(status, profile, bundle, made=made, held=held)
    try:
        access = reach(status.platform)
        scene = look(access)
        catalogue = known(access, paths) if status.engine != EMBEDDED else {}
    except MinikfError as error:
        unread = f"{error.message}: {error.cause}" if error.cause else error.message
        return Home(status, profile, bundle, groups(status.components, None, {}), unread=unread)
    return replace(of_scene(status, scene, catalogue), profile=profile, bundle=bundle, held=held)


def _choice(paths: PlatformPaths) -> Choice | None:
    """What reads it is not loaded where there is nothing to read: most platforms have none."""
    if not paths.choice_file.exists():
        return None
    from minikf.install.choice import read

    return read(paths)


def of_scene(status: Status, scene: Scene, catalogue: Mapping[str, Known]) -> Home:
    """Pure."""
    apart = frozenset(
        uid(found)
        for one in catalogue.values()
        for workload in one.workloads
        if (found := scene.find(*workload)) is not None
    )
    parts = groups(status.components, scene, catalogue)
    told = {link.key for group in parts for part in group.parts for one in part.chains for link in one.links}
    rest = tuple(one for one in troubles(scene, apart) if one.head.key not in told)
    return Home(status, groups=parts, troubles=rest, warnings=warnings(scene))


def known(access: Access, paths: PlatformPaths) -> dict[str, Known]:
    """The components that the platform has of its bundle: from the inventory on the cluster and the catalogue.

    Raises Unreachable, and as `Inventory`; a bundle that cannot be read leaves components without a group.
    """
    from minikf.install.choice import selected
    from minikf.install.inventory import Inventory
    from minikf.install.look import WORKLOADS
    from minikf.kube.apply import Calls, NoAnswer

    choice = _choice(paths)
    try:
        records = Inventory(Calls(access, TIMEOUT_SECONDS)).records.values()
    except NoAnswer:
        return {}
    workloads: dict[str, list[tuple[str, str, str]]] = {}
    for record in records:
        if record.kind in WORKLOADS:
            workloads.setdefault(record.component, []).append((record.kind, record.namespace, record.name))
    found: dict[str, Known] = {}
    if choice is not None:
        there = selected(choice)
        for one in there.components:
            mine = tuple(sorted(workloads.pop(one.id, ())))
            found[one.id] = Known(one.group, one.does, one.needs_of(there.variant), mine)
    left = {name: Known("Components", "", (), tuple(sorted(some))) for name, some in workloads.items()}
    return found | left
