"""The copies and verifications of one promotion, in a file of its run: one that was cut off goes on with the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikf.errors import Refused
from minikf.kube.rest import RestClient
from minikf.kube.serving import door, found
from minikf.promote.apply import Proof, Step
from minikf.promote.behaviour import recording, replay
from minikf.promote.behaviour.compare import Tolerance, Tolerances
from minikf.promote.behaviour.recording import Recording
from minikf.promote.move import copy
from minikf.promote.toward.plan import Carry
from minikf.spec import Access, Event

FILE = "steps.json"
_FORMAT = 1


@dataclass(frozen=True)
class Replay:
    """Predictions recorded here, and the namespace on the target of the service that has to answer the same."""

    namespace: str
    recording: Recording


@dataclass(frozen=True)
class Work:
    """What is done beside objects. `options` are those of the target's store, and hold no credential."""

    carries: tuple[Carry, ...] = ()
    replays: tuple[Replay, ...] = ()
    tolerances: Tolerances = field(default_factory=Tolerances)
    options: Mapping[str, str] = field(default_factory=dict)

    def copies(self) -> tuple[Step, ...]:
        """Before the objects."""
        return tuple(Step(f"copy {one.to} sha256:{one.sha256}", self._copy(one)) for one in self.carries)

    def checks(self, access: Access) -> tuple[Step, ...]:
        """When all is ready."""
        return tuple(
            Step(f"predictions {one.namespace}/{one.recording.name} {one.recording.digest}", self._replay(access, one))
            for one in self.replays
        )

    def _copy(self, carry: Carry) -> Callable[[], Generator[Event, None, Proof]]:
        def run() -> Generator[Event, None, Proof]:
            done = yield from copy(carry.source, carry.to, carry.sha256, self.options)
            return {"to": done.to, "bytes": done.bytes, "sha256": done.sha256}

        return run

    def _replay(self, access: Access, wanted: Replay) -> Callable[[], Generator[Event, None, Proof]]:
        def run() -> Generator[Event, None, Proof]:
            client = RestClient(access)
            way = door(access, found(client, wanted.namespace, wanted.recording.name))

            def ask(path: str, body: Any) -> tuple[int, bytes]:
                heard = way.ask("POST", path, body)
                return heard.status, heard.body

            came = yield from replay.replay(wanted.recording, ask, self.tolerances)
            replay.insist(came)
            yield Event(came.name, "done", f"{came.alike} of {came.alike} predictions are the same there")
            return {"service": came.name, "alike": came.alike, "recording": wanted.recording.digest}

        return run

    @property
    def text(self) -> str:
        """As JSON that `read` takes."""
        return json.dumps(
            {
                "format": _FORMAT,
                "copies": [{"source": str(c.source), "to": c.to, "sha256": c.sha256, "bytes": c.bytes}
                           for c in self.carries],
                "replays": [{"namespace": one.namespace, "recording": one.recording.text} for one in self.replays],
                "tolerance": _said(self.tolerances.default),
                "tolerances": {name: _said(one) for name, one in self.tolerances.outputs.items()},
                "options": dict(self.options),
            }
        )  # fmt: skip


def read(text: str) -> Work:
    """Raises Refused for what a newer MiniKF wrote."""
    said = json.loads(text)
    if said["format"] != _FORMAT:
        raise Refused("a newer MiniKF began this promotion", advice="minikf version")
    return Work(
        tuple(Carry(Path(one["source"]), one["to"], one["sha256"], one["bytes"]) for one in said["copies"]),
        tuple(Replay(one["namespace"], recording.read(one["recording"], FILE)) for one in said["replays"]),
        Tolerances(Tolerance(*said["tolerance"]), {name: Tolerance(*one) for name, one in said["tolerances"].items()}),
        said["options"],
    )


def _said(tolerance: Tolerance) -> list[float]:
    return [tolerance.relative, tolerance.absolute]
