"""Predictions as they were answered here, in a file that goes with the promotion."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from minikf.errors import Refused

_FORMAT = "minikf/v1alpha1"
_KIND = "Predictions"


@dataclass(frozen=True)
class Sample:
    """A request to a model: `path` below the service's address, a JSON `body`, and where it was had from
    (`sample.json`, `kept requests`, `tried before`, `the model's own inputs`)."""

    path: str
    body: Any
    origin: str


@dataclass(frozen=True)
class Prediction:
    """A sample with its answer here: HTTP status and, as JSON, what was said."""

    sample: Sample
    status: int
    answer: Any


@dataclass(frozen=True)
class Recording:
    """The predictions of one InferenceService of this name; `namespace` is its namespace here."""

    namespace: str
    name: str
    predictions: tuple[Prediction, ...]

    @property
    def text(self) -> str:
        """The file: the same predictions give the same bytes, whenever they were recorded."""
        head = {"apiVersion": _FORMAT, "kind": _KIND, "service": {"namespace": self.namespace, "name": self.name}}
        said = [{**asdict(one.sample), "status": one.status, "answer": one.answer} for one in self.predictions]
        return json.dumps(head | {"predictions": said}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"


def read(text: str, where: str) -> Recording:
    """A recording from its file's text; `where` names the file. Raises Refused for one that is none."""
    try:
        said = json.loads(text)
        if (said.get("apiVersion"), said.get("kind")) != (_FORMAT, _KIND):
            raise ValueError(f"it is no {_KIND} of {_FORMAT}")
        service = said["service"]
        predictions = tuple(
            Prediction(Sample(str(one["path"]), one["body"], str(one["origin"])), int(one["status"]), one["answer"])
            for one in said["predictions"]
        )
        return Recording(str(service["namespace"]), str(service["name"]), predictions)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(
            f"{where} holds no recorded predictions",
            cause=f"{type(error).__name__}: {error}",
            advice="delete it and promote again: predictions are recorded anew",
        ) from error
