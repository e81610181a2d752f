"""Bringing a platform up, and down again: the main road, above any engine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from minikf import components
from minikf.beside import Beside
from minikf.carrying import carry_installed
from minikf.commands import command
from minikf.engine import forwarding, removal
from minikf.engine.choose import chosen, engine_of
from minikf.engine.images.recipe import Recipe
from minikf.engine.lock import acquire, held
from minikf.engine.protocol import Engine, Steps
from minikf.engine.record import Platform
from minikf.errors import MinikfError, UsageError
from minikf.paths import PlatformPaths
from minikf.plan import CLUSTER_PROFILE, CLUSTERS, CONTEXT, EMBEDDED, NO_PROFILE
from minikf.spec import Access, Event, LoadedImage, Plan, Wishes

if TYPE_CHECKING:
    from minikf.install.choice import Choice
    from minikf.install.prepare import Prepared


def up(platform: str, wishes: Wishes | None = None) -> Steps[Access]:
    """Makes the platform where there is none, starts it, and puts on a cluster what was chosen of the bundle; returns
    how to reach it.

    For a new cluster in Docker all that goes there is looked at and brought here first: what does not fit, is not to be
    had or is not agreed to fails before anything is made. Where MiniKF chose the engine itself and nobody asked for a
    profile, the embedded engine takes the place of a cluster that cannot be had: the automatic choice leaves nobody
    with nothing. Raises as `minikf.engine.choose.chosen`, `minikf.components.chosen`, `minikf.fitting.ready`,
    `Engine.ensure` and `minikf.components.furnish`.
    """
    wishes = wishes or Wishes()
    engine, plan = chosen(platform, wishes)
    if plan.why:
        yield Event("engine", "done", plan.why)
    paths = PlatformPaths.of(platform)
    choice, new = components.chosen(paths, plan, wishes), Platform.read(paths) is None
    prepared: Prepared | None = None
    try:
        if choice is not None and new and plan.engine in CLUSTERS:
            access, prepared = yield from _new_cluster(engine, plan, choice, wishes)
        else:
            access = yield from engine.ensure(plan)
    except UsageError:
        raise
    except MinikfError as failure:
        if not (plan.automatic and plan.engine in CLUSTERS) or wishes.profile not in ("", NO_PROFILE):
            raise
        access, choice = (yield from _instead(platform, engine, failure)), None
    access = forwarding.renewed(access)
    if choice is None and new and access.engine == CONTEXT:
        told = f"none; {command(f'up --profile {CLUSTER_PROFILE}', platform)} puts Kubeflow on this cluster"
        yield Event("profile", "done", told)
    yield from components.furnish(access, choice, wishes, prepared)
    return carry_installed(access)


def _new_cluster(engine: Engine, plan: Plan, choice: Choice, wishes: Wishes) -> Steps[tuple[Access, Prepared]]:
    """The cluster, and beside its making all that is to be put on it rendered.

    The choice is written down before, so that an interrupted `up` goes on with it. Raises as `up`; nothing is left of a
    cluster where what it is for could not be rendered.
    """
    from minikf import fitting
    from minikf.install import measured
    from minikf.install.choice import forget
    from minikf.install.prepare import render

    ready = yield from fitting.ready(choice, plan, wishes)
    paths, began = PlatformPaths.of(plan.platform), time.monotonic()
    choice.write(paths)
    beside = Beside(render(ready.fetched))
    try:
        access = yield from beside.hearing(engine.ensure(plan))
        if ready.image_here:
            measured.note_cluster(plan.engine, time.monotonic() - began)
        return access, (yield from beside.result())
    except MinikfError:
        if beside.failed and Platform.read(paths) is not None:
            yield from engine.delete()
        raise
    finally:
        beside.give_up()
        if Platform.read(paths) is None:
            forget(paths)


def _instead(platform: str, failed: Engine, failure: MinikfError) -> Steps[Access]:
    """The embedded engine in place of a cluster that could not be made; what was begun of that is removed first.

    Raises the cluster's own failure where even its remains cannot be removed.
    """
    yield Event(failed.name, "failed", failure.message, cause=failure.cause)
    try:
        if engine_of(platform).name == failed.name:  # it came as far as being recorded
            yield from failed.delete()
        engine, plan = chosen(platform, Wishes(engine=EMBEDDED))
    except MinikfError as error:
        raise failure from error
    yield Event("engine", "done", f"embedded, in place of {failed.name}: {failure.message}")
    return (yield from engine.ensure(plan))


def start(platform: str) -> Steps[Access]:
    """Starts a platform that exists, and its port-forward where it had one. Raises as `Engine.start`."""
    return forwarding.renewed((yield from engine_of(platform).start()))


def stop(platform: str) -> Steps[None]:
    """Ends every process of the platform and keeps its files. Raises as `Engine.stop`."""
    yield from engine_of(platform).stop()
    forwarding.end(PlatformPaths.of(platform))


def down(platform: str, *, keep_data: bool = False) -> Steps[None]:
    """Removes the platform, or what one that is gone has left; a cluster that stays loses what MiniKF put there. Raises
    as `delete` and `uninstall`."""
    paths = PlatformPaths.of(platform)
    if Platform.read(paths) is None and paths.data.exists() and not keep_data:
        with held((yield from acquire(paths))):
            yield from removal.remove(paths, keep_data=False)
        return
    engine = engine_of(platform)
    if engine.name == CONTEXT:
        yield from components.remove_all(platform, data=not keep_data)
    forwarding.end(paths)  # its record goes with the platform's files
    yield from engine.delete(keep_data=keep_data)


def held_data(platform: str) -> str:
    """What of the user's goes with the platform, in words; "" for nothing."""
    return engine_of(platform).held_data()


def load_images(platform: str, references: Sequence[str]) -> Steps[tuple[LoadedImage, ...]]:
    """Puts images where the platform's pods find them. Raises as `Engine.load_images`."""
    return (yield from engine_of(platform).load_images(references))


def build_image(platform: str, recipe: Recipe) -> Steps[LoadedImage]:
    """Builds an image in the local Docker engine and puts it where the platform's pods find it.

    Raises before anything is built where the platform takes no images or does not run, Refused where the build fails,
    and as `Engine.load_images`.
    """
    from minikf.engine.docker import building
    from minikf.engine.docker.client import connect

    engine = engine_of(platform)
    if not engine.capabilities().load_images:
        return (yield from engine.load_images((recipe.tag or recipe.name,)))[0]  # it says why not
    engine.access()
    with connect() as docker:
        docker.client.api.timeout = building.CALL_SECONDS
        name = yield from building.build(docker, recipe)
    (loaded,) = yield from engine.load_images((name,))
    return loaded
