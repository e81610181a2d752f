"""Compares the digests of a lock with what registries say now."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from minikf.bundle.lock.model import Lock
from minikf.bundle.lock.verify import CHANGED, MISSING, Finding
from minikf.bundle.registry.asking import Silence, ask
from minikf.bundle.registry.client import Registry
from minikf.bundle.registry.errors import NoSuchImage
from minikf.bundle.registry.reference import Reference
from minikf.spec import Event


@dataclass(frozen=True)
class Compared:
    """What differs, and why the others could not be asked about; `same` is how many images are as they were locked."""

    findings: tuple[Finding, ...]
    silent: tuple[Silence, ...]
    same: int


def compare(lock: Lock) -> Generator[Event, None, Compared]:
    """Every image that has a digest, by its tag; what is known by its tag only has nothing to be compared with."""
    locked = {name: image.digest for name, image in lock.images.items() if not image.tag_only}
    answers = yield from ask(locked, _digest)
    findings = []
    for name, now in answers.learnt.items():
        if not now:
            findings.append(Finding(MISSING, name, f"its registry has it no more; {locked[name]} was locked"))
        elif now != locked[name]:
            findings.append(Finding(CHANGED, name, f"its tag has the digest {now} now; {locked[name]} was locked"))
    return Compared(tuple(sorted(findings)), answers.silent, len(answers.learnt) - len(findings))


def _digest(registry: Registry, reference: Reference) -> str:
    """ "" where the registry has no such image."""
    try:
        return registry.digest_of(reference.repository, reference.name)
    except NoSuchImage:
        return ""
