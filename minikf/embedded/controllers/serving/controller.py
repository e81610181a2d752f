"""Brings InferenceServices about: fetch the model, start a pod for the wanted revision, then end the one before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from minikf.embedded.controllers.base import Key, is_controlled_by, is_status_only, key_of, owner_keys
from minikf.embedded.controllers.context import Context
from minikf.embedded.controllers.serving.build import Wanted, build_pod
from minikf.embedded.controllers.serving.limits import notices, refusals
from minikf.embedded.controllers.serving.models import Models
from minikf.embedded.controllers.serving.network import Network
from minikf.embedded.controllers.serving.pace import Pace
from minikf.embedded.controllers.serving.pods import Replica
from minikf.embedded.controllers.serving.runtimes import choose, seed_runtimes
from minikf.embedded.controllers.serving.servers import Servers
from minikf.embedded.controllers.serving.spec import InvalidSpec, is_stopped, read
from minikf.embedded.controllers.serving.status import Facts, Failure
from minikf.embedded.controllers.serving.telling import Telling
from minikf.embedded.kinds import CLUSTER_SERVING_RUNTIME, INFERENCE_SERVICE, POD, SERVICE, SERVING_RUNTIME
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.serving.holder import Ports
from minikf.embedded.status import ApiError, Object
from minikf.embedded.storage import Fetcher, FetchFailed

if TYPE_CHECKING:
    from minikf.embedded.storage.fetch import Resolve
    from minikf.embedded.store import Change

# A model that lies here already is fetched in less, so its service needs no second look.
_QUICK_SECONDS = 0.2
_AGAIN_SECONDS = 0.3


class InferenceServiceController:
    """One InferenceService at a time. `start` and `stop` frame its work; `resolve` asks the model registry."""

    component = "inferenceservice-controller"
    kinds = (INFERENCE_SERVICE, POD, SERVICE, SERVING_RUNTIME, CLUSTER_SERVING_RUNTIME)

    def __init__(self, context: Context, resolve: Resolve | None = None) -> None:
        self._objects = context.objects
        self._options = Options(manager=self.component)
        self._events = context.events.of(self.component)
        self._servers = Servers(context.objects, context.paths, self.component)
        self._network = Network(context.objects, self._servers, self._events, context.paths.name, self._options)
        self._models = Models(Fetcher(context.paths, resolve), context.paths.data / "serving")
        self._clock = context.clock
        self._pace = Pace()
        self._telling = Telling(context.objects, self._events, context.clock, self._options)

    async def start(self) -> None:
        """Before the runner starts: the platform's runtimes, and the socket that model servers connect to."""
        await seed_runtimes(self._objects)
        await self._servers.start()
        self._models.sweep({entry.uid for entry in self._objects.list(INFERENCE_SERVICE)})

    async def stop(self) -> None:
        """After the runner stopped. Servers go on serving."""
        await self._models.stop()
        await self._servers.stop()

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is INFERENCE_SERVICE:
            if change.type == "DELETED":
                self._models.remove(change.entry.uid)
            return [] if is_status_only(change) else [key_of(change.entry)]
        if change.kind in (POD, SERVICE):
            return owner_keys(change, INFERENCE_SERVICE)
        # A runtime came, changed or went: services that wait for one, or follow one, look again.
        return [
            key_of(entry)
            for entry in self._objects.list(INFERENCE_SERVICE)
            if change.kind is CLUSTER_SERVING_RUNTIME or entry.namespace == change.entry.namespace
        ]

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(INFERENCE_SERVICE, *key)
        if entry is None or "deletionTimestamp" in entry.obj["metadata"]:
            self._models.forget(key)
            self._servers.holder.close(key)
            self._telling.forget(key)
            self._pace.forget(key)
            return None
        service = entry.obj
        replicas = self._replicas(service)
        if is_stopped(service):
            return await self._stop(key, service, replicas)
        ports: Ports | None = None
        try:
            ports = await self._network.ports(key, service, replicas)
            if ports is None:
                return _AGAIN_SECONDS
            wanted = self._understand(service, ports)
            return await self._advance(key, service, wanted, replicas)
        except InvalidSpec as error:
            failure = Failure(error.reason, error.message)
            await self._tell(service, replicas, state="FailedToLoad", failure=failure, is_invalid=True, ports=ports)
            return None

    def _understand(self, service: Object, ports: Ports) -> Wanted:
        refused = refusals(service)
        if refused:
            raise InvalidSpec(refused[0])
        predictor = read(service)
        if not predictor.model_format:
            return Wanted.of(service, predictor, None, ports)
        runtime = choose(self._objects, service["metadata"]["namespace"], predictor)
        if not predictor.storage_uri:
            raise InvalidSpec("the model has no storageUri: set spec.predictor.model.storageUri")
        return Wanted.of(service, predictor, runtime, ports)

    async def _advance(self, key: Key, service: Object, wanted: Wanted, replicas: list[Replica]) -> float | None:
        for text in notices(service):
            self._telling.once(service, "NotSupported", text)
        able = [one for one in replicas if one.revision == wanted.revision and not one.is_ending and not one.is_over]
        if not able:
            return await self._begin(key, service, wanted, replicas)
        self._models.forget(key)
        # More than one only after a daemon died between making a pod and hearing of it.
        chosen = min(able, key=lambda one: (not self._servers.is_serving(one), one.name))
        await self._end_others(replicas, chosen)
        return await self._tell_of(key, service, wanted, chosen, replicas)

    async def _begin(self, key: Key, service: Object, wanted: Wanted, replicas: list[Replica]) -> float | None:
        """Fetches the model, then makes the pod."""
        facts: dict[str, Any] = {"ports": wanted.ports, "revision": wanted.revision}
        folder, digest = None, ""
        if wanted.predictor.storage_uri:
            work = self._models.work(key, wanted.predictor, wanted.revision)
            await asyncio.wait({work.task}, timeout=_QUICK_SECONDS)
            if not work.task.done():
                await self._tell(service, replicas, state="Loading", progress=work.progress, **facts)
                return _AGAIN_SECONDS
            try:
                fetched = work.task.result()
            except FetchFailed as error:
                text = " - ".join(part for part in (error.message, error.cause, error.advice) if part)
                failure = Failure("ModelLoadFailed", text)
                await self._tell(service, replicas, state="FailedToLoad", failure=failure, **facts)
                return self._models.again(key, wanted.revision, error)
            for text in fetched.notices:
                self._telling.once(service, "ModelSource", text)
            folder = await asyncio.to_thread(self._models.place, service, wanted.revision, fetched)
            digest = fetched.digest
        clock = self._clock.monotonic()
        if pause := self._pace.pause(key, wanted.revision, clock):
            return pause
        pod = build_pod(service, wanted, self._servers.control, folder, digest)
        try:
            made = await self._objects.create(POD, key.namespace, pod, opts=self._options)
        except ApiError as error:
            failure = Failure("RuntimeUnhealthy", f"the pod cannot be made: {error.message}")
            await self._tell(service, replicas, state="FailedToLoad", failure=failure, **facts)
            raise
        self._pace.made(key, wanted.revision, clock)
        self._events.record(service, "Normal", "SuccessfulCreate", f"Created pod: {made.name}")
        return None

    async def _end_others(self, replicas: list[Replica], chosen: Replica) -> None:
        """Ends what is not wanted any more; what still answers stays until the chosen one does."""
        ready = self._servers.is_serving(chosen)
        for one in replicas:
            if one is not chosen and not one.is_ending and (ready or not self._servers.is_serving(one)):
                await self._delete(one)

    async def _tell_of(
        self, key: Key, service: Object, wanted: Wanted, chosen: Replica, replicas: list[Replica]
    ) -> float | None:
        serves = self._servers.is_serving(chosen)
        failure = None if serves else chosen.failure
        state = "Loaded" if serves else "FailedToLoad" if failure else "Loading"
        known = chosen.said.notices if serves else ()
        for text in known:
            self._telling.once(service, "ModelWarning", text)
        await self._tell(
            service,
            replicas,
            state=state,
            failure=failure,
            ports=wanted.ports,
            revision=wanted.revision,
            notices=(*known, *notices(service)),
            progress=chosen.said.message or f"the model is loaded in pod {chosen.name}",
        )
        if serves:
            self._pace.forget(key)
            self._models.keep_only(service["metadata"]["uid"], {one.revision for one in replicas})
        # What a restarted daemon believes of a server turns out when the server's time to come back is over.
        return _AGAIN_SECONDS if self._servers.may_offer else None

    async def _tell(self, service: Object, replicas: list[Replica], **facts: Any) -> None:
        serving = next((one for one in replicas if self._servers.is_serving(one)), None)
        alive = [one for one in replicas if not one.is_ending]
        # Copies of what is wanted: those of earlier revisions are about to go.
        copies = [one for one in alive if one.revision == facts.get("revision", one.revision)]
        whole = Facts(
            serving=serving is not None,
            serving_revision=serving.revision if serving else "",
            copies=len(copies),
            failed_copies=sum(1 for one in copies if one.failure is not None and one is not serving),
            **facts,
        )
        await self._telling.status(service, whole)
        await self._answer_for(service, whole, alive)

    async def _answer_for(self, service: Object, facts: Facts, alive: list[Replica]) -> None:
        """While nothing serves, requests are answered with the cause; while a server starts, they wait for it."""
        key = Key(service["metadata"]["namespace"], service["metadata"]["name"])
        holder = self._servers.holder
        if facts.serving or (facts.failure is None and alive) or any(one.restarts_now for one in alive):
            holder.hush(key)
            return
        cause = facts.failure.message if facts.failure else facts.progress or "it is not served yet"
        await holder.answer(key, f"InferenceService {key.namespace}/{key.name} is not ready: {cause}")

    async def _stop(self, key: Key, service: Object, replicas: list[Replica]) -> float | None:
        self._models.forget(key)
        for one in replicas:
            if not one.is_ending:
                await self._delete(one)
        facts = Facts(state="Pending", serving=False, is_stopped=True)
        await self._telling.status(service, facts)
        self._servers.holder.close(key)
        return None

    async def _delete(self, replica: Replica) -> None:
        try:
            how = DeleteOptions(propagation="Background", uid=replica.uid)
            await self._objects.delete(
                POD, replica.pod["metadata"]["namespace"], replica.name, how=how, opts=self._options
            )
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise

    def _replicas(self, service: Object) -> list[Replica]:
        entries = self._objects.list(POD, service["metadata"]["namespace"])
        return [Replica.of(entry.obj) for entry in entries if is_controlled_by(entry.obj, service)]
