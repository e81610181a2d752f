"""What is asked about runs of pipelines, and what can be done to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from minikf.errors import Refused
from minikf.kube.shapes import mapping
from minikf.lineage.masking import without_credentials
from minikf.pipelines.reaching import api_of
from minikf.verbs.arguments import words_of
from minikf.views.asking import Question, Reach
from minikf.views.runs.again import again_request
from minikf.views.runs.comparing import Comparison, compare
from minikf.views.runs.content import Content, content_of
from minikf.views.runs.listing import NEWEST, RunList, newest
from minikf.views.runs.model import Made, RunGraph
from minikf.views.runs.reading import read_graph, specification
from minikf.views.text import now, plain

_DELETE_SECONDS = 60.0  # a delete waits up to 40 s for the run's steps to end

Verb = Literal["cancel", "retry", "delete"]


@dataclass(frozen=True)
class NewestRuns(Question[RunList]):
    """The newest runs, each in a line."""

    limit: int = NEWEST

    def answer(self, reach: Reach) -> RunList:
        return newest(api_of(reach.access()), self.limit)


@dataclass(frozen=True)
class GraphOfRun(Question[RunGraph]):
    """A run with its steps; `run` is its id, the beginning of it, or its name."""

    run: str

    def answer(self, reach: Reach) -> RunGraph:
        api = api_of(reach.access())
        return read_graph(api, api.run(self.run))


@dataclass(frozen=True)
class Compared(Question[Comparison]):
    """What two runs differ in."""

    left: str
    right: str

    def answer(self, reach: Reach) -> Comparison:
        api = api_of(reach.access())
        left, right = (read_graph(api, api.run(one)) for one in (self.left, self.right))
        return compare(left, right, now())


@dataclass(frozen=True)
class ContentOf(Question[Content]):
    """What is in an artifact of a step: the one of this id."""

    run: str
    step: str
    artifact: str

    def answer(self, reach: Reach) -> Content:
        graph = GraphOfRun(self.run).answer(reach)
        step = graph.step(self.step)
        found: list[Made] = [one for one in (*step.gives, *step.takes) if one.id == self.artifact] if step else []
        if not found:
            raise Refused(f"step '{self.step}' has no artifact {self.artifact} any more")
        return content_of(found[0])


@dataclass(frozen=True)
class Field:
    """A parameter to edit: `text` as it would be typed, `words` what it must be."""

    name: str
    text: str
    words: str


@dataclass(frozen=True)
class FieldsOfRun(Question[tuple[Field, ...]]):
    """The parameters that a run had, to be edited for the next one. Credentials are masked."""

    run: str

    def answer(self, reach: Reach) -> tuple[Field, ...]:
        api = api_of(reach.access())
        run = api.run(self.run)
        root = mapping(specification(api, run).get("root"))
        wanted = mapping(mapping(root.get("inputDefinitions")).get("parameters"))
        had = without_credentials(mapping(mapping(run.get("runtime_config")).get("parameters")))
        found = []
        for name, spec in wanted.items():
            value = had.get(name, mapping(spec).get("defaultValue"))
            text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
            found.append(Field(plain(name), plain(text), words_of(mapping(spec))))
        return tuple(found)


@dataclass(frozen=True)
class RunAgain(Question[str]):
    """Makes a run once more and says the new one's id. `given` are parameters that are other than they were."""

    changes: ClassVar[bool] = True

    run: str
    given: tuple[tuple[str, str], ...] = ()
    name: str = ""
    cache: bool = True

    def answer(self, reach: Reach) -> str:
        api = api_of(reach.access())
        run = api.run(self.run)
        spec = specification(api, run)
        request = again_request(run, spec, dict(self.given), datetime.now(), name=self.name, cache=self.cache)
        return str(api.call("POST", "runs", request)["run_id"])


@dataclass(frozen=True)
class DoToRun(Question[str]):
    """Cancels, retries or deletes a run; says what was done."""

    changes: ClassVar[bool] = True

    run: str
    verb: Verb

    def answer(self, reach: Reach) -> str:
        api = api_of(reach.access(), _DELETE_SECONDS)
        found = api.run(self.run)
        method, path, done = {
            "cancel": ("POST", ":terminate", "is canceled"),
            "retry": ("POST", ":retry", "goes on"),
            "delete": ("DELETE", "", "is deleted"),
        }[self.verb]
        api.call(method, f"runs/{found['run_id']}{path}")
        return f"run {plain(str(found.get('display_name') or found['run_id']))} {done}"
