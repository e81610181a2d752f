"""What a platform on a cluster has of the bundle: chosen, made so, and taken away again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from minikf.commands import command
from minikf.engine.choose import engine_of
from minikf.engine.protocol import Steps
from minikf.engine.record import Platform
from minikf.errors import Refused, UsageError
from minikf.paths import PlatformPaths
from minikf.plan import EMBEDDED, NO_PROFILE
from minikf.spec import Access, Event, Plan, Wishes

if TYPE_CHECKING:
    from minikf.bundle.model import Component
    from minikf.install.choice import Choice
    from minikf.install.prepare import Prepared
    from minikf.install.run import Installed
    from minikf.install.uninstall import Removed

# What installs is imported where it is needed: an embedded platform never needs it.


def furnish(
    access: Access, choice: Choice | None, wishes: Wishes, prepared: Prepared | None = None
) -> Steps[Installed | None]:
    """Makes the platform have what its user chose, now or at an earlier `up`; None where that is nothing.

    Raises as `minikf.install.bring.bring`.
    """
    if access.engine == EMBEDDED and wishes.profile not in ("", NO_PROFILE):
        told = f"{wishes.profile} is for clusters; the engine embedded serves Kubeflow's kinds itself"
        yield Event("profile", "done", told)
    if choice is None or access.engine == EMBEDDED:
        return None
    from minikf.install.bring import bring

    paths = PlatformPaths.of(access.platform)
    mirror, force, agree = wishes.mirror, wishes.force, wishes.agree
    return (yield from bring(access, paths, choice, prepared=prepared, mirror=mirror, force=force, agree=agree))


def chosen(paths: PlatformPaths, plan: Plan, wishes: Wishes) -> Choice | None:
    """What the platform is to have: what is written down, else what is asked for, else what a new one gets.

    Raises Refused where another profile or bundle is asked for than there is, and UsageError for a bundle that is not.
    """
    new = Platform.read(paths) is None  # what a killed `up` left of a choice then counts for nothing
    profile = plan.profile if new else wishes.profile or NO_PROFILE
    if plan.engine == EMBEDDED or (profile == NO_PROFILE and (new or not paths.choice_file.exists())):
        return None
    from minikf.bundle import shelf
    from minikf.install.choice import Choice, read

    there = None if new else read(paths)
    if there is None:
        found = shelf.bundle(wishes.bundle)
        # A folder is named by its path, so that an `up` from another place finds it.
        folder = str(Path(wishes.bundle).resolve()) if "/" in wishes.bundle else ""
        name = folder or f"{found.name}@{found.version}"
        return Choice(name, profile)
    bundle = str(Path(wishes.bundle).resolve()) if "/" in wishes.bundle else wishes.bundle
    for option, wanted, has in (("--profile", wishes.profile, there.profile), ("--bundle", bundle, there.bundle)):
        if wanted and wanted != has and not has.startswith(f"{wanted}@"):
            raise Refused(
                f"platform '{paths.name}' has {there.profile} of {there.bundle}, not {option} {wanted}",
                cause="a platform keeps the profile and the bundle that it was made with; single components may change",
                advice=f"{command('addon list', paths.name)}; or minikf up {option} {wanted} --platform another-name",
            )
    return there


def known(platform: str) -> list[tuple[Component, bool]]:
    """All components that the platform's bundle has, and whether the platform has them. Raises as `select`."""
    from minikf.bundle import shelf
    from minikf.install.choice import read, selected

    paths = PlatformPaths.of(platform)
    engine_of(platform)
    there = read(paths)
    found = selected(there) if there is not None else None
    bundle = found.bundle if found is not None else shelf.bundle()
    ids = {one.id for one in found.components} if found is not None else set()
    return [(one, one.id in ids) for one in bundle.components.values()]


def enable(
    platform: str, component: str, *, mirror: str = "", force: bool = False, agree: bool = False, accepted: bool = False
) -> Steps[Installed]:
    """Adds a component, with all that it needs. Raises as `furnish`, and Refused on a platform that takes none."""
    from minikf.install.bring import bring

    paths, access = PlatformPaths.of(platform), _access(platform)
    choice = _choice(paths).enabling(component)
    return (yield from bring(access, paths, choice, mirror=mirror, force=force, agree=agree, accepted=accepted))


def disable(platform: str, component: str, *, data: bool = False) -> Steps[Removed]:
    """Takes a component away; `data` takes what its users made, too, also what stayed when it was taken away before.

    Raises Refused where others need it, or the platform does not have it, and as `uninstall`.
    """
    from minikf.bundle.model import NOTHING
    from minikf.install.choice import selected
    from minikf.install.uninstall import uninstall

    paths, access = PlatformPaths.of(platform), _access(platform)
    choice = _choice(paths)
    there = selected(choice)
    if component not in {one.id for one in there.components}:
        if data and component in there.bundle.components:
            left_over = yield from uninstall(access, paths, [component], data=True)
            if left_over.removed:
                return left_over
        raise Refused(
            f"platform '{platform}' does not have the component '{component}'",
            cause=f"it has {', '.join(one.id for one in there.components)}",
            advice=command("addon list", platform),
        )
    needing = [one.id for one in there.components if component in one.needs_of(there.variant)]
    if needing:
        raise Refused(
            f"the component '{component}' cannot be taken away alone",
            cause=f"{', '.join(needing)} need{'s' * (len(needing) == 1)} it",
            advice=command(f"addon disable {needing[0]}", platform),
        )
    profile = there.bundle.profiles.get(choice.profile, NOTHING)
    left = choice.disabling(component, component in profile.components)
    selected(left)  # refused before anything is taken away
    removed = yield from uninstall(access, paths, [component], data=data)
    left.write(paths)
    return removed


def remove_all(platform: str, *, data: bool = False) -> Steps[Removed | None]:
    """Takes all of the bundle away from a cluster that stays; None where nothing was chosen. Raises as `uninstall`."""
    paths = PlatformPaths.of(platform)
    if not paths.choice_file.exists():
        return None
    from minikf.install.choice import forget
    from minikf.install.uninstall import uninstall

    removed = yield from uninstall(_access(platform), paths, data=data)
    for one in removed.kept:
        yield Event("kept", "done", f"{one.what} stays: {one.why}")
    forget(paths)
    return removed


def _choice(paths: PlatformPaths) -> Choice:
    from minikf.bundle import shelf
    from minikf.install.choice import Choice, read

    there = read(paths)
    if there is not None:
        return there
    found = shelf.bundle()
    return Choice(f"{found.name}@{found.version}", NO_PROFILE)


def _access(platform: str) -> Access:
    engine = engine_of(platform)
    if engine.name == EMBEDDED:
        raise UsageError(
            f"platform '{platform}' has the engine embedded, which serves Kubeflow's kinds itself",
            cause="components are for clusters",
            advice="minikf up --engine k3d --platform another-name",
        )
    return engine.access()
