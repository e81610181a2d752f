"""`bundle.lock`: every byte that a bundle is made of, and what was read from what it renders."""

from minikf.bundle.lock.model import Facts, Lock, LockedFile, LockedImage, LockedVariant, Part, Requests
from minikf.bundle.lock.text import FILE, locked, read, write

__all__ = [
    "FILE",
    "Facts",
    "Lock",
    "LockedFile",
    "LockedImage",
    "LockedVariant",
    "Part",
    "Requests",
    "locked",
    "read",
    "write",
]
