"""One notebook that all tests here share; what a test makes in it carries names of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from minikf.spec import Access
from tests.embedded.notebooks.lab import Kernel, Lab, notebook


@pytest.fixture(scope="session")
def lab(platform: Access) -> Iterator[Lab]:
    with notebook(platform, "shared") as made:
        yield made


@pytest.fixture(scope="session")
def kernel(lab: Lab) -> Kernel:
    return lab.kernel()
