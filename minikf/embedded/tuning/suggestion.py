"""Answers what a Suggestion asks for, by the search algorithms of `search/`, in a process of their own.

kubeflow/katib v0.19.0, pkg/controller.v1beta1/suggestion: there a Deployment answers, here this process, so the
condition DeploymentReady is True from the first moment on.
"""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from minikf.embedded.controllers.base import Key, is_controlled_by, key_of
from minikf.embedded.controllers.context import Context
from minikf.embedded.kinds import EXPERIMENT, PVC, SUGGESTION, TRIAL
from minikf.embedded.options import Options
from minikf.embedded.status import Object
from minikf.embedded.times import timestamp
from minikf.embedded.tuning.checkpoints import build_claim, claim_name, trial_folder
from minikf.embedded.tuning.conditions import is_true, mark, settle
from minikf.embedded.tuning.observations import ObservationLog
from minikf.embedded.tuning.problem import observed_of, problem_of
from minikf.embedded.tuning.search import Batch, SearchError, Suggested
from minikf.embedded.tuning.searching import Search
from minikf.embedded.tuning.states import EXPERIMENT_LABEL

if TYPE_CHECKING:
    from minikf.embedded.store import Change, Entry

# Katib's utilrand.String(8).
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


class SuggestionController:
    """Assignments and their trials' names are stored before any Trial is made, so nothing is tried twice."""

    component = "suggestion-controller"
    kinds = (SUGGESTION, TRIAL)

    def __init__(self, context: Context, log: ObservationLog, search: Search) -> None:
        self._context = context
        self._objects = context.objects
        self._events = context.events.of(self.component)
        self._log = log
        self._search = search
        # One answer at a time for each Suggestion: its own queue and its Experiment may ask at the same moment.
        self._turns: dict[Key, asyncio.Lock] = {}

    def keys(self, change: Change) -> Iterable[Key]:
        if change.kind is SUGGESTION:
            if change.type == "DELETED":
                self._turns.pop(key_of(change.entry), None)
                for experiment in change.entry.owners:
                    self._search.forget(experiment)  # studies are kept by the experiment's uid
            return [key_of(change.entry)]
        # A search may wait for the result of a trial.
        name = change.entry.labels.get(EXPERIMENT_LABEL)
        return [Key(change.entry.namespace, name)] if name else []

    async def reconcile(self, key: Key) -> float | None:
        for write in await self.answer(key):
            await write
        return None

    async def answer(self, key: Key) -> list[asyncio.Future[Entry]]:
        """Gives what is asked for, if anything is; what it wrote is seen by all, and durable once the futures are done.

        The store commits in order, so what is built on an answer is durable no sooner than the answer. Raises ApiError.
        """
        async with self._turns.setdefault(key, asyncio.Lock()):
            entry = self._objects.find(SUGGESTION, *key)
            experiment = self._objects.find(EXPERIMENT, *key)
            if entry is None or experiment is None or "deletionTimestamp" in entry.obj["metadata"]:
                return []
            suggestion = entry.obj
            said = suggestion.get("status") or {}
            if is_true(said, "Succeeded") or is_true(said, "Failed"):
                return []
            missing = suggestion["spec"]["requests"] - said.get("suggestionCount", 0)
            if not is_controlled_by(suggestion, experiment.obj) or (missing <= 0 and is_true(said, "Running")):
                return []
            await self._keep_claim(experiment.obj, suggestion)
            batch, failure = await self._ask(experiment.obj, suggestion, max(0, missing))
            return await self._write(suggestion, said, batch, failure)

    async def _keep_claim(self, experiment: Object, suggestion: Object) -> None:
        """Makes the claim in which trials hand over checkpoints, where the algorithm has them do so."""
        namespace = experiment["metadata"]["namespace"]
        if not trial_folder(experiment) or self._objects.find(PVC, namespace, claim_name(experiment)) is not None:
            return
        claim = build_claim(experiment, suggestion)
        await self._objects.create(PVC, namespace, claim, opts=Options(manager=self.component))

    async def _ask(self, experiment: Object, suggestion: Object, missing: int) -> tuple[Batch, str]:
        said = suggestion.get("status") or {}
        kept = {one["name"]: one["value"] for one in said.get("algorithmSettings") or []}
        problem = problem_of(experiment, kept)
        meta = experiment["metadata"]
        trials = {
            entry.name: entry.obj
            for entry in self._objects.list(TRIAL, meta["namespace"])
            if entry.labels.get(EXPERIMENT_LABEL) == meta["name"]
        }

        if missing <= 0:
            return Batch(()), ""
        if problem.early_stopping:  # reads the observation log, which may lie on the disk
            observed = await asyncio.to_thread(observed_of, suggestion, trials, self._log, with_history=True)
        else:
            observed = observed_of(suggestion, trials, self._log, with_history=False)
        try:
            return await self._search.suggest(problem, observed, missing), ""
        except SearchError as error:
            advice = f" ({error.advice})" if error.advice else ""
            return Batch(()), f"{error.message}{advice}"

    async def _write(
        self, suggestion: Object, before: Object, batch: Batch, failure: str
    ) -> list[asyncio.Future[Entry]]:
        now = timestamp(self._context.clock.now())
        meta = suggestion["metadata"]
        made = [_assignment(meta["name"], one) for one in batch.suggested]
        status: Object = copy.deepcopy(before)
        status.setdefault("startTime", now)
        mark(status, "Created", "SuggestionCreated", "Suggestion is created", now)
        mark(status, "DeploymentReady", "DeploymentReady", "Deployment is ready", now)
        if failure:
            settle(status, "Failed", "SuggestionFailed", failure, now)
            self._events.record(suggestion, "Warning", "SuggestionFailed", failure)
        else:
            mark(status, "Running", "SuggestionRunning", "Suggestion is running", now)
        if batch.finished and not made:
            settle(status, "Succeeded", "SearchSpaceExhausted", "There is nothing more to try", now)
        if made:
            status["suggestions"] = [*(status.get("suggestions") or []), *made]
            status["suggestionCount"] = len(status["suggestions"])
        if batch.settings:
            kept = [{"name": name, "value": value} for name, value in batch.settings.items()]
            status["algorithmSettings"] = kept
        if status == before:
            return []

        def current(obj: Object) -> Object:
            # The Experiment takes assignments away when its budget is cut; what it changed meanwhile counts.
            now: Object = obj.get("status") or {}
            return status if now.get("suggestions") == before.get("suggestions") else now

        name, opts = (meta["namespace"], meta["name"]), Options(manager=self.component)
        return [await begun(self._objects.set_status(SUGGESTION, *name, current, opts=opts))]


async def begun(write: Coroutine[Any, Any, Entry]) -> asyncio.Future[Entry]:
    """A write that others see when this returns; its future is done once it is durable. Raises what it raises."""
    task = asyncio.ensure_future(write)
    await asyncio.sleep(0)
    if task.done():
        task.result()
    return task


def _assignment(experiment: str, one: Suggested) -> Object:
    made: Object = {
        "name": one.name or f"{experiment}-{''.join(secrets.choice(_LETTERS) for _ in range(8))}",
        "parameterAssignments": [{"name": name, "value": value} for name, value in one.assignments.items()],
    }
    if one.labels:
        made["labels"] = dict(one.labels)
    if one.rules:
        made["earlyStoppingRules"] = [
            {"name": rule.name, "value": rule.value, "comparison": rule.comparison, "startStep": rule.start_step}
            for rule in one.rules
        ]
    return made
