"""How a promotion can end badly; each with the exit code that the design gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from minikf.errors import ExitCode, MinikfError
from minikf.kube.apply import Conflict
from minikf.promote.evidence import Finding

AS_BEFORE = "; the target is as it was before"
_SHOWN = 5


@dataclass(frozen=True)
class Residue:
    """An object of the target that is not as it was before, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


class NotTaken(MinikfError):
    """The target would refuse what is to be promoted; nothing was changed there. `findings` has all of it."""

    exit_code = ExitCode.PREFLIGHT_FAILED

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        more = f", and {len(self.findings) - 1} more" if len(self.findings) > 1 else ""
        super().__init__(f"the target would refuse it: {first.message}{more}", cause=first.cause, advice=first.advice)


class ApplyFailed(MinikfError):
    """It was applied in part, and the target is as it was before."""

    exit_code = ExitCode.APPLY_FAILED


class VerifyFailed(MinikfError):
    """What was promoted does not do what it does here; the target is as it was before."""

    exit_code = ExitCode.VERIFY_FAILED


class ReturnIncomplete(MinikfError):
    """The target is not as it was before: `residue` is exactly what differs."""

    exit_code = ExitCode.ROLLBACK_INCOMPLETE

    def __init__(self, residue: Iterable[Residue], *, because: str, advice: str) -> None:
        self.residue = tuple(residue)
        because = because.removesuffix(AS_BEFORE)
        what = listed(str(one) for one in self.residue)
        super().__init__(
            f"{because}; the target is not as it was before: {what}",
            cause="\n".join(str(one) for one in self.residue),
            advice=advice,
        )


def conflict(owners: Iterable[tuple[str, str, str]], advice: str, *, untouched: bool) -> Conflict:
    """Of object, field and manager of each field that is somebody else's."""
    owners = tuple(owners)
    names = ", ".join(dict.fromkeys(manager for _, _, manager in owners))
    objects = tuple(dict.fromkeys(what for what, _, _ in owners))
    fields = listed(f"{what} {field} ({manager})" for what, field, manager in owners)
    after = "; nothing was changed" if untouched else AS_BEFORE
    return Conflict(
        f"fields of {listed(objects)} belong to {names}{after}",
        tuple((f"{what} {field}", manager) for what, field, manager in owners),
        cause=f"the promotion would change {fields}",
        advice=advice,
    )


def listed(texts: Iterable[str]) -> str:
    """Some of them, and how many more."""
    found = list(texts)
    return ", ".join(found[:_SHOWN]) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
