"""All pure checks of a promotion, worst first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from minikf.promote.evidence import Finding, Level
from minikf.promote.model import Need, Object, group_of
from minikf.promote.preflight.presence import presence
from minikf.promote.preflight.rights import rights
from minikf.promote.preflight.room import room
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import TargetSpec

OLD = timedelta(days=1)
"""A profile may be older when there is no network; then that is said."""


def check(
    objects: Iterable[Object],
    needs: Iterable[Need],
    spec: TargetSpec,
    profile: TargetProfile,
    now: datetime,
    standing: Iterable[Object] = (),
) -> tuple[Finding, ...]:
    """What is wrong, or may be, where these translated objects go. `objects` without a namespace go to the target's;
    `standing` are those that are there already. Asks nobody."""
    placed = tuple(_placed(obj, spec) for obj in objects)
    found = [
        *presence(placed, needs, spec, profile),
        *rights(placed, profile),
        *room(placed, tuple(_placed(obj, spec) for obj in standing), profile),
        *_policies(placed, profile),
        *_age(profile, now),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.level != Level.ERROR))


def _placed(obj: Object, spec: TargetSpec) -> Object:
    metadata = obj["metadata"]
    return obj if metadata.get("namespace") else {**obj, "metadata": {**metadata, "namespace": spec.namespace}}


def _policies(objects: tuple[Object, ...], profile: TargetProfile) -> Iterable[Finding]:
    """Rules of admission see the objects for the first time in the dry run: who promotes should know of them."""
    written = {(group_of(obj), obj["kind"]) for obj in objects}
    plurals = {one.plural: (one.group, one.kind) for one in profile.kinds}
    for policy in profile.policies:
        if any(kind == "*" or plurals.get(kind) in written for kind in policy.kinds):
            yield Finding(
                Level.WARNING, "policy", None, "",
                f"{policy.kind} {policy.name} looks at what is promoted", policy.says or "it may refuse it",
                "a dry run on the target tells: minikf promote --plan-only",
            )  # fmt: skip


def _age(profile: TargetProfile, now: datetime) -> Iterable[Finding]:
    age = now - profile.at
    if age > OLD:
        yield Finding(
            Level.WARNING, "profile", None, "",
            f"what is known about {profile.target} is {age.days} day{'' if age.days == 1 else 's'} old",
            f"it was probed at {profile.at.isoformat(timespec='seconds')}",
            f"minikf target probe {profile.target}",
        )  # fmt: skip
