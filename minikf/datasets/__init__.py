"""Data sets with versions, stored once by content.

A version is the SHA-256 of its manifest: `dataset://NAME@sha256:HEX` means the same bytes for ever. Steps use

    from minikf import datasets
    version = datasets.store().resolve("wine@v2")
    datasets.store().checkout(str(version.uri), folder)

No platform has to run: the store is a folder, and any number of programs may use it at the same time.
"""

from minikf.datasets.diff import Difference
from minikf.datasets.errors import DatasetDamaged, DatasetMissing, DatasetRefused, DatasetStorageFailed
from minikf.datasets.place import DATASETS_VARIABLE, store
from minikf.datasets.reference import DatasetUri, Reference, parse_reference, parse_uri
from minikf.datasets.store import Added, DatasetStore, Freed
from minikf.datasets.version import Version

__all__ = [
    "DATASETS_VARIABLE",
    "Added",
    "DatasetDamaged",
    "DatasetMissing",
    "DatasetRefused",
    "DatasetStorageFailed",
    "DatasetStore",
    "DatasetUri",
    "Difference",
    "Freed",
    "Reference",
    "Version",
    "parse_reference",
    "parse_uri",
    "store",
]
