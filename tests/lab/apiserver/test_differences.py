"""Plays every case of the table against both sides; any difference that is not allowed fails the case."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import Any

import pytest

from .allowances import ALLOWANCES
from .case import Case
from .cases import CASES
from .compare import differences
from .normal import Normaliser
from .play import play
from .report import Report
from .server import Server

_PARAMETERS = [pytest.param(case, id=case.name, marks=[pytest.mark.core] if case.core else []) for case in CASES]


def _normal(server: Server, case: Case) -> list[Any]:
    return Normaliser(server, case, play(server, case)).outcomes()


@pytest.mark.parametrize("case", _PARAMETERS)
def test_both_sides_answer_alike(
    case: Case, real_apiserver: Server, embedded_apiserver: Server, crds: list[dict[str, Any]], report: Report
) -> None:
    if case.needs_crds and not crds:
        pytest.skip("no mirror with the upstream CustomResourceDefinitions")
    with ThreadPoolExecutor(2) as pool:
        sides = [pool.submit(_normal, server, case) for server in (real_apiserver, embedded_apiserver)]
        real, embedded = (side.result() for side in sides)
    rest = report.add(case, differences(case, real, embedded), ALLOWANCES)
    if rest:
        pytest.fail(f"{len(rest)} differences:\n" + "\n".join(map(str, rest)), pytrace=False)


@pytest.mark.core
def test_every_allowance_is_still_needed(report: Report) -> None:
    """An allowance that covers nothing hides the next true difference."""
    unused = [
        one
        for one in ALLOWANCES
        if one not in report.allowed
        and (names := [case.name for case in CASES if fnmatchcase(case.name, one.case)])
        and report.cases.issuperset(names)
    ]
    homeless = [one for one in ALLOWANCES if not any(fnmatchcase(case.name, one.case) for case in CASES)]
    assert not homeless, f"allowances for cases that do not exist: {homeless}"
    assert not unused, f"allowances that covered no difference: {unused}"
