"""Before a cluster is made in Docker: does what it is to have fit this machine, and is it to be had?"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace

from minikf.bundle.learning import learn
from minikf.bundle.lock import Lock, locked
from minikf.bundle.model import Bundle, Selection
from minikf.bundle.selection import select
from minikf.bundle.sources import is_near, source
from minikf.engine.clusters import node_image
from minikf.engine.clusters.capacity import capacity
from minikf.engine.clusters.registries import REGISTRY_SECONDS, Silent, silent_of
from minikf.engine.docker.client import connect
from minikf.errors import Unreachable
from minikf.install import limits, measured
from minikf.install.choice import Choice, selected
from minikf.install.demand import asked, platform_of
from minikf.install.estimate import estimate
from minikf.install.fit import Room, lacks
from minikf.install.fitted import Fit, refuse, told
from minikf.install.licences import check as check_licences
from minikf.install.prepare import Fetched, fetch
from minikf.plan import NO_PROFILE
from minikf.spec import Event, Plan, Wishes


@dataclass(frozen=True)
class Ready:
    """All that is to be installed is on this machine, and fits it. `image_here` is whether the node's image is, too."""

    fetched: Fetched
    image_here: bool


@dataclass(frozen=True)
class Site:
    """Where selections are to fit: `engine` makes the cluster, `mirror` has the files; `image_here` is whether the
    node's image needs no pull, `own_kernel` whether the engine runs on this machine's, `nodes_bytes` the disk that the
    nodes take themselves."""

    room: Room
    engine: str
    mirror: str = ""
    image_here: bool = True
    own_kernel: bool = False
    nodes_bytes: int = 0

    def warnings(self, selection: Selection) -> tuple[tuple[str, str], ...]:
        """What of the kernel may hurt it, each with the command that mends it."""
        return limits.told([one.id for one in selection.components]) if self.own_kernel else ()


def ready(choice: Choice, plan: Plan, wishes: Wishes) -> Generator[Event, None, Ready]:
    """Says what fits and what is to come, and brings all files here; nothing is made in Docker.

    Raises UsageError for what the bundle does not have, NotAgreed, Refused for what does not fit (not where `force`),
    Unreachable where nobody asked for this and images cannot be had, and as `minikf.install.prepare.fetch`.
    """
    selection = selected(choice)
    check_licences(selection, (), accepted=False)
    lock, site = locked(selection.bundle), site_of(plan, wishes.mirror)
    if wishes.force or of(choice.profile, selection, lock, site).fits:  # else nobody has to be asked anything
        silent = silent_of(asked(lock, selection).demand.images)
        lock = learnt(lock, [selection], site) if silent.left else lock
    else:
        silent = Silent()
    fit = yield from _said(choice.profile, selection, lock, site)
    for words, change in site.warnings(selection):
        yield Event("kernel", "progress", f"{words}: {change}")
    bundle = f"{selection.bundle.name} {selection.bundle.version}"
    if not wishes.force:
        refuse(fit, bundle, "this machine")
    asked_for = bool(not plan.automatic or wishes.profile or plan.node_image or plan.agents)
    yield from _images(fit, silent, asked_for=asked_for)
    fetched = yield from fetch(choice, mirror=wishes.mirror, agree=wishes.agree)
    known = replace(fetched.lock, images={**fetched.lock.images, **lock.images})
    now = of(choice.profile, selection, known, site)
    if not wishes.force:  # what was locked a moment ago is counted now
        refuse(now, bundle, "this machine")
    if len(now.about.shares) > len(fit.about.shares):  # how quick the network is was not known before
        yield Event("time", "progress", str(now.about))
    return Ready(fetched, site.image_here)


def site_of(plan: Plan, mirror: str = "") -> Site:
    """The machine of the Docker engine. Raises Unreachable where none answers."""
    image = node_image.choose(plan.engine, plan.node_image)
    with connect() as docker:
        found, here = capacity(docker, image, 1 + plan.agents), docker.image(image) is not None
    return Site(found.room, plan.engine, mirror, here, found.is_here, found.nodes_bytes)


def of(name: str, selection: Selection, lock: Lock, site: Site) -> Fit:
    """How a selection fits, by what the lock knows of it. Raises Refused where something is not locked."""
    wanted = asked(lock, selection, site.room.architecture)
    network = 0 if is_near(source(site.mirror)) else wanted.missing
    about = estimate(wanted.demand, wanted.objects, network, site.engine, measured.read())
    if not site.image_here:
        about = about.and_unknown("pulling the node image")
    return Fit(name, wanted, lacks(wanted.demand, site.room), about, site.nodes_bytes)


def profiles(bundle: Bundle, lock: Lock, site: Site) -> tuple[Fit, ...]:
    """How each profile of a bundle fits, in the bundle's order: from the smallest to the largest."""
    return tuple(of(name, select(bundle, name), lock, site) for name in bundle.profiles)


def learnt(lock: Lock, selections: Iterable[Selection], site: Site) -> Lock:
    """The lock with the sizes of their images as registries tell them, in some seconds at most; for counting only."""
    platform = platform_of(site.room.architecture)
    images = {image for one in selections for image in asked(lock, one).demand.images}
    return learn(lock, images, platform) if platform else lock


def _said(profile: str, selection: Selection, lock: Lock, site: Site) -> Generator[Event, None, Fit]:
    all_ = profiles(selection.bundle, lock, site)
    fit = next((one for one in all_ if one.name == profile), None) or of(profile, selection, lock, site)
    yield from told(fit, site.room, all_)
    return fit


def _images(fit: Fit, silent: Silent, *, asked_for: bool) -> Generator[Event, None, None]:
    """Says which registries of images do not answer. Raises Unreachable where nobody asked for a cluster with them."""
    if not silent.hosts:
        return
    if not asked_for:
        raise Unreachable(
            f"images of {fit.name} cannot be pulled: {silent}",
            cause=f"asked for {REGISTRY_SECONDS:.0f} s each",
            advice=f"see to the network; or: minikf up --profile {NO_PROFILE}",
        )
    yield Event("images", "progress", f"{silent}: the nodes must have the images of {fit.name} already")
