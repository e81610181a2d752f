"""The nodes and edges found so far, and how the pipelines' answers become some."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from minikf.lineage import nodes
from minikf.lineage.graph import ARTIFACT, RUN, TASK, Edge, Node
from minikf.lineage.joining import is_part

Object = dict[str, Any]


@dataclass
class Gathering:
    """`artifacts` are the pipelines' own words for those that are nodes, by node id; `fresh` are node ids that nobody
    has looked at yet."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: set[Edge] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    artifacts: dict[str, Object] = field(default_factory=dict)
    runs: dict[str, Object] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)

    def add(self, node: Node) -> str:
        """The node's id; a node that is known stays."""
        if node.id not in self.nodes:
            self.nodes[node.id] = node
            self.fresh.append(node.id)
        return node.id

    def link(self, source: str, target: str, role: str) -> None:
        if source != target:
            self.edges.add(Edge(source, target, role))

    def next(self) -> list[str]:
        """The nodes to look at now."""
        found, self.fresh = self.fresh, []
        return found

    def take(self, answer: Object) -> None:
        """Adds what the pipelines told."""
        self.runs |= {one["run_id"]: one for one in answer["runs"]}
        if answer["truncated"]:
            self.notes.append("there is more than one answer holds: ask for a part of it")
        for one in answer["artifacts"]:
            self.artifacts[self.add(nodes.artifact(one))] = one
        tasks = {one["task_id"]: one for one in answer["tasks"]}
        for one in tasks.values():
            self._task(one)
        for one in answer["artifacts"]:
            if one["task_id"] not in tasks and f"{TASK}/{one['task_id']}" not in self.nodes:
                self._orphan(one)
        for earlier, later in answer["same"]:
            self._between(f"{ARTIFACT}/{earlier}", f"{ARTIFACT}/{later}", "same content")
        for identity, task_id in answer["told"]:
            self._between(f"{ARTIFACT}/{identity}", f"{TASK}/{task_id}", "its address as a parameter")

    def at(self, uri: str, sha256: str) -> str | None:
        """The artifact that an address leads to, else one of this content: one that a step made rather than an import,
        the newest of several."""
        several = list(self.artifacts.items())
        exact = [(len(one.get("uri") or ""), _rank(one), key) for key, one in several if _is_at(uri, one)]
        if exact:
            return max(exact)[2]
        alike = [(_rank(one), key) for key, one in several if sha256 and one["size"] and one["sha256"] == sha256]
        return max(alike)[1] if alike else None

    def _task(self, one: Object) -> None:
        key = self.add(nodes.task(one, self.runs))
        for name, several in one["inputs"].items():
            for identity in several:
                self._between(f"{ARTIFACT}/{identity}", key, name)
        for name, several in one["outputs"].items():
            for identity in several:
                made = self.artifacts.get(f"{ARTIFACT}/{identity}")
                if made is not None and made["task_id"] == one["task_id"]:
                    self.link(key, f"{ARTIFACT}/{identity}", name)
                elif one["state"] == "CACHED":
                    self._between(f"{ARTIFACT}/{identity}", key, f"{name}, from the cache")

    def _orphan(self, one: Object) -> None:
        """An artifact whose step is not recorded: its run was deleted, or the step was tried again later."""
        run = self.runs.get(one["run_id"], {})
        if not one["run_id"] or not run.get("deleted"):
            return
        gone = nodes.missing(RUN, one["run_id"], "the run was deleted; what it took is not known any more")
        self.link(self.add(gone), f"{ARTIFACT}/{one['artifact_id']}", str(one["task_path"]))

    def _between(self, source: str, target: str, role: str) -> None:
        if source in self.nodes and target in self.nodes:
            self.link(source, target, role)


def _is_at(uri: str, artifact: Object) -> bool:
    return bool(uri and artifact.get("uri")) and is_part(uri, artifact["uri"])


def _rank(artifact: Object) -> tuple[bool, int]:
    return bool(artifact["code_sha256"]), int(artifact["artifact_id"])
