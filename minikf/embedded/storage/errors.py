"""Why a model could not be brought here."""

from __future__ import annotations

from minikf.errors import MinikfError


class FetchFailed(MinikfError):
    """A storageUri is wrong, unsupported, or leads to nothing that can be served.

    `passing` is whether the same may work a little later without anybody doing anything: a network that is down.
    """

    def __init__(self, message: str, *, cause: str = "", advice: str = "", passing: bool = False) -> None:
        super().__init__(message, cause=cause, advice=advice)
        self.passing = passing
