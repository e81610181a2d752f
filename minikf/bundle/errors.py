"""What can be wrong with a bundle, its lock, or the files that it is made of."""

from __future__ import annotations

from minikf.errors import Refused


class BundleInvalid(Refused):
    """A bundle, or its lock, says something that cannot be meant; the message has the file and the line."""


class NotLockable(Refused):
    """A kustomization of upstream reads what no lock can pin; the message has the file and the line."""


class FileMissing(Refused):
    """A source does not have a file."""


class FileChanged(Refused):
    """A source sends other bytes than those that were locked."""


class NotAgreed(Refused):
    """Something has to be agreed to by the user first: bytes that no lock holds, or a licence."""
