"""What can be wrong with an image or with what a registry says of it.

Where the registry itself does not answer, that is an Unreachable or a NoProgress as everywhere else.
"""

from __future__ import annotations

from minikf.errors import ExitCode, MinikfError, Refused, Unreachable


class NoReference(Refused):
    """What is to be an image's reference is none."""


class NoSuchImage(Refused):
    """A registry has no image of that name and tag, or does not say so to strangers."""


class NotAllowed(Refused):
    """A registry gives that only to whom it knows, or under conditions that are not met here."""


class NotAnImage(Refused):
    """What a registry sends is not what the specification calls an image."""


class WrongDigest(Refused):
    """The bytes that a registry sends are not those of the digest that they were asked for by."""


class NotTaken(MinikfError):
    """A registry does not take, or does not keep, what was pushed; its own words are the cause."""

    exit_code = ExitCode.APPLY_FAILED


class NoRegistry(Unreachable):
    """Something answers there, and it is no registry."""


class Busy(Unreachable):
    """A registry does not answer now, by its own word; `after` are the seconds that it names, 0 where it names none."""

    def __init__(self, message: str, *, cause: str, after: int = 0) -> None:
        super().__init__(message, cause=cause, advice="try again later")
        self.after = after
