"""Runs out of what was asked for: documents found, checked, arguments resolved. Nothing is stored here."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minikf.embedded.pipelines.api.errors import ApiFailure, invalid, not_found
from minikf.embedded.pipelines.api.macros import Occasion, filled
from minikf.embedded.pipelines.records import Json, RunRecord, RunState
from minikf.embedded.pipelines.store import Experiment, PipelineStore, RecurringRun
from minikf.embedded.pipelines.store.store import DEFAULT_EXPERIMENT

if TYPE_CHECKING:
    from minikf.embedded.pipelines.spec import Package


@dataclass(frozen=True)
class Source:
    """What to run: `documents` as `pipeline_spec` has them, else the version, else the pipeline's newest version."""

    documents: Mapping[str, Json] | None = None
    pipeline_id: str = ""
    version_id: str = ""


@dataclass(frozen=True)
class Wish:
    """A run that is asked for. `scheduled` is when a recurring run wanted it, 0 for now."""

    name: str
    experiment: Experiment
    source: Source
    arguments: Mapping[str, Json]
    run_id: str = ""
    description: str = ""
    pipeline_root: str = ""
    service_account: str = ""
    recurring_run_id: str = ""
    scheduled: float = 0.0


@dataclass(frozen=True)
class Found:
    """A source's package, and the pipeline and version that it is of ("" for documents of its own)."""

    package: Package
    pipeline_id: str = ""
    version_id: str = ""


def split_documents(given: Mapping[str, Json]) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    """The specification and the platform document of a `pipeline_spec` field, which may hold one or both of them.

    Raises ApiFailure 400.
    """
    for specification, platform in (("pipeline_spec", "platform_spec"), ("pipelineSpec", "platformSpec")):
        if specification in given:
            others = set(given) - {specification, platform}
            if others:
                raise invalid(f"beside '{specification}' there may only be '{platform}', not '{min(others)}'")
            parts = given[specification], given.get(platform) or {}
            if not all(isinstance(part, dict) for part in parts):
                raise invalid(f"'{specification}' and '{platform}' must be objects")
            return parts
    return given, {}


class RunMaker:
    """Finds and checks what runs are made of. `find_program` is as shutil.which."""

    def __init__(
        self,
        store: PipelineStore,
        namespace: str,
        find_program: Callable[[str], str | None],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._find_program = find_program
        self._clock = clock

    async def experiment(self, experiment_id: str) -> Experiment:
        """The experiment, for "" the Default one, made again where it was deleted. Raises ApiFailure."""
        if experiment_id:
            found = self._store.experiment(experiment_id)
            if found is None:
                raise not_found(f"no experiment has the id '{experiment_id[:80]}'")
        else:
            found = self._store.experiment_named(self._namespace, DEFAULT_EXPERIMENT)
            if found is None:
                found = Experiment(str(uuid.uuid4()), DEFAULT_EXPERIMENT, self._namespace, created=self._clock())
                await self._store.add_experiment(found)
        if found.archived:
            raise ApiFailure(9, f"the experiment '{found.name}' is archived", "unarchive it first")
        return found

    def find(self, source: Source) -> Found:
        """Raises ApiFailure for what is not there, PipelineError for documents that are wrong."""
        # Parsing documents loads YAML and the whole specification: only platforms that run pipelines pay for it.
        from minikf.embedded.pipelines.spec import from_documents

        if source.documents is not None:
            return Found(from_documents(*split_documents(source.documents)))
        if source.version_id:
            version = self._store.version(source.version_id)
            if version is None:
                raise not_found(f"no version has the id '{source.version_id[:80]}'")
            if source.pipeline_id not in ("", version.pipeline_id):  # as upstream: both are there, and do not fit
                raise invalid(
                    f"the version '{version.id}' is of the pipeline '{version.pipeline_id}',"
                    f" not of '{source.pipeline_id[:80]}'"
                )
        else:
            if self._store.pipeline(source.pipeline_id) is None:
                raise not_found(f"no pipeline has the id '{source.pipeline_id[:80]}'")
            version = self._store.newest_version(source.pipeline_id)
            if version is None:
                raise ApiFailure(9, f"the pipeline '{source.pipeline_id}' has no version", "upload one")
        return Found(from_documents(version.pipeline_spec, version.platform_spec), version.pipeline_id, version.id)

    def check(self, found: Found, arguments: Mapping[str, Json]) -> Mapping[str, Json]:
        """The arguments with defaults and types. Raises PipelineError for what cannot be run here."""
        from minikf.embedded.pipelines.execution.platform import check_package
        from minikf.embedded.pipelines.spec import check_imports, check_runnable, resolve_arguments

        check_runnable(found.package, self._find_program)
        check_package(found.package)
        resolved = resolve_arguments(found.package, arguments)
        check_imports(found.package, resolved)
        return resolved

    def run(self, wish: Wish) -> RunRecord:
        """A run that may be stored and launched. Raises ApiFailure or PipelineError."""
        found = self.find(wish.source)
        arguments = self.check(found, wish.arguments)
        now = self._clock()
        return RunRecord(
            id=wish.run_id or str(uuid.uuid4()),
            name=wish.name,
            namespace=wish.experiment.namespace,
            experiment_id=wish.experiment.id,
            state=RunState.PENDING,
            pipeline_spec=found.package.pipeline_spec,
            platform_spec=found.package.platform_spec,
            arguments=arguments,
            description=wish.description,
            pipeline_id=found.pipeline_id,
            pipeline_version_id=found.version_id,
            recurring_run_id=wish.recurring_run_id,
            service_account=wish.service_account,
            pipeline_root=wish.pipeline_root,
            history=((now, RunState.PENDING.value, ""),),
            created=now,
            scheduled=wish.scheduled or now,
        )


def read_source(said: dict[str, Any], where: str) -> Source:
    """What a run's or recurring run's body says is to be run. Raises ApiFailure 400 unless it says it once."""
    ways = [key for key in ("pipeline_spec", "pipeline_version_id", "pipeline_version_reference") if said.get(key)]
    if len(ways) != 1:
        raise invalid(
            f"{where} must have one of 'pipeline_spec' and 'pipeline_version_reference'"
            + (f", not {' and '.join(ways)}" if ways else "")
        )
    if ways == ["pipeline_spec"]:
        return Source(said["pipeline_spec"])
    if ways == ["pipeline_version_id"]:
        return Source(version_id=said["pipeline_version_id"])
    reference = said["pipeline_version_reference"]
    if not reference.get("pipeline_id") and not reference.get("pipeline_version_id"):
        raise invalid(f"{where}.pipeline_version_reference must have 'pipeline_id' or 'pipeline_version_id'")
    return Source(None, reference.get("pipeline_id", ""), reference.get("pipeline_version_id", ""))


async def scheduled_run(
    maker: RunMaker, recurring: RecurringRun, scheduled: float, run_id: str, now: float
) -> RunRecord:
    """A recurring run's run for one of its times. Raises ApiFailure or PipelineError for what cannot be run."""
    documents: Mapping[str, Json] | None = None
    if recurring.pipeline_spec:
        documents = {"pipeline_spec": recurring.pipeline_spec, "platform_spec": recurring.platform_spec}
    occasion = Occasion(scheduled, now, recurring.index, run_id)
    return maker.run(
        Wish(
            name=f"{recurring.name}-{recurring.index}",
            experiment=await maker.experiment(recurring.experiment_id),
            source=Source(documents, recurring.pipeline_id, recurring.pipeline_version_id),
            arguments=filled(recurring.arguments, occasion),
            run_id=run_id,
            description=recurring.description,
            pipeline_root=recurring.pipeline_root,
            service_account=recurring.service_account,
            recurring_run_id=recurring.id,
            scheduled=scheduled,
        )
    )
