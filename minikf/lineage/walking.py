"""Follows a lineage through everything that a platform has: pipelines, registry, services, TrainJobs.

The pipelines answer for whole chains of steps at once, so a lineage takes a few calls whatever its length: one for each
time that it leaves the pipelines and comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from minikf.kube.rest import RestClient
from minikf.lineage import joining, nodes
from minikf.lineage.gathering import Gathering
from minikf.lineage.graph import ARTIFACT, MODEL, RUN, SERVICE, TASK, TRAINJOB, Graph
from minikf.lineage.sources import Sources, pipelines, served

UP, DOWN = "upstream", "downstream"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATA_OF = "learned from"  # what the registry says by minikf.data
_ROUNDS = 100  # between pipelines and registry; each round leads to something new, so there are never that many

Object = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """A file that a thing came of: to be looked up among the pipelines' artifacts."""

    target: str
    uri: str
    sha256: str
    role: str


class Walker:
    """One lineage. `start` names its focus; `finish` gives the graph."""

    def __init__(self, client: RestClient, sources: Sources) -> None:
        self._client = client
        self._models = {one["model"]["name"]: one for one in sources.models}
        self._services = [(one, served(one, sources.pods)) for one in sources.services]
        self._jobs = {(one["metadata"]["namespace"], one["metadata"]["name"]): one for one in sources.trainjobs}
        self._found = Gathering()

    def graph(self, focus: Iterable[str], direction: str = "both") -> Graph:
        """Of nodes that were added by the methods below. Raises Unreachable, ApiAnswer."""
        asked = tuple(focus)
        for way, step in ((UP, self._up), (DOWN, self._down)):
            if direction in (way, "both"):
                self._found.fresh = list(asked)
                self._rounds(step)
        return Graph(
            asked, self._found.nodes, tuple(sorted(self._found.edges)), tuple(dict.fromkeys(self._found.notes))
        )

    # -- the focus --------------------------------------------------------------------------------------------

    def service(self, one: Object) -> str:
        return self._found.add(nodes.service(one, next(now for each, now in self._services if each is one)))

    def model(self, name: str, version: Object) -> str:
        return self._found.add(nodes.model(name, version))

    def trainjob(self, one: Object) -> str:
        return self._found.add(nodes.trainjob(one))

    def artifact(self, one: Object) -> str:
        """Of an artifact in the pipelines' words."""
        key = self._found.add(nodes.artifact(one))
        self._found.artifacts[key] = one
        return key

    def run(self, one: Object) -> str:
        """Of a run in the words of the pipelines' lineage."""
        return self._found.add(nodes.run(one))

    # -- upwards ----------------------------------------------------------------------------------------------

    def _rounds(self, step: Any) -> None:
        for _round in range(_ROUNDS):
            if not self._found.fresh:
                return
            step(self._found.next())
        self._found.notes.append("the lineage goes on, and was not followed further")

    def _up(self, keys: list[str]) -> None:
        wanted: list[Wanted] = []
        runs: dict[str, str] = {}
        for key in keys:
            node = self._found.nodes[key]
            if node.kind == SERVICE:
                wanted += self._of_service(key)
            elif node.kind == MODEL:
                wanted += self._of_model(key)
            elif node.kind == TRAINJOB:
                wanted += self._of_trainjob(key)
            elif node.kind == ARTIFACT:
                wanted += self._of_artifact(key)
            elif node.kind == RUN and "missing" not in node.facts:
                runs[key.removeprefix(f"{RUN}/")] = key
        known = {key.removeprefix(f"{ARTIFACT}/") for key in keys if key.startswith(f"{ARTIFACT}/")}
        answer = pipelines(
            self._client,
            UP,
            artifact_ids=known,
            uris=[uri for one in wanted for uri in joining.candidates(one.uri)],
            sha256=[one.sha256 for one in wanted if one.sha256],
            run_ids=runs,
        )
        self._take_up(answer, wanted, runs)

    def _take_up(self, answer: Object, wanted: list[Wanted], runs: dict[str, str]) -> None:
        """Adds of an answer only what something came of: seeds that only look alike are left out."""
        candidates = Gathering()
        candidates.take(answer)
        roots = [(one, candidates.at(one.uri, one.sha256)) for one in wanted]
        chosen = {key for _one, key in roots if key is not None}
        chosen |= {key for key in self._found.nodes if key in candidates.nodes}
        chosen |= {f"{TASK}/{one['task_id']}" for one in answer["tasks"] if one["run_id"] in runs}
        self._merge(candidates, Graph(tuple(chosen), candidates.nodes, tuple(candidates.edges)).ancestors())
        for one in answer["tasks"]:
            if one["run_id"] in runs:
                self._found.link(f"{TASK}/{one['task_id']}", runs[one["run_id"]], "step")
        for asked, key in roots:
            if key is not None:
                self._found.link(key, asked.target, asked.role)
            else:
                self._not_found(asked)

    def _merge(self, other: Gathering, chosen: set[str]) -> None:
        self._found.runs |= other.runs
        self._found.notes += other.notes
        for key in chosen:
            self._found.add(other.nodes[key])
            if key in other.artifacts:
                self._found.artifacts[key] = other.artifacts[key]
        self._found.edges |= {edge for edge in other.edges if edge.source in chosen and edge.target in chosen}

    def _not_found(self, asked: Wanted) -> None:
        """A file that no pipeline knows: of a model, whoever the registry says made it; else its address is all."""
        node = self._found.nodes[asked.target]
        if node.kind == MODEL:
            if any(edge.target == node.id and edge.role != _DATA_OF for edge in self._found.edges):
                return
            name, _slash, version = node.name.rpartition("/")
            if self._makers(node.id, name, version):
                return
        if asked.uri:
            self._found.link(self._found.add(nodes.source(joining.plain(asked.uri))), asked.target, asked.role)

    def _of_service(self, key: str) -> list[Wanted]:
        now = next(now for one, now in self._services if nodes.service(one, now).id == key)
        named = joining.registered(now.uri)
        if named is None:
            return [Wanted(key, now.uri, joining.file_hash(now.digest), "serves")] if now.uri else []
        model = self._models.get(named[0])
        version = joining.version_of(model, named[1], now.digest) if model is not None else None
        if version is None:
            gone = nodes.missing(MODEL, "/".join(part for part in named if part), "it is not registered any more")
            self._found.link(self._found.add(gone), key, "serves")
        else:
            self._found.link(self._found.add(nodes.model(named[0], version)), key, "serves")
        return []

    def _of_model(self, key: str) -> list[Wanted]:
        node = self._found.nodes[key]
        if "missing" in node.facts:
            return []
        name, _slash, version = node.name.rpartition("/")
        self._jobs_of(key, name, version)
        for uri in self._said(name, version, "learnedFrom"):
            self._found.link(self._found.add(nodes.source(joining.plain(uri))), key, _DATA_OF)
        found = [
            Wanted(key, str(one.get("uri") or ""), joining.file_hash(str(one.get("digest") or "")), "registered as")
            for one in node.facts.get("files") or []
        ]
        if not found:
            self._makers(key, name, version)
        return found

    def _of_trainjob(self, key: str) -> list[Wanted]:
        _kind, namespace, name = key.split("/", 2)
        initializer = ((self._jobs.get((namespace, name)) or {}).get("spec") or {}).get("initializer") or {}
        roles = {"dataset": "data set", "model": "initial model"}
        uris = [(str((initializer.get(part) or {}).get("storageUri") or ""), role) for part, role in roles.items()]
        return [Wanted(key, uri, "", role) for uri, role in uris if uri]

    def _of_artifact(self, key: str) -> list[Wanted]:
        one = self._found.artifacts[key]
        uri = str(one.get("uri") or "")
        named = joining.registered(uri)
        if named is not None and named[0] in self._models:
            version = joining.version_of(self._models[named[0]], named[1], "")
            if version is not None:
                self._found.link(self._found.add(nodes.model(named[0], version)), key, "imported as")
        told = joining.addresses(one.get("metadata") or {})
        return [Wanted(key, each, "", "data of") for each in dict.fromkeys(told) if not joining.is_part(each, uri)]

    def _jobs_of(self, key: str, name: str, version: str) -> None:
        for origin in self._origins(name, version):
            if origin["kind"] == "TrainJob":
                job = self._jobs.get((origin["namespace"], origin["name"]))
                gone = nodes.missing(TRAINJOB, f"{origin['namespace']}/{origin['name']}", "the TrainJob was deleted")
                self._found.link(self._found.add(nodes.trainjob(job) if job else gone), key, "made by")

    def _makers(self, key: str, name: str, version: str) -> bool:
        """Links the runs and TrainJobs that the registry names as a model's makers; whether there are any."""
        origins = self._origins(name, version)
        for origin in origins:
            for said in (origin.get("modelSourceId", ""), origin["name"] if origin["kind"] == "Run" else ""):
                if _UUID.fullmatch(said):
                    answer = pipelines(self._client, UP, run_ids=[said])
                    told = next((one for one in answer["runs"] if one["run_id"] == said), None)
                    gone = nodes.missing(RUN, said, "the run was deleted")
                    is_there = told is not None and not told["deleted"]
                    self._found.link(self._found.add(nodes.run(told) if told and is_there else gone), key, "made by")
                elif said:
                    self._found.link(self._found.add(nodes.missing(RUN, said, "no run has this id")), key, "made by")
        return any(edge.target == key and edge.role != _DATA_OF for edge in self._found.edges)

    def _origins(self, name: str, version: str) -> list[Object]:
        return self._said(name, version, "madeBy")

    def _said(self, name: str, version: str, what: str) -> list[Any]:
        """What the registry says of a version."""
        versions = self._models[name]["versions"] if name in self._models else []
        return [said for one in versions if one["name"] == version for said in one.get(what) or []]

    # -- downwards --------------------------------------------------------------------------------------------

    def _down(self, keys: list[str]) -> None:
        ids: list[str] = []
        uris: list[str] = []
        runs: list[str] = []
        for key in keys:
            node = self._found.nodes[key]
            if node.kind == ARTIFACT:
                ids.append(key.removeprefix(f"{ARTIFACT}/"))
                self._uses_of(key)
            elif node.kind == MODEL:
                uris.append(joining.REGISTRY + node.name)
                self._services_of(key)
            elif node.kind == TRAINJOB:
                self._models_of(key)
            elif node.kind == RUN and "missing" not in node.facts:
                runs.append(key.removeprefix(f"{RUN}/"))
        answer = pipelines(self._client, DOWN, artifact_ids=ids, uris=uris, run_ids=runs)
        self._found.take(answer)
        for one in answer["artifacts"]:
            for key in keys:
                if (
                    self._found.nodes[key].kind == MODEL
                    and one.get("uri") == joining.REGISTRY + self._found.nodes[key].name
                ):
                    self._found.link(key, f"{ARTIFACT}/{one['artifact_id']}", "imported as")

    def _uses_of(self, key: str) -> None:
        one = self._found.artifacts[key]
        uri, sha256 = str(one.get("uri") or ""), one["sha256"] if one["size"] else ""
        for name, model in self._models.items():
            for version in model["versions"]:
                if any(
                    _is_of(str(file.get("uri") or ""), str(file["digest"]), uri, sha256)
                    for file in version["artifacts"]
                ):
                    self._found.link(key, self._found.add(nodes.model(name, version)), "registered as")
        for service, now in self._services:
            if joining.registered(now.uri) is None and _is_of(now.uri, now.digest, uri, sha256):
                self._found.link(key, self._found.add(nodes.service(service, now)), "serves")

    def _services_of(self, key: str) -> None:
        name, _slash, version = self._found.nodes[key].name.rpartition("/")
        for service, now in self._services:
            named = joining.registered(now.uri)
            if named is None or named[0] != name or name not in self._models:
                continue
            meant = joining.version_of(self._models[name], named[1], now.digest)
            if meant is not None and meant["name"] == version:
                self._found.link(key, self._found.add(nodes.service(service, now)), "serves")

    def _models_of(self, key: str) -> None:
        _kind, namespace, job = key.split("/", 2)
        for name, model in self._models.items():
            for version in model["versions"]:
                if any(
                    one["kind"] == "TrainJob" and (one["namespace"], one["name"]) == (namespace, job)
                    for one in version["madeBy"]
                ):
                    self._found.link(key, self._found.add(nodes.model(name, version)), "made by")


def _is_of(uri: str, digest: str, artifact_uri: str, sha256: str) -> bool:
    if uri and artifact_uri and joining.is_part(uri, artifact_uri):
        return True
    return bool(sha256) and joining.file_hash(digest) == sha256
