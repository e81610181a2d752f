"""What can go wrong between this machine and a store. What a store says is shown without what may be a secret."""

from __future__ import annotations

from minikf.errors import ExitCode, MinikfError, Refused, Unreachable


class NoCredentials(Refused):
    """Nothing on this machine says who asks the store."""


class NotLetIn(Refused):
    """The store does not take these credentials, or they do not allow this."""


class NoBucket(Refused):
    """There is no bucket or container of that name, or not for whom asks."""


class ForeignObject(MinikfError):
    """Something of other content stands where a copy was to go; it was left as it is."""

    exit_code = ExitCode.OWNERSHIP_CONFLICT


class SourceChanged(Refused):
    """What was to be copied is not, or no longer, what its checksum says."""


class SourceUnreadable(Refused):
    """A file that was to be copied cannot be read."""


class StoreUnreachable(Unreachable):
    """The store does not answer, or answers for too long that it is busy."""


class NotStored(MinikfError):
    """The store took a copy and does not give back the same bytes, or did not take it."""

    exit_code = ExitCode.APPLY_FAILED
