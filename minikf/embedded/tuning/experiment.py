"""Brings an Experiment forward: counts its Trials, asks its Suggestion for more, makes them, says how it ends.

kubeflow/katib v0.19.0, pkg/controller.v1beta1/experiment/experiment_controller.go.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import (
    Key,
    is_controlled_by,
    key_of,
    namespace_is_ending,
    owner_keys,
    owner_reference,
    together,
)
from minikf.embedded.controllers.context import Context
from minikf.embedded.kinds import CONFIG_MAP, EXPERIMENT, SUGGESTION, TRIAL
from minikf.embedded.options import DeleteOptions, Options
from minikf.embedded.status import ApiError, Object
from minikf.embedded.times import timestamp
from minikf.embedded.tuning.conditions import drop, find, is_true, mark, settle
from minikf.embedded.tuning.states import (
    EXPERIMENT_LABEL,
    has_ended,
    is_completed,
    is_restartable,
    state_of,
)
from minikf.embedded.tuning.suggestion import begun
from minikf.embedded.tuning.summary import count, judge, missing_trials, parallel_trials, summarize
from minikf.embedded.tuning.template import TemplateError, template_text
from minikf.embedded.tuning.trialbuild import build_trial

if TYPE_CHECKING:
    from minikf.embedded.store import Change, Entry


# Has a Suggestion answered at once, instead of when its controller hears of it.
Answer = Callable[[Key], Awaitable[list[asyncio.Future["Entry"]]]]
# What its trials do is written this often at most, in seconds; whatever ends it, at once.
PROGRESS_SECONDS = 0.2


class ExperimentController:
    """A Trial is made by the name that its assignment got, so one that is there already is not made again."""

    component = "experiment-controller"
    kinds = (EXPERIMENT, SUGGESTION, TRIAL)

    def __init__(self, context: Context, answer: Answer) -> None:
        self._context = context
        self._answer = answer
        # By uid: when the status was written last (monotonic).
        self._written: dict[str, float] = {}
        self._objects = context.objects
        self._events = context.events.of(self.component)

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is EXPERIMENT:
            if change.type == "DELETED":
                self._written.pop(change.entry.uid, None)
            return [key_of(change.entry)]
        return owner_keys(change, EXPERIMENT)

    async def reconcile(self, key: Key) -> float | None:
        entry = self._objects.find(EXPERIMENT, *key)
        if entry is None or "deletionTimestamp" in entry.obj["metadata"]:
            return None
        experiment = entry.obj
        status: Object = copy.deepcopy(experiment.get("status") or {})
        suggestion = self._suggestion_of(experiment)
        now = timestamp(self._context.clock.now())
        if is_completed(experiment) and not await self._restart(experiment, status, suggestion, now):
            await self._close(experiment, suggestion)
            if not count(status, "Running"):
                return None
        suggestion = self._suggestion_of(experiment)  # a restart has just opened it again
        if not is_true(status, "Created"):
            status["startTime"] = now
            mark(status, "Created", "ExperimentCreated", "Experiment is created", now)
            self._tell_one_by_one(experiment)
        trials = self._trials_of(experiment, suggestion)
        if trials:
            summarize(status, experiment, trials)
        if not _is_over(status):
            await self._advance(experiment, status, suggestion, trials, now)
        return await self._write_status(experiment, status)

    def _tell_one_by_one(self, experiment: Object) -> None:
        if parallel_trials(experiment["spec"]) < experiment["spec"]["parallelTrialCount"]:
            port = experiment["spec"]["metricsCollectorSpec"]["source"]["httpGet"]["port"]
            text = f"Trials run one after another: each serves its metrics on port {port}, and they share one machine"
            self._events.record(experiment, "Normal", "TrialsOneByOne", text)

    async def _advance(
        self, experiment: Object, status: Object, suggestion: Object | None, trials: list[Object], now: str
    ) -> None:
        said = (suggestion or {}).get("status") or {}
        waiting = self._without_trial(said, trials)
        # A Suggestion that has succeeded before its Experiment did has nothing more to suggest.
        no_more = is_true(said, "Succeeded") and not waiting
        judge(status, experiment, trials, no_more=no_more, now=now)
        if is_true(said, "Failed") and not _is_over(status):
            why = (find(said, "Failed") or {}).get("message", "")
            settle(status, "Failed", "ExperimentFailed", f"Suggestion has failed: {why}", now)
            status["completionTime"] = now
        if _is_over(status):
            ending = find(status, "Succeeded") or find(status, "Failed") or {}
            type_ = "Normal" if is_true(status, "Succeeded") else "Warning"
            self._events.record(experiment, type_, ending.get("reason", ""), ending.get("message", ""))
            return
        missing = missing_trials(status, experiment["spec"])
        if missing < 0:
            await self._delete_trials(experiment, trials, -missing)
        elif missing > 0:
            writes = await self._request(experiment, suggestion, trials, missing)
            waiting = self._without_trial((self._suggestion_of(experiment) or {}).get("status") or {}, trials)
            # The names are in the store before their Trials are, and it commits in order.
            await asyncio.gather(self._create_trials(experiment, waiting[:missing]), *writes)
            summarize(status, experiment, self._trials_of(experiment, self._suggestion_of(experiment)))

    async def _request(
        self, experiment: Object, suggestion: Object | None, trials: list[Object], missing: int
    ) -> list[asyncio.Future[Entry]]:
        """Asks for as many assignments as there are trials and are to be made; the writes may not be durable yet."""
        # No more are asked for while the values of a trial that was stopped early are still to come.
        wanted = len(trials) + missing - sum(1 for one in trials if _is_unread(one))
        name = (experiment["metadata"]["namespace"], experiment["metadata"]["name"])
        writes = []
        if suggestion is None:
            made = _build_suggestion(experiment, wanted)
            try:
                writes = [await begun(self._objects.create(SUGGESTION, name[0], made, opts=self._options()))]
            except ApiError as error:
                if error.reason != "AlreadyExists" and not namespace_is_ending(error):
                    raise
                return []
        elif suggestion["spec"]["requests"] != wanted:

            def ask(obj: Object) -> None:
                obj["spec"]["requests"] = wanted

            writes = [await begun(self._objects.patch(SUGGESTION, *name, ask, opts=self._options()))]
        return [*writes, *await self._answer(Key(*name))]

    async def _create_trials(self, experiment: Object, assignments: list[Object]) -> None:
        if not assignments:
            return
        try:
            text = template_text(experiment["spec"]["trialTemplate"], self._config_map)
            made = [build_trial(experiment, one, text) for one in assignments]
        except TemplateError as error:
            # The ConfigMap was changed or deleted in mid-run; the pause before the next try grows.
            raise ApiError(400, "BadRequest", f"{error.field}: {error.message}") from error
        await together(*(self._create_trial(one) for one in made))

    async def _create_trial(self, trial: Object) -> None:
        try:
            await self._objects.create(TRIAL, trial["metadata"]["namespace"], trial, opts=self._options())
        except ApiError as error:
            if error.reason != "AlreadyExists" and not namespace_is_ending(error):
                raise

    async def _delete_trials(self, experiment: Object, trials: list[Object], amount: int) -> None:
        """The budget of parallel trials was cut: the newest ones at work go, and their assignments with them."""
        at_work = [one for one in trials if not has_ended(one)]
        gone = {one["metadata"]["name"] for one in at_work[-amount:]}
        meta = experiment["metadata"]

        def keep(obj: Object) -> None:
            kept = [one for one in obj["status"].get("suggestions") or [] if one["name"] not in gone]
            obj["status"]["suggestions"], obj["status"]["suggestionCount"] = kept, len(kept)

        def ask(obj: Object) -> None:
            obj["spec"]["requests"] = len(obj["status"].get("suggestions") or [])

        # Assignments go first: a daemon that dies in between makes none of these trials again.
        name = (meta["namespace"], meta["name"])
        await self._objects.patch(SUGGESTION, *name, keep, subresource="status", opts=self._options())
        await self._objects.patch(SUGGESTION, *name, ask, opts=self._options())
        how = DeleteOptions(propagation="Background")
        for trial in sorted(gone):
            try:
                await self._objects.delete(TRIAL, meta["namespace"], trial, how=how)
            except ApiError as error:
                if error.reason != "NotFound":
                    raise

    async def _restart(self, experiment: Object, status: Object, suggestion: Object | None, now: str) -> bool:
        """Whether a completed Experiment goes on, since its budget was raised."""
        most, trials = experiment["spec"].get("maxTrialCount"), status.get("trials", 0)
        if not is_restartable(experiment) or (most is not None and most <= trials):
            return False
        for type_ in ("Succeeded", "Failed"):
            drop(status, type_)
        mark(status, "Restarting", "ExperimentRestarting", "Experiment is restarted", now)
        if suggestion is not None and is_true(suggestion.get("status") or {}, "Succeeded"):

            def reopen(obj: Object) -> None:
                drop(obj["status"], "Succeeded")
                why = "Suggestion is not running"
                mark(obj["status"], "Running", "Experiment is restarting", why, now, value="False")

            await self._patch_suggestion(suggestion, reopen)
        return True

    async def _close(self, experiment: Object, suggestion: Object | None) -> None:
        """Ends the Suggestion of a completed Experiment, unless it is to stay for a restart."""
        policy = experiment["spec"].get("resumePolicy")
        said = (suggestion or {}).get("status") or {}
        if suggestion is None or policy == "LongRunning" or is_true(said, "Succeeded") or is_true(said, "Failed"):
            return
        now = timestamp(self._context.clock.now())
        reason, message = "Experiment is succeeded", "Suggestion is succeeded, can't be restarted"
        if policy == "FromVolume":
            message = "Suggestion is succeeded, suggestion volume is not deleted, can be restarted"

        def end(obj: Object) -> None:
            changed = obj.setdefault("status", {})
            for type_, text in (
                ("Running", "Suggestion is not running"),
                ("DeploymentReady", "Deployment is not ready"),
            ):
                if find(changed, type_) is not None:
                    mark(changed, type_, "Suggestion is succeeded", text, now, value="False")
            mark(changed, "Succeeded", reason, message, now)

        await self._patch_suggestion(suggestion, end)

    async def _patch_suggestion(self, suggestion: Object, change: Callable[[Object], Object | None]) -> None:
        meta = suggestion["metadata"]
        await self._objects.patch(
            SUGGESTION,
            meta["namespace"],
            meta["name"],
            change,
            subresource="status",
            opts=self._options(),
        )

    async def _write_status(self, experiment: Object, status: Object) -> float | None:
        """Writes the status, or says in how many seconds it is time to."""
        before, meta = experiment.get("status"), experiment["metadata"]
        if status == before:
            return None
        now = self._context.clock.monotonic()
        passed = now - self._written.get(meta["uid"], -PROGRESS_SECONDS)
        if passed < PROGRESS_SECONDS and before is not None and _is_mere_progress(before, status):
            return PROGRESS_SECONDS - passed
        self._written[meta["uid"]] = now
        name = (meta["namespace"], meta["name"])
        await self._objects.set_status(EXPERIMENT, *name, lambda _: status, opts=self._options())
        return None

    def _suggestion_of(self, experiment: Object) -> Object | None:
        meta = experiment["metadata"]
        entry = self._objects.find(SUGGESTION, meta["namespace"], meta["name"])
        return entry.obj if entry is not None and is_controlled_by(entry.obj, experiment) else None

    def _trials_of(self, experiment: Object, suggestion: Object | None) -> list[Object]:
        """In the order in which they were suggested."""
        meta = experiment["metadata"]
        entries = self._objects.list(TRIAL, meta["namespace"])
        labelled = [entry.obj for entry in entries if entry.labels.get(EXPERIMENT_LABEL) == meta["name"]]
        assigned = ((suggestion or {}).get("status") or {}).get("suggestions") or []
        place = {one["name"]: index for index, one in enumerate(assigned)}
        own = [
            one for one in labelled if is_controlled_by(one, experiment) and "deletionTimestamp" not in one["metadata"]
        ]
        return sorted(own, key=lambda one: place.get(one["metadata"]["name"], len(place)))

    def _without_trial(self, said: Object, trials: list[Object]) -> list[Object]:
        names = {one["metadata"]["name"] for one in trials}
        return [one for one in said.get("suggestions") or [] if one["name"] not in names]

    def _config_map(self, namespace: str, name: str) -> Mapping[str, str] | None:
        entry = self._objects.find(CONFIG_MAP, namespace, name)
        return None if entry is None else entry.obj.get("data") or {}

    def _options(self) -> Options:
        return Options(manager=self.component)


def _is_over(status: Object) -> bool:
    return is_true(status, "Succeeded") or is_true(status, "Failed")


def _is_mere_progress(before: Object, after: Object) -> bool:
    """Whether the conditions are as they were: only its trials have got on."""
    return before.get("conditions") == after.get("conditions")


def _is_unread(trial: Object) -> bool:
    status = trial.get("status") or {}
    return state_of(status) == "EarlyStopped" and not (status.get("observation") or {}).get("metrics")


def _build_suggestion(experiment: Object, requests: int) -> Object:
    meta, spec = experiment["metadata"], experiment["spec"]
    own = {key: meta[key] for key in ("labels", "annotations") if meta.get(key)}
    asked: Object = {"algorithm": spec["algorithm"], "requests": requests, "resumePolicy": spec["resumePolicy"]}
    if spec.get("earlyStopping"):
        asked["earlyStopping"] = spec["earlyStopping"]
    return {
        "apiVersion": experiment["apiVersion"],
        "kind": "Suggestion",
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "ownerReferences": [owner_reference(experiment)],
            **own,
        },
        "spec": asked,
    }
