"""What the terminal UI asks and does about promotions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from minikf.engine.protocol import Steps
from minikf.promote import PromoteReport, export
from minikf.spec import Event
from minikf.views.asking import Question, Reach, Work
from minikf.views.promotion.showing import Preview, preview


@dataclass(frozen=True)
class WhatIsWritten(Question[Preview]):
    """What a promotion would write, and what it would replace. Writes nothing; `number` asks once more."""

    what: str
    namespace: str
    out: Path
    number: int = 0

    def answer(self, reach: Reach) -> Preview:
        return preview(self.what, self.out, reach.platform, self.namespace)


@dataclass(frozen=True)
class WritePromotion(Work):
    """Writes it."""

    what: str
    namespace: str
    out: Path

    @property
    def title(self) -> str:
        return f"Promote {self.what} to {self.out}"

    def steps(self, reach: Reach) -> Steps[PromoteReport]:
        yield Event(self.what, "started", f"is collected with what it references, for {self.out}")
        report = export(self.what, self.out, reach.platform, self.namespace or None)
        done = "written to" if report.changed else "already stands in"
        yield Event(self.what, "done", f"{done} {self.out}: {len(report.files)} files")
        return report
