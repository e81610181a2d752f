"""The step of an installation that makes or finds the passwords and writes them down before anything is applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minikf.bundle.render import Document
from minikf.install.passwords import kept
from minikf.install.passwords.inject import Kept, with_own
from minikf.paths import PlatformPaths


def ensure(paths: PlatformPaths, documents: Sequence[Document], on_cluster: Kept) -> tuple[Document, ...]:
    """The documents with this platform's passwords in them.

    They are in its file before they are in the cluster, so that none is lost where the installation is killed between
    the two. Raises Refused where the file cannot be read or written.
    """
    owned = with_own(documents, kept.read(paths), on_cluster)
    kept.write(paths, owned.values)
    return owned.documents


def ensure_each(
    paths: PlatformPaths, documents: Mapping[str, Sequence[Document]], on_cluster: Kept
) -> dict[str, tuple[Document, ...]]:
    """As `ensure`, for the documents of several components by id: what two of them share is one password."""
    made = iter(ensure(paths, [one for each in documents.values() for one in each], on_cluster))
    return {id: tuple(next(made) for _ in each) for id, each in documents.items()}
