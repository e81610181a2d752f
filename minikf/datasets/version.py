"""The record of a data set: its versions in order. One small JSON file each, replaced at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from minikf.datasets.errors import DatasetMissing, DatasetRefused
from minikf.datasets.reference import LATEST, DatasetUri, Reference


@dataclass(frozen=True)
class Version:
    """A version. `created` is an RFC 3339 time, `size` in bytes, `source` the paths that were added, for people."""

    name: str
    number: int
    digest: str
    created: str
    files: int
    size: int
    message: str = ""
    source: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"v{self.number}"

    @property
    def uri(self) -> DatasetUri:
        return DatasetUri(self.name, self.digest)

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {
            "name": self.name,
            "version": self.label,
            "digest": self.digest,
            "uri": str(self.uri),
            "created": self.created,
            "files": self.files,
            "bytes": self.size,
            "message": self.message,
            "source": list(self.source),
        }


@dataclass(frozen=True)
class Dataset:
    """A data set's record. Numbers are never given twice, so `next_number` outlives the versions."""

    name: str
    next_number: int = 1
    versions: tuple[Version, ...] = field(default=())

    def with_version(self, version: Version) -> Dataset:
        return replace(self, versions=(*self.versions, version), next_number=version.number + 1)

    def without(self, number: int) -> Dataset:
        return replace(self, versions=tuple(one for one in self.versions if one.number != number))

    def find(self, reference: Reference) -> Version:
        """The version that is meant; of several with the same content the newest. Raises DatasetMissing."""
        if reference.version.startswith("sha256:"):
            found = [one for one in self.versions if one.digest.startswith(reference.version)]
            if len({one.digest for one in found}) > 1:
                raise DatasetRefused(
                    f"{reference} is more than one version",
                    cause=", ".join(f"{one.label} is {one.digest}" for one in found),
                    advice="write more digits",
                )
        else:
            found = [one for one in self.versions if reference.version in (LATEST, one.label)]
        if found:
            return found[-1]
        has = ", ".join(one.label for one in self.versions) or "no version at all"
        raise DatasetMissing(
            f"there is no {reference}",
            cause=f"data set '{self.name}' has {has}",
            advice=f"minikf data versions {self.name}",
        )

    def encode(self) -> str:
        versions = [
            {
                "number": one.number,
                "digest": one.digest,
                "created": one.created,
                "files": one.files,
                "size": one.size,
                "message": one.message,
                "source": list(one.source),
            }
            for one in self.versions
        ]
        return json.dumps({"name": self.name, "nextNumber": self.next_number, "versions": versions}, indent=1) + "\n"


def decode(text: str) -> Dataset:
    """Reads what `encode` wrote. Raises ValueError, KeyError or TypeError where it is something else."""
    document: Mapping[str, Any] = json.loads(text)
    name = str(document["name"])
    versions = tuple(
        Version(
            name,
            int(one["number"]),
            str(one["digest"]),
            str(one["created"]),
            int(one["files"]),
            int(one["size"]),
            str(one["message"]),
            tuple(one["source"]),
        )
        for one in document["versions"]
    )
    return Dataset(name, int(document["nextNumber"]), versions)
