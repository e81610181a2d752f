"""The way in to a target: a context of the user's kubeconfig, or another platform. No current context is ever switched.

A context is copied to a kubeconfig of the target's own (0600), anew each time: what the user renews is renewed here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from http import HTTPStatus

from minikf.engine import forwarding
from minikf.engine.choose import engine_of
from minikf.errors import Unreachable
from minikf.kube import kubeconfig
from minikf.kube.cluster import sight
from minikf.kube.rest import ApiAnswer, NotServed, RestClient
from minikf.kube.userconfig import files
from minikf.paths import PlatformPaths
from minikf.plan import CONTEXT
from minikf.promote.targets import shelf
from minikf.promote.targets.profile import TargetProfile
from minikf.promote.targets.spec import TargetSpec
from minikf.spec import Access

# Another continent answers within it, and nobody waits longer for a cluster that is switched off.
REACH_SECONDS = 5.0


def access(spec: TargetSpec) -> Access:
    """How to reach the target; nothing is asked yet where it is a context. Raises Refused where there is no such
    context, and Unreachable where the platform does not run."""
    if spec.platform:
        return forwarding.reached(engine_of(spec.platform).access())
    found = files.find(spec.context, spec.kubeconfig)
    folder = shelf.folder_of(spec.name) / "way"
    own = PlatformPaths(f"target-{spec.name}", config=folder, state=folder, data=folder, cache=folder)
    return kubeconfig.write_context(found.context, own, CONTEXT)


def version(spec: TargetSpec) -> str:
    """The version that the target's API server tells, as `v1.34.4`. Raises as `access`, Unreachable where it does not
    answer, and ApiAnswer where it does not accept the credential."""
    way = access(spec)
    with in_words_of(spec, way):
        return sight.version(RestClient(way, REACH_SECONDS))


def words(spec: TargetSpec) -> str:
    """The way in, for people; two that differ lead elsewhere."""
    if spec.platform:
        return f"platform '{spec.platform}'"
    return f"context '{spec.context}' of {spec.kubeconfig or 'your kubeconfig'}"


def namespaces(spec: TargetSpec) -> tuple[str, ...]:
    """Every namespace of the target that something may go to."""
    return tuple(dict.fromkeys((spec.namespace, *sorted(spec.namespaces.values()))))


def outdated(profile: TargetProfile, spec: TargetSpec) -> str:
    """Why a profile does not tell of the target as its file describes it by now; "" where it does."""
    if profile.way != words(spec):
        return f"it was made by {profile.way}, and the target is {words(spec)} by now"
    missing = set(namespaces(spec)) - {one.name for one in profile.namespaces}
    return f"it does not know the namespace {', '.join(sorted(missing))}" if missing else ""


@contextlib.contextmanager
def in_words_of(spec: TargetSpec, way: Access) -> Iterator[None]:
    """Turns what the light client says of platforms into words for who has named a context."""
    try:
        yield
    except (Unreachable, ApiAnswer) as error:
        if spec.platform:
            raise
        advice = f"kubectl --kubeconfig '{way.kubeconfig}' get --raw /version"
        whose = f"target '{spec.name}' ({words(spec)})"
        if isinstance(error, Unreachable):
            raise Unreachable(f"{whose} does not answer at {way.server}", cause=error.cause, advice=advice) from error
        if isinstance(error, NotServed) or error.status == HTTPStatus.UNAUTHORIZED:
            _, _, said = error.message.rpartition("does not accept the credential: ")
            what = "does not accept the credential" if said != error.message else error.message
            raise ApiAnswer(
                f"{whose} {what}" if said != error.message else f"{whose}: {what}",
                status=error.status, reason=error.reason, cause=error.cause, advice=advice,
            ) from error  # fmt: skip
        raise
