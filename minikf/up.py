"""Bringing a platform up, and down again: the main road, above any engine."""

from __future__ import annotations

from collections.abc import Sequence

from minikf.carrying import carry_installed
from minikf.components import furnish, remove_all
from minikf.engine import forwarding
from minikf.engine.choose import chosen, engine_of
from minikf.engine.images.recipe import Recipe
from minikf.engine.protocol import Engine, Steps
from minikf.errors import MinikfError, UsageError
from minikf.paths import PlatformPaths
from minikf.plan import CLUSTERS, CONTEXT, EMBEDDED
from minikf.spec import Access, Event, LoadedImage, Wishes


def up(platform: str, wishes: Wishes | None = None) -> Steps[Access]:
    """Makes the platform where there is none, starts it, and puts on a cluster what was chosen of the bundle; returns
    how to reach it.

    Where MiniKF chose the engine itself and it cannot be had after all, the embedded engine takes its place: the
    automatic choice leaves nobody with nothing. Raises as `minikf.engine.choose.chosen`, `Engine.ensure` and
    `minikf.components.furnish`.
    """
    access = yield from _engine_up(platform, wishes or Wishes())
    yield from furnish(access, access.engine, wishes or Wishes())
    return carry_installed(access)


def _engine_up(platform: str, wishes: Wishes) -> Steps[Access]:
    engine, plan = chosen(platform, wishes)
    if plan.why:
        yield Event("engine", "done", plan.why)
    if not (plan.automatic and plan.engine in CLUSTERS):
        return forwarding.renewed((yield from engine.ensure(plan)))
    try:
        return forwarding.renewed((yield from engine.ensure(plan)))
    except UsageError:
        raise
    except MinikfError as failure:
        return (yield from _instead(platform, engine, failure))


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
    """Removes the platform; a cluster that stays loses what MiniKF put there. Raises as `delete` and `uninstall`."""
    engine = engine_of(platform)
    if engine.name == CONTEXT:
        yield from remove_all(platform, data=not keep_data)
    forwarding.end(PlatformPaths.of(platform))  # its record goes with the platform's files
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
