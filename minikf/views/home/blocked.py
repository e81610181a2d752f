"""What a rule says of one object: how it is, and because of what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Union

from minikf.views.home.chain import Fix, Link
from minikf.views.home.scene import Object, Scene


@dataclass(frozen=True)
class Blocked:
    """`because` are the causes, the most telling first: objects that a rule knows more of, or what is known already.

    `fix` mends this very link. A `minor` one is left out of a chain that goes on behind it: it has its owner's name.
    """

    link: Link
    because: tuple[Cause, ...] = field(default=(), hash=False)
    fix: Fix | None = None
    minor: bool = False


Cause = Union[Object, Blocked]  # noqa: UP007 - Blocked is not defined yet where it is used first
Rule = Callable[[Scene, Object], Blocked | None]
"""None for an object that is well."""
