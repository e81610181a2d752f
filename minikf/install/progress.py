"""What is done and what each object still waits for; no thread and no call in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from minikf.install.graph import Graph, Node
from minikf.install.look import CRD, WORKLOADS
from minikf.install.objects import Id
from minikf.install.webhooks import Service
from minikf.kube.ready import State, Verdict

Gate = tuple[str, Id | Service]
"""Something that is waited for: an object `applied`, a definition `served`, a service `answering`."""


@dataclass
class Progress:
    """`todo` are the objects to apply; of all others it is known that they are there as they should be."""

    graph: Graph
    todo: frozenset[Id]
    applied: set[Id] = field(default_factory=set)
    opened: set[Gate] = field(default_factory=set)
    gates: dict[Id, set[Gate]] = field(default_factory=dict)
    troubles: dict[Id, str] = field(default_factory=dict)
    verdicts: dict[Id, Verdict] = field(default_factory=dict)
    retried: int = 0
    _behind: dict[Gate, set[Id]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for id in self.todo:
            node = self.graph.nodes[id]
            found: set[Gate] = {("applied", one) for one in node.after if one in self.todo}
            found |= {("served", one) for one in node.served}
            found |= {("answering", one) for one in node.answering}
            self.gates[id] = found
            for gate in found:
                self._behind.setdefault(gate, set()).add(id)

    def free(self) -> list[Node]:
        """What waits for nothing, before anything was begun."""
        return [self.graph.nodes[id] for id in self.todo if not self.gates[id]]

    def open(self, gate: Gate) -> list[Node]:
        """What waits for nothing more, now that this is so. A gate is never shut: what then fails is tried again."""
        if gate in self.opened:
            return []
        self.opened.add(gate)
        found = []
        for id in self._behind.get(gate, ()):
            self.gates[id].discard(gate)
            if not self.gates[id]:
                found.append(self.graph.nodes[id])
        return found

    def done(self, id: Id) -> list[Node]:
        """An object is applied; what waits for nothing more."""
        self.applied.add(id)
        self.troubles.pop(id, None)
        return self.open(("applied", id))

    def awaited(self, kind: str) -> set[Id | Service]:
        """Everything of that kind that objects wait for now."""
        return {
            gate[1] for id, gates in self.gates.items() if id not in self.applied for gate in gates if gate[0] == kind
        }

    def awaits(self, kind: str) -> bool:
        """Whether any object waits for something of that kind now."""
        return any(gate[0] == kind for id, gates in self.gates.items() if id not in self.applied for gate in gates)

    @property
    def left(self) -> int:
        return len(self.todo) - len(self.applied)

    def unserved(self) -> list[Id]:
        """The definitions whose kinds are not served yet."""
        return [id for id in self.graph.defines if ("served", id) not in self.opened]

    @property
    def over(self) -> bool:
        """Whether all is applied, served and ready."""
        return not self.left and not self.unserved() and not self.unready()

    def unready(self) -> list[Id]:
        """What is waited for and not ready yet."""
        return [id for id, verdict in self.verdicts.items() if not verdict.ready]

    def failed(self) -> list[Id]:
        return [id for id, verdict in self.verdicts.items() if verdict.state == State.FAILED]

    def counts(self) -> dict[str, int]:
        """What can only get more while there is progress."""
        return {
            "applied": len(self.applied),
            "opened": len(self.opened),
            "ready": len(self.verdicts) - len(self.unready()),
            "pods": sum(verdict.done for verdict in self.verdicts.values()),
        }

    def finished(self, ids: Iterable[Id]) -> bool:
        """Whether all of a component is applied and ready."""
        return all((id not in self.todo or id in self.applied) and self._ready(id) for id in ids)

    def _ready(self, id: Id) -> bool:
        served = id not in self.graph.defines or ("served", id) in self.opened
        return served and (id not in self.verdicts or self.verdicts[id].ready)


def urgency(node: Node, servers: frozenset[Id]) -> tuple[int, int]:
    """The lower, the sooner: namespaces, then what webhooks are served by and what that waits for, then all else,
    images to pull first. Of definitions the longest first: with the others the API server then fills its time."""
    item = node.item
    if item.kind == "Namespace":
        return 0, 0
    if item.kind == CRD:
        return 1, -len(item.text)
    if item.kind == "ServiceAccount" or item.id in servers:
        return 1, 0
    return (2, 0) if item.kind in (*WORKLOADS, "Service") else (3, 0)
