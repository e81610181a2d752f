"""What this machine took the last times: the source of every estimate, in one file of the user's data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from minikf.files import write_private
from minikf.paths import data_home


@dataclass(frozen=True)
class Took:
    """An amount (bytes, objects, clusters) and the seconds that it took."""

    amount: int
    seconds: float

    @property
    def rate(self) -> float:
        """Per second."""
        return self.amount / self.seconds


@dataclass(frozen=True)
class Measured:
    """The last of each: bytes of a bundle's files that were fetched, objects that were applied, clusters by engine."""

    fetch: Took | None = None
    install: Took | None = None
    clusters: Mapping[str, Took] = field(default_factory=dict)


# A handful says nothing about many: what is slow at the beginning would count for all.
LEAST_BYTES, LEAST_OBJECTS = 1 << 20, 50


def file() -> Path:
    return data_home() / "measured.json"


def read() -> Measured:
    """What is written down; nothing where the file is not there, or is none of ours: it can be measured again."""
    try:
        found = json.loads(file().read_text())
        clusters = {str(name): _took(one) for name, one in dict(found["clusters"]).items()}
        return Measured(
            _took(found["fetch"]), _took(found["install"]), {name: one for name, one in clusters.items() if one}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Measured()


def note_fetch(count: int, seconds: float) -> None:
    """Raises Refused where it cannot be written."""
    if count >= LEAST_BYTES:
        _write(replace(read(), fetch=Took(count, seconds)))


def note_install(objects: int, seconds: float) -> None:
    if objects >= LEAST_OBJECTS:
        _write(replace(read(), install=Took(objects, seconds)))


def note_cluster(engine: str, seconds: float) -> None:
    found = read()
    _write(replace(found, clusters={**found.clusters, engine: Took(1, seconds)}))


def _write(measured: Measured) -> None:
    write_private(file(), json.dumps(asdict(measured), indent=2) + "\n")


def _took(found: Any) -> Took | None:
    if found is None:
        return None
    made = Took(int(found["amount"]), float(found["seconds"]))
    return made if made.amount > 0 and made.seconds > 0 else None
