"""What a session compared, for its last lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from .case import Case
from .compare import Allowance, Difference


@dataclass
class Report:
    """Cases and calls compared, differences that were allowed and those that were not."""

    cases: set[str] = field(default_factory=set)
    calls: int = 0
    allowed: Counter[Allowance] = field(default_factory=Counter)
    unexplained: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, case: Case, found: list[Difference], allowances: tuple[Allowance, ...]) -> list[Difference]:
        """Counts a case's differences and returns those that no allowance covers."""
        self.cases.add(case.name)
        self.calls += len(case.steps)
        rest = []
        for difference in found:
            covering = next((one for one in allowances if one.covers(difference)), None)
            if covering is None:
                rest.append(difference)
            else:
                self.allowed[covering] += 1
        self.unexplained += rest
        return rest

    def lines(self) -> Iterator[str]:
        yield from (f"lab: {note}" for note in self.notes)
        if not self.cases:
            return
        yield (
            f"lab: {self.calls} calls in {len(self.cases)} cases compared with the real API server; "
            f"{sum(self.allowed.values())} differences allowed for {len(self.allowed)} reasons, "
            f"{len(self.unexplained)} unexplained"
        )
        for allowance, count in self.allowed.most_common():
            yield f"lab:   {count:4} x {allowance.case} {allowance.path}: {allowance.reason}"
