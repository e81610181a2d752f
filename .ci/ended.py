"""A pytest plugin for .ci/run: writes down each test that ended, at once, so that a run that is cut off can be told.

`MINIKF_ENDED` names the file; a line is the outcome, a space, and the test's name.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test ends with its teardown; a failure counts wherever it happens."""
    if report.failed or report.when == "teardown":
        with Path(os.environ["MINIKF_ENDED"]).open("a") as file:
            file.write(f"{report.outcome} {report.nodeid}\n")
