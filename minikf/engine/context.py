"""An existing cluster, by a context of a kubeconfig: nothing is made there, nothing is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from minikf.commands import command
from minikf.engine import record, removal
from minikf.engine.lock import acquire, held
from minikf.engine.protocol import Capabilities, Steps
from minikf.engine.record import Joined, Platform
from minikf.errors import MinikfError, Refused, Unreachable
from minikf.kube import cluster, kubeconfig
from minikf.kube.cluster import sight
from minikf.kube.cluster.fitness import Check
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.userconfig import files
from minikf.paths import PlatformPaths
from minikf.plan import CONTEXT
from minikf.spec import Access, Event, LoadedImage, Plan, Status

# Another continent answers within it, and nobody waits longer for a cluster that is switched off.
REACH_SECONDS = 5.0


_UP = "up --engine context"


class Context:
    """The driver of one platform on a cluster that is not ours; implements `minikf.engine.protocol.Engine`."""

    name = CONTEXT

    def __init__(self, paths: PlatformPaths) -> None:
        self._paths = paths

    def capabilities(self) -> Capabilities:
        return Capabilities(
            container_images=True,
            any_kind=True,
            why_not="the nodes are not on this machine: they get their images from a registry that they reach",
        )

    def ensure(self, plan: Plan) -> Steps[Access]:
        """Takes the cluster of a context as the platform, after it was looked at; the cluster is not changed.

        Without a context in the plan it is the one that the platform was made with, else the user's current one. The
        credential is read anew each time. Raises Refused (no such context; too old, too few rights, no default
        storage class), Unreachable, and ApiAnswer where the credential is not accepted.
        """
        with held((yield from acquire(self._paths))):
            made = Platform.read(self._paths)
            try:
                return (yield from self._join(plan, made))
            except BaseException:
                if made is None:  # what was written for the looking is of no use without the platform
                    removal.forget_configuration(self._paths)
                raise

    def start(self) -> Steps[Access]:
        """As `ensure`, for a platform that exists; raises Refused where there is none."""
        self._existing()
        return (yield from self.ensure(Plan(self._paths.name, CONTEXT)))

    def stop(self) -> Steps[None]:
        """Raises Refused: nothing that runs there was started by MiniKF."""
        _, joined = self._existing()
        raise Refused(
            f"platform '{self._paths.name}' is not MiniKF's to stop",
            cause=f"it is the existing cluster of the context '{joined.context}', and whoever runs it stops it",
            advice=f"{command('down', self._paths.name)}  # forgets it here and leaves the cluster as it is",
        )
        yield

    def delete(self, *, keep_data: bool = False) -> Steps[None]:
        """Forgets the platform: MiniKF's own files of it go. The cluster is not asked, nor changed: what is in it
        stays, and it need not even answer. Raises Refused where there is no platform."""
        self._existing()
        with held((yield from acquire(self._paths))):
            _, joined = self._existing()
            server = kubeconfig.server_of(self._paths.kubeconfig)
            stays = f"the cluster of the context '{joined.context}' is not MiniKF's: it and all in it stay ({server})"
            yield Event("cluster", "done", stays)
            yield from removal.remove(self._paths, keep_data=keep_data)

    def held_data(self) -> str:
        return ""

    def status(self) -> Status:
        """The cluster as it is now; never raises for one that is absent or does not answer."""
        name = self._paths.name
        platform = Platform.read(self._paths)
        if platform is None or platform.joined is None:
            return Status(name, CONTEXT, running=False, cause=f"there is no platform '{name}'", advice=self._up())
        access = self._access()
        try:
            components = cluster.report(access, dns_needed=False)
        except MinikfError as error:
            cause = f"{error.message}: {error.cause}" if error.cause else error.message
            return Status(name, CONTEXT, running=False, cause=cause, advice=self._up())
        return Status(name, CONTEXT, True, components, access.endpoints)

    def access(self) -> Access:
        """How to reach the cluster. Raises Unreachable where it does not answer, and ApiAnswer where it does not
        accept the credential."""
        platform = Platform.read(self._paths)
        if platform is None or platform.joined is None:
            cause = f"there is no platform '{self._paths.name}'"
            raise Unreachable(f"platform '{self._paths.name}' is not running", cause=cause, advice=self._up())
        access = self._access()
        sight.version(RestClient(access, REACH_SECONDS))
        return access

    def load_images(self, references: Sequence[str]) -> Steps[tuple[LoadedImage, ...]]:
        """Raises Refused: what the nodes keep is not reached from here."""
        _, joined = self._existing()
        raise Refused(
            f"platform '{self._paths.name}' takes no images: {', '.join(references)}",
            cause=f"the nodes of the context '{joined.context}' get their images from a registry that they reach",
            advice="docker tag IMAGE REGISTRY/IMAGE && docker push REGISTRY/IMAGE",
        )
        yield

    def _join(self, plan: Plan, made: Platform | None) -> Steps[Access]:
        found = yield from self._found(plan, made)
        access = kubeconfig.write_context(found.context, self._paths, CONTEXT) if found else self._access()
        joined = Joined(found.files, found.context.name) if found else self._existing()[1]
        yield from self._look(access, joined)
        port = urlsplit(access.server).port or (443 if access.server.startswith("https") else 80)
        Platform(CONTEXT, port, joined=joined).write(self._paths)
        return access

    def _found(self, plan: Plan, made: Platform | None) -> Steps[files.Found | None]:
        """The context in the user's files; None where a platform that exists has to do with its own copy."""
        joined = made.joined if made is not None else None
        name = plan.context or (joined.context if joined else "")
        try:
            found = files.find(name, plan.kubeconfig or (joined.kubeconfig if joined else ""))
        except Refused as refused:
            if joined is None or not self._paths.kubeconfig.exists():
                raise
            yield Event("context", "progress", f"{refused.message}; the copy of {self._paths.kubeconfig} is used")
            return None
        which = "" if name else "your current context "
        yield Event("context", "done", f"{which}'{found.context.name}' of {found.files}")
        return found

    def _look(self, access: Access, joined: Joined) -> Steps[None]:
        """All checks, each an event. Raises for the first that fails, and says how many do."""
        kubectl = f"kubectl --kubeconfig '{joined.kubeconfig}' --context '{joined.context}'"
        failed = []
        try:
            for check in cluster.checks(RestClient(access, REACH_SECONDS), kubectl):
                yield _event(check)
                failed += [] if check.good else [check]
        except (Unreachable, ApiAnswer) as error:
            yield Event("api", "failed", error.message, cause=error.cause)
            raise self._no_answer(error, joined, access, kubectl) from error
        if failed:
            raise self._unfit(failed, joined)

    def _no_answer(
        self, error: Unreachable | ApiAnswer, joined: Joined, access: Access, kubectl: str
    ) -> Unreachable | ApiAnswer:
        """In words for who has typed the context; the light client's own advice is for platforms that are made."""
        whose = f"the cluster of the context '{joined.context}'"
        advice = f"{kubectl} get --raw /version"
        if isinstance(error, Unreachable):
            return Unreachable(f"{whose} does not answer at {access.server}", cause=error.cause, advice=advice)
        return ApiAnswer(
            f"{whose}: {error.message}", status=error.status, reason=error.reason, cause=error.cause, advice=advice
        )

    def _unfit(self, failed: list[Check], joined: Joined) -> Refused:
        first, others = failed[0], failed[1:]
        more = "".join(f"; also: {check.message} ({check.cause})" for check in others)
        return Refused(
            f"the cluster of the context '{joined.context}' will not do: {first.message}",
            cause=f"{first.cause}{more}",
            advice=first.advice,
        )

    def _access(self) -> Access:
        return kubeconfig.access_of(self._paths, CONTEXT, kubeconfig.server_of(self._paths.kubeconfig))

    def _up(self) -> str:
        return command(_UP, self._paths.name)

    def _existing(self) -> tuple[Platform, Joined]:
        platform = Platform.read(self._paths)
        if platform is None or platform.joined is None:
            raise record.absent(self._paths, _UP)
        return platform, platform.joined


def _event(check: Check) -> Event:
    return Event(check.what, "done" if check.good else "failed", check.message, cause=check.cause)
