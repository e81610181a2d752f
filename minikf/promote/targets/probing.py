"""Probing a target by its name: the one road from what the user answered to what is known."""

from __future__ import annotations

from minikf.engine.protocol import Steps
from minikf.promote.targets import shelf, way
from minikf.promote.targets.probe import probe as look
from minikf.promote.targets.profile import TargetProfile


def probe(name: str) -> Steps[TargetProfile]:
    """Looks at the target and keeps what was found. Raises Refused (no such target or context), Unreachable, and
    ApiAnswer where the credential is not accepted; what was known before stays then."""
    spec = shelf.get(name)
    profile = yield from look(spec, way.access(spec))
    shelf.write_profile(profile)
    return profile
