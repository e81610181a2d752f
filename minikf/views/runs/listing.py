"""The newest runs, each in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minikf.kube.rest import ApiAnswer
from minikf.kube.shapes import mapping, mappings
from minikf.pipelines.api import PipelinesApi
from minikf.views.items import Rank
from minikf.views.runs.joining import Context, document_of, graph_of
from minikf.views.runs.model import RUN_OVER, Object
from minikf.views.runs.reading import specification
from minikf.views.text import plain

NEWEST = 50
_LIVE = 10  # runs that are not over of which the progress is asked for
_RANKS = {
    "FAILED": Rank.BROKEN, "PENDING": Rank.WAITING, "PAUSED": Rank.WAITING, "CANCELING": Rank.WAITING,
    "RUNNING": Rank.RUNNING,
}  # fmt: skip
_NOT_FOUND = 404


@dataclass(frozen=True)
class RunLine:
    """A run in short. Times are RFC 3339; `done` of `total` steps are over, both 0 where that was not asked for;
    `obj` is the run as the API sent it."""

    id: str
    name: str
    state: str
    created: str = ""
    finished: str = ""
    pipeline: str = ""
    experiment: str = ""
    namespace: str = ""
    error: str = ""
    done: int = 0
    total: int = 0
    is_recurring: bool = False
    obj: Object = field(default_factory=dict, compare=False, repr=False)

    @property
    def rank(self) -> Rank:
        return _RANKS.get(self.state, Rank.DONE)

    @property
    def is_over(self) -> bool:
        return self.state in RUN_OVER

    @property
    def progress(self) -> str:
        return f"{self.done}/{self.total}" if self.total else ""

    def seconds(self, now: datetime) -> float | None:
        try:
            start = datetime.fromisoformat(self.created)
            return max(0.0, ((datetime.fromisoformat(self.finished) if self.finished else now) - start).total_seconds())
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True)
class RunList:
    """Newest first; `total` is how many runs there are, in all."""

    runs: tuple[RunLine, ...] = ()
    total: int = 0


def newest(api: PipelinesApi, limit: int = NEWEST, **query: str) -> RunList:
    """Raises Unreachable or ApiAnswer."""
    page = api.get("runs", sort_by="created_at desc", page_size=str(limit), **query)
    lines = lines_of(api, mappings(page.get("runs")))
    return RunList(lines, int(page.get("total_size") or len(lines)))


def lines_of(api: PipelinesApi, items: list[Object]) -> tuple[RunLine, ...]:
    """The items of a list of runs as lines, with the progress of those that go on. Raises Unreachable or ApiAnswer."""
    experiments = {str(one.get("experiment_id")): one for one in _all(api, "experiments")} if items else {}
    pipelines = {}
    if any(one.get("pipeline_version_reference") for one in items):
        pipelines = {
            str(one.get("pipeline_id")): str(one.get("display_name") or one.get("name") or "")
            for one in _all(api, "pipelines")
        }
    lines = []
    asked = 0
    for item in items:
        done, total = 0, 0
        if item.get("state") not in RUN_OVER and asked < _LIVE:
            asked += 1
            done, total = _progress(api, item)
        lines.append(line_of(item, experiments, pipelines, done, total))
    return tuple(lines)


def line_of(
    item: Object, experiments: Mapping[str, Object], pipelines: Mapping[str, str], done: int = 0, total: int = 0
) -> RunLine:
    """Pure."""
    experiment = mapping(experiments.get(str(item.get("experiment_id"))))
    reference = mapping(item.get("pipeline_version_reference"))
    named = str(mapping(document_of(item).get("pipelineInfo")).get("name") or "")
    return RunLine(
        id=str(item.get("run_id") or ""),
        name=plain(str(item.get("display_name") or "")),
        state=plain(str(item.get("state") or "PENDING")),
        created=str(item.get("created_at") or ""),
        finished=str(item.get("finished_at") or "") if item.get("state") in RUN_OVER else "",
        pipeline=plain(pipelines.get(str(reference.get("pipeline_id")), named)),
        experiment=plain(str(experiment.get("display_name") or "")),
        namespace=plain(str(experiment.get("namespace") or "")),
        error=plain(str(mapping(item.get("error")).get("message") or "")),
        done=done,
        total=total,
        is_recurring=bool(item.get("recurring_run_id")),
        obj=item,
    )


def _progress(api: PipelinesApi, item: Object) -> tuple[int, int]:
    """(0, 0) for a run that was deleted meanwhile."""
    try:
        run = api.run_now(str(item["run_id"]))
        return graph_of(run, Context(spec=specification(api, run))).progress
    except ApiAnswer as answer:
        if answer.status == _NOT_FOUND:
            return 0, 0
        raise


def _all(api: PipelinesApi, plural: str) -> list[Object]:
    return list(api.every(plural, plural, 1000))
