"""What a promotion is to have in its target: the whole of it, decided before anything is asked there."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf.errors import Refused, UsageError
from minikf.promote.apply.waves import waves
from minikf.promote.model import Object, ref_of

MANAGER = "minikf-promote"
"""The field manager that promoted objects are applied by."""

PROTECTED = frozenset({"PersistentVolumeClaim", "PersistentVolume", "Secret", "Namespace", "CustomResourceDefinition"})
"""Kinds whose objects hold what users would miss: they go only when asked for by the kind's name."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
_FORMAT = 1


@dataclass(frozen=True)
class Artifact:
    """Something that was promoted beside the objects, an image or a model: its address there and its digests
    (algorithm to hexadecimal digits)."""

    name: str
    digest: Mapping[str, str]


@dataclass(frozen=True)
class Intended:
    """The promotion `name` for `target` (a target's name), as the run `run`.

    `waves` are the objects as they are to be, each wave applied when the one before it is. `namespace` is the
    promotion's own: its inventory and receipt are there, and what names no namespace. `prunes` are those of the
    PROTECTED kinds whose objects may go when they are no longer promoted.
    """

    target: str
    name: str
    run: str
    namespace: str
    waves: tuple[tuple[Object, ...], ...]
    artifacts: tuple[Artifact, ...] = ()
    prunes: frozenset[str] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        """Raises UsageError for a name that cannot be one, Refused for a Secret and for what is there twice."""
        for what, text in (("promotion", self.name), ("run", self.run)):
            if not _NAME.fullmatch(text):
                raise UsageError(
                    f"'{text}' cannot name a {what}",
                    cause="a name has 1 to 40 of a-z, 0-9 and '-', and begins and ends with a letter or digit",
                )
        seen: set[tuple[str, str]] = set()
        for obj in self.objects:
            ref = ref_of(obj)
            if (obj["kind"], obj["apiVersion"]) == ("Secret", "v1"):
                raise Refused(
                    f"{ref} is not promoted",
                    cause="secrets are promoted by reference only",
                    advice="minikf target list",
                )
            key = (str(obj["apiVersion"]).rpartition("/")[0], str(ref))
            if key in seen:
                raise Refused(f"{ref} is there twice")
            seen.add(key)

    @classmethod
    def of(
        cls, target: str, name: str, namespace: str, objects: Iterable[Object], *, run: str = "", **more: Any
    ) -> Intended:
        """With the objects in the waves that their kinds ask for, as a run of its own where none is named."""
        return cls(target, name, run or new_run(), namespace, waves(objects), **more)

    @property
    def objects(self) -> tuple[Object, ...]:
        return tuple(obj for wave in self.waves for obj in wave)

    @property
    def inventory(self) -> str:
        """The name of the ConfigMap that says what the promotion has in its target."""
        return f"minikf-promote-{self.name}"

    @property
    def receipt(self) -> str:
        """The name of the ConfigMap with the receipt."""
        return f"minikf-promote-{self.name}-receipt"

    @property
    def namespaces(self) -> tuple[str, ...]:
        """All that it writes to."""
        named = {str(obj["metadata"]["namespace"]) for obj in self.objects if obj["metadata"].get("namespace")}
        return tuple(sorted({self.namespace, *named}))

    @property
    def text(self) -> str:
        """As JSON that `read` takes."""
        names = {name: getattr(self, name) for name in ("target", "name", "run", "namespace", "waves")}
        artifacts = [{"name": one.name, "digest": dict(one.digest)} for one in self.artifacts]
        return json.dumps({"format": _FORMAT, **names, "artifacts": artifacts, "prunes": sorted(self.prunes)})

    @classmethod
    def read(cls, text: str) -> Intended:
        """Raises Refused for what a newer MiniKF wrote."""
        found = json.loads(text)
        if found.pop("format") != _FORMAT:
            raise Refused("a newer MiniKF made this promotion", advice="minikf version")
        found["waves"] = tuple(tuple(wave) for wave in found["waves"])
        found["artifacts"] = tuple(Artifact(**one) for one in found["artifacts"])
        return cls(**{**found, "prunes": frozenset(found["prunes"])})


def new_run() -> str:
    """An id that sorts by time (UTC, to the microsecond) and that no other run has."""
    now = time.time_ns() // 1000
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now // 10**6))}-{now % 10**6:06d}-{secrets.token_hex(2)}"
