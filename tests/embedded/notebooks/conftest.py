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
def kernel_id(lab: Lab) -> str:
    return lab.kernel().id


@pytest.fixture
def kernel(lab: Lab, kernel_id: str) -> Iterator[Kernel]:
    """The shared kernel by a socket of the test's own: the server closes one on which nobody answers its pings."""
    connected = lab.connect(kernel_id)
    yield connected
    connected.socket.close()
