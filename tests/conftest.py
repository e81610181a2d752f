"""For all suites."""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, settings

# A property has to hold on a busy machine as well, so no example has to be quick.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_configure() -> None:
    """pytest has read its arguments; kserve, once it is imported, would take them for those of a model server."""
    sys.argv[1:] = []
